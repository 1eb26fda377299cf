import { auditLog } from "./schema/audit.ts";
import type { TenantDb } from "./scope.ts";

export type AuditEntry = {
  occurredAt: Date;
  actor: string;
  /** What was asked, e.g. `GET /crm/marketing/stats`. */
  action: string;
  target: string | null;
  outcome: "success" | "refused" | "failed";
  httpStatus: number | null;
  requestId: string;
};

/** The insert of audit rows: run it alone, or in the batch of the change it speaks of. */
export const insertAudit = (db: TenantDb, ...entries: AuditEntry[]) =>
  db.q.insert(auditLog).values(entries.map((entry) => ({ tenantId: db.tenantId, ...entry })));
