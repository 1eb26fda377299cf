// Tenants with figures, made inside PostgreSQL: what a sync and a CRM would have left there.
import type pg from "pg";
import { type TenantSize, type WorldSize, zone } from "./sizes.ts";

export const READER_TENANT = 1;

/** $1 tenant, $2 campaigns, $3 ads per campaign, $4 days, $5 leads and $6 opportunities a day, $7 zone. `d` is days ago. */
const figures = [
  `INSERT INTO tenants (tenant_id, name) VALUES ($1, 'Empresa ' || $1)`,
  `INSERT INTO tenant_settings (tenant_id, timezone, reporting_currency) VALUES ($1, $7, 'ARS')`,
  `INSERT INTO connections (tenant_id, id, kind, status, granted_scopes, connected_by)
   VALUES ($1, bench_id($1, 1, 1), 'user', 'active', '{ads_read,business_management}', 'user:bench')`,
  `INSERT INTO ad_accounts (tenant_id, account_id, connection_id, name, currency, timezone_name, account_status, is_primary)
   VALUES ($1, bench_account($1), bench_id($1, 1, 1), 'Cuenta', 'ARS', $7, 1, true)`,
  `INSERT INTO meta_ads_campaigns (tenant_id, meta_campaign_id, meta_account_id, name, objective, status, effective_status)
   SELECT $1, bench_campaign(c), bench_account($1), 'Campaña de implantes y ortodoncia ' || c, 'OUTCOME_LEADS', 'ACTIVE', 'ACTIVE'
   FROM generate_series(1, $2) AS c`,
  `INSERT INTO ad_sets (tenant_id, ad_set_id, account_id, campaign_id, name, status, effective_status)
   SELECT $1, bench_ad_set(c), bench_account($1), bench_campaign(c), 'Conjunto ' || c, 'ACTIVE', 'ACTIVE'
   FROM generate_series(1, $2) AS c`,
  `INSERT INTO ads (tenant_id, ad_id, account_id, campaign_id, ad_set_id, name, status, effective_status, thumbnail_url)
   SELECT $1, bench_ad(c, a), bench_account($1), bench_campaign(c), bench_ad_set(c),
     'Anuncio ' || c || '.' || a, 'ACTIVE', 'ACTIVE', 'https://scontent.example/thumbnails/' || c || '/' || a || '.jpg'
   FROM generate_series(1, $2) AS c, generate_series(1, $3) AS a`,
  `INSERT INTO meta_ads_insights (tenant_id, account_id, level, date, entity_id, attribution_setting, meta_campaign_id,
     currency, spend, impressions, clicks, inline_link_clicks, reach, meta_leads, conversations, actions, action_values,
     is_final, synced_at, sync_run_id)
   SELECT $1, bench_account($1), level, bench_today($7) - d, entity, '7d_click_1d_view', campaign, 'ARS',
     CASE level WHEN 'account' THEN (SELECT sum(8000 + 37 * ((d + c) % 101) + 0.25) FROM generate_series(1, $2) AS c)
       ELSE 8000 + 37 * (n % 101) + 0.25 END,
     3000 + n % 500, 60 + n % 40, 40 + n % 20, 2400 + n % 300, n % 7, n % 3,
     '[{"type": "lead", "value": "3"}, {"type": "link_click", "value": "52"}]', '[]', true, now(), bench_id($1, 1, 2)
   FROM generate_series($4, 1, -1) AS d,
     LATERAL (
       SELECT 'account' AS level, bench_account($1) AS entity, NULL AS campaign, d AS n
       UNION ALL SELECT 'campaign', bench_campaign(c), bench_campaign(c), d + c FROM generate_series(1, $2) AS c
       UNION ALL SELECT 'ad', bench_ad(c, a), bench_campaign(c), d + c + a
         FROM generate_series(1, $2) AS c, generate_series(1, $3) AS a
     ) AS entities`,
  `INSERT INTO sync_coverage (tenant_id, account_id, level, covered, wanted_from, complete_through, last_synced_at)
   SELECT $1, bench_account($1), level, datemultirange(daterange(bench_today($7) - $4, bench_today($7))),
     bench_today($7) - $4, bench_today($7) - 1, now()
   FROM unnest(ARRAY['account', 'campaign', 'ad']) AS level`,
];

// Every tenth lead is organic, every tenth came by more than one touch; an opportunity is won after a fortnight and sold,
// and every tenth sale is partly refunded three days later.
const crm = [
  `INSERT INTO leads (tenant_id, id, first_name, phone_number, lead_source, meta_campaign_id, meta_ad_id, created_at)
   SELECT $1, bench_id($1, 2, d * 1000 + k), 'Ana', '+54911' || d * 1000 + k,
     CASE WHEN k % 10 = 0 THEN 'ORGANIC' ELSE 'META_ADS' END,
     CASE WHEN k % 10 <> 0 THEN bench_campaign(1 + (k + 7 * d + 50 * t) % $2) END,
     CASE WHEN k % 10 <> 0 THEN bench_ad(1 + (k + 7 * d + 50 * t) % $2, 1 + (k + d) % $3) END,
     (bench_today($7) - d)::timestamp AT TIME ZONE $7 + k * interval '20 hours' / ($5 + 1)
   FROM generate_series($4, 1, -1) AS d, generate_series(1, $5) AS k,
     LATERAL (SELECT (k % 20 = 15)::int AS t) AS newest_paid`,
  `INSERT INTO touchpoints (tenant_id, id, lead_id, occurred_at, channel, is_paid, campaign_id, ad_id)
   SELECT $1, bench_id($1, 5 + t, d * 1000 + k), bench_id($1, 2, d * 1000 + k),
     (bench_today($7) - d)::timestamp AT TIME ZONE $7 + k * interval '20 hours' / ($5 + 1) - t * interval '1 day',
     CASE WHEN k % 10 = 0 THEN 'organic' WHEN t = 0 AND k % 20 = 15 THEN 'direct' ELSE 'meta_lead_form' END,
     is_paid,
     CASE WHEN is_paid THEN bench_campaign(1 + (k + 7 * d + 50 * t) % $2) END,
     CASE WHEN is_paid THEN bench_ad(1 + (k + 7 * d + 50 * t) % $2, 1 + (k + d) % $3) END
   FROM generate_series($4, 1, -1) AS d, generate_series(1, $5) AS k,
     LATERAL generate_series(0, CASE k % 20 WHEN 5 THEN 1 WHEN 15 THEN 2 ELSE 0 END) AS t,
     LATERAL (SELECT k % 10 <> 0 AND (t > 0 OR k % 20 <> 15) AS is_paid) AS how`,
  `INSERT INTO opportunities (tenant_id, id, lead_id, name, value, currency, stage, created_at, closed_at)
   SELECT $1, bench_id($1, 3, d * 1000 + j), l.id, 'Tratamiento', 250000, 'ARS',
     CASE WHEN is_won THEN 'closed_won' ELSE 'proposal' END, l.created_at + interval '1 hour',
     CASE WHEN is_won THEN l.created_at + interval '14 days 2 hours' END
   FROM generate_series($4, 1, -1) AS d, generate_series(1, $6) AS j,
     LATERAL (SELECT j % 4 < 2 AND d > 14 AS is_won) AS how,
     LATERAL (SELECT id, created_at FROM leads WHERE tenant_id = $1 AND id = bench_id($1, 2, d * 1000 + 1 + 3 * j % $5)) AS l`,
  `INSERT INTO sales_transactions (tenant_id, id, opportunity_id, lead_id, amount, currency, transaction_date, payment_status)
   SELECT $1, bench_id($1, 4, d * 1000 + j), o.id, o.lead_id, 180000 + 1000 * ((d + j) % 90) + 0.5, 'ARS',
     (o.closed_at AT TIME ZONE $7)::date, 'completed'
   FROM generate_series($4, 15, -1) AS d CROSS JOIN generate_series(1, $6) AS j
   JOIN opportunities o ON o.tenant_id = $1 AND o.id = bench_id($1, 3, d * 1000 + j) AND o.closed_at IS NOT NULL`,
  `INSERT INTO sales_transactions (tenant_id, id, kind, parent_id, opportunity_id, lead_id, amount, currency, transaction_date, payment_status)
   SELECT $1, bench_id($1, 9, d * 1000 + j), 'refund', s.id, s.opportunity_id, s.lead_id, -20000.25, 'ARS',
     s.transaction_date + 3, 'completed'
   FROM generate_series($4, 18, -1) AS d CROSS JOIN generate_series(1, $6) AS j
   JOIN sales_transactions s ON s.tenant_id = $1 AND s.id = bench_id($1, 4, d * 1000 + j)
   WHERE j % 40 IN (0, 13)`,
];

// Campaigns and ads are called as in the simulator's large business, so that a CRM can name them before they were synced.
const namesAt = (now: number) => `
  CREATE FUNCTION bench_today(zone text) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT (timestamptz '${new Date(now).toISOString()}' AT TIME ZONE zone)::date $$;
  CREATE FUNCTION bench_account(tenant int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT (784512093000000 + tenant)::text $$;
  CREATE FUNCTION bench_campaign(campaign int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '12021091' || lpad((campaign - 1)::text, 10, '0') $$;
  CREATE FUNCTION bench_ad_set(campaign int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '12021092' || lpad((campaign - 1)::text, 10, '0') $$;
  CREATE FUNCTION bench_ad(campaign int, ad int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '12021093' || lpad((3 * (campaign - 1) + ad - 1)::text, 10, '0') $$;
  CREATE FUNCTION bench_id(tenant int, kind int, place int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(tenant::text, 8, '0') || '-' || lpad(kind::text, 4, '0') || '-4000-8000-' || lpad(place::text, 12, '0'))::uuid $$;`;

/** Past triggers and foreign keys, which would take a row at a time. */
const load = async (client: pg.Client, statements: readonly string[], tenantId: number, size: TenantSize) => {
  const { campaigns, adsPerCampaign, days, leadsPerDay, opportunitiesPerDay } = size;
  const values = [tenantId, campaigns, adsPerCampaign, days, leadsPerDay, opportunitiesPerDay, zone];
  const types = ["int", "int", "int", "int", "int", "int", "text"];
  await client.query("SET session_replication_role = replica");
  for (const statement of statements) {
    const places = [...new Set([...statement.matchAll(/\$(\d)/g)].map(([, place]) => Number(place)))];
    // Only what a statement names can be given to it, and each has to have one type.
    const text = statement.replaceAll(
      /\$(\d)/g,
      (_, place: string) => `$${places.indexOf(Number(place)) + 1}::${types[Number(place) - 1]}`,
    );
    await client.query(
      text,
      places.map((place) => values[place - 1]),
    );
  }
  await client.query("SET session_replication_role = origin");
};

/** Leads, their touches, opportunities and sales of a tenant that is there already; its facts are not made yet. */
export const seedCrm = async (client: pg.Client, tenantId: number, size: TenantSize) => {
  await load(client, crm, tenantId, size);
  await client.query("ANALYZE leads, touchpoints, opportunities, sales_transactions");
};

// Ids begin with their tenant and accounts are numbered by it: all rows of one tenant, as another's.
const copies = `
  SELECT format('INSERT INTO %I (%s) SELECT %s FROM %1$I WHERE tenant_id = $1', table_name,
    string_agg(quote_ident(column_name), ', '),
    string_agg(CASE WHEN column_name = 'tenant_id' THEN '$2'
      WHEN udt_name = 'uuid' THEN format('overlay(%I::text PLACING lpad($2::text, 8, ''0'') FROM 1)::uuid', column_name)
      WHEN column_name IN ('account_id', 'meta_account_id', 'entity_id')
        THEN format('replace(%I, bench_account($1), bench_account($2))', column_name)
      ELSE quote_ident(column_name) END, ', ')) AS text
  FROM information_schema.columns c WHERE table_schema = 'public' AND is_generated = 'NEVER'
  GROUP BY table_name HAVING bool_or(column_name = 'tenant_id') AND NOT bool_or(is_identity = 'YES')`;

const copyTenant = async (client: pg.Client, from: number, to: number) => {
  const { rows } = await client.query<{ text: string }>(copies);
  await client.query("SET session_replication_role = replica");
  await client.query("INSERT INTO tenants (tenant_id, name) VALUES ($1, 'Empresa ' || $1::int)", [to]);
  for (const { text } of rows) await client.query(text.replaceAll(/\$\d/g, "$&::int"), [from, to]);
  await client.query("SET session_replication_role = origin");
};

export type Seeded = { loadMs: number; rebuildMs: number; neighboursMs: number };

/** The tenant that is read, among neighbours that are copies of the first of them, and the users who read it. */
export const seedWorld = async (
  client: pg.Client,
  { reader, neighbours, neighbour }: WorldSize,
  { readers, now }: { readers: number; now: number },
): Promise<Seeded> => {
  const timed = async (work: () => Promise<unknown>) => {
    const startedAt = performance.now();
    await work();
    return performance.now() - startedAt;
  };
  const rebuild = (tenantId: number) => client.query("SELECT rebuild_facts($1)", [tenantId]);
  await client.query(namesAt(now));
  const loadMs = await timed(async () => {
    await load(client, [...figures, ...crm], READER_TENANT, reader);
    await client.query("ANALYZE");
  });
  const rebuildMs = await timed(() => rebuild(READER_TENANT));
  const neighboursMs = await timed(async () => {
    const first = READER_TENANT + 1;
    if (neighbours === 0) return;
    await load(client, [...figures, ...crm], first, neighbour);
    await rebuild(first);
    for (let place = 1; place < neighbours; place += 1) await copyTenant(client, first, first + place);
  });
  await client.query(
    `INSERT INTO memberships (tenant_id, user_id, role, is_default) SELECT $1, 'reader-' || n, 'viewer', true FROM generate_series(1, $2::int) AS n`,
    [READER_TENANT, readers],
  );
  await client.query("VACUUM (ANALYZE)");
  return { loadMs, rebuildMs, neighboursMs };
};

export const aCampaignOfTheReader = async (client: pg.Client): Promise<string> => {
  const { rows } = await client.query<{ id: string }>("SELECT bench_campaign(7) AS id");
  return rows[0]?.id ?? "";
};
