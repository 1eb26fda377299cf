// One cell of the fault matrix is one test, whose name is its id and what is expected. `npm test` runs a sample, one of each
// kind; `npm run chaos` runs them all.
import { test } from "vitest";

export const isWhole = process.env["CHAOS"] === "whole";

/** How long Redis' own deadline of a second lasts here: where everything is run, a busy machine is no fault. */
export const REDIS_DEADLINE_MS = isWhole ? 4_000 : 1_000;

if (isWhole) {
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms <= 1_000 ? 4 * ms : ms);
}

export type CellId = `F-${"neon" | "upstash" | "meta" | "queue" | "cron" | "isolate" | "key"}-${string}-${string}`;

export function cell(id: CellId, expected: string, run: () => Promise<void>, { sample = false } = {}): void {
  // oxlint-disable-next-line vitest/no-conditional-tests, vitest/expect-expect -- the assertions are the cell's
  if (isWhole || sample) test(`${id}: ${expected}`, run, isWhole ? 900_000 : undefined);
}
