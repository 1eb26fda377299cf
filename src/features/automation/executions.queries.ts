// The rows of what rules are doing. One is acted on only by its holder, in one batch that holds it at its step.
import { and, eq, sql } from "drizzle-orm";
import { automationExecutions, automationLogs, automationRules } from "../../adapters/db/schema/automation.ts";
import type { Statement } from "../../adapters/db/scope.ts";
import { toInstant } from "../../adapters/db/wire.ts";
import type { Needs, Tools } from "../../context.ts";

export type Execution = typeof automationExecutions.$inferSelect;

export type NewExecution = {
  id: string;
  rule_id: string;
  trigger_type: string;
  occurrence_key: string;
  subject: string | null;
  lead_id: string;
  opportunity_id: string | null;
  step: number;
  due_at: string;
  started_at: string;
  event_at: string | null;
  event: Readonly<Record<string, unknown>>;
};

type Db = Needs<"db" | "now">;

const TENANTS_PER_TICK = 250;
const LEASE_SECONDS = 120;
/** Rules whose actions start each other end here: of one rule for one lead, no more starts in a day. */
const MOST_STARTS = 10;

/** Starts rules, for a batch. What has started already changes nothing, unless it was called off and is told again. */
export const insertExecutions = (ctx: Db, rows: readonly NewExecution[]): Statement =>
  ctx.db.q.execute(sql`
    INSERT INTO automation_executions (tenant_id, id, rule_id, trigger_type, occurrence_key, subject, lead_id, opportunity_id, step,
      due_at, started_at, event_at, event, created_at, updated_at)
    SELECT ${ctx.db.tenantId}, f.id, f.rule_id, f.trigger_type, f.occurrence_key, f.subject, f.lead_id, f.opportunity_id, f.step,
      f.due_at, f.started_at, f.event_at, f.event, ${toInstant(ctx.now())}, ${toInstant(ctx.now())}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS f (id uuid, rule_id uuid, trigger_type text, occurrence_key text,
      subject text, lead_id uuid, opportunity_id uuid, step integer, due_at timestamptz, started_at timestamptz, event_at timestamptz, event jsonb)
    WHERE (SELECT count(*) FROM automation_executions x WHERE x.tenant_id = ${ctx.db.tenantId} AND x.rule_id = f.rule_id
      AND x.lead_id = f.lead_id AND x.created_at > ${toInstant(ctx.now() - 86_400_000)}) < ${MOST_STARTS}
    ON CONFLICT (tenant_id, rule_id, occurrence_key) DO UPDATE SET state = 'waiting', reason = NULL, finished_at = NULL,
      generation = automation_executions.generation + 1, step = EXCLUDED.step, due_at = EXCLUDED.due_at, event = EXCLUDED.event,
      updated_at = EXCLUDED.updated_at
    WHERE automation_executions.state = 'stopped' AND automation_executions.reason = 'called_off'`);

/** Ends what waits of a subject but for one occurrence, and its messages that have not gone out; for a batch. */
export const callOff = (ctx: Db, subject: string, exceptKey: string | null): Statement =>
  ctx.db.q.execute(sql`
    WITH ended AS (
      UPDATE automation_executions SET state = 'stopped', reason = 'called_off', finished_at = ${toInstant(ctx.now())}, updated_at = ${toInstant(ctx.now())}
      WHERE tenant_id = ${ctx.db.tenantId} AND subject = ${subject} AND occurrence_key IS DISTINCT FROM ${exceptKey}
        AND (state = 'waiting' OR EXISTS (SELECT FROM messages m WHERE m.tenant_id = ${ctx.db.tenantId}
          AND m.execution_id = automation_executions.id AND m.state = 'planned'))
      RETURNING id)
    UPDATE messages SET state = 'dropped', reason = 'called_off', claimed_until = NULL, updated_at = ${toInstant(ctx.now())}
    WHERE tenant_id = ${ctx.db.tenantId} AND state = 'planned' AND execution_id IN (SELECT id FROM ended)`);

/** A later beginning of the same rule for the same lead takes the place of what waits; for a batch. */
export const supersede = (ctx: Db, rows: readonly { ruleId: string; leadId: string; key: string }[]): Statement =>
  ctx.db.q.execute(sql`
    UPDATE automation_executions x SET state = 'stopped', reason = 'superseded', finished_at = ${toInstant(ctx.now())}, updated_at = ${toInstant(ctx.now())}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS f ("ruleId" uuid, "leadId" uuid, key text)
    WHERE x.tenant_id = ${ctx.db.tenantId} AND x.rule_id = f."ruleId" AND x.lead_id = f."leadId" AND x.state = 'waiting'
      AND x.occurrence_key <> f.key AND x.step = 0`);

/** Tenants with a step, or a rule, that is due. */
export async function listDueTenants({ dispatch, now }: Pick<Tools, "dispatch" | "now">): Promise<number[]> {
  const { rows } = await dispatch.one(
    dispatch.q.execute<{ tenant_id: number }>(sql`
      SELECT tenant_id FROM (
        SELECT tenant_id, due_at FROM automation_executions
        WHERE state = 'waiting' AND due_at <= ${toInstant(now())} AND (held_until IS NULL OR held_until <= ${toInstant(now())})
        UNION ALL
        SELECT tenant_id, next_run_at FROM automation_rules WHERE is_active AND next_run_at <= ${toInstant(now())}) due
      GROUP BY tenant_id ORDER BY min(due_at) LIMIT ${TENANTS_PER_TICK}`),
  );
  return rows.map((row) => row.tenant_id);
}

/** Claims steps that are due, oldest first. */
export async function claimDue(ctx: Db, holder: string, limit: number): Promise<Execution[]> {
  const now = ctx.now();
  const claimed = await ctx.db.one(
    ctx.db.q
      .update(automationExecutions)
      .set({ holder, heldUntil: new Date(now + LEASE_SECONDS * 1000) })
      .where(
        and(
          ctx.db.mine(automationExecutions),
          sql`id IN (SELECT id FROM automation_executions WHERE ${ctx.db.mine(automationExecutions)} AND state = 'waiting'
            AND due_at <= ${toInstant(now)} AND (held_until IS NULL OR held_until <= ${toInstant(now)}) ORDER BY due_at, id LIMIT ${limit} FOR UPDATE SKIP LOCKED)`,
        ),
      )
      .returning(),
  );
  return claimed.toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime() || (a.id < b.id ? -1 : 1));
}

/** First of every batch that acts: without it nobody knows whose step it is. */
export const hold = (ctx: Needs<"db">, { id, step, holder }: Execution): Statement =>
  ctx.db.q.execute(sql`SELECT hold_execution(${ctx.db.tenantId}, ${id}::uuid, ${step}, ${holder}::uuid)`);

type Turn = Partial<Pick<Execution, "state" | "step" | "dueAt" | "reason" | "finishedAt">>;

/** What becomes of an execution, and it is let go; for a batch. */
export const turnExecution = (ctx: Db, id: string, turn: Turn): Statement =>
  ctx.db.q
    .update(automationExecutions)
    .set({ ...turn, holder: null, heldUntil: null, updatedAt: new Date(ctx.now()) })
    .where(and(ctx.db.mine(automationExecutions), eq(automationExecutions.id, id)));

/** Ends what waits, from outside: whoever holds it will find that out; for a batch. */
export const stopExecution = (ctx: Db, id: string, reason: string): Statement =>
  ctx.db.q
    .update(automationExecutions)
    .set({ state: "stopped", reason, finishedAt: new Date(ctx.now()), updatedAt: new Date(ctx.now()) })
    .where(
      and(
        ctx.db.mine(automationExecutions),
        eq(automationExecutions.id, id),
        eq(automationExecutions.state, "waiting"),
      ),
    );

export type Told = Omit<typeof automationLogs.$inferInsert, "tenantId" | "id" | "createdAt">;

/** The log of what is no message (those keep their own). */
export const insertLog = (ctx: Needs<"db" | "now" | "uuid">, told: Told): Statement =>
  ctx.db.q
    .insert(automationLogs)
    .values({ ...told, tenantId: ctx.db.tenantId, id: ctx.uuid(), createdAt: new Date(ctx.now()) });

export const countSuccess = (ctx: Needs<"db">, ruleId: string): Statement =>
  ctx.db.q
    .update(automationRules)
    .set({ successCount: sql`success_count + 1` })
    .where(and(ctx.db.mine(automationRules), eq(automationRules.id, ruleId)));
