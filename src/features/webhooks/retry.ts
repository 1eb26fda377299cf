// When an event that failed is tried again: exponentially later, by chance earlier within that, twelve times in a day or two.
import type { AppError } from "../../errors.ts";
import { backoffSeconds } from "../../lib/backoff.ts";

export const MOST_TRIES = 12;

/** How an event ended this time. `untouched`: its turn did not come. */
export type Outcome = { kind: "done" } | { kind: "untouched" } | { kind: "failed"; error: AppError };

export type Settled = {
  state: "done" | "failed" | "pending";
  dueAt: number | null;
  tries: number;
  error: string | null;
};

/** `tries` counts this one; `chance` is 0 to 1. */
export function settle(outcome: Outcome, tries: number, now: number, chance: number): Settled {
  if (outcome.kind === "done") return { state: "done", dueAt: null, tries, error: null };
  if (outcome.kind === "untouched") return { state: "pending", dueAt: now, tries: tries - 1, error: null };
  const { code, fate, retryAfterSeconds = 0 } = outcome.error;
  if (fate === "give-up" || tries >= MOST_TRIES) return { state: "failed", dueAt: null, tries, error: code };
  const seconds = Math.max(backoffSeconds(tries, chance), fate === "wait" ? retryAfterSeconds : 0);
  return { state: "pending", dueAt: now + seconds * 1000, tries, error: code };
}
