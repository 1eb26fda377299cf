import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it, test } from "vitest";
import { migrateDatabase } from "../../drizzle/migrate.ts";
import { verifyDatabase } from "../../drizzle/verify.ts";

const name = `migrations_${crypto.randomUUID().replaceAll("-", "")}`;
const url = inject("superuserUrl") + name;
const admin = new pg.Pool({ connectionString: `${inject("superuserUrl")}postgres`, max: 1 });
let database: pg.Pool;

beforeAll(async () => {
  await admin.query(`CREATE DATABASE ${name}`);
  await migrateDatabase(url);
  database = new pg.Pool({ connectionString: url, max: 1 });
});
afterAll(async () => {
  await database.end();
  // A connection that is still closing would be killed with FORCE; the whole server is thrown away in the end.
  await admin.query(`DROP DATABASE ${name}`).catch(() => undefined);
  await admin.end();
});

const print = async () => {
  const { rows } = await database.query(
    "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
  );
  return rows as unknown[];
};

describe("the migrations", () => {
  it("make an empty database into what the code expects", async () => {
    expect(await verifyDatabase(url)).toEqual([]);
  });

  it("change nothing the second time", async () => {
    const before = await print();
    expect(before.length).toBeGreaterThan(200);
    await migrateDatabase(url);
    expect(await print()).toEqual(before);
    expect(await verifyDatabase(url)).toEqual([]);
  });

  it("bring the brief's tables and attribution columns under their names", async () => {
    const { rows } = await database.query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
    );
    expect(rows.map((row: { table_name: string }) => row.table_name)).toEqual(
      expect.arrayContaining([
        "meta_ads_campaigns",
        "meta_ads_insights",
        "meta_templates",
        "automation_rules",
        "automation_logs",
        "opportunities",
        "sales_transactions",
      ]),
    );
    const { rows: columns } = await database.query(
      "SELECT column_name FROM information_schema.columns WHERE table_name = 'leads'",
    );
    expect(columns.map((row: { column_name: string }) => row.column_name)).toEqual(
      expect.arrayContaining([
        "lead_source",
        "meta_campaign_id",
        "meta_ad_id",
        "meta_ad_headline",
        "meta_ad_body",
        "external_ids",
      ]),
    );
  });
});

describe("verify goes red when", () => {
  // Each fault is planted in a transaction's place: undone by the statement beside it.
  test.each([
    [
      "a policy is dropped",
      "DROP POLICY tenant_wall ON leads",
      /policy leads\.tenant_wall ALL public is missing/,
      `CREATE POLICY tenant_wall ON leads USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer)`,
    ],
    [
      "nobody may read their own memberships",
      "ALTER POLICY own_memberships ON memberships RENAME TO other",
      /own_memberships SELECT public is missing/,
      "ALTER POLICY other ON memberships RENAME TO own_memberships",
    ],
    [
      "cron may claim nothing",
      "REVOKE UPDATE (epoch) ON sync_schedule FROM app_dispatch",
      /may not claim/,
      "GRANT UPDATE (epoch) ON sync_schedule TO app_dispatch",
    ],
    [
      "another policy opens a table",
      "CREATE POLICY hole ON leads USING (true)",
      /leads\.hole .* opens the table/,
      "DROP POLICY hole ON leads",
    ],
    [
      "one run at a time is no longer held",
      "ALTER INDEX sync_runs_one_active RENAME TO other",
      /index sync_runs_one_active is missing/,
      "ALTER INDEX other RENAME TO sync_runs_one_active",
    ],
    [
      "the runtime role may not read",
      "REVOKE SELECT ON leads FROM app_rw",
      /may not read leads/,
      "GRANT SELECT ON leads TO app_rw",
    ],
    [
      "a table is not forced",
      "ALTER TABLE connections NO FORCE ROW LEVEL SECURITY",
      /connections: row level security is not forced/,
      "ALTER TABLE connections FORCE ROW LEVEL SECURITY",
    ],
    [
      "row level security is off",
      "ALTER TABLE ads DISABLE ROW LEVEL SECURITY",
      /ads: row level security is off/,
      "ALTER TABLE ads ENABLE ROW LEVEL SECURITY",
    ],
    [
      "a column is missing",
      "ALTER TABLE leads RENAME COLUMN meta_ad_body TO body",
      /column leads\.meta_ad_body is missing/,
      "ALTER TABLE leads RENAME COLUMN body TO meta_ad_body",
    ],
    [
      "a table is missing",
      "ALTER TABLE meta_templates RENAME TO templates",
      /table meta_templates is missing/,
      "ALTER TABLE templates RENAME TO meta_templates",
    ],
    [
      "the function is missing",
      "ALTER FUNCTION calculate_campaign_roi RENAME TO roi",
      /calculate_campaign_roi.* is missing/,
      "ALTER FUNCTION roi RENAME TO calculate_campaign_roi",
    ],
    [
      "a function runs as its owner",
      "ALTER FUNCTION settle_outcomes SECURITY DEFINER",
      /owner's rights/,
      "ALTER FUNCTION settle_outcomes SECURITY INVOKER",
    ],
    [
      "audit rows may be deleted",
      "GRANT DELETE ON audit_log TO app_rw",
      /delete audit rows/,
      "REVOKE DELETE ON audit_log FROM app_rw",
    ],
    [
      "the dispatcher may read tokens",
      "GRANT SELECT ON connections TO app_dispatch",
      /more than the schedule/,
      "REVOKE SELECT ON connections FROM app_dispatch; GRANT SELECT (tenant_id, meta_user_id, status) ON connections TO app_dispatch",
    ],
    [
      "the runtime role may read who withdrew",
      "GRANT SELECT ON withdrawals TO app_rw",
      /app_rw the withdrawals/,
      "REVOKE SELECT ON withdrawals FROM app_rw",
    ],
  ])("%s", async (_, plant, expected, mend) => {
    await database.query(plant);
    try {
      expect((await verifyDatabase(url)).join("\n")).toMatch(expected);
    } finally {
      await database.query(mend);
    }
    expect(await verifyDatabase(url)).toEqual([]);
  });
});

describe("the runtime role", () => {
  it("sees nothing without a tenant, and cannot write a row of another's", async () => {
    await database.query(
      "INSERT INTO tenants (tenant_id, name) VALUES (1, 'a'), (2, 'b'); INSERT INTO leads (tenant_id) VALUES (1), (2)",
    );
    const client = await database.connect();
    try {
      await client.query("BEGIN; SET LOCAL ROLE app_rw");
      expect((await client.query("SELECT FROM leads")).rowCount).toBe(0);
      await client.query("SELECT set_config('app.tenant_id', '1', true)");
      expect((await client.query("SELECT FROM leads")).rowCount).toBe(1);
      await expect(client.query("INSERT INTO leads (tenant_id) VALUES (2)")).rejects.toMatchObject({ code: "42501" });
    } finally {
      await client.query("ROLLBACK");
      client.release();
    }
  });

  it("never stores a token that is not sealed", async () => {
    const insert =
      "INSERT INTO connections (tenant_id, kind, status, connected_by, token_sealed) VALUES (1, 'user', 'active', 'x', 'EAAplain')";
    await expect(database.query(insert)).rejects.toMatchObject({ code: "23514" });
  });
});
