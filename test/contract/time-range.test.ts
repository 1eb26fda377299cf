// Which days a request speaks of: every name, both parameters, who wins, and what is refused (P12).
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { aHouse, type House } from "../support/house.ts";
import { aShop, read } from "./tenants.ts";
import type { Client } from "./views.ts";
import type { Json } from "../support/json.ts";

let house: House;
let shop: Client;
beforeAll(async () => {
  house = await aHouse();
  ({ client: shop } = await aShop(house));
});
afterAll(() => house.stop());

const routes = ["stats", "stats/roi", "combined-stats", "campaigns", "campaigns/c1", "campaigns/c1/insights"];

/** On a Monday, 23 November 2026, in Buenos Aires; the shop's first day with data is 1 October. */
const windows: Record<string, [since: string, until: string]> = {
  last_30d: ["2026-10-24", "2026-11-22"],
  last_90d: ["2026-08-25", "2026-11-22"],
  this_year: ["2026-01-01", "2026-11-22"],
  yearly: ["2025-11-23", "2026-11-22"],
  all: ["2026-10-01", "2026-11-22"],
  lifetime: ["2026-10-01", "2026-11-22"],
};

async function windowOf(path: string): Promise<[since: string, until: string]> {
  const body = await read(shop, `/crm/marketing/${path}`);
  const { since, until } = (body["totals"] ?? body["data"]).period;
  return [since, until];
}

describe.each(routes)("%s", (route) => {
  test.each(Object.keys(windows))("%s means the same days under both names", async (name) => {
    expect(await windowOf(`${route}?time_range=${name}`)).toEqual(windows[name]);
    expect(await windowOf(`${route}?range=${name}`)).toEqual(windows[name]);
  });

  test.each([
    ["", "last_30d"],
    ["?range=this_year&time_range=last_90d", "last_90d"],
    ["?time_range=this_year&range=lo-que-sea", "this_year"],
    ["?time_range=last_90d&since=2026-11-01&until=2026-11-05", "last_90d"],
    ["?range=last_90d&since=2026-11-01&until=2026-11-05", "last_90d"],
  ])("%j is %s", async (query, name) => {
    expect(await windowOf(route + query)).toEqual(windows[name]);
  });

  it("takes days of one's own", async () => {
    expect(await windowOf(`${route}?since=2026-11-01&until=2026-11-05`)).toEqual(["2026-11-01", "2026-11-05"]);
  });

  test.each(["last_7d", "LAST_30_DAYS", "30d", "today", "ALL", "last_30d%20"])(
    "defect 52: %s is unknown: refused with what would be valid, under either name, never quietly thirty days",
    async (name) => {
      for (const parameter of ["time_range", "range"]) {
        const answer = await shop.get(`/crm/marketing/${route}?${parameter}=${name}`);
        const { detail, error } = (await answer.json()) as Json;
        expect([answer.status, error.code]).toEqual([422, "request.invalid"]);
        expect(detail).toContain(parameter);
        for (const valid of Object.keys(windows)) {
          expect(detail).toContain(valid);
          expect(error.details.valid).toContain(valid);
        }
      }
    },
  );

  test.each([
    ["since=2026-11-01", /until/],
    ["until=2026-11-01", /since/],
    ["since=2026-11-05&until=2026-11-01", /until.*since/],
    ["since=2026-02-30&until=2026-03-01", /since/],
    ["since=01/11/2026&until=2026-11-05", /since/],
    ["since=2020-01-01&until=2026-11-05", /37/],
  ])("refuses %s by name", async (query, named) => {
    const answer = await shop.get(`/crm/marketing/${route}?${query}`);
    expect([answer.status, ((await answer.json()) as Json)["detail"]]).toEqual([422, expect.stringMatching(named)]);
  });
});

it("defect 164: the hub's `range=` and the client's `time_range=` show different windows as different figures", async () => {
  const spend = async (query: string) => (await read(shop, `/crm/marketing/stats?${query}`))["data"].marketing_spend;
  expect([await spend("range=last_30d"), await spend("range=last_90d"), await spend("time_range=last_90d")]).toEqual([
    100, 150, 150,
  ]);
});

it("defect 49: this_year is the calendar year for spend and for the CRM alike", async () => {
  const { client } = await aShop(house, {
    accounts: [
      {
        id: "333",
        isPrimary: true,
        campaigns: [{ id: "y1" }],
        insights: [
          { day: "2025-12-31", spend: "70" },
          { day: "2025-12-31", spend: "70", campaign: "y1" },
          { day: "2026-01-01", spend: "10" },
          { day: "2026-01-01", spend: "10", campaign: "y1" },
        ],
        covered: { account: "{[2023-10-24,2026-11-23)}", campaign: "{[2023-10-24,2026-11-23)}" },
      },
    ],
    leads: [
      { at: "2025-12-31T15:00:00Z", campaign: "y1", sales: [{ day: "2025-12-31", amount: "700" }] },
      { at: "2026-01-01T15:00:00Z", campaign: "y1", sales: [{ day: "2026-01-01", amount: "20" }] },
    ],
  });
  const roi = async (name: string) => (await read(client, `/crm/marketing/stats/roi?range=${name}`))["data"];
  expect(await roi("this_year")).toMatchObject({ total_spend: 10, total_revenue: 20, leads: 1 });
  expect(await roi("yearly"), "defect 50: yearly is 365 days of both").toMatchObject({
    total_spend: 80,
    total_revenue: 720,
    leads: 2,
  });
});
