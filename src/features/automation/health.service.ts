import type * as z from "zod";
import type { Needs } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { foldStatus } from "../templates/template-status.ts";
import { breakerAt } from "./breaker.ts";
import { readHealth } from "./health.queries.ts";
import { resetNumber } from "./numbers.queries.ts";
import type { health } from "./operate.contract.ts";

/** How the tenant's automation is, and what of it does not run. */
export async function getHealth(ctx: Needs<"db" | "now">): Promise<z.input<ReturnType<typeof health>>> {
  const { counted, numbers, rules } = await readHealth(ctx);
  const shown = numbers.map(({ number, breaker, failures, openings, openUntil, reason }) => ({
    number,
    breaker: breakerAt({ state: breaker, failures, openings, openUntil: openUntil?.getTime() ?? null }, ctx.now())
      .state,
    failures,
    open_until: openUntil?.toISOString() ?? null,
    reason,
  }));
  const stopped = rules.flatMap(({ id, name, status }) => {
    const folded = status === null ? "REJECTED" : foldStatus(status);
    return folded === "APPROVED" ? [] : [{ rule_id: id, name, reason: `template_${folded.toLowerCase()}` }];
  });
  const { last_tick, ...counts } = counted;
  return {
    last_tick: last_tick === null ? null : new Date(last_tick).toISOString(),
    executions: { waiting: counts.waiting, late: counts.late_steps },
    messages: { planned: counts.planned, late: counts.late, sending: counts.sending, unknown: counts.unknown },
    numbers: shown,
    stopped_rules: stopped,
    is_healthy:
      counts.late_steps + counts.late + counts.unknown === 0 && shown.every(({ breaker }) => breaker === "closed"),
  };
}

/** Throws number.not_found. */
export async function closeBreaker(ctx: Needs<"db" | "now" | "audit">, number: string) {
  if (!(await resetNumber(ctx, number))) throw new AppError("number.not_found", "No encontramos ese número.");
  return { number, breaker: "closed" as const };
}
