import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aHouse, type House } from "../../support/house.ts";
import { aPerson, as } from "../../support/people.ts";
import { aBusiness, shop } from "../facts/shop.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

describe("a tenant that never connected", () => {
  it("gets empty tables, a roi object of zeros, and where to begin", async () => {
    const read = await aBusiness(house, {});
    const stats = await read("stats?range=all");
    expect(stats).toMatchObject({
      meta_connected: false,
      connect_url: expect.any(String),
      marketing_spend: 0,
      roi_percentage: 0,
      freshness: { reason: "not_connected" },
    });
    expect(stats["meta"]).toMatchObject({
      meta_connected: false,
      campaigns: { campaigns: [], creatives: [], account_total_spend: 0 },
    });
    expect(stats["roi"]).toMatchObject({
      total_spend: 0,
      total_revenue: 0,
      leads: 0,
      patients_converted: 0,
      roi: 0,
      roas: null,
      is_connected: false,
    });
    expect(await read("stats/roi")).toMatchObject({ campaigns: [], meta_connected: false });
  });
});

describe("the dashboard of a shop", () => {
  it("tells spend, leads and revenue of the window, net of refunds and of what was not paid", async () => {
    const stats = await (await aBusiness(house, shop))("stats");
    expect(stats).toMatchObject({
      marketing_spend: 100,
      sales_revenue: 500,
      leads: 1,
      opportunities: 1,
      roi_percentage: 400,
      cpa: 100,
      currency: "ARS",
      meta_connected: true,
    });
    expect(stats["roi"]).toMatchObject({
      roi: 4,
      roas: 5,
      cac: 100,
      meta_leads: 9,
      converted_leads: 1,
      patients_converted: 1,
      leads_converted: 1,
      average_roi: 400,
      model: "last_paid_touch",
      basis: "cash",
      ad_account_id: "111",
    });
    expect(stats).not.toHaveProperty("connect_url");
  });

  it("keeps what no campaign brought apart", async () => {
    const { outside } = await (await aBusiness(house, shop))("stats");
    expect(outside).toMatchObject({ organic: { leads: 1, revenue: 900 }, unattributed: { leads: 0, revenue: 0 } });
  });

  it("compares with the window before, in flat fields and with reasons", async () => {
    const stats = await (await aBusiness(house, shop))("stats");
    expect(stats).toMatchObject({
      spend_change: 100,
      revenue_change: 233.33,
      leads_change: 0,
      opportunities_change: 0,
      roi_change: 200,
    });
    expect(stats["changes"].opportunities).toEqual({ value: 1, pct: null, reason: "new" });
    expect((await (await aBusiness(house, shop))("stats?range=all"))["changes"].spend.reason).toBe("no_previous");
  });

  it("has the hub's rows", async () => {
    const { meta } = await (await aBusiness(house, shop))("stats");
    expect(meta.campaigns.campaigns).toEqual([
      expect.objectContaining({
        id: "c1",
        campaign_name: "Primavera",
        status: "active",
        roi: 4,
        opportunities: 1,
        level: "campaign",
      }),
    ]);
    expect(meta.campaigns.creatives).toEqual([
      expect.objectContaining({
        ad_id: "a1",
        ad_name: "Video",
        campaign_name: "Primavera",
        spend: 100,
        revenue: 500,
        level: "ad",
      }),
    ]);
    for (const key of ["ad_id", "ad_name", "conversions"]) expect(meta.campaigns.campaigns[0]).not.toHaveProperty(key);
  });

  it.each(["last_30d", "last_90d", "this_year", "yearly", "all", "lifetime"])(
    "stats, stats/roi and campaigns agree over %s",
    async (range) => {
      const read = await aBusiness(house, shop);
      const [stats, roi] = await Promise.all([read(`stats?time_range=${range}`), read(`stats/roi?range=${range}`)]);
      const { campaigns, ...card } = roi;
      expect(card).toEqual(stats["roi"]);
      expect(stats["meta"].roi).toEqual(stats["roi"]);
      expect(campaigns.reduce((sum: number, { spend }: { spend: number }) => sum + spend, 0)).toBe(card["total_spend"]);
      expect(campaigns[0].roi).toBe(card["roi_percentage"]);
    },
  );

  it("over all begins with the first data", async () => {
    expect((await (await aBusiness(house, shop))("stats?range=all"))["period"]).toMatchObject({
      since: "2026-10-01",
      until: "2026-11-22",
    });
  });

  it("of a neighbour changes nothing", async () => {
    const read = await aBusiness(house, shop);
    const before = await read("stats");
    await aBusiness(house, shop);
    expect(await read("stats")).toEqual(before);
  });

  it("costs one round trip after the door's, and one for the audit", async () => {
    const read = await aBusiness(house, shop);
    for (const path of ["stats", "stats/roi"]) {
      const start = house.neon.requests();
      await read(path);
      expect(house.neon.requests() - start).toBe(3);
    }
  });

  it("refuses a range it does not know", async () => {
    const client = as(house, await aPerson(house));
    const answer = await client.get("/crm/marketing/stats?range=LAST_30_DAYS");
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ detail: expect.stringContaining("last_30d") });
  });
});
