import { and, count, eq, getTableColumns, inArray, notInArray, type SQL, sql } from "drizzle-orm";
import { automationLogs } from "../../adapters/db/schema/automation.ts";
import { leads } from "../../adapters/db/schema/crm.ts";
import type { Needs } from "../../context.ts";
import { wordsOf } from "./log-status.ts";
import type { LogsCursor, LogsQuery } from "./logs.contract.ts";

type Db = Needs<"db">;

const currentName = sql<string | null>`NULLIF(concat_ws(' ', ${leads.firstName}, ${leads.lastName}), '')`;
const columns = {
  ...getTableColumns(automationLogs),
  leadName: sql<string | null>`coalesce(${automationLogs.leadName}, ${currentName})`,
  exactly: sql<string>`${automationLogs.createdAt}::text`,
};

export type Log = typeof automationLogs.$inferSelect & { exactly: string };
export type LogsFilter = Pick<LogsQuery, "status" | "trigger_type" | "rule_id">;

function fits(ctx: Db, { status, trigger_type, rule_id }: LogsFilter): SQL | undefined {
  const words = wordsOf(status);
  return and(
    ctx.db.mine(automationLogs),
    "among" in words
      ? inArray(automationLogs.status, [...words.among])
      : notInArray(automationLogs.status, [...words.notAmong]),
    trigger_type === undefined ? undefined : eq(automationLogs.triggerType, trigger_type),
    rule_id === undefined ? undefined : eq(automationLogs.ruleId, rule_id),
  );
}

/** Newest first, in the order of the index automation_logs_newest; those after `after`, by instant and id. */
export const selectLogs = (
  ctx: Db,
  filter: LogsFilter,
  { limit, offset = 0, after }: { limit: number; offset?: number; after?: LogsCursor | undefined },
) =>
  ctx.db.q
    .select(columns)
    .from(automationLogs)
    .leftJoin(leads, and(ctx.db.mine(leads), eq(leads.id, automationLogs.leadId)))
    .where(
      and(
        fits(ctx, filter),
        after &&
          sql`(${automationLogs.createdAt}, ${automationLogs.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(sql`${automationLogs.createdAt} DESC NULLS LAST, ${automationLogs.id} DESC NULLS LAST`)
    .limit(limit)
    .offset(offset);

export const countLogs = (ctx: Db, filter: LogsFilter) =>
  ctx.db.q.select({ total: count() }).from(automationLogs).where(fits(ctx, filter));
