import { and, eq, isNull, lt, lte, or, sql } from "drizzle-orm";
import { runAudited, wroteHere } from "../../adapters/db/audit.ts";
import { assetSchedule } from "../../adapters/db/schema/assets.ts";
import type { Needs, Tools } from "../../context.ts";

const CLAIM_SECONDS = 300;
const CLAIMS_PER_TICK = 250;
/** Longer than the calls to Meta of one piece of work may take. */
const WORKER_SECONDS = 600;

export type Task = Pick<typeof assetSchedule.$inferSelect, "task" | "assetId">;
type DueTask = Task & { tenantId: number };

const instant = (ms: number) => new Date(ms).toISOString();

/** Claims what is due over all tenants, each for one message. */
export async function claimDueTasks(tools: Pick<Tools, "dispatch" | "now">): Promise<DueTask[]> {
  const now = tools.now();
  const { rows } = await tools.dispatch.one(
    tools.dispatch.q.execute<{ tenant_id: number; task: Task["task"]; asset_id: string }>(sql`
      UPDATE asset_schedule AS s SET claimed_until = ${instant(now + CLAIM_SECONDS * 1000)}::timestamptz
      FROM (
        SELECT tenant_id, task, asset_id FROM asset_schedule
        WHERE next_due_at <= ${instant(now)}::timestamptz
          AND (claimed_until IS NULL OR claimed_until < ${instant(now)}::timestamptz)
        ORDER BY next_due_at
        LIMIT ${CLAIMS_PER_TICK}
        FOR UPDATE SKIP LOCKED
      ) AS due
      WHERE (s.tenant_id, s.task, s.asset_id) = (due.tenant_id, due.task, due.asset_id)
      RETURNING s.tenant_id, s.task, s.asset_id`),
  );
  return rows.map(({ tenant_id: tenantId, task, asset_id: assetId }) => ({ tenantId, task, assetId }));
}

const isTask = (db: Needs<"db">["db"], { task, assetId }: Task) =>
  and(db.mine(assetSchedule), eq(assetSchedule.task, task), eq(assetSchedule.assetId, assetId));

/** Makes one caller the worker of a task that is due, and tells how often it failed; the others get nothing. */
export async function takeTask(
  { db, now }: Needs<"db" | "now">,
  task: Task,
  worker: string,
): Promise<{ failures: number } | undefined> {
  const at = new Date(now());
  const [taken] = await db.one(
    db.q
      .update(assetSchedule)
      .set({ worker, workerUntil: new Date(now() + WORKER_SECONDS * 1000) })
      .where(
        and(
          isTask(db, task),
          lte(assetSchedule.nextDueAt, at),
          or(isNull(assetSchedule.workerUntil), lt(assetSchedule.workerUntil, at)),
        ),
      )
      .returning({ failures: assetSchedule.failures }),
  );
  return taken;
}

/** Gives a task up until its next time; whoever is its worker no more changes nothing. */
export async function finishTask(
  { db }: Needs<"db">,
  task: Task,
  worker: string,
  next: { nextDueAt: Date; failures: number },
): Promise<void> {
  await db.one(
    db.q
      .update(assetSchedule)
      .set({ ...next, worker: null, workerUntil: null, claimedUntil: null })
      .where(and(isTask(db, task), eq(assetSchedule.worker, worker))),
  );
}

const makeDue = ({ db, now }: Needs<"db" | "now">, task: Task) =>
  db.q
    .update(assetSchedule)
    .set({ nextDueAt: new Date(now()), claimedUntil: null, failures: 0 })
    .where(isTask(db, task))
    .returning({ task: assetSchedule.task });

/** Makes the task due at once; false where there is none. */
export const askNow = async (ctx: Needs<"db" | "now">, task: Task): Promise<boolean> =>
  (await ctx.db.one(makeDue(ctx, task))).length > 0;

/** The same, because somebody asked. */
export async function askNowByHand(ctx: Needs<"db" | "now" | "audit">, task: Task): Promise<boolean> {
  const [due] = await runAudited(
    ctx,
    { when: wroteHere(assetSchedule, isTask(ctx.db, task) ?? sql`false`) },
    makeDue(ctx, task),
  );
  return due.length > 0;
}

export async function findTask({ db }: Needs<"db">, task: Task) {
  const [found] = await db.one(db.q.select().from(assetSchedule).where(isTask(db, task)));
  return found;
}
