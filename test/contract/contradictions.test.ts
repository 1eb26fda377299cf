// Where files of the frontend contradict each other (frontend-contract.md d2), both sides are served. 4, 7, 8, 9, 14 and 16
// are in contradictions-automation.test.ts.
import type { Json } from "../support/json.ts";
import { afterAll, beforeAll, expect, it, test } from "vitest";
import { demoAccountIds } from "../world/meta/demo-ids.ts";
import { aHouse, FRONTEND_URL, type House } from "../support/house.ts";
import { aConnectedTenant, aPerson, as, startLogin } from "../support/people.ts";
import { shop as peso } from "../features/facts/shop.ts";
import { aShop, aStranger, read } from "./tenants.ts";
import { type Client, openCard, openHub, showCampaign, showCard, showHub, showTokenBanner } from "./views.ts";

let house: House;
let shop: Client;
beforeAll(async () => {
  house = await aHouse();
  ({ client: shop } = await aShop(house));
});
afterAll(() => house.stop());

const stats = (path: string, client = shop): Promise<Json> => read(client, `/crm/marketing/${path}`);

const ranged = ["stats", "stats/roi", "combined-stats", "campaigns", "campaigns/c1", "campaigns/c1/insights"];

/** An answer without the instant of asking. */
const timeless = (body: Json): Json => ({ ...body, timestamp: undefined });

test.each(ranged)(
  "contradiction 1: %s takes `range` and `time_range`, and where both are sent `time_range` wins",
  async (path) => {
    const asked = timeless(await stats(`${path}?time_range=last_90d`));
    expect(timeless(await stats(`${path}?range=last_90d`))).toEqual(asked);
    expect(timeless(await stats(`${path}?range=this_year&time_range=last_90d`))).toEqual(asked);
    expect(timeless(await stats(`${path}?range=this_year`))).not.toEqual(asked);
  },
);

it("contradiction 2, defect 55: `roi` is a fraction in the hub's rows, percent in the list, and the card computes its own", async () => {
  const { meta, roi } = (await stats("combined-stats?time_range=last_30d"))["data"];
  const [listed] = (await stats("campaigns?time_range=last_30d"))["data"];
  expect([meta.campaigns.campaigns[0].roi, listed.roi, roi.roi, roi.roi_percentage]).toEqual([4, 400, 4, 400]);
  expect(showCampaign(listed).roi).toBe("400%");
  expect((await openHub(shop, "last_30d")).campaigns[0].roi).toBe("400%");
  expect(showCard(roi).roi).toBe("+400.0%");
});

it("contradiction 3: status is lower case in the hub and upper case in the types", async () => {
  const [row] = (await stats("stats"))["data"].meta.campaigns.campaigns;
  const [listed] = (await stats("campaigns"))["data"];
  expect([row.status, row.effective_status, listed.status]).toEqual(["active", "ACTIVE", "ACTIVE"]);
});

it("contradiction 5: the envelope holds the token's state, and the banner finds it at the top", async () => {
  const body = await stats("token-status", as(house, await aConnectedTenant(house)));
  expect(body["data"]).toMatchObject({ needs_reconnect: false, days_left: expect.any(Number), connected: true });
  expect(showTokenBanner(body)).toBe("");
  expect(showTokenBanner({ ...body, ...body["data"], days_left: 3 })).toBe("Vence en 3 días");
});

it("contradiction 6: stats are flat for the typed client and nested for the hub, with the same figures", async () => {
  const body = await stats("stats?time_range=last_30d");
  const { data } = body;
  expect([data.marketing_spend, data.sales_revenue, data.leads, data.roi_percentage, data.cpa]).toEqual([
    data.roi.total_spend,
    data.roi.total_revenue,
    data.roi.leads,
    data.roi.roi_percentage,
    data.roi.cpa,
  ]);
  expect([data.campaigns, data.roi]).toEqual([data.meta.campaigns, data.meta.roi]);
  expect(showHub(body)).toEqual(await openHub(shop, "last_30d"));
});

test.each(ranged)("contradiction 10: %s knows `all` and `lifetime` as one, and the client's `yearly`", async (path) => {
  const all = timeless(await stats(`${path}?time_range=all`));
  expect(timeless(await stats(`${path}?time_range=lifetime`))).toEqual(all);
  expect(timeless(await stats(`${path}?range=lifetime`))).toEqual(all);
  expect(timeless(await stats(`${path}?time_range=yearly`))).not.toEqual(all);
});

it("contradiction 11: customers won are leads_converted, patients_converted and converted_leads", async () => {
  for (const path of ["stats", "combined-stats", "stats/roi"]) {
    const { data } = await stats(`${path}?time_range=last_30d`);
    const roi = data.roi.total_spend === undefined ? data : data.roi;
    expect([roi.won, roi.leads_converted, roi.patients_converted, roi.converted_leads]).toEqual([1, 1, 1, 1]);
  }
});

it("contradiction 12, defect 54: `cpa` is the cost of a lead, `cac` that of a customer, and they are not the same", async () => {
  const { client } = await aShop(house, {
    ...peso,
    leads: [...(peso.leads ?? []), { at: "2026-11-20T16:00:00Z", campaign: "c1", ad: "a1" }],
  });
  const { data: roi } = await stats("stats/roi?range=last_30d", client);
  expect(roi).toMatchObject({ leads: 2, won: 1, cpa: 50, cpl: 50, cac: 100 });
  expect((await stats("campaigns?range=last_30d", client))["data"][0]).toMatchObject({ cpa: 50, cpl: 50, cac: 100 });
});

it("contradiction 13, defect 163: the card's object stands at `roi` and at `meta.roi`", async () => {
  for (const path of ["stats", "combined-stats"]) {
    const { data } = await stats(`${path}?time_range=all`);
    expect(data.roi).toEqual(data.meta.roi);
    expect(typeof data.roi).toBe("object");
    expect(showCard(data.roi)).toEqual(await openCard(shop));
  }
});

it("contradiction 15: an account has account_status and status, timezone and timezone_name", async () => {
  const { data } = await stats("meta-accounts", as(house, await aConnectedTenant(house)));
  const accountOf = (wanted: string) => data.find(({ account_id: id }: Json) => id === wanted);
  expect(accountOf(demoAccountIds.clinic)).toMatchObject({
    account_status: 1,
    status: "ACTIVE",
    timezone: "America/Argentina/Buenos_Aires",
    timezone_name: "America/Argentina/Buenos_Aires",
  });
  expect(accountOf(demoAccountIds.optics)).toMatchObject({ account_status: 9, status: "IN_GRACE_PERIOD" });
});

test.each([
  ["admin", true],
  ["marketing", true],
  ["ceo", true],
  ["professional", false],
  ["secretary", false],
  ["setter", false],
  ["closer", false],
])(
  "contradiction 17: the UI's roles and the CRM's are known: %s looks, and may connect: %s",
  async (role, mayConnect) => {
    const client = as(house, await aPerson(house, { role }));
    expect((await client.get("/crm/marketing/combined-stats")).status).toBe(200);
    expect((await client.get("/crm/auth/meta/url")).status).toBe(mayConnect ? 200 : 403);
  },
);

it("contradiction 18: whichever page asked to reconnect, the way back is /crm/marketing", async () => {
  for (const decision of ["approve", "deny"]) {
    const { browser, back } = await startLogin(house, await aPerson(house), decision);
    const place = new URL((await browser.open(back)).headers.get("location") ?? "");
    expect(place.origin + place.pathname).toBe(`${FRONTEND_URL}/crm/marketing`);
  }
  const { client: stranger } = await aStranger(house);
  const { data } = await stats("token-status", stranger);
  expect(data.connect_url).toBe((await stats("stats", stranger))["data"].connect_url);
  expect((await stranger.get(data.connect_url)).status).toBe(200);
});

it("contradiction 19: a list is `data`, as the views read it, with its total beside; nobody reads `items`", async () => {
  const body = await stats("campaigns?time_range=last_30d");
  expect(Array.isArray(body["data"])).toBe(true);
  expect(body).toMatchObject({ total: 1 });
  expect(body).not.toHaveProperty("items");
});

it("contradiction 20: one ISO code makes `$` in the table of dollars, `ARS` in that of pesos, and stands in the card", async () => {
  const accounts = (peso.accounts ?? []).map((account) => ({ ...account, currency: "USD" }));
  const { client: dollars } = await aShop(house, { ...peso, accounts, leads: [] });
  const [hub, ours] = [await openHub(dollars, "last_30d"), await openHub(shop, "last_30d")];
  expect([hub.campaigns[0].spend, hub.card.spend]).toEqual(["$100.00", "USD 100"]);
  expect([ours.campaigns[0].spend, ours.card.spend]).toEqual(["ARS 100.00", "ARS 100"]);
});
