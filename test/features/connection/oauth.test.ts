import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { metaApp } from "../../world/settings.ts";
import { days, minutes, seconds } from "../../support/clock.ts";
import { aHouse, FRONTEND_URL, type House, WORKER_URL } from "../../support/house.ts";
import { aBrowser, aConnectedTenant, aPerson, as, aSessionToken, startLogin } from "../../support/people.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const EXCHANGE = /oauth\/access_token/;
const exchanges = () => house.meta.recorder.count(EXCHANGE);
const hub = (query: string) => `${FRONTEND_URL}/crm/marketing?${query}#`;

describe("a login", () => {
  it("ends in the hub, connected, with what Meta says it granted", async () => {
    const person = await aPerson(house);
    const { browser, back } = await startLogin(house, person);
    const answer = await browser.open(back);
    expect([answer.status, answer.headers.get("location")]).toEqual([302, hub("success=connected")]);

    const status = await (await as(house, person).get("/crm/marketing/token-status")).json();
    expect(status).toMatchObject({
      success: true,
      needs_reconnect: false,
      days_left: expect.any(Number),
      data: { connected: true, status: "active", missing_scopes: [], connect_url: "/crm/auth/meta/url" },
    });
    expect((status as { data: { scopes: string[] } }).data.scopes).toEqual(
      expect.arrayContaining(["ads_read", "business_management"]),
    );
    const [row] = await house.sql("SELECT token_sealed, granted_scopes FROM connections WHERE tenant_id = $1", [
      person.tenantId,
    ]);
    expect(row?.["token_sealed"]).toMatch(/^v2\.local1\./);
  });

  it("defect 73: puts a state of 256 bits and no tenant into the address, with a redirect that is ours", async () => {
    const person = await aPerson(house);
    const { authUrl, state } = await startLogin(house, person);
    const url = new URL(authUrl);
    expect(state).toMatch(/^[\w-]{43}$/);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: metaApp.id,
      redirect_uri: `${WORKER_URL}/crm/auth/meta/callback`,
      state,
      scope: "ads_read,business_management",
      code_challenge_method: "S256",
    });
    expect(url.pathname).toBe("/v26.0/dialog/oauth");
  });

  it("defect 77: sends no secret in a query string where Meta takes it otherwise", async () => {
    await aConnectedTenant(house);
    expect(house.meta.recorder.secretsInQuery()).toEqual([]);
  });

  it("leaves no token in an answer or a log line", async () => {
    const person = await aConnectedTenant(house);
    const [row] = await house.sql("SELECT token_sealed, id FROM connections WHERE tenant_id = $1", [person.tenantId]);
    const token = await house.tools.vault.open(String(row?.["token_sealed"]), {
      tenantId: person.tenantId,
      connectionId: String(row?.["id"]),
      kind: "user",
    });
    expect(token).toMatch(/^EAA/);
    const answers = await Promise.all(
      ["/crm/marketing/token-status", "/crm/auth/meta/debug/token", "/crm/auth/meta/test-connection"].map(
        async (path) => {
          const answer = await as(house, person).get(path);
          expect(answer.status).toBe(200);
          return answer.text();
        },
      ),
    );
    for (const text of [...answers, ...house.logs]) expect(text).not.toContain(token);
  });
});

describe("a state", () => {
  it("is good for exactly one exchange among a hundred parallel callbacks", async () => {
    const { browser, back } = await startLogin(house, await aPerson(house));
    const cookie = [...browser.jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const before = exchanges();
    const callBack = () => house.request(back, { headers: { cookie }, redirect: "manual" });
    const answers = await Promise.all(Array.from({ length: 100 }, callBack));
    const isConnected = (answer: Response) => answer.headers.get("location") === hub("success=connected");
    // A busy machine may say "try again", to all of them too: what it never does is let a second one in.
    if (!answers.some(isConnected)) answers.push(await callBack());
    expect(answers.filter(isConnected)).toHaveLength(1);
    const places = answers.map((answer) => answer.headers.get("location"));
    expect(places.every((place) => /success=connected|error=(invalid_state|auth_failed)/.test(place ?? ""))).toBe(true);
    // One code exchange and the one that makes it long-lived.
    expect(exchanges() - before).toBe(2);
  });

  it("defect 72: is worth nothing in another browser, and is burnt by the try", async () => {
    const { browser, back } = await startLogin(house, await aPerson(house));
    const before = exchanges();
    const stranger = await aBrowser(house).open(back);
    expect(stranger.headers.get("location")).toBe(hub("error=invalid_state&reason=other_browser"));
    expect((await browser.open(back)).headers.get("location")).toBe(hub("error=invalid_state&reason=used"));
    expect(exchanges()).toBe(before);
  });

  it("is worth nothing in the session of another user", async () => {
    const { browser, back } = await startLogin(house, await aPerson(house));
    const other = await aPerson(house);
    browser.jar.set("access_token", await aSessionToken(other, { now: house.clock.now() }));
    expect((await browser.open(back)).headers.get("location")).toBe(hub("error=invalid_state&reason=other_user"));
  });

  it("defect 70: works in an isolate that did not make it", async () => {
    const { browser, back } = await startLogin(house, await aPerson(house));
    const elsewhere = aBrowser(house, { app: house.anotherIsolate().app });
    for (const [name, value] of browser.jar) elsewhere.jar.set(name, value);
    expect((await elsewhere.open(back)).headers.get("location")).toBe(hub("success=connected"));
  });

  it("defect 71: dies after ten minutes, whether or not anybody begins another login", async () => {
    const { browser, back } = await startLogin(house, await aPerson(house));
    house.clock.advance(minutes(10) + seconds(1));
    const answer = await browser.open(back);
    expect(answer.headers.get("location")).toMatch(/error=invalid_state&reason=(unknown|expired)#$/);
  });

  it("is consumed once although Redis executes the claim and loses the answer", async () => {
    const { browser, back } = await startLogin(house, await aPerson(house));
    const before = exchanges();
    house.upstash.setFault({ kind: "reset-after-execute", times: 1, match: /oauth:used/ });
    expect((await browser.open(back)).headers.get("location")).toBe(hub("success=connected"));
    expect((await browser.open(back)).headers.get("location")).toMatch(/invalid_state/);
    expect(exchanges() - before).toBe(2);
  });

  it("survives a Redis that cannot be asked", async () => {
    const { browser, back } = await startLogin(house, await aPerson(house));
    house.upstash.setFault({ kind: "status", status: 500, match: /oauth:/ });
    expect((await browser.open(back)).headers.get("location")).toBe(hub("error=auth_failed&reason=unavailable"));
    house.upstash.setFault(undefined);
    expect((await browser.open(back)).headers.get("location")).toBe(hub("success=connected"));
  });

  it("survives a database that cannot be asked who is a member: the page loaded again connects", async () => {
    const { browser, back } = await startLogin(house, await aPerson(house));
    const before = exchanges();
    house.neon.setFault({ kind: "status", status: 500, match: /"memberships"/ });
    expect((await browser.open(back)).headers.get("location")).toBe(hub("error=auth_failed&reason=unavailable"));
    house.neon.setFault(undefined);
    expect((await browser.open(back)).headers.get("location")).toBe(hub("success=connected"));
    expect(exchanges() - before).toBe(2);
  });

  it("survives the limit of its address", async () => {
    const { browser, back } = await startLogin(house, await aPerson(house));
    const from = { headers: { "cf-connecting-ip": "203.0.113.77" } };
    const callback = new URL(back).pathname;
    for (let call = 0; call < 60; call += 1) await house.request(callback, from);
    expect((await browser.open(back, from)).headers.get("location")).toBe(hub("error=auth_failed&reason=too_many"));
    // The same browser, of another address.
    expect((await browser.open(back)).headers.get("location")).toBe(hub("success=connected"));
  });

  it("that was consumed is said to be used, and its cookie is gone", async () => {
    const { browser, back } = await startLogin(house, await aPerson(house), "deny");
    const ofLogin = () => [...browser.jar.keys()].filter((name) => name.startsWith("__Host-oauth"));
    expect(ofLogin()).toHaveLength(1);
    await browser.open(back);
    expect(ofLogin()).toEqual([]);
    expect((await browser.open(back)).headers.get("location")).toMatch(
      /error=invalid_state&reason=(used|other_browser)#$/,
    );
  });
});

describe("defect 74, defect 75: what goes wrong at Meta ends in the hub with a code it knows", () => {
  test.each([
    ["deny", "error=auth_failed&reason=denied"],
    ["partial:business_management", "error=auth_failed&reason=missing_scope"],
  ])("consent %s", async (decision, expected) => {
    const { browser, back } = await startLogin(house, await aPerson(house), decision);
    expect((await browser.open(back)).headers.get("location")).toBe(hub(expected));
  });

  test.each([
    ["the code is refused", { kind: "graph-error" as const, code: 100, subcode: 36009 }],
    ["the token endpoint is down", { kind: "html" as const }],
    ["the answer is cut", { kind: "truncate" as const }],
  ])("%s", async (_, fault) => {
    const { browser, back } = await startLogin(house, await aPerson(house));
    house.meta.faults.add({ match: EXCHANGE, times: 1, fault });
    expect((await browser.open(back)).headers.get("location")).toBe(
      hub("error=token_exchange_failed&reason=exchange_failed"),
    );
  });

  test.each(["", "?code=abc", "?state=x&code=abc", "?error=access_denied", `?state=${"a".repeat(43)}&code=abc`])(
    "the callback with %j",
    async (query) => {
      const answer = await aBrowser(house).open(`${WORKER_URL}/crm/auth/meta/callback${query}`);
      expect(answer.status).toBe(302);
      expect(answer.headers.get("location")).toMatch(
        new RegExp(`^${FRONTEND_URL}/crm/marketing\\?error=invalid_state`),
      );
    },
  );

  it("defect 78: a partial consent is stored as limited and named, and asks again the next time", async () => {
    const person = await aPerson(house);
    const { browser, back } = await startLogin(house, person, "partial:business_management");
    await browser.open(back);
    const status = await (await as(house, person).get("/crm/marketing/token-status")).json();
    expect(status).toMatchObject({ needs_reconnect: true, data: { status: "limited", missing_scopes: ["ads_read"] } });
    const accounts = await as(house, person).get("/crm/marketing/meta-accounts");
    expect(accounts.status).toBe(409);
    expect(await accounts.json()).toMatchObject({
      error: { code: "connection.missing_scope", details: { missing_scopes: ["ads_read"] } },
    });
    const { authUrl } = await startLogin(house, person);
    expect(new URL(authUrl).searchParams.get("auth_type")).toBe("rerequest");
  });

  it("defect 82: a missing expires_in is not invented: debug_token decides", async () => {
    house.meta.faults.add({ match: EXCHANGE, times: 2, fault: { kind: "missing-expires-in" } });
    const person = await aConnectedTenant(house);
    const { days_left } = (await (await as(house, person).get("/crm/marketing/token-status")).json()) as {
      days_left: number;
    };
    expect(days_left).toBeGreaterThan(55);
  });

  it("defect 80: a database that is away after the exchange is a failure, and the user is told", async () => {
    const { browser, back } = await startLogin(house, await aPerson(house));
    house.neon.setFault({ kind: "status", status: 500, match: /update "connections"/ });
    const answer = await browser.open(back);
    house.neon.setFault(undefined);
    expect(answer.headers.get("location")).toBe(hub("error=auth_failed&reason=save_failed"));
  });

  it("a program that asks for JSON gets the error as JSON", async () => {
    const answer = await house.request("/crm/auth/meta/callback", { headers: { accept: "application/json" } });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      success: false,
      detail: expect.any(String),
      error: { code: "oauth.invalid_state" },
    });
  });
});

describe("around the login", () => {
  it("a frontend on another site gets a clear error instead of a login that cannot end", async () => {
    const answer = await as(house, await aPerson(house)).get("/crm/auth/meta/url", { "sec-fetch-site": "cross-site" });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({
      error: { code: "oauth.cross_site_frontend" },
      detail: expect.stringContaining("dominio"),
    });
  });

  it("the nonce cookie is __Host-, HttpOnly, Secure and Lax, and lives as long as the state", async () => {
    const answer = await as(house, await aPerson(house)).get("/crm/auth/meta/url");
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-oauth-[\w-]{8}=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
    ]);
  });

  it("a member who was removed meanwhile does not connect", async () => {
    const person = await aPerson(house);
    const { browser, back } = await startLogin(house, person);
    await house.sql("UPDATE memberships SET status = 'disabled' WHERE user_id = $1", [person.userId]);
    expect((await browser.open(back)).headers.get("location")).toBe(hub("error=missing_tenant&reason=no_membership"));
  });

  it("defect 86: reconnecting keeps the chosen accounts", async () => {
    const person = await aConnectedTenant(house);
    const { data } = (await (await as(house, person).get("/crm/marketing/meta-accounts")).json()) as {
      data: { id: string }[];
    };
    await as(house, person).post("/crm/marketing/connect", { account_id: data[1]?.id, account_name: "x" });
    const { browser, back } = await startLogin(house, person);
    expect((await browser.open(back)).headers.get("location")).toBe(hub("success=connected"));
    const accounts = await house.sql(
      "SELECT account_id FROM ad_accounts WHERE tenant_id = $1 AND disconnected_at IS NULL",
      [person.tenantId],
    );
    expect(accounts.map((row) => `act_${row["account_id"]}`)).toEqual([data[1]?.id]);
  });
});

describe("disconnecting", () => {
  it("defect 92: withdraws the grant, forgets the secret, keeps the history, and may be repeated", async () => {
    const alone = await aHouse();
    try {
      const person = await aConnectedTenant(alone);
      const first = await as(alone, person).post("/crm/auth/meta/disconnect");
      expect(await first.json()).toMatchObject({
        data: { disconnected: true, already_disconnected: false, revoked_at_meta: true },
      });
      expect(alone.meta.recorder.count(/me\/permissions/)).toBeGreaterThan(0);
      const [row] = await alone.sql("SELECT status, token_sealed FROM connections WHERE tenant_id = $1", [
        person.tenantId,
      ]);
      expect(row).toEqual({ status: "revoked", token_sealed: null });
      const second = await as(alone, person).post("/crm/auth/meta/disconnect");
      expect(second.status).toBe(200);
      expect(await second.json()).toMatchObject({ data: { already_disconnected: true } });
    } finally {
      await alone.stop();
    }
  });

  it("leaves the grant alone while another tenant lives on the same Meta user", async () => {
    const [one, other] = [await aConnectedTenant(house), await aConnectedTenant(house)];
    const answer = await as(house, one).post("/crm/auth/meta/disconnect");
    expect(await answer.json()).toMatchObject({ data: { disconnected: true, revoked_at_meta: false } });
    const test = await (await as(house, other).get("/crm/auth/meta/test-connection")).json();
    expect(test).toMatchObject({ data: { connected: true, valid: true } });
  });
});

describe("diagnostics", () => {
  it("defect 96: name each check and what to do, and notice a dead token", async () => {
    const alone = await aHouse();
    try {
      const person = await aConnectedTenant(alone);
      const healthy = await (await as(alone, person).get("/crm/auth/meta/test-connection")).json();
      expect(healthy).toMatchObject({ data: { connected: true, valid: true, expired: false, ad_accounts_count: 3 } });
      alone.clock.advance(days(61));
      const dead = await (await as(alone, person).get("/crm/auth/meta/test-connection")).json();
      expect(dead).toMatchObject({
        data: {
          valid: false,
          expired: true,
          checks: [{ name: "meta", status: "fail", hint: "Volvé a conectar tu cuenta de Meta." }],
        },
      });
      const [row] = await alone.sql("SELECT status FROM connections WHERE tenant_id = $1", [person.tenantId]);
      expect(row).toEqual({ status: "needs_reauth" });
    } finally {
      await alone.stop();
    }
  });

  it("defect 96: debug/token is for owners, and hidden where it is not enabled", async () => {
    const marketer = await aPerson(house, { role: "marketing" });
    expect((await as(house, marketer).get("/crm/auth/meta/debug/token")).status).toBe(403);
    const production = await aHouse({ variables: { DEBUG_TOKEN_ENDPOINT: "false" } });
    try {
      const owner = await aPerson(production);
      expect((await as(production, owner).get("/crm/auth/meta/debug/token")).status).toBe(404);
    } finally {
      await production.stop();
    }
  });
});
