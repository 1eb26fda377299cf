// All that the database derived for a tenant, as one hash each: equal hashes, equal answers.
import type { House } from "../support/house.ts";

const derived = {
  attribution_credits: "subject, subject_id, touchpoint_id, weight, views, lead_id",
  daily_outcomes:
    "level, day, entity_id, account_id, currency, rate_on, leads, matched_leads, opportunities, won, sales, refunds",
  daily_spend: "level, day, entity_id, account_id, currency, spend, impressions, clicks, meta_leads",
  touchpoints: "id, lead_id, occurred_at, channel",
  leads: "id, lead_source, meta_campaign_id, meta_ad_id",
  sales_transactions: "id, lead_id, amount, transaction_date, payment_status",
};

const answers = `
  SELECT t.tenant_id, o::text AS line FROM unnest($1::integer[]) AS t (tenant_id)
  CROSS JOIN LATERAL attributed_outcomes(t.tenant_id, '2020-01-01', '2027-12-31', attribution_view('position', 28), 'cohort') o
  UNION ALL
  SELECT t.tenant_id, concat(fx_rate(t.tenant_id, 'ARS', 'USD', day::date)) FROM unnest($1::integer[]) AS t (tenant_id)
  CROSS JOIN generate_series('2026-03-01'::timestamp, '2026-03-12', '1 day') AS day`;

const rows = Object.entries(derived)
  .map(([table, columns]) => `SELECT tenant_id, ROW(${columns})::text FROM ${table} WHERE tenant_id = ANY ($1)`)
  .join(" UNION ALL ");

export async function readState(sql: House["sql"], tenantIds: readonly number[]): Promise<Map<number, string>> {
  const hashes = await sql<{ tenant_id: number; hash: string }>(
    `SELECT tenant_id, md5(string_agg(line, E'\\n' ORDER BY line COLLATE "C")) AS hash FROM (${answers} UNION ALL ${rows}) AS all_lines (tenant_id, line)
     GROUP BY tenant_id`,
    [tenantIds],
  );
  return new Map(hashes.map(({ tenant_id: id, hash }) => [id, hash]));
}
