// The worker that ships, as the benchmark of the hall needs it: without a network behind it, or without its audit.
import { createApp } from "../../src/app.ts";
import type { Tools } from "../../src/context.ts";
import { createTools } from "../../src/deps.ts";
import { parseEnv } from "../../src/env.ts";
import { AppError } from "../../src/errors.ts";
import { READER_TENANT } from "./business.ts";

/** `alone`: whoever is asked answers at once, from memory. `unseen`: all is real, but nothing is written into the audit. */
export type HallVariant = "alone" | "unseen" | "whole";

const changes: Record<HallVariant, (tools: Tools) => Partial<Tools>> = {
  whole: () => ({}),
  unseen: () => ({ recordAudit: () => Promise.resolve() }),
  alone: (tools) => {
    const membership = { tenantId: READER_TENANT, role: "ceo", isDefault: true, sessionsValidFrom: null };
    const db = {
      ...tools.tenantDb(READER_TENANT),
      one: () => Promise.resolve([{ name: "Clínica" }]),
      run: () => Promise.reject(new AppError("database.unavailable", "Nobody is behind this door.")),
    };
    return {
      listMemberships: () => Promise.resolve([{ ...membership, answerVersion: 1 }]),
      recordAudit: () => Promise.resolve(),
      tenantDb: () => db as unknown as ReturnType<Tools["tenantDb"]>,
      limiter: {
        consume: () => Promise.resolve({ allowed: true, limit: 60, remaining: 59, resetAt: tools.now() + 60_000 }),
        standsOnFloor: () => Promise.resolve(true),
      },
    };
  },
};

type Bindings = { VARIANT: HallVariant };

let app: ReturnType<typeof createApp> | undefined;

function build(bindings: Env & Bindings) {
  const parsed = parseEnv(bindings);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const tools = createTools(parsed.env, { queue: bindings.JOBS });
  return createApp({ ...tools, ...changes[bindings.VARIANT](tools) });
}

export default {
  fetch: (request: Request, bindings: Env & Bindings, execution: ExecutionContext) =>
    (app ??= build(bindings)).fetch(request, bindings, execution),
};
