import type { Ctx } from "../../context.ts";
import { type AppError, isAppError, toAppError } from "../../errors.ts";
import { decide, type Decision } from "./react.ts";
import { insertSlices, isOpen, type Slice, updateSlice } from "./runs.queries.ts";
import { hold } from "./schedule.queries.ts";
import { type Work, workSlice } from "./slices.ts";

// A message is a bounded piece of work: the platform ends long ones, and other accounts wait behind it.
const WORK_MS = 25_000;
const SLICES_PER_MESSAGE = 20;

/** Why the work ended before its slices did: the account must rest. */
export type Halt = { delaySeconds: number } | undefined;

/**
 * Works through the slices that may be worked on now, in order, but those that failed least first: one that fails again
 * and again keeps no other waiting. Throws what stops the whole account; a slice that fails for itself is marked and the
 * next one goes on.
 */
export async function workSlices(ctx: Ctx, work: Work, slices: readonly Slice[]): Promise<Halt> {
  const startedAt = ctx.now();
  let worked = 0;
  const open = slices.filter(isOpen).toSorted((one, other) => one.attempts - other.attempts);
  const tries = open.reduce((sum, { attempts }) => sum + attempts, 0);
  let isAnswering = false;
  for (const slice of open) {
    const isDue = slice.notBefore === null || slice.notBefore.getTime() <= ctx.now();
    if (!isDue) continue;
    if (worked >= SLICES_PER_MESSAGE || ctx.now() - startedAt > WORK_MS) return undefined;
    worked += 1;
    const pause = ctx.gauge.pauseSeconds(work.account.accountId);
    if (pause !== undefined) return { delaySeconds: pause };
    try {
      await workSlice(ctx, work, slice);
      isAnswering = true;
    } catch (thrown) {
      if (isAppError(thrown, "lease.lost", "queue.unavailable")) throw thrown;
      // Meta was there a moment ago: it is this slice that waits, and no outage.
      const since = isAnswering ? slice.attempts : tries;
      const halt = await react(ctx, work, slice, { error: toAppError(thrown), tries: since });
      if (halt) return halt;
    }
  }
  return undefined;
}

async function react(
  ctx: Ctx,
  work: Work,
  slice: Slice,
  { error, tries }: { error: AppError; tries: number },
): Promise<Halt> {
  const decision = decide(error, slice, tries);
  ctx.log("sync.slice_failed", {
    tenantId: ctx.tenantId,
    accountId: work.account.accountId,
    level: slice.level,
    since: slice.since,
    until: slice.until,
    error: error.code,
    note: error.note,
    decision: decision.kind,
  });
  if (decision.kind === "stop") throw error;
  const failure = { errorCode: error.code, errorDetails: error.details, decision: decision.kind };
  const change = { ...failure, ...changeFor(ctx, slice, decision) };
  const children =
    decision.kind === "split"
      ? decision.halves.map((half) => ({ ...half, level: slice.level, method: slice.method }))
      : [];
  await ctx.db.run(
    hold(ctx, work.hold),
    updateSlice(ctx, slice, change),
    ...(children.length > 0 ? [insertSlices(ctx, work.run.id, children, slice.position)] : []),
  );
  return decision.kind === "pause" ? { delaySeconds: decision.delaySeconds } : undefined;
}

function changeFor(ctx: Ctx, slice: Slice, decision: Exclude<Decision, { kind: "stop" }>): Partial<Slice> {
  const after = (seconds: number) => new Date(ctx.now() + seconds * 1000);
  switch (decision.kind) {
    case "retry":
      return {
        attempts: decision.delaySeconds > 0 ? slice.attempts + 1 : slice.attempts,
        pageLimit: decision.pageLimit,
        notBefore: after(decision.delaySeconds),
        ...(decision.reportAgain ? { reportRunId: null, status: "pending" } : {}),
      };
    case "pause":
      return {
        attempts: decision.isTry ? slice.attempts + 1 : slice.attempts,
        notBefore: after(decision.delaySeconds),
      };
    case "split":
      return { status: "split", finishedAt: after(0) };
    case "report":
      return { method: "report", status: "pending", reportRunId: null, attempts: 0, notBefore: null };
    case "fail":
      return { status: "failed", finishedAt: after(0) };
  }
}
