import { and, eq, sql } from "drizzle-orm";
import { automationRules, metaTemplates } from "../../adapters/db/schema/automation.ts";
import type { Needs } from "../../context.ts";
import { listNumbers } from "./numbers.queries.ts";

const LATE_MS = 5 * 60_000;

type Counted = Record<"waiting" | "late_steps" | "planned" | "late" | "sending" | "unknown", number> & {
  last_tick: string | null;
};

export async function readHealth(ctx: Needs<"db" | "now">) {
  const late = sql`${new Date(ctx.now() - LATE_MS).toISOString()}::timestamptz`;
  const mine = sql`tenant_id = ${ctx.db.tenantId}`;
  const [{ rows }, numbers, rules] = await ctx.db.run(
    ctx.db.q.execute<Counted>(sql`
      SELECT e.*, m.*, (SELECT max(updated_at) FROM sending_numbers WHERE ${mine} AND number = '*') AS last_tick FROM
        (SELECT count(*)::int AS waiting, count(*) FILTER (WHERE due_at < ${late})::int AS late_steps
          FROM automation_executions WHERE ${mine} AND state = 'waiting') e,
        (SELECT count(*) FILTER (WHERE state = 'planned')::int AS planned,
          count(*) FILTER (WHERE state = 'planned' AND due_at < ${late})::int AS late,
          count(*) FILTER (WHERE state = 'sending')::int AS sending, count(*) FILTER (WHERE state = 'unknown')::int AS unknown
          FROM messages WHERE ${mine} AND state IN ('planned', 'sending', 'unknown')) m`),
    listNumbers(ctx),
    ctx.db.q
      .select({ id: automationRules.id, name: automationRules.name, status: metaTemplates.status })
      .from(automationRules)
      .leftJoin(metaTemplates, and(ctx.db.mine(metaTemplates), eq(metaTemplates.id, automationRules.templateId)))
      .where(
        and(
          ctx.db.mine(automationRules),
          eq(automationRules.isActive, true),
          eq(automationRules.actionType, "send_hsm"),
          sql`${automationRules.templateId} IS NOT NULL`,
        ),
      ),
  );
  return { counted: rows[0] as Counted, numbers, rules };
}
