// Rows 1, 1r, 2, 3, 8, 9 and 9b of frontend-contract.md d1: what the views read of figures, and what they then show.
import type { Json } from "../support/json.ts";
import * as z from "zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { demoCampaignIds } from "../world/meta/demo-ids.ts";
import { aHouse, type House } from "../support/house.ts";
import { aShop, aStranger, aSyncedTenant, read } from "./tenants.ts";
import { type Client, openCard, openHub, showCampaign, showCard, showDashboard, showGoogle } from "./views.ts";

let house: House;
let shop: Client;
let synced: Client;
let stranger: Client;
beforeAll(async () => {
  house = await aHouse();
  ({ client: shop } = await aShop(house));
  ({ client: synced } = await aSyncedTenant(house));
  ({ client: stranger } = await aStranger(house));
}, 60_000);
afterAll(() => house.stop());

const money = z.number();
const figure = z.number().nullable();

const hubRow = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  campaign_name: z.string().min(1),
  status: z.string().regex(/^[a-z_]+$/),
  effective_status: z.string().regex(/^[A-Z_]+$/),
  currency: z.string().length(3),
  spend: money,
  revenue: money,
  leads: z.number(),
  opportunities: z.number(),
  roi: z.number(),
  roi_percentage: z.number(),
  cpl: figure,
  cpa: figure,
});
const campaignRow = hubRow.extend({
  level: z.literal("campaign"),
  ad_id: z.undefined().optional(),
  ad_name: z.undefined().optional(),
  conversions: z.undefined().optional(),
});
const creativeRow = hubRow.extend({
  level: z.literal("ad"),
  ad_id: z.string().min(1),
  ad_name: z.string().min(1),
  conversions: z.undefined().optional(),
});

const roi = z.object({
  total_spend: money,
  total_revenue: money,
  currency: z.string().length(3).nullable(),
  cpa: figure,
  leads: z.number(),
  patients_converted: z.number(),
});

const meta = z.object({
  roi,
  campaigns: z.object({
    campaigns: z.array(campaignRow),
    creatives: z.array(creativeRow),
    account_total_spend: money,
  }),
  currency: z.string().nullable(),
  meta_connected: z.boolean(),
});

const freshness = z.object({ last_synced_at: z.string().nullable(), is_partial: z.boolean(), stale: z.boolean() });

const combined = z.object({
  meta,
  google: z.object({
    connected: z.literal(false),
    campaigns: z.tuple([]),
    metrics: z.strictObject({}),
    customer_ids: z.tuple([]),
  }),
  combined: z.object({
    meta_connected: z.boolean(),
    google_connected: z.literal(false),
    total_platforms: z.number(),
    total_spend: money,
    total_leads: z.number(),
    total_conversions: z.number(),
    weighted_roi: z.number(),
  }),
  roi,
  meta_connected: z.boolean(),
  currency: z.string().nullable(),
  freshness,
});

const whole = async <S extends z.ZodType>(client: Client, path: string, schema: S) => {
  const body = await read(client, `/crm/marketing/${path}`);
  expect(body).toMatchObject({ success: true, timestamp: expect.stringMatching(/^\d{4}-.*Z$/) });
  return { body, data: schema.parse(body["data"]) };
};

describe("row 1: combined-stats", () => {
  it("has what the hub reads, for a shop, a synced account and a stranger", async () => {
    for (const [client, isConnected] of [
      [shop, true],
      [synced, true],
      [stranger, false],
    ] as const) {
      const { data } = await whole(client, "combined-stats?time_range=all&google_date_range=all", combined);
      expect(data.roi).toEqual(data.meta.roi);
      expect(data).toMatchObject({
        meta_connected: isConnected,
        currency: data.meta.currency,
        meta: { meta_connected: isConnected },
        combined: {
          meta_connected: isConnected,
          total_platforms: isConnected ? 1 : 0,
          total_spend: data.roi.total_spend,
        },
      });
    }
  });

  it("shows the shop's hub", async () => {
    expect(await openHub(shop, "last_30d")).toEqual({
      banner: "Conectado",
      campaigns: [
        {
          key: "c1",
          title: "Primavera",
          subtitle: "Primavera",
          spend: "ARS 100.00",
          leads: 1,
          opportunities: 1,
          roi: "400%",
          shade: "green",
        },
      ],
      creatives: [
        {
          key: "a1",
          title: "Video",
          subtitle: "Primavera",
          spend: "ARS 100.00",
          leads: 1,
          opportunities: 1,
          roi: "400%",
          shade: "green",
        },
      ],
      card: { roi: "+400.0%", spend: "ARS 100", revenue: "ARS 500", cpa: "100.0", leads: 1, customers: 1 },
    });
  });

  it("shows a stranger an empty hub", async () => {
    expect(await openHub(stranger)).toMatchObject({
      banner: "Desconectado",
      campaigns: [],
      creatives: [],
      card: { roi: "+0.0%", cpa: "–", leads: 0, customers: 0 },
    });
  });

  it("says of Google that it is not connected, whatever dates are asked of it", async () => {
    for (const dates of ["LAST_30_DAYS", "all", "lo que sea", ""]) {
      const { body } = await whole(shop, `combined-stats?google_date_range=${encodeURIComponent(dates)}`, combined);
      expect(showGoogle(body)).toEqual({ banner: "Desconectado", rows: 0 });
    }
  });
});

describe("row 1r: rows of campaigns and creatives", () => {
  it("of a synced account have names, one currency, and the account's spend as their sum", async () => {
    const { data } = await whole(synced, "combined-stats?time_range=last_90d", combined);
    const { campaigns, creatives, account_total_spend: total } = data.meta.campaigns;
    expect(campaigns.length).toBeGreaterThan(2);
    expect(creatives.length).toBeGreaterThan(2);
    expect(total).toBeGreaterThan(0);
    expect(campaigns.reduce((sum, { spend }) => sum + spend, 0)).toBeCloseTo(total, 6);
    expect(new Set([...campaigns, ...creatives].map(({ currency }) => currency))).toEqual(new Set(["USD"]));
  });

  it("tell return as a fraction and as percent, and status in the hub's letters", async () => {
    const { data } = await whole(synced, "combined-stats?time_range=last_90d", combined);
    const smile = data.meta.campaigns.campaigns.find(({ id }) => id === demoCampaignIds.miamiSmile);
    expect(smile).toMatchObject({ revenue: 1000, leads: 1, opportunities: 1 });
    for (const row of [...data.meta.campaigns.campaigns, ...data.meta.campaigns.creatives]) {
      expect(row.roi * 100).toBeCloseTo(row.roi_percentage, 6);
      expect(row.cpa).toBe(row.cpl);
    }
    const { campaigns } = await openHub(synced, "last_90d");
    expect(campaigns.every(({ spend }: Json) => String(spend).startsWith("$"))).toBe(true);
  });
});

describe("row 2: stats", () => {
  const flat = z.object({
    leads: z.number(),
    leads_change: z.number(),
    opportunities: z.number(),
    opportunities_change: z.number(),
    sales_revenue: money,
    revenue_change: z.number(),
    marketing_spend: money,
    spend_change: z.number(),
    roi_percentage: z.number(),
    roi_change: z.number(),
    cpa: figure,
    meta_connected: z.boolean(),
    connect_url: z.string().optional(),
  });
  const predecessor = z.object({ roi, campaigns: meta.shape.campaigns, currency: z.string().nullable() });
  const spec09 = z.object({
    roi: z.object({
      meta_leads: z.number(),
      converted_leads: z.number(),
      total_revenue: money,
      total_spend: money,
      roi: z.number(),
      currency: z.string().nullable(),
      is_connected: z.boolean(),
      meta_connected: z.boolean(),
    }),
  });

  it("defect 161: serves the hub, the typed client, the predecessor's readers and spec 09 at once", async () => {
    for (const client of [shop, synced, stranger]) {
      for (const parameter of ["range", "time_range"]) {
        const { data } = await whole(client, `stats?${parameter}=last_90d`, z.object({ meta }).loose());
        for (const shape of [flat, predecessor, spec09]) expect(shape.safeParse(data).error).toBeUndefined();
      }
    }
  });

  it("defect 68: shows the shop's dashboard with what changed", async () => {
    const body = await read(shop, "/crm/marketing/stats?time_range=last_30d");
    expect(showDashboard(body)).toEqual({
      leads: "1 (0.0%)",
      opportunities: "1 (0.0%)",
      revenue: "500 (233.3%)",
      spend: "100 (100.0%)",
      roi: "400 (200.0%)",
    });
    expect(body["data"].connect_url).toBeUndefined();
  });

  it("tells a stranger where to begin", async () => {
    const { data } = await whole(stranger, "stats", flat);
    expect(data).toMatchObject({
      meta_connected: false,
      connect_url: expect.any(String),
      marketing_spend: 0,
      cpa: null,
    });
  });
});

describe("row 3: stats/roi", () => {
  const typed = roi.extend({
    meta_leads: z.number(),
    converted_leads: z.number(),
    leads_converted: z.number(),
    roi: z.number(),
    roi_percentage: z.number(),
    average_roi: z.number(),
    roas: figure,
    cpl: figure,
    cac: figure,
    is_connected: z.boolean(),
    ad_account_id: z.string().nullable(),
    time_range: z.string(),
    time_period: z.string(),
    basis: z.string(),
    model: z.string(),
    freshness,
    campaigns: z.array(z.object({ id: z.string(), name: z.string(), status: z.string(), roi: z.number() })),
  });

  it("shows the shop's card, and lists its campaigns in percent", async () => {
    expect(await openCard(shop, "last_30d")).toEqual({
      roi: "+400.0%",
      spend: "ARS 100",
      revenue: "ARS 500",
      cpa: "100.0",
      leads: 1,
      customers: 1,
    });
    const { data } = await whole(shop, "stats/roi?range=last_30d", typed);
    expect(data).toMatchObject({ cpa: 100, cpl: 100, cac: 100, roas: 5, roi: 4, roi_percentage: 400, meta_leads: 9 });
    expect(data.campaigns).toMatchObject([{ id: "c1", name: "Primavera", status: "ACTIVE", roi: 400 }]);
  });

  it("is whole for a synced account and for a stranger", async () => {
    const { data } = await whole(synced, "stats/roi?time_range=last_90d", typed);
    expect(showCard(data).roi).toBe(`${data.roi_percentage >= 0 ? "+" : ""}${data.roi_percentage.toFixed(1)}%`);
    const { data: none } = await whole(stranger, "stats/roi?time_range=last_90d", typed);
    expect(none).toMatchObject({ total_spend: 0, total_revenue: 0, leads: 0, patients_converted: 0, campaigns: [] });
  });
});

describe("row 8: campaigns", () => {
  const typed = z.array(
    z.object({
      id: z.string(),
      name: z.string().min(1),
      status: z.string().regex(/^[A-Z_]+$/),
      spend: money,
      leads: z.number(),
      opportunities: z.number(),
      revenue: money,
      roi: z.number(),
      cpa: figure,
    }),
  );

  it("are an array in which roi is percent, with how many there are beside it", async () => {
    const { body, data } = await whole(shop, "campaigns?time_range=last_30d", typed);
    expect(data.map(showCampaign)).toEqual([{ name: "Primavera", status: "ACTIVE", roi: "400%", colour: "green" }]);
    expect(body["total"]).toBe(1);
  });

  it("come by status and in pages", async () => {
    const { body, data: all } = await whole(synced, "campaigns?time_range=last_90d&limit=200", typed);
    expect(body["total"]).toBe(all.length);
    const pages = await Promise.all(
      all.map(
        async (_, offset) =>
          (await whole(synced, `campaigns?time_range=last_90d&limit=1&offset=${offset}`, typed)).data,
      ),
    );
    expect(pages.flat()).toEqual(all);
    const { data: active } = await whole(synced, "campaigns?time_range=last_90d&status=ACTIVE", typed);
    expect(active.length).toBeGreaterThan(0);
    expect(active.length).toBeLessThan(all.length);
  });

  it("of a stranger are none", async () => {
    const { body, data } = await whole(stranger, "campaigns", typed);
    expect([data, body["total"]]).toEqual([[], 0]);
  });
});

describe("row 9: campaigns/{id}", () => {
  const typed = z.object({
    id: z.string(),
    name: z.string().min(1),
    objective: z.string().nullable(),
    status: z.string(),
    daily_budget: figure,
    lifetime_budget: figure,
    start_time: z.iso.datetime().nullable(),
    end_time: z.iso.datetime().nullable(),
    targeting: z.record(z.string(), z.unknown()),
    performance: z.object({
      spend: money,
      impressions: z.number(),
      clicks: z.number(),
      leads: z.number(),
      opportunities: z.number(),
      revenue: money,
      roi_percentage: z.number(),
      cpa: figure,
      cpc: figure,
      cpm: figure,
      ctr: figure,
    }),
  });

  it("tells one campaign and what it earned", async () => {
    const { data } = await whole(shop, "campaigns/c1?time_range=last_30d", typed);
    expect(data).toMatchObject({
      id: "c1",
      name: "Primavera",
      status: "ACTIVE",
      performance: {
        spend: 100,
        impressions: 1000,
        clicks: 10,
        leads: 1,
        revenue: 500,
        roi_percentage: 400,
        cpa: 100,
        cpc: 10,
        cpm: 100,
        ctr: 1,
      },
    });
  });

  it("tells budgets in major units", async () => {
    const { data } = await whole(synced, `campaigns/${demoCampaignIds.miamiSmile}`, typed);
    const [row] = await house.sql(
      "SELECT daily_budget, lifetime_budget FROM meta_ads_campaigns WHERE meta_campaign_id = $1",
      [demoCampaignIds.miamiSmile],
    );
    expect([data.daily_budget, data.lifetime_budget]).toEqual(
      [row?.["daily_budget"], row?.["lifetime_budget"]].map((budget) => (budget === null ? null : Number(budget))),
    );
  });

  it("of somebody else is not there", async () => {
    const answer = await stranger.get("/crm/marketing/campaigns/c1");
    expect([answer.status, await answer.json()]).toEqual([
      404,
      expect.objectContaining({ detail: expect.any(String) }),
    ]);
  });
});

describe("row 9b: campaigns/{id}/insights", () => {
  const day = z.object({
    date: z.iso.date(),
    spend: figure,
    impressions: figure,
    clicks: figure,
    leads: z.number(),
    opportunities: z.number(),
    revenue: money,
    cpa: figure,
    cpc: figure,
    cpm: figure,
    ctr: figure,
    partial: z.boolean(),
  });
  const typed = z.object({
    id: z.string(),
    name: z.string().min(1),
    insights: z.array(day),
    time_range: z.string(),
    attribution_window: z.string().min(1),
  });

  it("has every day of the window: zeros where the day is known, and sums that are the campaign's", async () => {
    const { data } = await whole(shop, "campaigns/c1/insights?time_range=last_30d", typed);
    expect(data).toMatchObject({ id: "c1", name: "Primavera", time_range: "last_30d" });
    expect(data.insights).toHaveLength(30);
    expect(data.insights.at(0)).toMatchObject({ date: "2026-10-24", spend: 0, impressions: 0, partial: false });
    expect(data.insights.find(({ date }) => date === "2026-11-20")).toMatchObject({ spend: 100, leads: 1, cpa: 100 });
    expect(data.insights.reduce((sum, { revenue }) => sum + revenue, 0)).toBe(500);
  });

  it("has null and a mark where the day is not known", async () => {
    const { client } = await aShop(house, {
      accounts: [
        {
          id: "222",
          isPrimary: true,
          campaigns: [{ id: "u1" }],
          insights: [{ day: "2026-11-20", spend: "5", campaign: "u1" }],
          covered: { account: "{[2026-11-20,2026-11-23)}", campaign: "{[2026-11-20,2026-11-23)}" },
        },
      ],
    });
    const { data } = await whole(client, "campaigns/u1/insights?time_range=last_30d", typed);
    expect(data.insights.at(0)).toMatchObject({ spend: null, impressions: null, clicks: null, partial: true });
    expect(data.insights.at(-1)).toMatchObject({ date: "2026-11-22", spend: 0, partial: false });
  });
});
