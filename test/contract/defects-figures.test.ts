// What the predecessor's figures were wrong about (predecessor-defects.md B2 26–29, B3), asked of ours end to end.
import { afterAll, beforeAll, expect, it, test } from "vitest";
import { aHouse, type House } from "../support/house.ts";
import type { Account, Lead } from "../features/facts/scene.ts";
import { shop as peso, synced } from "../features/facts/shop.ts";
import { aShop, aStranger, read } from "./tenants.ts";
import type { Client } from "./views.ts";
import type { Json } from "../support/json.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

/** One campaign c1 with ad a1, known from 2025 to yesterday. */
const account = (insights: Account["insights"] = [], more: Partial<Account> = {}): Account => ({
  id: "111",
  isPrimary: true,
  campaigns: [{ id: "c1", name: "Primavera" }],
  ads: [{ id: "a1", campaign: "c1" }],
  insights: (insights ?? []).flatMap(({ day, spend }) => [
    { day, spend },
    { day, spend, campaign: "c1" },
    { day, spend, ad: "a1" },
  ]),
  covered: synced,
  ...more,
});
const spent = account([{ day: "2026-11-20", spend: "100" }]);

const aTenantWith = async (leads: Lead[], accounts: Account[] = [spent]): Promise<Client> =>
  (await aShop(house, { accounts, leads })).client;
const roiOf = async (client: Client, query = ""): Promise<Json> =>
  (await read(client, `/crm/marketing/stats/roi?${query}`))["data"];
const campaignsOf = async (client: Client, query = ""): Promise<Json[]> =>
  (await read(client, `/crm/marketing/campaigns?${query}`))["data"];

it("defect 26: a return of a hundred thousand percent has room", async () => {
  const client = await aTenantWith(
    [{ at: "2026-11-20T15:00:00Z", campaign: "c1", sales: [{ day: "2026-11-21", amount: "100000" }] }],
    [account([{ day: "2026-11-20", spend: "1" }])],
  );
  expect(await roiOf(client)).toMatchObject({ roi_percentage: 9_999_900, roi: 99_999 });
});

it("defect 28, defect 29: calculate_campaign_roi answers, with an older lead's sale, the last day whole, and sales without opportunity", async () => {
  const { person, client } = await aShop(house, {
    accounts: [account([{ day: "2026-03-10", spend: "50" }])],
    leads: [
      { at: "2026-02-20T15:00:00Z", campaign: "c1", sales: [{ day: "2026-03-05", amount: "70" }] },
      { at: "2026-04-01T02:30:00Z", campaign: "c1", opportunityAt: "2026-04-01T02:45:00Z" },
    ],
  });
  const rows = await house.sql("SELECT * FROM calculate_campaign_roi($1, 'c1', '2026-03-01', '2026-03-31')", [
    person.tenantId,
  ]);
  // 02:30 UTC on 1 April is 23:30 on 31 March in Buenos Aires.
  const [row] = rows.map((found) =>
    Object.fromEntries(Object.entries(found).map(([name, value]) => [name, Number(value)])),
  );
  expect(row).toMatchObject({
    total_spend: 50,
    total_revenue: 70,
    leads_count: 1,
    opportunities_count: 1,
    roi_percentage: 40,
  });
  expect(await campaignsOf(client, "since=2026-03-01&until=2026-03-31")).toMatchObject([
    { spend: 50, revenue: 70, leads: 1, opportunities: 1, roi: 40 },
  ]);
});

it("defect 40, defect 41: what an ad brought is its campaign's, and no ad is listed as a campaign", async () => {
  const client = await aTenantWith([
    { at: "2026-11-20T15:00:00Z", ad: "a1", sales: [{ day: "2026-11-21", amount: "500" }] },
  ]);
  expect(await campaignsOf(client)).toMatchObject([{ id: "c1", leads: 1, revenue: 500, roi: 400 }]);
  const { meta } = (await read(client, "/crm/marketing/stats"))["data"];
  expect(meta.campaigns.campaigns.map(({ id }: Json) => id)).toEqual(["c1"]);
  expect(meta.campaigns.creatives).toMatchObject([{ id: "a1", leads: 1, revenue: 500 }]);
});

it("defect 42: another tenant's sales of the same ad are another tenant's", async () => {
  const { client } = await aShop(house);
  const before = await roiOf(client, "range=all");
  await aShop(house, { ...peso, leads: [...(peso.leads ?? []), ...(peso.leads ?? [])] });
  expect(await roiOf(client, "range=all")).toEqual(before);
});

it("defect 43: a hundred ads cost no query more than one", async () => {
  const many = Array.from({ length: 100 }, (_, index) => `ad-${index}`);
  const ads = many.map((id) => ({ id, campaign: "c1" }));
  const insights = many.map((ad) => ({ day: "2026-11-20", spend: "1", ad }));
  const busy = await aTenantWith([], [account([], { ads, insights })]);
  const quiet = await aTenantWith([]);
  const requests = async (client: Client) => {
    const before = house.neon.requests();
    await read(client, "/crm/marketing/stats");
    return house.neon.requests() - before;
  };
  expect(await requests(busy)).toBe(await requests(quiet));
});

it("defect 44: leads, wins and revenue of one answer are of one basis, which it names", async () => {
  const client = await aTenantWith([
    {
      at: "2026-02-20T15:00:00Z",
      campaign: "c1",
      wonAt: "2026-11-20T15:00:00Z",
      sales: [{ day: "2026-11-20", amount: "500" }],
    },
  ]);
  expect(await roiOf(client)).toMatchObject({ basis: "cash", leads: 0, won: 1, total_revenue: 500 });
  expect(await roiOf(client, "basis=cohort")).toMatchObject({ basis: "cohort", leads: 0, won: 0, total_revenue: 0 });
  const february = "since=2026-02-01&until=2026-02-28";
  expect(await roiOf(client, february)).toMatchObject({ leads: 1, won: 0, total_revenue: 0 });
  expect(await roiOf(client, `${february}&basis=cohort`)).toMatchObject({ leads: 1, won: 1, total_revenue: 500 });
});

it("defect 45: a lost opportunity converted nobody", async () => {
  const { person, client } = await aShop(house, {
    accounts: [spent],
    leads: [{ at: "2026-11-20T15:00:00Z", campaign: "c1", opportunityAt: "2026-11-20T16:00:00Z" }],
  });
  await house.sql("UPDATE opportunities SET stage = 'closed_lost', closed_at = $2 WHERE tenant_id = $1", [
    person.tenantId,
    "2026-11-21T15:00:00Z",
  ]);
  await house.sql("SELECT settle_outcomes($1)", [person.tenantId]);
  expect(await roiOf(client)).toMatchObject({ opportunities: 1, won: 0, patients_converted: 0, converted_leads: 0 });
});

it("defect 46: a sale counts on the day it was made, whenever it was typed in", async () => {
  const client = await aTenantWith([
    { at: "2026-05-01T15:00:00Z", campaign: "c1", sales: [{ day: "2026-05-10", amount: "500" }] },
  ]);
  expect(await roiOf(client)).toMatchObject({ total_revenue: 0 });
  expect(await roiOf(client, "since=2026-05-01&until=2026-05-31")).toMatchObject({ total_revenue: 500 });
});

it("defect 47: sums in two currencies are never one sum", async () => {
  const client = await aTenantWith([
    {
      at: "2026-11-20T15:00:00Z",
      campaign: "c1",
      sales: [
        { day: "2026-11-21", amount: "500" },
        { day: "2026-11-21", amount: "7", currency: "USD" },
      ],
    },
  ]);
  expect(await roiOf(client)).toMatchObject({
    total_revenue: 500,
    currency: "ARS",
    currency_mixed: true,
    partial: true,
    fx_missing: [expect.objectContaining({ currency: "USD", amount: 7 })],
  });
});

it("defect 48: a currency nobody told is null, not pesos", async () => {
  const { client } = await aStranger(house);
  const { data } = await read(client, "/crm/marketing/combined-stats");
  expect([data.currency, data.meta.currency, data.roi.currency]).toEqual([null, null, null]);
});

it("defect 51: lifetime begins for revenue on the day it begins for spend", async () => {
  const covered = {
    account: "{[2026-10-15,2026-11-23)}",
    campaign: "{[2026-10-15,2026-11-23)}",
    wantedFrom: "2026-10-15",
  };
  const client = await aTenantWith(
    [
      { at: "2020-01-01T15:00:00Z", campaign: "c1", sales: [{ day: "2020-01-02", amount: "900000" }] },
      { at: "2026-11-20T15:00:00Z", campaign: "c1", sales: [{ day: "2026-11-21", amount: "500" }] },
    ],
    [account([{ day: "2026-11-20", spend: "100" }], { covered: { ...synced, ...covered } })],
  );
  const roi = await roiOf(client, "time_range=lifetime");
  expect(roi["period"].since).toBe("2026-10-15");
  expect(roi).toMatchObject({ total_spend: 100, total_revenue: 500, leads: 1 });
});

it("defect 53: a window is whole days where the tenant lives, and today is not one of them", async () => {
  const client = await aTenantWith([
    // In Buenos Aires: the last second of 23 October, the first of the 24th, the last of yesterday, the first of today.
    { at: "2026-10-24T02:59:59Z", campaign: "c1" },
    { at: "2026-10-24T03:00:00Z", campaign: "c1" },
    { at: "2026-11-23T02:59:59Z", campaign: "c1" },
    { at: "2026-11-23T03:00:00Z", campaign: "c1" },
  ]);
  expect(await roiOf(client, "range=last_30d")).toMatchObject({ leads: 2 });
  expect(await roiOf(client, "range=last_30d&include_today=true")).toMatchObject({ leads: 3, partial: true });
});

test.each([
  ["ARS", "100.01", "100", 0.01],
  ["KWD", "100.001", "100", 0.001],
  ["JPY", "101", "100", 1],
])(
  "defect 58: what an account of %s spent beyond its campaigns is a row from its smallest coin on",
  async (currency, whole, part, rest) => {
    const insights = [
      { day: "2026-11-20", spend: whole },
      { day: "2026-11-20", spend: part, campaign: "c1" },
    ];
    const rows = await campaignsOf(await aTenantWith([], [account([], { currency, insights })]));
    expect(rows.map(({ id, spend }) => [id, spend])).toEqual([
      ["c1", Number(part)],
      ["historical_other", rest],
    ]);
  },
);

it("defect 58: campaigns that spent more than their account are no row, and are told", async () => {
  const insights = [
    { day: "2026-11-20", spend: "99" },
    { day: "2026-11-20", spend: "100", campaign: "c1" },
  ];
  house.logs.length = 0;
  const rows = await campaignsOf(await aTenantWith([], [account([], { insights })]));
  expect(rows.map(({ id }) => id)).toEqual(["c1"]);
  expect(house.logs.join("\n")).toContain("facts.campaigns_exceed_account");
});
