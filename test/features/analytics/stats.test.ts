import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aHouse, type House } from "../../support/house.ts";
import { aPerson, as, aTenant } from "../../support/people.ts";
import { type Account, aConnection, aLead, anAccount, type Lead, refreshFacts } from "../facts/scene.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const everything = "{[2023-10-24,2026-11-23)}";
const synced = { account: everything, campaign: everything, ad: everything, completeThrough: "2026-11-22" };

type Business = { accounts?: Account[]; leads?: Lead[]; timezone?: string; currency?: string | null; status?: string };

async function aBusiness({ accounts = [], leads = [], status = "active", ...settings }: Business) {
  const tenantId = await aTenant(house, settings);
  if (accounts.length > 0) {
    const connection = await aConnection(house.sql, tenantId, { status });
    for (const account of accounts) await anAccount(house.sql, tenantId, connection, account);
  }
  for (const lead of leads) await aLead(house.sql, tenantId, lead);
  await refreshFacts(house.sql, tenantId);
  const client = as(house, await aPerson(house, { tenantId }));
  return async (path: string) => {
    const answer = await client.get(`/crm/marketing/${path}`);
    expect(answer.status, await answer.clone().text()).toBe(200);
    // oxlint-disable-next-line typescript/no-explicit-any
    return ((await answer.json()) as { data: Record<string, any> }).data;
  };
}

const shop: Business = {
  accounts: [
    {
      id: "111",
      isPrimary: true,
      campaigns: [{ id: "c1", name: "Primavera" }],
      ads: [{ id: "a1", campaign: "c1", name: "Video" }],
      insights: [
        { day: "2026-11-20", spend: "100", metaLeads: 9 },
        { day: "2026-11-20", spend: "100", campaign: "c1", impressions: 1000, clicks: 10 },
        { day: "2026-11-20", spend: "100", ad: "a1" },
        { day: "2026-10-01", spend: "50" },
        { day: "2026-10-01", spend: "50", campaign: "c1" },
      ],
      covered: synced,
    },
  ],
  leads: [
    {
      at: "2026-11-20T15:00:00Z",
      campaign: "c1",
      ad: "a1",
      wonAt: "2026-11-21T15:00:00Z",
      sales: [
        { day: "2026-11-21", amount: "600" },
        { day: "2026-11-22", amount: "-100" },
        { day: "2026-11-22", amount: "77", status: "pending" },
      ],
    },
    { at: "2026-11-20T15:00:00Z", sales: [{ day: "2026-11-21", amount: "900" }] },
    { at: "2026-10-01T15:00:00Z", campaign: "c1", sales: [{ day: "2026-10-02", amount: "150" }] },
  ],
};

describe("a tenant that never connected", () => {
  it("gets empty tables, a roi object of zeros, and where to begin", async () => {
    const read = await aBusiness({});
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
    const stats = await (await aBusiness(shop))("stats");
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
      model: "last_touch",
      basis: "cash",
      ad_account_id: "111",
    });
    expect(stats).not.toHaveProperty("connect_url");
  });

  it("keeps what no campaign brought apart", async () => {
    const { outside } = await (await aBusiness(shop))("stats");
    expect(outside).toMatchObject({ organic: { leads: 1, revenue: 900 }, unattributed: { leads: 0, revenue: 0 } });
  });

  it("compares with the window before, in flat fields and with reasons", async () => {
    const stats = await (await aBusiness(shop))("stats");
    expect(stats).toMatchObject({
      spend_change: 100,
      revenue_change: 233.33,
      leads_change: 0,
      opportunities_change: 0,
      roi_change: 200,
    });
    expect(stats["changes"].opportunities).toEqual({ value: 1, pct: null, reason: "new" });
    expect((await (await aBusiness(shop))("stats?range=all"))["changes"].spend.reason).toBe("no_previous");
  });

  it("has the hub's rows", async () => {
    const { meta } = await (await aBusiness(shop))("stats");
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
      const read = await aBusiness(shop);
      const [stats, roi] = await Promise.all([read(`stats?time_range=${range}`), read(`stats/roi?range=${range}`)]);
      const { campaigns, ...card } = roi;
      expect(card).toEqual(stats["roi"]);
      expect(stats["meta"].roi).toEqual(stats["roi"]);
      expect(campaigns.reduce((sum: number, { spend }: { spend: number }) => sum + spend, 0)).toBe(card["total_spend"]);
      expect(campaigns[0].roi).toBe(card["roi_percentage"]);
    },
  );

  it("over all begins with the first data", async () => {
    expect((await (await aBusiness(shop))("stats?range=all"))["period"]).toMatchObject({
      since: "2026-10-01",
      until: "2026-11-22",
    });
  });

  it("of a neighbour changes nothing", async () => {
    const read = await aBusiness(shop);
    const before = await read("stats");
    await aBusiness(shop);
    expect(await read("stats")).toEqual(before);
  });

  it("costs one round trip after the door's, and one for the audit", async () => {
    const read = await aBusiness(shop);
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

describe("days that are not known", () => {
  const account = (covered: Account["covered"], insights = shop.accounts?.[0]?.insights ?? []): Account => ({
    id: "111",
    isPrimary: true,
    campaigns: [{ id: "c1" }],
    insights,
    ...(covered ? { covered } : {}),
  });

  it("never synced: no figures are invented, and the reason is told", async () => {
    const read = await aBusiness({ accounts: [account(undefined, [])], leads: shop.leads ?? [] });
    const { roi, meta_connected: isConnected } = await read("stats");
    expect(isConnected).toBe(true);
    expect(roi).toMatchObject({
      total_spend: 0,
      roas: null,
      cpl: null,
      roi_defined: false,
      leads: 1,
      freshness: { reason: "not_synced", last_synced_at: null },
      spend_complete: false,
      missing_days_count: 30,
    });
  });

  it("a few missing days are named, and the return is told", async () => {
    const { roi, changes } = await (
      await aBusiness({ ...shop, accounts: [account({ account: "{[2023-10-24,2026-11-22)}" })] })
    )("stats");
    expect(roi).toMatchObject({
      spend_complete: false,
      missing_days: ["2026-11-22"],
      partial: true,
      roi_percentage: 400,
      roi_defined: true,
    });
    expect(changes).toMatchObject({
      spend: { reason: "incomplete" },
      roi: { reason: "incomplete" },
      leads: { pct: 0 },
    });
  });

  it("too many leave no return", async () => {
    const { roi } = await (
      await aBusiness({ ...shop, accounts: [account({ account: "{[2026-11-10,2026-11-23)}" })] })
    )("stats");
    expect(roi).toMatchObject({ total_spend: 100, roi_defined: false, roas: null, missing_days_count: 17, cpl: 100 });
  });

  it("over all reach back to the first day that is wanted and not known", async () => {
    const { period, missing_days_count: missing } = await (
      await aBusiness({
        ...shop,
        accounts: [account({ account: "{[2026-09-01,2026-11-23)}", wantedFrom: "2026-08-01" })],
      })
    )("stats?range=all");
    expect([period.since, missing]).toEqual(["2026-08-01", 31]);
  });

  it("of a connection that died are served and said to be stale", async () => {
    const stats = await (await aBusiness({ ...shop, status: "needs_reauth" }))("stats");
    expect(stats).toMatchObject({
      meta_connected: false,
      connect_url: expect.any(String),
      marketing_spend: 100,
      freshness: { stale: true, stale_reason: "connection_needs_reauth" },
    });
  });
});

describe("currencies and zones", () => {
  const dollars: Account = {
    id: "222",
    currency: "USD",
    timezone: "America/New_York",
    campaigns: [{ id: "u1" }],
    insights: [
      { day: "2026-11-20", spend: "5" },
      { day: "2026-11-20", spend: "5", campaign: "u1" },
    ],
    covered: synced,
  };

  it("a second account in dollars is left out of the headline and named", async () => {
    const { roi, meta, period } = await (
      await aBusiness({ ...shop, accounts: [...(shop.accounts ?? []), dollars] })
    )("stats");
    expect(roi).toMatchObject({
      total_spend: 100,
      currency: "ARS",
      currency_mixed: true,
      partial: true,
      fx_missing: [{ currency: "USD", measure: "spend", amount: 5, count: 1 }],
    });
    expect(roi.by_currency).toContainEqual({ currency: "USD", spend: 5, revenue: 0 });
    expect(meta.campaigns.campaigns.find(({ id }: { id: string }) => id === "u1")).toMatchObject({
      spend: 5,
      currency: "USD",
    });
    expect(period).toMatchObject({
      timezone_mismatch: true,
      account_timezones: ["America/Argentina/Buenos_Aires", "America/New_York"],
    });
  });

  it("the tenant's setting names the headline", async () => {
    const { roi } = await (
      await aBusiness({ ...shop, currency: "USD", accounts: [...(shop.accounts ?? []), dollars] })
    )("stats");
    expect(roi).toMatchObject({ total_spend: 5, total_revenue: 0, currency: "USD" });
  });

  it.each([
    ["Pacific/Kiritimati", "2026-11-23"],
    ["Pacific/Pago_Pago", "2026-11-22"],
    ["UTC", "2026-11-22"],
  ])("days end where the tenant lives (%s)", async (timezone, until) => {
    expect((await (await aBusiness({ timezone }))("stats"))["period"]).toMatchObject({ until, timezone });
  });
});
