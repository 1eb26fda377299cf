// A view of thirty days reads thirty days, however long the history: the plans of what the main reads ask, beside this file.
// After a change of a query, look at what `UPDATE_PLANS=1 npm test -- plans` makes of them.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { seedWorld } from "../../bench/business.ts";
import { describePlan, explain, statementsOf, wholeReads } from "../../bench/plans.ts";
import { watchTraffic } from "../../bench/traffic.ts";
import { aHouse, type House } from "../../support/house.ts";
import { as } from "../../support/people.ts";

const folder = fileURLToPath(new URL("plans/", import.meta.url));
const isUpdating = Boolean(process.env["UPDATE_PLANS"]);

// Few enough rows for ANALYZE to read them all: the same statistics every time.
const business = { campaigns: 8, adsPerCampaign: 1, days: 420, leadsPerDay: 4, opportunitiesPerDay: 2 };
const world = { reader: business, neighbours: 1, neighbour: { ...business, days: 70 } };

let house: House;
let client: pg.Client;

beforeAll(async () => {
  house = await aHouse();
  const [database] = await house.sql<{ name: string }>("SELECT current_database() AS name");
  client = new pg.Client({ connectionString: inject("superuserUrl") + (database?.name ?? "") });
  await client.connect();
  await seedWorld(client, world, { readers: 1, now: house.clock.now() });
});
afterAll(async () => {
  await client.end();
  await house.stop();
});

/** The plans of what is asked of the database for an answer, after who may ask is known. */
const plansOf = async (path: string) => {
  const reader = as(house, { tenantId: 1, userId: "reader-1", role: "viewer" });
  const { result: answer, exchanges } = await watchTraffic(() => reader.get(`/crm/marketing/${path}`));
  expect(answer.status, await answer.clone().text()).toBe(200);
  const asked = exchanges.filter(
    ({ port, body }) => port === Number(new URL(house.neon.url).port) && !/audit_log|memberships/.test(body()),
  );
  expect(asked).toHaveLength(1);
  return explain(client, 1, statementsOf(asked[0]?.body() ?? ""));
};

describe("a whole read", () => {
  const plan = (...lines: string[]) => ({ statement: { query: "" }, lines });

  it.each([
    ["a sequential scan", plan("Seq Scan on leads", "  Filter: (created_at > '2026-01-01')")],
    [
      "an index without a day",
      plan("Index Scan using x on daily_spend", "  Index Cond: ((tenant_id = 1) AND (level = 'ad'::text))"),
    ],
    [
      "a bitmap without a day",
      plan(
        "Sort",
        "  ->  Bitmap Heap Scan on touchpoints",
        "        Recheck Cond: (tenant_id = 1)",
        "        ->  Bitmap Index Scan on touchpoints_lead",
        "              Index Cond: (tenant_id = 1)",
      ),
    ],
  ])("is %s", (_, found) => {
    expect(wholeReads(found)).toHaveLength(1);
  });

  it.each([
    ["a day", plan("Index Scan using x on daily_spend", "  Index Cond: ((tenant_id = 1) AND (day >= $1))")],
    [
      "a lead",
      plan(
        "Nested Loop",
        "  ->  Index Scan using x on touchpoints",
        "        Index Cond: ((tenant_id = 1) AND (lead_id = l.id))",
      ),
    ],
    [
      "a limit",
      plan(
        "Result",
        "  InitPlan 1",
        "    ->  Limit",
        "          ->  Result",
        "                ->  Index Only Scan using x on daily_spend",
        "                      Index Cond: (tenant_id = 1)",
      ),
    ],
    ["a table that has no history", plan("Seq Scan on tenant_settings")],
  ])("is not what %s narrows", (_, found) => {
    expect(wholeReads(found)).toEqual([]);
  });
});

describe("thirty days of 420", () => {
  it.each([
    ["stats", "stats?time_range=last_30d"],
    ["campaigns", "campaigns?time_range=last_30d"],
    ["campaign-insights", "campaigns/120210910000000006/insights?time_range=last_30d"],
  ])("%s never reads a whole history, and is planned as it was", async (name, path) => {
    const plans = await plansOf(path);
    expect(plans.flatMap((plan) => wholeReads(plan))).toEqual([]);
    const described = `${plans.map((plan) => describePlan(plan, 1)).join("\n\n")}\n`;
    const file = `${folder}${name}.txt`;
    if (isUpdating) writeFileSync(file, described);
    expect(described).toBe(readFileSync(file, "utf8"));
  });
});
