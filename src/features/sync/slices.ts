// One slice: everything of it is fetched before anything of it is written, and rows, cursor, slice and run log are
// written in one batch that fails whole if the account is no longer ours.
import type { Ctx } from "../../context.ts";
import { addDays, type Day, dayIn } from "../../lib/dates.ts";
import { type InsightToStore, nameFromInsights, replaceInsights } from "./insights.queries.ts";
import { countConversations, countLeads } from "./lead-count.ts";
import { lastWholeDay, type Level, planDeeper, RESTATED_DAYS, type SlicePlan } from "./plan-slices.ts";
import {
  type Account,
  addToRun,
  cover,
  insertSlices,
  renew,
  type Run,
  type Slice,
  updateSlice,
} from "./runs.queries.ts";
import { type Hold, hold } from "./schedule.queries.ts";
import { replaceStructure } from "./structure.queries.ts";

/** What a worker carries from slice to slice. */
export type Work = { hold: Hold; account: Account; run: Run; token: string };

const [FASTEST_POLL_SECONDS, SLOWEST_POLL_SECONDS] = [5, 60];
const REPORT_GIVE_UP_MS = 3_600_000;

type InsightsSlice = Slice & { level: Level };

const isInsights = (slice: Slice): slice is InsightsSlice => slice.level !== "structure";

export async function workSlice(ctx: Ctx, work: Work, slice: Slice): Promise<void> {
  if (!isInsights(slice)) return syncStructure(ctx, work, slice);
  if (slice.method === "direct") {
    const { level, since, until, pageLimit: limit } = slice;
    const rows = await ctx.meta.fetchInsights(work.token, {
      accountId: work.account.accountId,
      level,
      since,
      until,
      limit,
    });
    return storeInsights(ctx, work, slice, rows);
  }
  return slice.reportRunId === null ? startReport(ctx, work, slice) : pollReport(ctx, work, slice, slice.reportRunId);
}

async function syncStructure(ctx: Ctx, work: Work, slice: Slice): Promise<void> {
  const { accountId } = work.account;
  const account = await ctx.meta.getAdAccount(work.token, accountId);
  const { currency } = account;
  const campaigns = await ctx.meta.listCampaigns(work.token, accountId, { currency });
  const adSets = await ctx.meta.listAdSets(work.token, accountId, { currency });
  const ads = await ctx.meta.listAds(work.token, accountId);
  const rows = campaigns.length + adSets.length + ads.length;
  await ctx.db.run(
    hold(ctx, work.hold),
    ...replaceStructure(ctx, accountId, { account, campaigns, adSets, ads }),
    updateSlice(ctx, slice, finished(ctx, rows)),
    addToRun(ctx, work.run.id, { rows }),
    renew(ctx),
  );
}

async function startReport(ctx: Ctx, work: Work, slice: InsightsSlice): Promise<void> {
  const { level, since, until } = slice;
  const reportRunId = await ctx.meta.startReport(work.token, {
    accountId: work.account.accountId,
    level,
    since,
    until,
  });
  return wait(ctx, work, slice, { reportRunId, reportStartedAt: new Date(ctx.now()) });
}

async function pollReport(ctx: Ctx, work: Work, slice: InsightsSlice, reportRunId: string): Promise<void> {
  const startedAt = slice.reportStartedAt ?? new Date(0);
  const { accountId } = work.account;
  const state = await ctx.meta.getReport(work.token, reportRunId, { startedAt, accountId });
  const isStuck = ctx.now() - startedAt.getTime() > REPORT_GIVE_UP_MS;
  if (state.status === "completed") {
    const { level, since, until, pageLimit: limit } = slice;
    const window = { accountId, level, since, until, limit };
    return storeInsights(ctx, work, slice, await ctx.meta.readReport(work.token, reportRunId, window));
  }
  if (state.status === "pending" && !isStuck) return wait(ctx, work, slice, { reportStartedAt: startedAt });
  throw ctx.meta.reportFailure(state);
}

/** Comes back after a third of the time the report has taken so far: seldom too late, and never often. */
async function wait(
  ctx: Ctx,
  work: Work,
  slice: Slice,
  change: { reportStartedAt: Date; reportRunId?: string },
): Promise<void> {
  const elapsedSeconds = (ctx.now() - change.reportStartedAt.getTime()) / 1000;
  const delaySeconds = Math.round(Math.min(SLOWEST_POLL_SECONDS, Math.max(FASTEST_POLL_SECONDS, elapsedSeconds / 3)));
  const notBefore = new Date(ctx.now() + delaySeconds * 1000);
  await ctx.db.run(hold(ctx, work.hold), updateSlice(ctx, slice, { ...change, status: "waiting", notBefore }));
}

async function storeInsights(
  ctx: Ctx,
  work: Work,
  slice: InsightsSlice,
  found: Awaited<ReturnType<Ctx["meta"]["fetchInsights"]>>,
): Promise<void> {
  const { accountId, timezoneName } = work.account;
  const key = { accountId, level: slice.level, since: slice.since, until: slice.until };
  const lastFinal = addDays(dayIn(timezoneName, ctx.now()), -RESTATED_DAYS);
  const rows = found.map((row): InsightToStore => ({
    ...row,
    metaLeads: countLeads(row.actions),
    conversations: countConversations(row.actions),
    isFinal: row.date <= lastFinal,
  }));
  const wholeUntil = lastWholeDay(timezoneName, ctx.now());
  const wantedFrom = work.run.since;
  const covered = { since: slice.since, until: slice.until < wholeUntil ? slice.until : wholeUntil };
  const deeper = deeperSlices(slice, found);
  await ctx.db.run(
    hold(ctx, work.hold),
    // Names first: the spend of an ad set is found through its ads.
    ...nameFromInsights(ctx, key, rows),
    ...replaceInsights(ctx, key, work.run.id, rows),
    cover(ctx, { accountId, level: slice.level, ...covered, wantedFrom }),
    ...deeper
      .filter(({ isEmpty }) => isEmpty)
      .map(({ level, since, until }) => cover(ctx, { accountId, level, since, until, wantedFrom })),
    ...(deeper.length > 0 ? [insertSlices(ctx, work.run.id, deeper, slice.position + 1)] : []),
    updateSlice(ctx, slice, finished(ctx, rows.length)),
    addToRun(ctx, work.run.id, { rows: rows.length }),
    renew(ctx),
  );
}

// The history of campaigns and ads is asked only where the account's own history shows delivery.
function deeperSlices(slice: InsightsSlice, found: readonly { date: Day }[]): SlicePlan[] {
  const isHistory = slice.level === "account" && slice.method === "report";
  return isHistory
    ? planDeeper(
        slice,
        found.map(({ date }) => date),
      )
    : [];
}

const finished = (ctx: Ctx, rows: number): Partial<Slice> => ({
  status: "done",
  rows,
  finishedAt: new Date(ctx.now()),
  errorCode: null,
  errorDetails: null,
  notBefore: null,
});
