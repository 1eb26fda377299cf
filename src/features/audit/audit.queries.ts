import { and, count, desc, eq, inArray, lt, type SQL, sql } from "drizzle-orm";
import { insertLateAudit, type LateEntry } from "../../adapters/db/late-audit.ts";
import { auditLog } from "../../adapters/db/schema/audit.ts";
import { isoText } from "../../adapters/db/wire.ts";
import type { Needs } from "../../context.ts";
import type { AuditQuery } from "./audit.contract.ts";

type Db = Needs<"db">;

export type AuditFilter = Omit<AuditQuery, "limit" | "offset" | "cursor">;

const { seq, occurredAt, actor, role, action, target, outcome, reason, httpStatus, requestId, ip, diff, hash } =
  auditLog;

const columns = {
  seq,
  occurred_at: isoText(occurredAt),
  actor,
  role,
  action,
  target,
  outcome,
  reason,
  http_status: httpStatus,
  request_id: requestId,
  ip,
  diff,
  hash,
};

/** The first instant of a day where the tenant lives, or the instant itself. */
const startOf = (ctx: Db, moment: string, daysLater = 0): SQL =>
  moment.length > "YYYY-MM-DD".length
    ? sql`${moment}::timestamptz`
    : sql`day_start(COALESCE((SELECT timezone FROM tenant_settings WHERE tenant_id = ${ctx.db.tenantId}), 'UTC'), ${moment}::date + ${daysLater}::int)`;

function fits(ctx: Db, filter: AuditFilter): SQL | undefined {
  const { since, until } = filter;
  return and(
    ctx.db.mine(auditLog),
    since === undefined ? undefined : sql`${occurredAt} >= ${startOf(ctx, since)}`,
    until === undefined ? undefined : sql`${occurredAt} < ${startOf(ctx, until, 1)}`,
    filter.actor === undefined ? undefined : inArray(actor, [filter.actor, `user:${filter.actor}`]),
    filter.action === undefined ? undefined : sql`strpos(lower(${action}), lower(${filter.action})) > 0`,
    filter.outcome === undefined ? undefined : eq(outcome, filter.outcome),
    filter.target === undefined ? undefined : eq(target, filter.target),
  );
}

/** Newest first, in the order of the chain; those before `before`. */
export const selectAudit = (
  ctx: Db,
  filter: AuditFilter,
  { limit, offset = 0, before }: { limit: number; offset?: number; before?: number | undefined },
) =>
  ctx.db.q
    .select(columns)
    .from(auditLog)
    .where(and(fits(ctx, filter), before === undefined ? undefined : lt(seq, before)))
    .orderBy(desc(seq))
    .limit(limit)
    .offset(offset);

export const countAudit = (ctx: Db, filter: AuditFilter) =>
  ctx.db.q.select({ total: count() }).from(auditLog).where(fits(ctx, filter));

export async function writeLate({ db }: Db, entries: readonly LateEntry[]): Promise<void> {
  await insertLateAudit(db, entries);
}
