import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hours } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aPerson, as, aTenant } from "../../support/people.ts";
import { aConnection, aLead, anAccount, refreshFacts } from "../facts/scene.ts";
import type { Json } from "../../support/json.ts";

let house: House;
let asAna: ReturnType<typeof as>;
let asNeighbour: ReturnType<typeof as>;

const known = "{[2023-10-24,2026-11-23)}";

beforeAll(async () => {
  house = await aHouse();
  const tenantId = await aTenant(house);
  const connection = await aConnection(house.sql, tenantId);
  await anAccount(house.sql, tenantId, connection, {
    id: "111",
    isPrimary: true,
    campaigns: [
      { id: "c1", name: "Primavera", dailyBudget: "500.5" },
      { id: "c2", name: "Invierno", status: "PAUSED" },
      { id: "gone", name: "Vieja", isDeleted: true },
      { id: "gone-with-spend", name: "Otra vieja", isDeleted: true },
    ],
    insights: [
      { day: "2026-11-20", spend: "100.50" },
      { day: "2026-11-20", spend: "60.25", campaign: "c1", impressions: 1000, clicks: 10 },
      { day: "2026-11-20", spend: "20", campaign: "gone-with-spend" },
      { day: "2026-10-01", spend: "999" },
      { day: "2026-10-01", spend: "999", campaign: "c1" },
    ],
    covered: {
      account: known,
      campaign: "{[2023-10-24,2026-11-19),[2026-11-20,2026-11-23)}",
      completeThrough: "2026-11-22",
    },
  });
  await aLead(house.sql, tenantId, {
    at: "2026-11-20T15:00:00Z",
    campaign: "c1",
    wonAt: "2026-11-21T15:00:00Z",
    sales: [
      { day: "2026-11-21", amount: "500" },
      { day: "2026-11-21", amount: "7", currency: "USD" },
    ],
  });
  await aLead(house.sql, tenantId, { at: "2026-11-20T15:00:00Z", campaign: "ghost" });
  await aLead(house.sql, tenantId, { at: "2026-11-20T15:00:00Z", sales: [{ day: "2026-11-21", amount: "900" }] });
  await refreshFacts(house.sql, tenantId);
  asAna = as(house, await aPerson(house, { tenantId }));
  asNeighbour = as(house, await aPerson(house));
});

afterAll(() => house.stop());

const read = async (path: string) => {
  const answer = await asAna.get(`/crm/marketing/${path}`);
  expect(answer.status, await answer.clone().text()).toBe(200);
  return (await answer.json()) as Json;
};

const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);

describe("the list of campaigns", () => {
  it("tells what each spent and earned in the window, in percent", async () => {
    const { data } = await read("campaigns");
    expect(data[0]).toMatchObject({
      id: "c1",
      name: "Primavera",
      status: "ACTIVE",
      spend: 60.25,
      revenue: 500,
      leads: 1,
      opportunities: 1,
      won: 1,
      roi: 729.88,
      cpa: 60.25,
      currency: "ARS",
      account_id: "111",
      level: "campaign",
    });
  });

  it("names revenue in another currency instead of adding it", async () => {
    const { data, totals } = await read("campaigns");
    expect(data[0].fx_missing).toEqual([{ currency: "USD", measure: "revenue", amount: 7, count: 1 }]);
    expect(totals).toMatchObject({ currency_mixed: true, partial: true, revenue: 500 });
  });

  it("has campaigns without figures, campaigns only leads know, deleted ones that spent, and the account's remainder last", async () => {
    const { data, total } = await read("campaigns");
    expect(ids(data)).toEqual(["c1", "gone-with-spend", "c2", "ghost", "historical_other"]);
    expect(total).toBe(5);
    expect(data.find(({ id }: { id: string }) => id === "ghost")).toMatchObject({
      name: "Campaña ghost",
      status: "UNKNOWN",
      leads: 1,
      roi_defined: false,
    });
    expect(data.at(-1)).toMatchObject({ spend: 20.25, roi_defined: false, name: "Otros (histórico)" });
  });

  it("adds up to its totals", async () => {
    const { data, totals } = await read("campaigns");
    for (const measure of ["spend", "leads", "revenue", "won"]) {
      expect(data.reduce((sum: number, row: Record<string, number>) => sum + (row[measure] ?? 0), 0)).toBeCloseTo(
        totals[measure],
        6,
      );
    }
  });

  it("is narrowed by status, search and account; totals go with it, and the remainder only with whole accounts", async () => {
    const paused = await read("campaigns?status=paused");
    expect([ids(paused["data"]), paused["totals"].spend]).toEqual([["c2"], 0]);
    const found = await read("campaigns?search=primav");
    expect([ids(found["data"]), found["totals"].spend]).toEqual([["c1"], 60.25]);
    const account = await read("campaigns?account_id=act_111");
    expect(ids(account["data"])).toEqual(["c1", "gone-with-spend", "c2", "historical_other"]);
    expect((await read("campaigns?account_id=999"))["data"]).toEqual([]);
  });

  it("comes in pages that do not overlap", async () => {
    const pages = await Promise.all([0, 2, 4].map((offset) => read(`campaigns?limit=2&offset=${offset}`)));
    expect(pages.flatMap(({ data }) => ids(data))).toEqual([
      "c1",
      "gone-with-spend",
      "c2",
      "ghost",
      "historical_other",
    ]);
    expect(pages.map(({ total }) => total)).toEqual([5, 5, 5]);
  });

  it("is sorted on request", async () => {
    expect(ids((await read("campaigns?sort=name"))["data"])).toEqual([
      "ghost",
      "c2",
      "gone-with-spend",
      "c1",
      "historical_other",
    ]);
    expect(ids((await read("campaigns?sort=leads&direction=desc"))["data"]).slice(0, 2)).toEqual(["c1", "ghost"]);
  });

  it.each(["limit=0", "limit=201", "offset=-1", "sort=ctr", "status=%27%3B", "account_id=abc", "time_range=last_7d"])(
    "%s is refused",
    async (query) => {
      const answer = await asAna.get(`/crm/marketing/campaigns?${query}`);
      expect(answer.status).toBe(422);
      expect(await answer.json()).toMatchObject({ success: false, detail: expect.any(String) });
    },
  );

  it("costs one round trip after the door's", async () => {
    const before = house.neon.requests();
    await house.tools.listMemberships("nobody");
    const door = house.neon.requests() - before;
    const start = house.neon.requests();
    await read("campaigns?limit=77");
    const audit = 1;
    expect(house.neon.requests() - start).toBe(door + 1 + audit);
  });
});

describe("one campaign", () => {
  it("has its budget in major units and its performance", async () => {
    const { data } = await read("campaigns/c1");
    expect(data).toMatchObject({
      id: "c1",
      name: "Primavera",
      daily_budget: 500.5,
      lifetime_budget: null,
      objective: "OUTCOME_LEADS",
      ad_sets: [],
    });
    expect(data.performance).toMatchObject({
      spend: 60.25,
      impressions: 1000,
      clicks: 10,
      roi_percentage: 729.88,
      ctr: 1,
      cpc: 6.025,
      cpm: 60.25,
    });
  });

  it("that only leads know is told as far as it is known", async () => {
    expect((await read("campaigns/ghost"))["data"]).toMatchObject({
      name: "Campaña ghost",
      status: "UNKNOWN",
      performance: { leads: 1, roi_defined: false },
    });
  });

  it("that does not exist and a neighbour's are the same 404", async () => {
    const [missing, foreign] = await Promise.all([
      asAna.get("/crm/marketing/campaigns/nope"),
      asNeighbour.get("/crm/marketing/campaigns/c1"),
    ]);
    expect([missing.status, foreign.status]).toEqual([404, 404]);
    const [one, other] = await Promise.all([missing.json(), foreign.json()]);
    expect(one).toMatchObject({ error: { code: "campaign.not_found" } });
    expect((other as { detail: string }).detail).toBe((one as { detail: string }).detail);
    expect((await asNeighbour.get("/crm/marketing/campaigns/c1/insights")).status).toBe(404);
  });
});

describe("a campaign day by day", () => {
  it("known days without delivery are zeros, unknown ones null", async () => {
    const { data } = await read("campaigns/c1/insights?since=2026-11-18&until=2026-11-21");
    expect(
      data.insights.map(({ date, spend, impressions, partial }: Record<string, unknown>) => [
        date,
        spend,
        impressions,
        partial,
      ]),
    ).toEqual([
      ["2026-11-18", 0, 0, false],
      ["2026-11-19", null, null, true],
      ["2026-11-20", 60.25, 1000, false],
      ["2026-11-21", 0, 0, false],
    ]);
    expect(data).toMatchObject({
      partial: true,
      spend_complete: false,
      missing_days: ["2026-11-19"],
      attribution_window: "7d_click_or_1d_view",
    });
  });

  it("of a campaign that only leads know, what was spent is not known on any day", async () => {
    const { data } = await read("campaigns/ghost/insights?since=2026-11-20&until=2026-11-20");
    expect(data.insights).toEqual([
      expect.objectContaining({ leads: 1, spend: null, impressions: null, partial: true }),
    ]);
  });

  it("what the CRM knows is known on every day", async () => {
    const { data } = await read("campaigns/c1/insights?since=2026-11-21&until=2026-11-21");
    expect(data.insights).toEqual([expect.objectContaining({ won: 1, revenue: 500, cpa: null })]);
  });

  it("has one entry for each day of the window", async () => {
    const { data } = await read("campaigns/c1/insights?time_range=last_90d");
    expect(data.insights).toHaveLength(90);
    expect(data.insights.at(-1).date).toBe("2026-11-22");
  });

  it("today is partial until the account's day is over", async () => {
    const { data } = await read("campaigns/c1/insights?include_today=true");
    expect(data.insights.at(-1)).toMatchObject({ date: "2026-11-23", partial: true });
  });
});

describe("figures that grow old", () => {
  it("are served, and say so", async () => {
    house.clock.advance(hours(3));
    const { totals } = await read("campaigns");
    expect(totals.freshness).toMatchObject({
      stale: true,
      stale_reason: "sync_late",
      source: "db",
      last_synced_at: "2026-11-23T14:00:00.000Z",
    });
  });
});
