import { and, asc, eq, gt, isNull, lte, sql } from "drizzle-orm";
import { automationRules } from "../../adapters/db/schema/automation.ts";
import { leads } from "../../adapters/db/schema/crm.ts";
import { messages } from "../../adapters/db/schema/messages.ts";
import type { Needs } from "../../context.ts";
import type { StartingRule } from "./rules.queries.ts";

type Db = Needs<"db" | "now">;

export const listDueRules = (ctx: Db): Promise<StartingRule[]> =>
  ctx.db.one(
    ctx.db.q
      .select()
      .from(automationRules)
      .where(
        and(
          ctx.db.mine(automationRules),
          eq(automationRules.isActive, true),
          lte(automationRules.nextRunAt, new Date(ctx.now())),
        ),
      ),
  );

export async function listLeadIds(ctx: Db, after: string | undefined, limit: number): Promise<string[]> {
  const rows = await ctx.db.one(
    ctx.db.q
      .select({ id: leads.id })
      .from(leads)
      .where(
        and(
          ctx.db.mine(leads),
          eq(leads.isTest, false),
          isNull(leads.mergedInto),
          after === undefined ? undefined : gt(leads.id, after),
        ),
      )
      .orderBy(asc(leads.id))
      .limit(limit),
  );
  return rows.map(({ id }) => id);
}

/** Messages that went out since, and have no execution of this rule yet; none that a rule about silence has sent. */
export async function listSilences(
  ctx: Db,
  ruleId: string,
  { since, after, limit }: { since: Date; after: { id: string; at: string } | undefined; limit: number },
) {
  const { rows } = await ctx.db.one(
    ctx.db.q.execute<{ id: string; lead_id: string; accepted_at: string }>(sql`
      SELECT m.id, m.lead_id, m.accepted_at::text FROM ${messages} m
      WHERE m.tenant_id = ${ctx.db.tenantId} AND m.lead_id IS NOT NULL AND m.accepted_at >= ${since.toISOString()}::timestamptz
        ${after && sql`AND (m.accepted_at, m.id) > (${after.at}::timestamptz, ${after.id}::uuid)`}
        AND m.trigger_type <> 'no_reply_for'
        AND NOT EXISTS (SELECT FROM automation_executions x WHERE x.tenant_id = m.tenant_id AND x.rule_id = ${ruleId}::uuid
          AND x.occurrence_key = 'silence:' || m.id)
      ORDER BY m.accepted_at, m.id LIMIT ${limit}`),
  );
  return rows.map(({ id, lead_id, accepted_at }) => ({ id, leadId: lead_id, at: accepted_at }));
}

/** Unless somebody was faster. */
export const setNextRun = async (ctx: Db, { id, nextRunAt }: StartingRule, next: Date | null): Promise<void> =>
  void (await ctx.db.one(
    ctx.db.q
      .update(automationRules)
      .set({ nextRunAt: next })
      .where(
        and(
          ctx.db.mine(automationRules),
          eq(automationRules.id, id),
          nextRunAt === null ? isNull(automationRules.nextRunAt) : lte(automationRules.nextRunAt, nextRunAt),
        ),
      ),
  ));
