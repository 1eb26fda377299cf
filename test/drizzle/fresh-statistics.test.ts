// Right after a first sync PostgreSQL has no statistics, and row level security makes it expect one row everywhere: joined
// row by row, a shop's leads would take minutes. The limit is far above what a sound plan needs.
import pg from "pg";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { TEMPLATE } from "../support/global-setup.ts";

const name = `unanalyzed_${crypto.randomUUID().replaceAll("-", "")}`;
const admin = new pg.Pool({ connectionString: `${inject("superuserUrl")}postgres`, max: 1 });
let client: pg.Client;

beforeAll(async () => {
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY file_copy`);
  client = new pg.Client({ connectionString: inject("superuserUrl") + name });
  await client.connect();
  await client.query(`
    DO $$ DECLARE t text; BEGIN
      FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = off)', t);
      END LOOP;
    END $$;
    INSERT INTO tenants (tenant_id, name) VALUES (1, 'x');
    INSERT INTO tenant_settings (tenant_id, timezone) VALUES (1, 'America/Argentina/Buenos_Aires');
    INSERT INTO connections (tenant_id, kind, status, connected_by) VALUES (1, 'user', 'active', 'x');
    INSERT INTO ad_accounts (tenant_id, account_id, connection_id, name, currency, timezone_name, account_status)
      SELECT 1, '777', id, 'x', 'ARS', 'UTC', 1 FROM connections;
    INSERT INTO meta_ads_campaigns (tenant_id, meta_campaign_id, meta_account_id, name) SELECT 1, 'c' || n, '777', 'x' FROM generate_series(0, 199) n;
    INSERT INTO ads (tenant_id, ad_id, account_id, campaign_id, ad_set_id, name) SELECT 1, 'a' || n, '777', 'c' || n % 200, 's', 'x' FROM generate_series(0, 599) n;
    INSERT INTO leads (tenant_id, meta_campaign_id, meta_ad_id, created_at)
      SELECT 1, 'c' || n % 200, 'a' || n % 600, timestamptz '2026-11-20' - (n % 400) * interval '1 day' FROM generate_series(1, 20000) n;
    INSERT INTO opportunities (tenant_id, lead_id, name, value, currency, stage, created_at, closed_at)
      SELECT 1, id, 'x', 1, 'ARS', 'closed_won', created_at, created_at FROM leads LIMIT 6000;
    INSERT INTO sales_transactions (tenant_id, opportunity_id, amount, currency, transaction_date, payment_status)
      SELECT 1, id, 100, 'ARS', created_at::date, 'completed' FROM opportunities LIMIT 3000;`);
});
afterAll(async () => {
  await client.end();
  // A connection that is still closing would be killed with FORCE; the whole server is thrown away in the end.
  await admin.query(`DROP DATABASE ${name}`).catch(() => undefined);
  await admin.end();
});

it("the runtime role refreshes a large shop's facts all the same", async () => {
  await client.query("BEGIN; SET LOCAL ROLE app_rw; SET LOCAL statement_timeout = '15s'");
  await client.query("SELECT set_config('app.tenant_id', '1', true)");
  await client.query("SELECT rebuild_facts(1)");
  const { rows } = await client.query(
    "SELECT sum(leads)::int AS leads, sum(opportunities)::int AS opportunities, sum(sales)::int AS revenue FROM daily_outcomes WHERE level = 'account'",
  );
  await client.query("ROLLBACK");
  expect(rows).toEqual([{ leads: 20_000, opportunities: 6_000, revenue: 300_000 }]);
});
