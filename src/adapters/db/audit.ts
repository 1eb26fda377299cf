// The audit row is always the last statement of its batch: the lock of the tenant's chain, taken with it, is the last one
// a transaction takes (drizzle/0007_audit_chain.sql says why).
import { type SQL, sql } from "drizzle-orm";
import type { BatchResponse } from "drizzle-orm/batch";
import type { PgTable } from "drizzle-orm/pg-core";
import { auditLog } from "./schema/audit.ts";
import type { Statement, TenantDb } from "./scope.ts";

/** Changed fields as `{ before, after }`, or counts. No secrets, nothing of people. */
export type Diff = Readonly<Record<string, unknown>>;

/** What was asked: `GET /crm/marketing/stats` or a job's name, of what, and from which network. */
export type Asked = { action: string; target: string | null; ip: string | null };

/** Who does something, and for which request; `isWritten` once the log has its row, together with the change. */
export type AuditSubject = Asked & { actor: string; role: string | null; requestId: string; isWritten: boolean };

export type AuditEntry = {
  occurredAt: Date;
  actor: string;
  role?: string | null;
  action: string;
  target: string | null;
  outcome: "success" | "refused" | "failed";
  reason?: string | null;
  /** Null for a row that was written with its change, before there was an answer. */
  httpStatus: number | null;
  requestId: string;
  ip?: string | null;
  diff?: Diff | null;
};

/** The insert of audit rows: run it alone, or as the last of the batch of the change it speaks of. */
export const insertAudit = (db: TenantDb, ...entries: AuditEntry[]) =>
  db.q.insert(auditLog).values(entries.map((entry) => ({ tenantId: db.tenantId, ...entry })));

/** What a change adds to what is known of its request. */
export type ChangeNote = {
  action?: string;
  target?: string;
  diff?: Diff | SQL;
  /** Only then is there something to tell: the change may turn out to have changed nothing. */
  when?: SQL;
  /** A statement whose rows the note speaks of, `WITH gone AS (DELETE …)`, and where they come from. */
  change?: { with: SQL; from: SQL };
};

/**
 * Runs a change with its audit row in one transaction: both are there, or neither. The hall then writes none for this
 * request, unless it ends in an error after all.
 */
export async function runAudited<const T extends readonly Statement[]>(
  ctx: { db: TenantDb; now: () => number; audit: AuditSubject },
  note: ChangeNote,
  ...statements: T
): Promise<BatchResponse<T>> {
  const results: readonly unknown[] = await ctx.db.run(...statements, insertWithChange(ctx, note));
  const { rows } = results.at(-1) as { rows: unknown[] };
  if (rows.length > 0) ctx.audit.isWritten = true;
  return results.slice(0, -1) as unknown as BatchResponse<T>;
}

function insertWithChange(
  { db, now, audit }: { db: TenantDb; now: () => number; audit: AuditSubject },
  { action = audit.action, target = audit.target ?? undefined, diff, when, change }: ChangeNote,
) {
  const told = diff instanceof Object && "queryChunks" in diff ? (diff as SQL) : sql`${json(diff)}::jsonb`;
  return db.q.execute<{ seq: number }>(sql`${change?.with ?? sql``}
    INSERT INTO audit_log (tenant_id, occurred_at, actor, role, action, target, outcome, request_id, ip, diff)
    SELECT ${db.tenantId}, ${new Date(now()).toISOString()}::timestamptz, ${audit.actor}, ${audit.role}, ${action},
      ${target ?? null}, 'success', ${audit.requestId}, ${audit.ip}, ${told}
    ${change ? sql`FROM ${change.from}` : sql``} WHERE ${when ?? sql`true`}
    RETURNING seq`);
}

const json = (diff: Diff | undefined) => (diff === undefined ? null : JSON.stringify(diff));

/** True where this transaction wrote a row of the table that fits. */
export const wroteHere = (table: PgTable, where: SQL): SQL =>
  sql`EXISTS (SELECT FROM ${table} WHERE (${where}) AND xmin = pg_current_xact_id()::xid)`;
