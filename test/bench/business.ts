// Tenants with figures, made inside PostgreSQL: what a sync and a CRM would have left there.
import type pg from "pg";
import { type Size, type TenantSize, zone } from "./sizes.ts";

export const READER_TENANT = 1;
const FIRST_NEIGHBOUR = 2;

/** $1 tenant, $2 campaigns, $3 ads per campaign, $4 days, $5 leads, $6 opportunities, $7 sales, $8 zone. */
const figures = [
  `INSERT INTO tenants (tenant_id, name) VALUES ($1, 'Empresa ' || $1)`,
  `INSERT INTO tenant_settings (tenant_id, timezone, reporting_currency) VALUES ($1, $8, 'ARS')`,
  `INSERT INTO connections (tenant_id, id, kind, status, granted_scopes, connected_by)
   VALUES ($1, bench_id($1, 1, 1), 'user', 'active', '{ads_read,business_management}', 'user:bench')`,
  `INSERT INTO ad_accounts (tenant_id, account_id, connection_id, name, currency, timezone_name, account_status, is_primary)
   VALUES ($1, bench_account($1), bench_id($1, 1, 1), 'Cuenta', 'ARS', $8, 1, true)`,
  `INSERT INTO meta_ads_campaigns (tenant_id, meta_campaign_id, meta_account_id, name, objective, status, effective_status)
   SELECT $1, bench_campaign(c), bench_account($1), 'Campaña de implantes y ortodoncia ' || c, 'OUTCOME_LEADS', 'ACTIVE', 'ACTIVE'
   FROM generate_series(1, $2) AS c`,
  `INSERT INTO ads (tenant_id, ad_id, account_id, campaign_id, ad_set_id, name, status, effective_status, thumbnail_url)
   SELECT $1, bench_ad(c, a), bench_account($1), bench_campaign(c), bench_campaign(c) || '9',
     'Anuncio ' || c || '.' || a, 'ACTIVE', 'ACTIVE', 'https://scontent.example/thumbnails/' || c || '/' || a || '.jpg'
   FROM generate_series(1, $2) AS c, generate_series(1, $3) AS a`,
  `INSERT INTO meta_ads_insights (tenant_id, account_id, level, date, entity_id, attribution_setting, meta_campaign_id,
     currency, spend, impressions, clicks, inline_link_clicks, reach, meta_leads, conversations, actions, action_values,
     is_final, synced_at, sync_run_id)
   SELECT $1, bench_account($1), level, day::date, entity, '7d_click_1d_view', campaign, 'ARS', 8000 + 37 * (n % 101) + 0.25,
     3000 + n % 500, 60 + n % 40, 40 + n % 20, 2400 + n % 300, n % 7, n % 3,
     '[{"type": "lead", "value": "3"}, {"type": "link_click", "value": "52"}]', '[]', true, now(), bench_id($1, 1, 2)
   FROM generate_series(bench_today($8) - $4, bench_today($8), interval '1 day') WITH ORDINALITY AS days (day, d),
     LATERAL (
       SELECT 'account' AS level, bench_account($1) AS entity, NULL AS campaign, d::int AS n
       UNION ALL SELECT 'campaign', bench_campaign(c), bench_campaign(c), d::int + c FROM generate_series(1, $2) AS c
       UNION ALL SELECT 'ad', bench_ad(c, a), bench_campaign(c), d::int + c + a
         FROM generate_series(1, $2) AS c, generate_series(1, $3) AS a
     ) AS entities`,
  `UPDATE meta_ads_insights AS i SET spend = total FROM (
     SELECT date, sum(spend) AS total FROM meta_ads_insights WHERE tenant_id = $1 AND level = 'campaign' GROUP BY date
   ) AS days WHERE i.tenant_id = $1 AND i.level = 'account' AND i.date = days.date`,
  `INSERT INTO sync_coverage (tenant_id, account_id, level, covered, wanted_from, complete_through, last_synced_at)
   SELECT $1, bench_account($1), level, datemultirange(daterange(bench_today($8) - $4, bench_today($8))),
     bench_today($8) - $4, bench_today($8) - 1, now()
   FROM unnest(ARRAY['account', 'campaign', 'ad']) AS level`,
];

const crm = [
  `INSERT INTO leads (tenant_id, id, first_name, phone_number, lead_source, meta_campaign_id, meta_ad_id, created_at)
   SELECT $1, bench_id($1, 2, n), 'Ana', '+549115550' || n, CASE WHEN n % 10 = 0 THEN 'ORGANIC' ELSE 'META_ADS' END,
     CASE WHEN n % 10 <> 0 THEN bench_campaign(1 + n % $2) END,
     CASE WHEN n % 10 <> 0 THEN bench_ad(1 + n % $2, 1 + n % $3) END,
     now() - ($4 * n / ($5 + 1.0)) * interval '1 day'
   FROM generate_series(1, $5) AS n`,
  `INSERT INTO opportunities (tenant_id, id, lead_id, name, value, currency, stage, created_at, closed_at)
   SELECT $1, bench_id($1, 3, n), bench_id($1, 2, 1 + (n * 7) % $5), 'Tratamiento', 250000, 'ARS',
     CASE WHEN n % 2 = 0 THEN 'closed_won' ELSE 'proposal' END,
     now() - ($4 * n / ($6 + 1.0)) * interval '1 day',
     CASE WHEN n % 2 = 0 THEN now() - ($4 * n / ($6 + 1.0)) * interval '1 day' END
   FROM generate_series(1, $6) AS n`,
  `INSERT INTO sales_transactions (tenant_id, id, opportunity_id, lead_id, amount, currency, transaction_date, payment_status)
   SELECT $1, bench_id($1, 4, n), o.id, o.lead_id, 180000 + 1000 * (n % 90), 'ARS', bench_today($8) - ($4 * n / ($7 + 1)), 'completed'
   FROM generate_series(1, $7) AS n
   JOIN opportunities o ON o.tenant_id = $1 AND o.id = bench_id($1, 3, 1 + (n * 2) % $6)`,
];

const facts = ["SELECT refresh_daily_facts($1, bench_today($8) - $4, bench_today($8))"];

// Campaigns and ads are called as in the simulator's large business, so that a CRM can name them before they were synced.
const names = `
  CREATE FUNCTION bench_today(zone text) RETURNS date LANGUAGE sql STABLE AS $$ SELECT (now() AT TIME ZONE zone)::date $$;
  CREATE FUNCTION bench_account(tenant int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT (784512093000000 + tenant)::text $$;
  CREATE FUNCTION bench_campaign(campaign int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '12021091' || lpad((campaign - 1)::text, 10, '0') $$;
  CREATE FUNCTION bench_ad(campaign int, ad int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '12021093' || lpad((3 * (campaign - 1) + ad - 1)::text, 10, '0') $$;
  CREATE FUNCTION bench_id(tenant int, kind int, place int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(tenant::text, 8, '0') || '-' || lpad(kind::text, 4, '0') || '-4000-8000-' || lpad(place::text, 12, '0'))::uuid $$;`;

const run = async (client: pg.Client, statements: readonly string[], tenantId: number, size: TenantSize) => {
  const { campaigns, adsPerCampaign, days, leads, opportunities, sales } = size;
  const numbers = [tenantId, campaigns, adsPerCampaign, days, leads, opportunities, sales].map(
    (value) => `${value}::int`,
  );
  const values = [...numbers, `${client.escapeLiteral(zone)}::text`];
  for (const statement of statements) {
    await client.query(statement.replace(/\$(\d)/g, (_, place: string) => values[Number(place) - 1] ?? ""));
  }
};

/** Leads, opportunities and sales of a tenant that is there already. */
export const seedCrm = async (client: pg.Client, tenantId: number, size: TenantSize) => {
  await run(client, crm, tenantId, size);
  await client.query("ANALYZE leads, opportunities, sales_transactions");
};

/** The tenant that is read, among neighbours, and the users who read it. */
export const seedTenants = async (client: pg.Client, { tenants, reader, neighbour, readers }: Size) => {
  await client.query(names);
  const all = [...figures, ...crm, ...facts];
  await run(client, all, READER_TENANT, reader);
  for (let tenant = FIRST_NEIGHBOUR; tenant <= tenants; tenant += 1) {
    await run(client, all, tenant, neighbour);
  }
  await client.query(
    `INSERT INTO memberships (tenant_id, user_id, role, is_default) SELECT $1, 'reader-' || n, 'viewer', true FROM generate_series(1, $2::int) AS n`,
    [READER_TENANT, readers],
  );
  await client.query("VACUUM (ANALYZE)");
};

export const aCampaignOfTheReader = async (client: pg.Client): Promise<string> => {
  const { rows } = await client.query<{ id: string }>("SELECT bench_campaign(7) AS id");
  return rows[0]?.id ?? "";
};
