import type { Ctx } from "../../context.ts";
import { AppError, isAppError } from "../../errors.ts";
import { type Day, dayIn, daysBetween } from "../../lib/dates.ts";
import { openConnection } from "../connection/connection.service.ts";
import { endRunByHand, saveRun } from "./by-hand.queries.ts";
import { levels, oldestDay, planRange } from "./plan-slices.ts";
import {
  type Account,
  findActiveRun,
  listConnectedAccounts,
  listRunsWithSlices,
  type Run,
  type Slice,
} from "./runs.queries.ts";

export type SyncRequest = { accountId?: string | undefined; since?: Day | undefined; until?: Day | undefined };

/** Starts a run by hand for one chosen account (the primary one by default). Throws connection.* when nothing can be read. */
export async function startSync(
  ctx: Ctx,
  { accountId, since, until }: SyncRequest,
): Promise<{ runId: string; clampedFrom: Day | null }> {
  const [accounts] = await Promise.all([listConnectedAccounts(ctx), openConnection(ctx, "insights")]);
  const account =
    accountId === undefined ? accounts[0] : accounts.find((candidate) => candidate.accountId === accountId);
  if (!account) throw new AppError("account.not_connected", "Esa cuenta publicitaria no está conectada.");
  return startRun(ctx, account, { trigger: "manual", since, until });
}

/** Plans a run for the account and posts its first message. All that Meta keeps is read when no days are given. */
export async function startRun(
  ctx: Ctx,
  account: Pick<Account, "accountId" | "timezoneName">,
  { trigger, since, until }: { trigger: "connect" | "manual"; since?: Day | undefined; until?: Day | undefined },
): Promise<{ runId: string; clampedFrom: Day | null }> {
  const { accountId, timezoneName } = account;
  const [today, oldest] = [dayIn(timezoneName, ctx.now()), oldestDay(timezoneName, ctx.now())];
  const range = {
    since: since !== undefined && since > oldest ? since : oldest,
    until: until !== undefined && until < today ? until : today,
  };
  if (range.since > range.until) throw new AppError("request.invalid", "El período termina antes de empezar.");
  const clampedFrom = since !== undefined && since < oldest ? since : null;
  const id = ctx.uuid();
  const claim = await refuseSecond(
    ctx,
    accountId,
    saveRun(ctx, { id, accountId, trigger, ...range, clampedFrom }, planRange(range, today)),
  );
  if (claim)
    await ctx.enqueue([
      { message: { v: 1, kind: "insights.sync", tenantId: ctx.tenantId, accountId, epoch: claim.epoch } },
    ]);
  return { runId: id, clampedFrom };
}

async function refuseSecond<T>(ctx: Ctx, accountId: string, starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (thrown) {
    if (!isAppError(thrown, "database.conflict")) throw thrown;
    const active = await findActiveRun(ctx, accountId);
    throw new AppError("run.already_active", "Ya hay una sincronización en curso para esa cuenta.", {
      details: { run_id: active?.id ?? null },
    });
  }
}

/** Ends a run that is under way; what it has read stays. One that has ended already is left as it is. */
export async function cancelRun(ctx: Ctx, id: string) {
  await endRunByHand(ctx, id);
  return getRun(ctx, id);
}

export async function listRuns(ctx: Ctx, page: { limit: number; offset: number }) {
  const { runs, slices, total } = await listRunsWithSlices(ctx, page);
  return {
    runs: runs.map((run) =>
      describeRun(
        run,
        slices.filter(({ runId }) => runId === run.id),
      ),
    ),
    total,
  };
}

export async function getRun(ctx: Ctx, id: string) {
  const { runs, slices } = await listRunsWithSlices(ctx, { limit: 1, offset: 0, id });
  const [run] = runs;
  if (!run) throw new AppError("run.not_found", "Esa sincronización no existe.");
  return { ...describeRun(run, slices), slices };
}

function describeRun(run: Run, slices: readonly Slice[]) {
  return { ...run, percent: run.status === "succeeded" ? 100 : percentOf(run, slices) };
}

const isSettled = (status: Slice["status"]) => status === "done" || status === "failed";

/** Days settled of the days wanted over all levels: it grows only, also when a slice is split or history is planned. */
export function percentOf(
  run: Pick<Run, "since" | "until">,
  slices: readonly Pick<Slice, "level" | "status" | "since" | "until">[],
): number {
  const days = (range: { since: Day; until: Day }) => daysBetween(range.since, range.until) + 1;
  const settled = slices
    .filter(({ level, status, since }) => level !== "structure" && isSettled(status) && since >= run.since)
    .reduce((sum, slice) => sum + days(slice), 0);
  return Math.min(100, Math.floor((settled / (days(run) * levels.length)) * 100));
}
