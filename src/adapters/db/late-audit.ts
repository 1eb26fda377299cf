// Rows of answered requests that the database did not take when they came: the queue carries them, and brings them at least
// once. Who and when, of which request, tell whether a row is there already.
import { sql } from "drizzle-orm";
import type { AuditEntry } from "./audit.ts";
import type { TenantDb } from "./scope.ts";

export type LateEntry = {
  occurred_at: string;
  actor: string;
  role: string | null;
  action: string;
  target: string | null;
  outcome: AuditEntry["outcome"];
  reason: string | null;
  http_status: number | null;
  request_id: string;
  ip: string | null;
};

/** Ids of ours and of Meta's. What else stands in a path is what somebody wrote there: a queue carries nothing of people. */
const isId = (target: string) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$|^\d{16,20}$/.test(target);

export const toLateEntry = (entry: AuditEntry): LateEntry => ({
  occurred_at: entry.occurredAt.toISOString(),
  actor: entry.actor,
  role: entry.role ?? null,
  action: entry.action,
  target: entry.target !== null && isId(entry.target) ? entry.target : null,
  outcome: entry.outcome,
  reason: entry.reason ?? null,
  http_status: entry.httpStatus,
  request_id: entry.requestId,
  ip: entry.ip ?? null,
});

/** Writes the rows that are not there. The chain's lock comes first, so that two who bring the same see each other's. */
export const insertLateAudit = ({ q, run, tenantId }: TenantDb, entries: readonly LateEntry[]) =>
  run(
    q.execute(sql`SELECT pg_advisory_xact_lock(hashtext('audit'), ${tenantId}::int)`),
    q.execute(sql`
      INSERT INTO audit_log (tenant_id, occurred_at, actor, role, action, target, outcome, reason, http_status, request_id, ip)
      SELECT ${tenantId}, late.* FROM jsonb_to_recordset(${JSON.stringify(entries)}::jsonb) AS late (occurred_at timestamptz,
        actor text, role text, action text, target text, outcome text, reason text, http_status int, request_id text, ip text)
      WHERE NOT EXISTS (SELECT FROM audit_log AS there
        WHERE there.tenant_id = ${tenantId} AND there.occurred_at = late.occurred_at
          AND there.request_id = late.request_id AND there.action = late.action AND there.outcome = late.outcome)
      ORDER BY late.occurred_at`),
  );
