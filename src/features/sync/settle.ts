// How a message's work ends: the run is finished, or the account is let go until its next slice is due.
import type { Ctx } from "../../context.ts";
import type { AppError } from "../../errors.ts";
import { dayIn, daysBetween } from "../../lib/dates.ts";
import { noteFailure } from "../connection/connection.service.ts";
import { hintFor } from "../connection/hints.ts";
import { closeSlices, isOpen, listSlicesOf, markAccount, type Run, updateRun } from "./runs.queries.ts";
import { handOver, hold, release } from "./schedule.queries.ts";
import type { Halt } from "./work.ts";
import type { Work } from "./slices.ts";

type Settling = Omit<Work, "token"> & {
  schedule: { epoch: number; periodSeconds: number; failures: number };
  /** Of the token that was used; a newer one is not to blame for what befell it. */
  tokenVersion: number | undefined;
};

/** Below this a message with a delay continues the work; above it cron does. */
export const SOON_SECONDS = 300;
const LONGEST_REST_SECONDS = 6 * 3600;

export async function settle(ctx: Ctx, work: Settling, halt: Halt): Promise<void> {
  const slices = await listSlicesOf(ctx, work.run.id);
  const open = slices.filter(isOpen);
  if (open.length === 0)
    return finish(
      ctx,
      work,
      slices.filter(({ status }) => status === "failed"),
    );
  const soonest = Math.min(...open.map(({ notBefore }) => notBefore?.getTime() ?? ctx.now()));
  const resumeAt = new Date(Math.max(soonest, ctx.now() + (halt?.delaySeconds ?? 0) * 1000));
  await resume(ctx, work, resumeAt, halt ? "waiting" : "running");
}

async function resume(ctx: Ctx, work: Settling, resumeAt: Date, status: "waiting" | "running"): Promise<void> {
  const delaySeconds = Math.max(0, Math.ceil((resumeAt.getTime() - ctx.now()) / 1000));
  const isSoon = delaySeconds <= SOON_SECONDS;
  const { failures } = work.schedule;
  await ctx.db.run(
    hold(ctx, work.hold),
    updateRun(ctx, work.run.id, { status, startedAt: work.run.startedAt ?? new Date(ctx.now()) }),
    isSoon ? handOver(ctx, work.hold, resumeAt) : release(ctx, work.hold, { dueAt: resumeAt, failures }),
  );
  if (!isSoon) return;
  const { accountId, epoch } = work.hold;
  const message = { v: 1, kind: "insights.sync", tenantId: ctx.tenantId, accountId, epoch: epoch + 1 } as const;
  await ctx.enqueue([{ message, delaySeconds }]);
}

async function finish(
  ctx: Ctx,
  work: Settling,
  failed: readonly { errorCode: string | null; since: string }[],
): Promise<void> {
  const { run, account, schedule } = work;
  const firstError = failed[0]?.errorCode ?? null;
  // Old gaps that still cannot be read are asked for again, but do not slow down what is new.
  const isWhole = failed.every(({ since }) => since < run.since);
  const failures = isWhole ? 0 : schedule.failures + 1;
  await ctx.db.run(
    hold(ctx, work.hold),
    updateRun(ctx, run.id, {
      status: failed.length > 0 ? "partial" : "succeeded",
      startedAt: run.startedAt ?? new Date(ctx.now()),
      finishedAt: new Date(ctx.now()),
      errorCode: firstError,
      hint: failed.length > 0 ? "Algunos días no se pudieron leer: se vuelven a pedir solos." : null,
    }),
    release(ctx, work.hold, {
      dueAt: new Date(ctx.now() + restSeconds(schedule.periodSeconds, failures) * 1000),
      failures,
      ...(isWhole ? readMarks(run, dayIn(account.timezoneName, ctx.now())) : {}),
    }),
  );
}

// What a run that reached back far enough has made unnecessary for the day, and for the week.
function readMarks(run: Run, today: string): { fullReadOn?: string; deepReadOn?: string } {
  const reach = run.until >= today ? daysBetween(run.since, today) : 0;
  return { ...(reach >= 28 ? { fullReadOn: today } : {}), ...(reach >= 90 ? { deepReadOn: today } : {}) };
}

/** Nothing of the account can be read now: its run, if it has one, ends with the reason; cron tries again later. */
export async function stop(
  ctx: Ctx,
  work: Omit<Settling, "run"> & { run: Run | undefined },
  error: AppError,
): Promise<void> {
  await noteFailure(ctx, error, work.tokenVersion);
  const failures = work.schedule.failures + 1;
  const { run } = work;
  const ending = run && {
    status: "failed",
    finishedAt: new Date(ctx.now()),
    errorCode: error.code,
    errorDetails: error.details,
    hint: hintFor(error),
  };
  await ctx.db.run(
    hold(ctx, work.hold),
    ...(run && ending ? [updateRun(ctx, run.id, ending), closeSlices(ctx, run.id)] : []),
    markAccount(ctx, work.account.accountId, error.code),
    release(ctx, work.hold, {
      dueAt: new Date(ctx.now() + restSeconds(work.schedule.periodSeconds, failures) * 1000),
      failures,
    }),
  );
  ctx.log("sync.stopped", { tenantId: ctx.tenantId, accountId: work.account.accountId, error: error.code });
}

// Two hours after the first failure, then four, then six: an account that fails does not crowd out the others.
export const restSeconds = (period: number, failures: number) =>
  Math.min(period * 2 ** Math.min(failures, 8), Math.max(period, LONGEST_REST_SECONDS));
