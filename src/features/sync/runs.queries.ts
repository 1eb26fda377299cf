import { and, desc, eq, inArray, isNull, sql } from "drizzle-orm";
import { renewAnswers } from "../../adapters/db/answers.ts";
import { adAccounts } from "../../adapters/db/schema/connection.ts";
import { syncCoverage, syncRuns, syncSlices } from "../../adapters/db/schema/sync.ts";
import { actorName, type Needs } from "../../context.ts";
import { type Level, levels, type SlicePlan } from "./plan-slices.ts";
import { PAGE_LIMIT } from "./react.ts";

export type Run = typeof syncRuns.$inferSelect;
export type Slice = typeof syncSlices.$inferSelect;
export type Account = typeof adAccounts.$inferSelect;

export type NewRun = Pick<Run, "accountId" | "trigger" | "since" | "until" | "clampedFrom"> & { id: string };

export const insertRun = (ctx: Needs<"db" | "actor" | "now">, run: NewRun) =>
  ctx.db.q.insert(syncRuns).values({
    ...run,
    tenantId: ctx.db.tenantId,
    status: "queued",
    requestedBy: actorName(ctx.actor),
    createdAt: new Date(ctx.now()),
  });

/** Slices in the order of `plans`, after `position`. One that is known to be empty is done as it stands. */
export const insertSlices = (ctx: Needs<"db" | "now">, runId: string, plans: readonly SlicePlan[], position = 0) =>
  ctx.db.q
    .insert(syncSlices)
    .values(
      plans.map(({ isEmpty = false, ...plan }, index) => ({
        ...plan,
        tenantId: ctx.db.tenantId,
        runId,
        position: position + index,
        pageLimit: PAGE_LIMIT,
        ...(isEmpty
          ? { status: "done" as const, rows: 0, decision: "no_delivery", finishedAt: new Date(ctx.now()) }
          : {}),
      })),
    )
    .onConflictDoNothing();

export const updateRun = (ctx: Needs<"db">, runId: string, change: Partial<Run>) =>
  ctx.db.q
    .update(syncRuns)
    .set(change)
    .where(and(ctx.db.mine(syncRuns), eq(syncRuns.id, runId)));

/** How much of Meta's a run has read so far. */
export const addToRun = (ctx: Needs<"db">, runId: string, { rows }: { rows: number }) =>
  ctx.db.q
    .update(syncRuns)
    .set({ rowsRead: sql`${syncRuns.rowsRead} + ${rows}` })
    .where(and(ctx.db.mine(syncRuns), eq(syncRuns.id, runId)));

const open: Slice["status"][] = ["pending", "waiting"];

/** There is still something to do for it. */
export const isOpen = ({ status }: Slice): boolean => open.includes(status);

/** Changes a slice that is still open: one that was settled meanwhile stays as it is. */
export const updateSlice = (ctx: Needs<"db">, slice: Slice, change: Partial<Slice>) =>
  ctx.db.q
    .update(syncSlices)
    .set(change)
    .where(
      and(
        ctx.db.mine(syncSlices),
        eq(syncSlices.runId, slice.runId),
        eq(syncSlices.level, slice.level),
        eq(syncSlices.since, slice.since),
        eq(syncSlices.until, slice.until),
        inArray(syncSlices.status, open),
      ),
    );

/** Adds days to what is known of a level; the cursor moves to the end of the unbroken stretch from `wanted_from`. */
export const cover = (
  ctx: Needs<"db" | "now">,
  {
    accountId,
    level,
    since,
    until,
    wantedFrom,
  }: { accountId: string; level: string; since: string; until: string; wantedFrom: string },
) => {
  const added = sql`datemultirange(daterange(${since}::date, GREATEST(${until}::date + 1, ${since}::date)))`;
  const at = new Date(ctx.now()).toISOString();
  const endOfStretch = (covered: typeof added, from: typeof added) =>
    sql`(SELECT upper(stretch) - 1 FROM unnest(${covered}) AS stretch WHERE stretch @> ${from})`;
  return ctx.db.q.execute(sql`
    INSERT INTO sync_coverage AS c (tenant_id, account_id, level, covered, wanted_from, complete_through, last_synced_at)
    VALUES (${ctx.db.tenantId}, ${accountId}, ${level}, ${added}, ${wantedFrom}::date,
      ${endOfStretch(added, sql`${wantedFrom}::date`)}, ${at}::timestamptz)
    ON CONFLICT (tenant_id, account_id, level) DO UPDATE SET
      covered = c.covered + excluded.covered,
      complete_through = ${endOfStretch(sql`c.covered + excluded.covered`, sql`c.wanted_from`)},
      last_synced_at = excluded.last_synced_at`);
};

/** What a run sets out to know, before it knows any of it: a later run finds the gaps. */
export const want = (ctx: Needs<"db">, accountId: string, since: string) =>
  ctx.db.q.execute(sql`
    INSERT INTO sync_coverage AS c (tenant_id, account_id, level, covered, wanted_from)
    SELECT ${ctx.db.tenantId}, ${accountId}, level, '{}', ${since}::date FROM unnest(${sql.param([...levels])}::text[]) AS level
    ON CONFLICT (tenant_id, account_id, level) DO UPDATE SET wanted_from = LEAST(c.wanted_from, excluded.wanted_from)`);

/** Days that Meta no longer keeps are wanted no more; answers begin later when there were any. */
export const forgetDaysBefore = (ctx: Needs<"db">, accountId: string, oldest: string) =>
  ctx.db.q.execute(sql`
    WITH forgotten AS (
      UPDATE ${syncCoverage} SET wanted_from = ${oldest}::date
      WHERE ${ctx.db.mine(syncCoverage)} AND account_id = ${accountId} AND wanted_from < ${oldest}::date
      RETURNING level
    )
    SELECT renew_answers(${ctx.db.tenantId}) FROM forgotten LIMIT 1`);

/** Last in a batch after which answers say something else. */
export const renew = (ctx: Needs<"db">) => renewAnswers(ctx.db);

/** Ends what a run leaves undone. */
export const closeSlices = (ctx: Needs<"db" | "now">, runId: string) =>
  ctx.db.q
    .update(syncSlices)
    .set({ status: "cancelled", finishedAt: new Date(ctx.now()) })
    .where(and(ctx.db.mine(syncSlices), eq(syncSlices.runId, runId), inArray(syncSlices.status, open)));

/** Stretches of days that are wanted and not known, per level, up to and with `through`. */
export async function listGaps(
  ctx: Needs<"db">,
  accountId: string,
  { oldest, through }: { oldest: string; through: string },
) {
  const [, { rows }] = await ctx.db.run(
    forgetDaysBefore(ctx, accountId, oldest),
    ctx.db.q.execute<{ level: Level; since: string; until: string }>(sql`
      SELECT level, lower(gap)::text AS since, (upper(gap) - 1)::text AS until
      FROM ${syncCoverage}, unnest(datemultirange(daterange(wanted_from, GREATEST(${through}::date + 1, wanted_from))) - covered) AS gap
      WHERE ${ctx.db.mine(syncCoverage)} AND account_id = ${accountId} ORDER BY gap`),
  );
  return rows.filter(({ level }) => levels.includes(level));
}

export async function listRunsWithSlices(
  ctx: Needs<"db">,
  { limit, offset, id }: { limit: number; offset: number; id?: string },
) {
  const mine = id === undefined ? ctx.db.mine(syncRuns) : and(ctx.db.mine(syncRuns), eq(syncRuns.id, id));
  const page = ctx.db.q
    .select()
    .from(syncRuns)
    .where(mine)
    .orderBy(desc(syncRuns.createdAt), syncRuns.id)
    .limit(limit)
    .offset(offset);
  const [runs, slices, [{ total } = { total: 0 }]] = await ctx.db.run(
    page,
    ctx.db.q
      .select()
      .from(syncSlices)
      .where(
        and(
          ctx.db.mine(syncSlices),
          sql`${syncSlices.runId} IN (SELECT id FROM ${ctx.db.q.select({ id: syncRuns.id }).from(syncRuns).where(mine).orderBy(desc(syncRuns.createdAt), syncRuns.id).limit(limit).offset(offset).as("page")})`,
        ),
      )
      .orderBy(syncSlices.position, syncSlices.since),
    ctx.db.q
      .select({ total: sql<number>`count(*)::int` })
      .from(syncRuns)
      .where(mine),
  );
  return { runs, slices, total };
}

/** The accounts a tenant chose, its primary one first. */
export async function listConnectedAccounts(ctx: Needs<"db">): Promise<Account[]> {
  return ctx.db.one(
    ctx.db.q
      .select()
      .from(adAccounts)
      .where(and(ctx.db.mine(adAccounts), isNull(adAccounts.disconnectedAt)))
      .orderBy(desc(adAccounts.isPrimary), adAccounts.accountId),
  );
}

export async function findActiveRun(ctx: Needs<"db">, accountId: string): Promise<Run | undefined> {
  const [found] = await ctx.db.one(
    ctx.db.q
      .select()
      .from(syncRuns)
      .where(and(ctx.db.mine(syncRuns), eq(syncRuns.accountId, accountId), isNull(syncRuns.finishedAt))),
  );
  return found;
}

export const listSlicesOf = (ctx: Needs<"db">, runId: string): Promise<Slice[]> =>
  ctx.db.one(
    ctx.db.q
      .select()
      .from(syncSlices)
      .where(and(ctx.db.mine(syncSlices), eq(syncSlices.runId, runId))),
  );

/** Why an account cannot be read, until it can. */
export const markAccount = (ctx: Needs<"db" | "now">, accountId: string, errorCode: string) =>
  ctx.db.q
    .update(adAccounts)
    .set({ lastErrorCode: errorCode, updatedAt: new Date(ctx.now()) })
    .where(and(ctx.db.mine(adAccounts), eq(adAccounts.accountId, accountId)));
