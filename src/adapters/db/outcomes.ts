// What changes leads, touches, opportunities or sales stands between these two in its batch.
import { type SQL, sql } from "drizzle-orm";
import type { TenantDb } from "./scope.ts";

/** First: one writer of a tenant's figures at a time. settle_outcomes takes the same lock, and by then rows are held. */
export const holdOutcomes = (db: TenantDb) =>
  db.q.execute(sql`SELECT pg_advisory_xact_lock(hashtext('outcomes'), ${db.tenantId})`);

/** Last: the daily outcomes are true for what was written. */
export const settleOutcomes = (db: TenantDb) => db.q.execute(sql`SELECT settle_outcomes(${db.tenantId})`);

export type Credit = {
  touchpoint_id: string;
  channel: string;
  is_paid: boolean;
  campaign_id: string | null;
  ad_set_id: string | null;
  ad_id: string | null;
  weight: number;
};

/** What a lead, an opportunity or a sale is credited to under the tenant's own model and window. */
export const creditsOf = ({ tenantId }: TenantDb, subject: "lead" | "opportunity" | "sale", subjectId: SQL) =>
  sql<Credit[]>`(
    SELECT COALESCE(jsonb_agg(jsonb_build_object('touchpoint_id', t.id, 'channel', t.channel, 'is_paid', t.is_paid,
      'campaign_id', COALESCE(a.campaign_id, t.campaign_id), 'ad_set_id', COALESCE(a.ad_set_id, t.ad_set_id), 'ad_id', t.ad_id,
      'weight', c.weight) ORDER BY t.occurred_at, t.id), '[]')
    FROM attribution_credits c
    JOIN touchpoints t ON t.tenant_id = ${tenantId} AND t.id = c.touchpoint_id
    LEFT JOIN ads a ON a.tenant_id = ${tenantId} AND a.ad_id = t.ad_id
    WHERE c.tenant_id = ${tenantId} AND c.subject = ${subject} AND c.subject_id = ${subjectId}
      AND c.views & tenant_view(${tenantId}) <> 0)`;
