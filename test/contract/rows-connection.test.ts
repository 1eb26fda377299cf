// Rows 4, 5, 5b, 5c, 5d, 7, 7b, 7c and 10 of frontend-contract.md d1: what the views read of the connection to Meta.
import * as z from "zod";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { demoAccountIds, demoPortfolioIds } from "../world/meta/demo-ids.ts";
import { days } from "../support/clock.ts";
import { aHouse, FRONTEND_URL, type House, WORKER_URL } from "../support/house.ts";
import { aBrowser, aConnectedTenant, aPerson, as, startLogin } from "../support/people.ts";
import { aStranger, read } from "./tenants.ts";
import { type Client, showError, showTokenBanner, unwrap } from "./views.ts";
import type { Json } from "../support/json.ts";

let house: House;
let connected: Client;
let stranger: Client;
beforeAll(async () => {
  house = await aHouse();
  connected = as(house, await aConnectedTenant(house));
  ({ client: stranger } = await aStranger(house));
});
afterAll(() => house.stop());

const envelope = (body: Json) =>
  expect(body).toMatchObject({ success: true, timestamp: expect.stringMatching(/^\d{4}-.*Z$/) });

describe("row 4: token-status", () => {
  const typed = z.object({
    connected: z.boolean(),
    expires_at: z.iso.datetime().nullable(),
    scopes: z.array(z.string()),
    business_managers: z.array(z.unknown()),
    ad_accounts: z.number(),
    connect_url: z.string(),
    status: z.string(),
    missing_scopes: z.array(z.string()),
    needs_reconnect: z.boolean(),
    days_left: z.number().nullable(),
  });

  it("defect 166: of a connected tenant is typed inside `data`, and the banner beside it stays away", async () => {
    const body = await read(connected, "/crm/marketing/token-status");
    envelope(body);
    expect(typed.parse(body["data"])).toMatchObject({ connected: true, status: "active", needs_reconnect: false });
    expect(showTokenBanner(body)).toBe("");
    expect(body).toMatchObject({
      days_left: body["data"].days_left,
      needs_reconnect: body["data"].needs_reconnect,
      expires_at: body["data"].expires_at,
    });
  });

  it("of a tenant that never connected is whole too", async () => {
    const body = await read(stranger, "/crm/marketing/token-status");
    expect(typed.parse(body["data"])).toMatchObject({ connected: false, status: "disconnected", days_left: null });
    expect(showTokenBanner(body)).toBe("");
  });

  it("warns in the last week, and asks to reconnect when the token is over", async () => {
    const own = await aHouse();
    try {
      const person = await aConnectedTenant(own);
      const left = (await read(as(own, person), "/crm/marketing/token-status"))["days_left"] as number;
      own.clock.advance(days(left - 5));
      expect(showTokenBanner(await read(as(own, person), "/crm/marketing/token-status"))).toBe("Vence en 5 días");
      own.clock.advance(days(7));
      expect(showTokenBanner(await read(as(own, person), "/crm/marketing/token-status"))).toBe("Reconectar");
    } finally {
      await own.stop();
    }
  });
});

describe("row 5: meta-portfolios", () => {
  it("are a list of id and name, with how many accounts and which", async () => {
    const body = await read(connected, "/crm/marketing/meta-portfolios");
    envelope(body);
    const typed = z.array(
      z.object({
        id: z.string(),
        name: z.string().min(1),
        ad_accounts_count: z.number(),
        ad_accounts: z.array(z.object({ id: z.string().startsWith("act_"), name: z.string() })),
      }),
    );
    const listed = typed.parse(body["data"]);
    expect(listed.map(({ id }) => id).sort()).toEqual(Object.values(demoPortfolioIds).sort());
    for (const { ad_accounts_count: count, ad_accounts: accounts } of listed) expect(accounts).toHaveLength(count);
  });

  it("without a connection say what to do, and send nobody to the login", async () => {
    const answer = await stranger.get("/crm/marketing/meta-portfolios");
    expect(answer.status).toBe(409);
    expect(showError((await answer.json()) as Json)).toMatch(/conectaste/);
  });
});

describe("row 5b: meta-accounts", () => {
  const typed = z.array(
    z.object({
      id: z.string().regex(/^act_\d+$/),
      account_id: z.string().regex(/^\d+$/),
      name: z.string().min(1),
      currency: z.string().length(3),
      account_status: z.number(),
      status: z.string().regex(/^[A-Z_]+$/),
      timezone: z.string(),
      timezone_name: z.string(),
      connected: z.boolean(),
    }),
  );

  test.each([
    ["all", "", 3],
    ["of one portfolio", `?portfolio_id=${demoPortfolioIds.retail}`, 1],
  ])("%s are listed as the wizard reads them: usable where account_status is 1", async (_, query, many) => {
    const body = await read(connected, `/crm/marketing/meta-accounts${query}`);
    envelope(body);
    const accounts = typed.parse(body["data"]);
    expect(accounts).toHaveLength(many);
    for (const account of accounts) {
      expect(account.status === "ACTIVE").toBe(account.account_status === 1);
      expect(account.timezone).toBe(account.timezone_name);
      expect(account.id).toBe(`act_${account.account_id}`);
    }
  });

  it("without a connection are a 409 with a detail", async () => {
    const answer = await stranger.get("/crm/marketing/meta-accounts");
    expect([answer.status, showError((await answer.json()) as Json)]).toEqual([
      409,
      expect.stringMatching(/conectaste/),
    ]);
  });
});

describe("row 5c: connect", () => {
  it("answers what was connected, in Meta's words, and the run that reads it", async () => {
    const client = as(house, await aConnectedTenant(house));
    const answer = await client.post("/crm/marketing/connect", {
      account_id: `act_${demoAccountIds.optics}`,
      account_name: "lo que se ve en la lista",
    });
    expect(answer.status).toBe(200);
    const typed = z.object({
      connected: z.literal(true),
      account_id: z.literal(demoAccountIds.optics),
      account_name: z.string().min(1),
      message: z.string().min(1),
      currency: z.literal("CLP"),
      timezone: z.literal("America/Santiago"),
      sync_run_id: z.uuid(),
    });
    expect(typed.parse(((await answer.json()) as Json)["data"]).account_name).not.toContain("se ve en la lista");
  });

  it("without a connection is a 409 with a detail", async () => {
    const answer = await stranger.post("/crm/marketing/connect", { account_id: demoAccountIds.optics });
    expect([answer.status, showError((await answer.json()) as Json)]).toEqual([409, expect.any(String)]);
  });
});

describe("row 5d: config/deployment", () => {
  it("names the company at its top, for anybody signed in", async () => {
    const person = await aPerson(house, { role: "setter" });
    const body = await read(as(house, person), "/admin/config/deployment");
    envelope(body);
    expect(body["company_name"]).toBe(`Empresa ${person.tenantId}`);
    expect(body["data"]).toMatchObject({ company_name: body["company_name"], frontend_url: FRONTEND_URL });
  });
});

describe("row 7: auth/meta/url", () => {
  it("gives the address where the view looks, and ignores the state it sends", async () => {
    const body = await read(connected, "/crm/auth/meta/url?state=tenant_1");
    envelope(body);
    expect(body["data"].auth_url || body["url"] || body["auth_url"]).toMatch(/^https?:\/\/.*\/dialog\/oauth\?/);
    const { auth_url: authUrl, state } = z
      .object({ auth_url: z.url(), state: z.string(), expires_in: z.literal(600) })
      .parse(body["data"]);
    expect(new URL(authUrl).searchParams.get("state")).toBe(state);
    expect(authUrl).not.toContain("tenant_1");
  });
});

describe("row 7b: callback", () => {
  const vocabulary = [
    "missing_tenant",
    "auth_failed",
    "token_exchange_failed",
    "invalid_state",
    "invalid_oauth_type",
    "google_auth_failed",
  ];
  const landing = async () => {
    const { browser, back } = await startLogin(house, await aPerson(house));
    const answer = await browser.open(back);
    expect(answer.status).toBe(302);
    return new URL(answer.headers.get("location") ?? "");
  };

  it("opens the wizard at the hub", async () => {
    const place = await landing();
    expect(place.origin + place.pathname + place.search).toBe(`${FRONTEND_URL}/crm/marketing?success=connected`);
  });

  test.each(["deny", "partial:business_management"])(
    "tells of consent `%s` in a word the hub knows",
    async (decision) => {
      // A house of its own: Meta remembers what a person declined.
      const own = await aHouse();
      try {
        const { browser, back } = await startLogin(own, await aPerson(own), decision);
        const place = new URL((await browser.open(back)).headers.get("location") ?? "");
        expect([place.pathname, place.searchParams.get("success")]).toEqual(["/crm/marketing", null]);
        expect(vocabulary).toContain(place.searchParams.get("error"));
      } finally {
        await own.stop();
      }
    },
  );

  it("tells of a code that Meta does not take, too", async () => {
    house.meta.faults.add({ match: /oauth\/access_token/, times: 1, fault: { kind: "html" } });
    expect((await landing()).searchParams.get("error")).toBe("token_exchange_failed");
  });
});

describe("row 7c: disconnect, test-connection, debug/token", () => {
  const tested = z.object({
    connected: z.boolean(),
    valid: z.boolean(),
    expired: z.boolean(),
    user_id: z.string().nullable(),
    user_name: z.string().nullable(),
    ad_accounts_count: z.number(),
    expires_at: z.iso.datetime().nullable(),
    message: z.string().min(1),
  });
  const debugged = z.object({
    connected: z.boolean(),
    token_exists: z.boolean(),
    validation: z.object({ is_valid: z.boolean() }).nullable(),
    message: z.string().min(1),
  });

  it("keep the predecessor's keys for a connected tenant", async () => {
    const client = as(house, await aConnectedTenant(house));
    const test = tested.parse(unwrap(await read(client, "/crm/auth/meta/test-connection")));
    expect(test).toMatchObject({ connected: true, valid: true, expired: false, ad_accounts_count: 3 });
    const debug = debugged.parse(unwrap(await read(client, "/crm/auth/meta/debug/token")));
    expect(debug).toMatchObject({ connected: true, token_exists: true, validation: { is_valid: true } });
    const answer = await client.post("/crm/auth/meta/disconnect");
    expect(await answer.json()).toMatchObject({ data: { disconnected: true, message: expect.any(String) } });
  });

  it("keep them for one that never connected", async () => {
    const test = tested.parse(unwrap(await read(stranger, "/crm/auth/meta/test-connection")));
    expect(test).toMatchObject({ connected: false, valid: false, ad_accounts_count: 0 });
    const debug = debugged.parse(unwrap(await read(stranger, "/crm/auth/meta/debug/token")));
    expect(debug).toMatchObject({ connected: false, token_exists: false, validation: null });
    const answer = await stranger.post("/crm/auth/meta/disconnect");
    expect(await answer.json()).toMatchObject({ data: { disconnected: true, message: expect.any(String) } });
  });
});

describe("row 10: the integrations panel", () => {
  const panel = z.object({
    connected: z.boolean(),
    token_valid: z.boolean(),
    token_expires_at: z.number().int().nullable(),
    token_scopes: z.array(z.string()),
    channels: z.record(z.string(), z.unknown()),
    assets: z.array(z.unknown()),
    bindings: z.array(z.unknown()),
  });

  it("shows the connection, its end in seconds since 1970, inside and beside `data`", async () => {
    const person = await aConnectedTenant(house);
    const body = await read(as(house, person), "/admin/meta/status");
    const shown = panel.parse(body["data"]);
    expect(panel.parse(body)).toEqual(shown);
    const { data: status } = await read(as(house, person), "/crm/marketing/token-status");
    expect(shown).toMatchObject({
      connected: true,
      token_valid: true,
      token_expires_at: Math.floor(Date.parse(status.expires_at) / 1000),
      token_scopes: status.scopes,
    });
  });

  it("shows all of it empty without a connection", async () => {
    expect(panel.parse(await read(stranger, "/admin/meta/status"))).toEqual({
      connected: false,
      token_valid: false,
      token_expires_at: null,
      token_scopes: [],
      channels: { facebook: { connected: false, count: 0 }, whatsapp: { connected: false, count: 0 } },
      assets: [],
      bindings: [],
    });
  });

  it("disconnects as the hub does", async () => {
    const client = as(house, await aConnectedTenant(house));
    const answer = await client.delete("/admin/meta/disconnect");
    expect([answer.status, await answer.json()]).toEqual([
      200,
      expect.objectContaining({ data: expect.objectContaining({ disconnected: true }) }),
    ]);
    expect(await read(client, "/admin/meta/status")).toMatchObject({ connected: false, token_valid: false });
  });

  it("chooses no channel that Meta never showed", async () => {
    const answer = await connected.post("/admin/meta/select-channels", { asset_ids: ["1"] });
    expect([answer.status, showError((await answer.json()) as Json)]).toEqual([404, expect.any(String)]);
  });

  it("sends people who would connect to the hub", async () => {
    const before = house.meta.recorder.count(/./);
    const answer = await connected.post("/admin/meta/connect", { code: "abc" });
    expect([answer.status, showError((await answer.json()) as Json)]).toEqual([
      409,
      expect.stringMatching(/Marketing Hub/),
    ]);
    expect(house.meta.recorder.count(/./)).toBe(before);
  });

  it("knows a token that Meta refused: connected, and not valid", async () => {
    const client = as(house, await aConnectedTenant(house));
    house.meta.faults.add({ match: /businesses/, times: 1, fault: { kind: "graph-error", code: 190, subcode: 463 } });
    expect((await client.get("/crm/marketing/meta-portfolios")).status).toBe(409);
    expect(await read(client, "/admin/meta/status")).toMatchObject({ connected: true, token_valid: false });
  });
});

it("row 7b: a callback nobody asked for ends at the hub of the configured frontend, not of this API", async () => {
  const answer = await aBrowser(house).open(`${WORKER_URL}/crm/auth/meta/callback`);
  expect(answer.headers.get("location")).toMatch(new RegExp(`^${FRONTEND_URL}/crm/marketing\\?error=invalid_state`));
});
