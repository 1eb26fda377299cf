import { and, eq, sql } from "drizzle-orm";
import { adAccounts, connections } from "../../adapters/db/schema/connection.ts";
import { syncRuns, syncSchedule, syncSlices } from "../../adapters/db/schema/sync.ts";
import { isUserConnection } from "../../adapters/db/user-connection.ts";
import type { Needs, Tools } from "../../context.ts";

// How long an account stays with who claimed it, or with who works on it since their last write.
export const CLAIM_SECONDS = 300;
/** After an hour without a queue or a database all of 10 000 accounts are due: twenty ticks (`npm run soak:recovery`). */
export const CLAIMS_PER_TICK = 500;

export type Claim = { tenantId: number; accountId: string; epoch: number };

const later = (now: number, seconds: number) => new Date(now + seconds * 1000).toISOString();

/** Claims every account that is due, over all tenants, each for one message; what is claimed now is skipped. */
export async function claimDueAccounts(tools: Pick<Tools, "dispatch" | "now">): Promise<Claim[]> {
  const now = tools.now();
  const { rows } = await tools.dispatch.one(
    tools.dispatch.q.execute<{ tenant_id: number; account_id: string; epoch: string }>(sql`
      UPDATE sync_schedule AS s SET claimed_until = ${later(now, CLAIM_SECONDS)}::timestamptz, epoch = s.epoch + 1
      FROM (
        SELECT tenant_id, account_id FROM sync_schedule
        WHERE next_due_at <= ${later(now, 0)}::timestamptz
          AND (claimed_until IS NULL OR claimed_until < ${later(now, 0)}::timestamptz)
        ORDER BY next_due_at
        LIMIT ${CLAIMS_PER_TICK}
        FOR UPDATE SKIP LOCKED
      ) AS due
      WHERE s.tenant_id = due.tenant_id AND s.account_id = due.account_id
      RETURNING s.tenant_id, s.account_id, s.epoch`),
  );
  return rows.map((row) => ({ tenantId: row.tenant_id, accountId: row.account_id, epoch: Number(row.epoch) }));
}

/** Proof of holding an account: every write of a worker shows it. */
export type Hold = { accountId: string; epoch: number; worker: string };

const theAccount = (ctx: Needs<"db">, accountId: string) =>
  and(ctx.db.mine(syncSchedule), eq(syncSchedule.accountId, accountId));

/**
 * Takes the account for one worker and loads all it needs, in one round trip. `taken` is false when the message is stale
 * (`schedule.epoch` moved on) or another worker holds the account.
 */
export async function takeAccount(ctx: Needs<"db" | "now">, hold: Hold) {
  const now = ctx.now();
  const ofAccount = <T extends typeof syncRuns | typeof adAccounts>(table: T) =>
    and(ctx.db.mine(table), eq(table.accountId, hold.accountId));
  const [taken, [schedule], [account], [connection], [run], slices] = await ctx.db.run(
    ctx.db.q
      .update(syncSchedule)
      .set({
        worker: hold.worker,
        workerUntil: new Date(now + CLAIM_SECONDS * 1000),
        claimedUntil: new Date(now + CLAIM_SECONDS * 1000),
      })
      .where(
        and(
          theAccount(ctx, hold.accountId),
          eq(syncSchedule.epoch, hold.epoch),
          sql`(${syncSchedule.workerUntil} IS NULL OR ${syncSchedule.workerUntil} < ${later(now, 0)}::timestamptz)`,
        ),
      )
      .returning({ epoch: syncSchedule.epoch }),
    ctx.db.q.select().from(syncSchedule).where(theAccount(ctx, hold.accountId)),
    ctx.db.q.select().from(adAccounts).where(ofAccount(adAccounts)),
    ctx.db.q.select().from(connections).where(isUserConnection(ctx.db)),
    ctx.db.q
      .select()
      .from(syncRuns)
      .where(and(ofAccount(syncRuns), sql`${syncRuns.finishedAt} IS NULL`)),
    ctx.db.q
      .select()
      .from(syncSlices)
      .where(
        and(
          ctx.db.mine(syncSlices),
          sql`${syncSlices.runId} IN (SELECT id FROM sync_runs WHERE ${ctx.db.mine(syncRuns)} AND account_id = ${hold.accountId} AND finished_at IS NULL)`,
        ),
      )
      .orderBy(syncSlices.position, syncSlices.since),
  );
  return { taken: taken.length > 0, schedule, account, connection, run, slices };
}

/** The first statement of every batch of a worker: undoes the batch when the account is no longer its own. */
export const hold = (ctx: Needs<"db" | "now">, { accountId, epoch, worker }: Hold) =>
  ctx.db.q.execute(
    sql`SELECT hold_sync_lease(${ctx.db.tenantId}, ${accountId}, ${epoch}, ${worker}::uuid, ${later(ctx.now(), CLAIM_SECONDS)}::timestamptz)`,
  );

export type Release = { dueAt: Date; failures: number; fullReadOn?: string | null; deepReadOn?: string | null };

/** Lets the account go until `dueAt`; the epoch moves, so that a second delivery of the same message finds it stale. */
export const release = (ctx: Needs<"db">, { accountId }: Hold, { dueAt, ...state }: Release) =>
  ctx.db.q
    .update(syncSchedule)
    .set({
      ...state,
      nextDueAt: dueAt,
      worker: null,
      workerUntil: null,
      claimedUntil: null,
      epoch: sql`${syncSchedule.epoch} + 1`,
    })
    .where(theAccount(ctx, accountId));

/** Like `release`, but for the next message of the same work, which the caller sends: cron steps in if it is lost. */
export const handOver = (ctx: Needs<"db">, { accountId }: Hold, dueAt: Date) =>
  ctx.db.q
    .update(syncSchedule)
    .set({
      nextDueAt: dueAt,
      worker: null,
      workerUntil: null,
      claimedUntil: new Date(dueAt.getTime() + CLAIM_SECONDS * 1000),
      epoch: sql`${syncSchedule.epoch} + 1`,
    })
    .where(theAccount(ctx, accountId));

/** Lets go after a failure outside our rules, so that the redelivered message need not wait for the hold to pass. */
export async function dropHold(ctx: Needs<"db">, { accountId, epoch, worker }: Hold): Promise<void> {
  await ctx.db.one(
    ctx.db.q
      .update(syncSchedule)
      .set({ worker: null, workerUntil: null })
      .where(and(theAccount(ctx, accountId), eq(syncSchedule.epoch, epoch), eq(syncSchedule.worker, worker))),
  );
}

/** Ends a run that is still under way, and takes its account away from whoever works on it: their next write is undone. */
export const endRun = (ctx: Needs<"db" | "now">, runId: string) => {
  const at = sql`${later(ctx.now(), 0)}::timestamptz`;
  return ctx.db.q.execute(sql`
    WITH ended AS (
      UPDATE sync_runs SET status = 'cancelled', finished_at = ${at}, hint = NULL
      WHERE tenant_id = ${ctx.db.tenantId} AND id = ${runId}::uuid AND finished_at IS NULL
      RETURNING account_id
    )
    UPDATE sync_schedule AS s SET worker = NULL, worker_until = NULL, claimed_until = NULL, epoch = s.epoch + 1,
      next_due_at = ${at} + s.period_seconds * interval '1 second'
    FROM ended WHERE s.tenant_id = ${ctx.db.tenantId} AND s.account_id = ended.account_id`);
};

/** Claims one account at once for a run that a person asked for; makes its schedule if it has none. */
export const claimNow = (ctx: Needs<"db" | "now">, accountId: string) =>
  ctx.db.q
    .insert(syncSchedule)
    .values({
      tenantId: ctx.db.tenantId,
      accountId,
      nextDueAt: new Date(ctx.now()),
      claimedUntil: new Date(ctx.now() + CLAIM_SECONDS * 1000),
      epoch: 1,
    })
    .onConflictDoUpdate({
      target: [syncSchedule.tenantId, syncSchedule.accountId],
      set: {
        nextDueAt: new Date(ctx.now()),
        worker: null,
        workerUntil: null,
        claimedUntil: new Date(ctx.now() + CLAIM_SECONDS * 1000),
        epoch: sql`${syncSchedule.epoch} + 1`,
      },
    })
    .returning({ epoch: syncSchedule.epoch });
