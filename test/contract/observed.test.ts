// What was observed with the real frontend in Chromium (frontend-contract.md d3): it wins over d1 and d2.
import * as z from "zod";
import { afterAll, afterEach, beforeAll, expect, it, test } from "vitest";
import { demoAccountIds } from "../world/meta/demo-ids.ts";
import { aHouse, FRONTEND_URL, type House, WORKER_URL } from "../support/house.ts";
import { aBrowser, aConnectedTenant, aPerson, as, startLogin } from "../support/people.ts";
import { shop as peso } from "../features/facts/shop.ts";
import { aShop, aStranger, read } from "./tenants.ts";
import { type Client, openCard, openHub, showCard, showError, showHub, showTokenBanner } from "./views.ts";
import type { Json } from "../support/json.ts";

let house: House;
let shop: Client;
let stranger: Client;
beforeAll(async () => {
  house = await aHouse();
  ({ client: shop } = await aShop(house));
  ({ client: stranger } = await aStranger(house));
});
afterAll(() => house.stop());
afterEach(() => {
  house.neon.setFault(undefined);
  house.upstash.setFault(undefined);
  house.meta.faults.clear();
});

const hubCalls = ["combined-stats?time_range=all&google_date_range=all", "stats?range=all", "stats/roi?range=all"];
const statuses = (client: Client) =>
  Promise.all(hubCalls.map(async (path) => (await client.get(`/crm/marketing/${path}`)).status));

it("observed 1: the hub's calls answer 200 without Meta, without Redis and with a dead token; nothing answers 401", async () => {
  const shown = await openHub(shop);
  house.meta.faults.add({ match: /./, fault: { kind: "html", status: 500 } });
  house.upstash.setFault({ kind: "status", status: 500 });
  expect(await statuses(shop)).toEqual([200, 200, 200]);
  expect(await openHub(shop)).toEqual(shown);
  const { client: expired } = await aShop(house, { ...peso, status: "needs_reauth" });
  expect(await statuses(expired)).toEqual([200, 200, 200]);
  expect(await openHub(expired)).toEqual({ ...shown, banner: "Desconectado" });
});

it("observed 1: one 503 on combined-stats sends the hub to stats, and it shows the same", async () => {
  const { client } = await aShop(house);
  house.neon.setFault({ kind: "status", status: 500, match: /daily_spend/, times: 1 });
  const shown = await openHub(client, "last_30d");
  expect(shown).toMatchObject({ banner: "Conectado", card: { roi: "+400.0%" } });
  expect(shown).toEqual(await openHub(client, "last_30d"));
});

it("observed 2: token-status keeps both shapes, though no view shows its banner", async () => {
  const body = await read(as(house, await aConnectedTenant(house)), "/crm/marketing/token-status");
  expect(showTokenBanner(body)).toBe(showTokenBanner(body["data"]));
  expect(Object.keys(body)).toEqual(expect.arrayContaining(["data", "needs_reconnect", "days_left", "expires_at"]));
});

it("observed 3: the wizard gets from the deployment to a connected account without an admin token", async () => {
  const client = as(house, await aConnectedTenant(house));
  expect((await read(client, "/admin/config/deployment"))["company_name"]).toMatch(/^Empresa/);
  const [portfolio] = (await read(client, "/crm/marketing/meta-portfolios"))["data"];
  const accounts = (await read(client, `/crm/marketing/meta-accounts?portfolio_id=${portfolio.id}`))["data"];
  const usable = accounts.find(({ account_status: status }: Json) => status === 1);
  const answer = await client.post("/crm/marketing/connect", { account_id: usable.id, account_name: usable.name });
  expect(answer.ok).toBe(true);
});

test.each(["all", "last_30d", "last_90d", "this_year"])(
  "observed 4: over %s the card's own call and combined-stats say the same, whichever comes last",
  async (range) => {
    const { data: combined } = await read(shop, `/crm/marketing/combined-stats?time_range=${range}`);
    const { data: alone } = await read(shop, `/crm/marketing/stats/roi?range=${range}`);
    for (const field of ["total_spend", "total_revenue", "currency", "cpa", "leads", "patients_converted"])
      expect([field, alone[field]]).toEqual([field, combined.roi[field]]);
    expect(showCard(alone)).toEqual(showCard(combined.roi));
    expect(await openCard(shop, range)).toEqual((await openHub(shop, range)).card);
  },
);

it("observed 5: token_expires_at is in seconds, channels and bindings are always there", async () => {
  const person = await aConnectedTenant(house);
  const panel = await read(as(house, person), "/admin/meta/status");
  const years = (panel["token_expires_at"] * 1000 - house.clock.now()) / 86_400_000 / 365;
  expect(years).toBeGreaterThan(0);
  expect(years).toBeLessThan(1);
  for (const status of [panel, await read(stranger, "/admin/meta/status")])
    expect(status).toMatchObject({ channels: {}, bindings: [], assets: [], token_scopes: expect.any(Array) });
});

test.each(["/auth/login", "/admin/core/settings", "/socket.io/?EIO=4", "/crm/auth/google/url", "/nowhere"])(
  "observed 6: %s is not ours: a 404 the frontend can read, which asks neither database nor Redis and counts against nothing",
  async (path) => {
    const before = [house.neon.requests(), house.upstash.requests()];
    const answer = await house.request(path, { headers: { origin: FRONTEND_URL } });
    expect([answer.status, answer.headers.get("access-control-allow-origin"), answer.headers.get("ratelimit")]).toEqual(
      [404, FRONTEND_URL, null],
    );
    expect(showError((await answer.json()) as Json)).toMatch(/./);
    expect([house.neon.requests(), house.upstash.requests()]).toEqual(before);
  },
);

it("observed 7: the login's cookie survives the way back from Meta, and a frontend on another site is told so", async () => {
  const [cookie] = (await stranger.get("/crm/auth/meta/url")).headers.getSetCookie();
  expect(cookie).toMatch(/^__Host-.*; Secure; SameSite=Lax$/);
  const elsewhere = await stranger.get("/crm/auth/meta/url", { "sec-fetch-site": "cross-site" });
  expect([elsewhere.status, showError((await elsewhere.json()) as Json)]).toEqual([
    403,
    expect.stringMatching(/mismo dominio/),
  ]);
  expect(elsewhere.headers.getSetCookie()).toEqual([]);
});

it("observed 8: preflights are answered for a day, for the origin that asks, as often as it asks", async () => {
  const preflight = () =>
    house.request("/crm/marketing/stats", {
      method: "OPTIONS",
      headers: {
        origin: FRONTEND_URL,
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization, content-type, x-admin-token, x-tenant-id",
      },
    });
  const before = house.upstash.requests();
  for (let call = 0; call < 150; call += 1) expect((await preflight()).status).toBe(204);
  expect(house.upstash.requests()).toBe(before);
  const { headers } = await preflight();
  expect(headers.get("access-control-max-age")).toBe("86400");
  expect(headers.get("vary")).toMatch(/Origin/);
  expect(headers.get("access-control-allow-headers")?.toLowerCase().split(",")).toEqual(
    expect.arrayContaining(["authorization", "content-type", "x-admin-token", "x-tenant-id"]),
  );
});

test.each(["stats", "stats/roi", "combined-stats"])(
  "observed 9: %s may be asked sixty times a minute and more than a page needs",
  async (path) => {
    const client = as(house, await aPerson(house));
    const ranges = ["last_30d", "last_90d", "this_year", "all", "last_30d", "last_90d", "all"];
    const clicks = await Promise.all(ranges.map((range) => client.get(`/crm/marketing/${path}?range=${range}`)));
    expect(clicks.map(({ status }) => status)).toEqual(ranges.map(() => 200));
    const allowed = Number(/q=(\d+)/.exec(clicks[0]?.headers.get("ratelimit-policy") ?? "")?.[1]);
    expect(allowed).toBeGreaterThanOrEqual(60);
    expect(allowed).toBeLessThanOrEqual(100);
  },
);

it("observed 10: what a wrong type would blank is a number, null, or an array, never a text", async () => {
  for (const client of [shop, stranger]) {
    for (const path of hubCalls) {
      const { data } = await read(client, `/crm/marketing/${path}`);
      const { cpa } = data.roi?.total_spend === undefined ? data : data.roi;
      expect(cpa === null || typeof cpa === "number").toBe(true);
    }
    expect(Array.isArray((await read(client, "/crm/marketing/automation-logs"))["data"])).toBe(true);
  }
  expect((await openHub(stranger)).card.cpa).toBe("–");
});

it("observed 11, defect 165: a campaign's row has a campaign_name, and nothing that would hide its id, its name or its zero", async () => {
  const { client } = await aShop(house, {
    accounts: [{ ...(peso.accounts?.[0] ?? { id: "111" }), campaigns: [{ id: "c1", name: "  " }] }],
    leads: [{ at: "2026-11-20T15:00:00Z", campaign: "ghost" }],
  });
  for (const path of ["combined-stats", "stats"]) {
    const { campaigns } = (await read(client, `/crm/marketing/${path}?range=all`))["data"].meta.campaigns;
    expect(campaigns.map(({ id }: Json) => id).sort()).toEqual(["c1", "ghost"]);
    for (const row of campaigns) {
      expect(row.campaign_name.trim()).not.toBe("");
      for (const key of ["ad_id", "ad_name", "conversions", "cost", "channel_type"])
        expect(row).not.toHaveProperty(key);
    }
  }
  const { campaigns } = await openHub(client);
  expect(campaigns).toMatchObject([{ opportunities: 0 }, { opportunities: 0 }]);
});

test.each(["last_30d", "all"])(
  "observed 12: over %s stats alone would show the same hub as combined-stats",
  async (range) => {
    const fallback = await read(shop, `/crm/marketing/stats?range=${range}`);
    expect(fallback["data"].meta_connected).toBe(true);
    expect(showHub(fallback)).toEqual(await openHub(shop, range));
  },
);

test.each([
  ["a missing state", "?code=abc"],
  ["nothing at all", ""],
  ["Meta's access_denied", "?error=access_denied&error_reason=user_denied"],
  ["a state of the view's own making", "?state=tenant_default&code=abc"],
])("observed 13: the callback with %s is a redirect to the hub", async (_, query) => {
  const answer = await aBrowser(house).open(`${WORKER_URL}/crm/auth/meta/callback${query}`);
  expect([answer.status, answer.headers.get("location")]).toEqual([
    302,
    expect.stringMatching(new RegExp(`^${FRONTEND_URL}/crm/marketing\\?error=invalid_state`)),
  ]);
});

it("observed 13: a state is good once, and a second time it is invalid_state", async () => {
  const { browser, back } = await startLogin(house, await aPerson(house));
  expect((await browser.open(back)).headers.get("location")).toMatch(/success=connected/);
  expect((await browser.open(back)).headers.get("location")).toMatch(/error=invalid_state/);
});

it("observed 14: an account typed by hand is taken with and without act_, under Meta's name, and not when it is unknown", async () => {
  const client = as(house, await aConnectedTenant(house));
  const typed = (id: string) =>
    client.post("/crm/marketing/connect", { account_id: id, account_name: `Cuenta Manual (${id})` });
  for (const id of [demoAccountIds.optics, `act_${demoAccountIds.optics}`]) {
    const answer = await typed(id);
    expect(answer.status).toBe(200);
    expect(((await answer.json()) as Json)["data"].account_name).not.toMatch(/Manual/);
  }
  const unknown = await typed("act_1234567890");
  expect([unknown.status, showError((await unknown.json()) as Json)]).toEqual([422, expect.stringMatching(/cuenta/)]);
});

it("observed 15, defect 69: a tenant that never connected gets 200, empty arrays and zeros, and a 409 that says so on its portfolios", async () => {
  expect(await statuses(stranger)).toEqual([200, 200, 200]);
  expect(await openHub(stranger)).toMatchObject({ banner: "Desconectado", campaigns: [], creatives: [] });
  const { data } = await read(stranger, "/crm/marketing/combined-stats");
  expect(data.roi).toMatchObject({
    total_spend: 0,
    total_revenue: 0,
    leads: 0,
    patients_converted: 0,
    roi: 0,
    roi_percentage: 0,
    cpa: null,
  });
  expect(data.combined).toEqual({
    meta_connected: false,
    google_connected: false,
    total_platforms: 0,
    total_spend: 0,
    total_leads: 0,
    total_conversions: 0,
    weighted_roi: 0,
  });
  const portfolios = await stranger.get("/crm/marketing/meta-portfolios");
  expect([portfolios.status, showError((await portfolios.json()) as Json)]).toEqual([409, expect.any(String)]);
});

it("observed 16: a template for the chat panel is text, pending in its word, and cannot bring markup", async () => {
  const client = as(house, await aPerson(house));
  const made = await client.post("/admin/core/crm/hsm-templates", {
    name: "recordatorio_turno",
    category: "UTILITY",
    language: "es_AR",
    body_text: `Hola {{1}} <img src=x onerror=alert(1)> & "chau"`,
  });
  expect(made.ok, await made.clone().text()).toBe(true);
  const [template] = (await read(client, "/admin/core/crm/hsm-templates"))["data"];
  const typed = z.object({ name: z.string(), category: z.string(), body_text: z.string(), status: z.string() });
  expect(typed.parse(template)).toMatchObject({
    name: "recordatorio_turno",
    category: "UTILITY",
    status: "PENDING_APPROVAL",
    body_text: expect.stringContaining("Hola {{1}} &lt;img src=x onerror=alert(1)&gt; &amp; "),
  });
  expect(template.body_text).not.toMatch(/[<>]/);
});

it("observed 17: the page of settings finds the webhook's address, to which it adds its tenant", async () => {
  const body = await read(shop, "/admin/core/config/deployment");
  expect(body["webhook_meta_url"]).toBe(`${WORKER_URL}/webhooks/meta`);
  expect(body["data"].webhook_meta_url).toBe(body["webhook_meta_url"]);
});
