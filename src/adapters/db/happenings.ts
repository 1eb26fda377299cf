import { type SQL, sql } from "drizzle-orm";
import type { HappeningKind } from "../../lib/happening-kinds.ts";
import type { happenings } from "./schema/happenings.ts";
import type { TenantDb } from "./scope.ts";

export type Happening = typeof happenings.$inferSelect;

export type HappeningToNote = {
  kind: HappeningKind;
  /** Who tells of it a second time says the same key. */
  key: string;
  occurredAt: Date;
  leadId?: string | undefined;
  /** Ids and codes, nothing of people. */
  details?: Readonly<Record<string, unknown>>;
};

/** Notes what happened, for a batch; nothing where nobody listens, or where it was told before. */
export const noteHappenings = (db: TenantDb, told: readonly HappeningToNote[], when: SQL = sql`true`) =>
  db.q.execute(sql`
    INSERT INTO happenings (tenant_id, kind, key, occurred_at, lead_id, details)
    SELECT ${db.tenantId}, f.kind, f.key, f.occurred_at, f.lead_id, COALESCE(f.details, '{}')
    FROM jsonb_to_recordset(${JSON.stringify(
      told.map(({ occurredAt, leadId, ...rest }) => ({ ...rest, occurred_at: occurredAt, lead_id: leadId })),
    )}::jsonb)
      AS f (kind text, key text, occurred_at timestamptz, lead_id uuid, details jsonb)
    WHERE is_listened(${db.tenantId}) AND ${when}
    ON CONFLICT (tenant_id, kind, key) DO NOTHING`);
