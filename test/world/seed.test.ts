import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { aHouse, type House } from "../support/house.ts";
import { days } from "../support/clock.ts";
import { demoCampaignIds } from "./meta/demo-ids.ts";
import { demoSalesOf, sonrisaCampaigns, withoutCampaign } from "./seed-story.ts";
import { demoTenants, demoUsers } from "./seed-people.ts";
import { readSeedDay, seedDemo } from "./seed.ts";
import { runtimeRole } from "./settings.ts";

const { sonrisa, andes } = demoTenants;
const tables = ["tenants", "memberships", "leads", "opportunities", "sales_transactions", "daily_outcomes"];

let house: House;
let database: string;
let url: string;

beforeAll(async () => {
  house = await aHouse();
  const [row] = await house.sql<{ name: string }>("SELECT current_database() AS name");
  database = String(row?.name);
  url = inject("superuserUrl") + database;
  await seedDemo(url, { now: house.clock.now() });
});

afterAll(() => house.stop());

const counts = async () => {
  const found = await Promise.all(
    tables.map((table) => house.sql<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`)),
  );
  return Object.fromEntries(tables.map((table, at) => [table, found[at]?.[0]?.count]));
};

/** As the worker sees it: the runtime role, with a tenant chosen or without. */
const asTenant = async (tenantId: number | undefined, query: string) => {
  const { name, password } = runtimeRole;
  const connectionString = `postgresql://${name}:${password}@127.0.0.1:${inject("postgresPort")}/${database}`;
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    if (tenantId !== undefined) await client.query("SELECT set_config('app.tenant_id', $1, false)", [String(tenantId)]);
    return (await client.query(query)).rows;
  } finally {
    await client.end();
  }
};

test("seeding again, also on a later day, adds nothing and changes nothing", async () => {
  const before = await counts();
  await seedDemo(url, { now: house.clock.now() });
  await seedDemo(url, { now: house.clock.now() + days(3) });
  expect(await counts()).toEqual(before);
  expect(await readSeedDay(url)).toBe("2026-11-23");
});

test("the runtime role sees a tenant's own leads, and none without a tenant", async () => {
  const planned = sonrisaCampaigns.reduce((sum, { leads }) => sum + leads, 0);
  const own = planned + withoutCampaign.organic + withoutCampaign.unattributed;
  expect(await asTenant(sonrisa.id, "SELECT count(*)::int FROM leads")).toEqual([{ count: own }]);
  expect(await asTenant(andes.id, "SELECT count(*)::int FROM leads")).toEqual([{ count: 10 }]);
  expect(await asTenant(undefined, "SELECT count(*)::int FROM leads")).toEqual([{ count: 0 }]);
});

test("both tenants name the same campaign, with other revenue", async () => {
  const query = `SELECT sum(sales + refunds)::text AS revenue FROM daily_outcomes
    WHERE level = 'campaign' AND entity_id = '${demoCampaignIds.implants}'`;
  const [ours] = await asTenant(sonrisa.id, query);
  const [theirs] = await asTenant(andes.id, query);
  // 111 111 + 222 222
  expect(theirs).toEqual({ revenue: "333333.000000" });
  // Before Meta is connected, a lead that knows only its ad has no campaign yet: the fifth sale's lead is one of those.
  // 1 850 000 + 2 400 000.50 + 1 250 000 + 3 100 000
  expect(ours).toEqual({ revenue: "8600000.500000" });
});

test("the awkward cases are there", async () => {
  expect(demoSalesOf(demoCampaignIds.implants).filter(({ status }) => status === "pending")).toHaveLength(1);
  const cases = await house.sql(
    `SELECT payment_status, kind, count(*)::int FROM sales_transactions WHERE tenant_id = 1 GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  expect(cases).toEqual([
    { payment_status: "completed", kind: "refund", count: 2 },
    // 5 + 6 + 3 + 3 + 3 + 2 + 3 + 2 + 1 of campaigns, 2 of nobody's
    { payment_status: "completed", kind: "sale", count: 30 },
    { payment_status: "failed", kind: "sale", count: 2 },
    { payment_status: "pending", kind: "sale", count: 2 },
  ]);
  const onlyAd = await house.sql(
    `SELECT FROM leads WHERE meta_campaign_id IS NULL AND meta_ad_id IS NOT NULL AND tenant_id = 1`,
  );
  expect(onlyAd.length).toBeGreaterThan(10);
});

test("one user belongs to both tenants, with one of them by default", async () => {
  const rows = await house.sql("SELECT tenant_id, role, is_default FROM memberships WHERE user_id = $1 ORDER BY 1", [
    demoUsers.marketing.id,
  ]);
  expect(rows).toEqual([
    { tenant_id: sonrisa.id, role: "marketing", is_default: true },
    { tenant_id: andes.id, role: "marketing", is_default: false },
  ]);
});
