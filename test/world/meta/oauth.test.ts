import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { aSimulator, CALLBACK, DAY_MS } from "./asking.ts";
import { demoBusiness } from "./business.ts";

describe("the login dialog", () => {
  it("sends code and state back with Facebook's fragment", async () => {
    const { dialog } = aSimulator();
    const { status, location } = await dialog({ scope: "ads_read", sim_decision: "approve" });
    expect(status).toBe(302);
    expect(location?.searchParams.get("state")).toBe("s1");
    expect(location?.searchParams.get("code")?.length).toBeGreaterThan(300);
    expect(location?.hash).toBe("#_=_");
  });

  it("sends a denial back with Meta's four error parameters and no code", async () => {
    const { location } = await aSimulator().dialog({ scope: "ads_read", sim_decision: "deny" });
    expect(location?.search).toBe(
      "?error=access_denied&error_code=200&error_description=Permissions+error&error_reason=user_denied&state=s1",
    );
  });

  it.each([
    ["a redirect URI that is not registered", { redirect_uri: `${CALLBACK}/` }],
    ["an unknown scope", { scope: "ads_read,ads_everything" }],
    ["an unknown app", { client_id: "1" }],
    ["an unknown configuration", { config_id: "1" }],
    ["a misconfigured app", { scope: "ads_read", sim_decision: "misconfig" }],
  ])("shows a page of its own and never redirects on %s", async (_, params) => {
    const { status, location, html } = await aSimulator().dialog({ sim_decision: "approve", ...params });
    expect({ status, location }).toEqual({ status: 400, location: undefined });
    expect(html).toContain("<h1>");
  });

  it("offers a page without scripts where each scope has a checkbox, with what it was sent escaped", async () => {
    const { html } = await aSimulator().dialog({
      scope: "ads_read,business_management",
      state: `"><script>alert(1)</script>`,
    });
    expect(html).toContain('name="sim_scope_ads_read"');
    expect(html).toContain('name="sim_scope_business_management"');
    expect(html).not.toContain("<script");
  });

  it("takes the clicked form: only ticked scopes are granted", async () => {
    const { sim, exchange, debugToken } = aSimulator();
    const response = await sim.app.request("http://meta.test/v26.0/dialog/oauth", {
      method: "POST",
      body: new URLSearchParams({
        client_id: sim.state.appId,
        redirect_uri: CALLBACK,
        scope: "ads_read,business_management",
        sim_decision: "selected",
        sim_scope_ads_read: "1",
      }),
    });
    const code = new URL(response.headers.get("location") ?? "").searchParams.get("code") ?? "";
    const { body } = await exchange({ code, redirect_uri: CALLBACK });
    expect((await debugToken(String(body["access_token"])))["scopes"]).toEqual(["public_profile", "ads_read"]);
  });

  it("does not ask again about a declined scope, except with auth_type=rerequest", async () => {
    const { dialog } = aSimulator();
    const scope = "ads_read,business_management";
    await dialog({ scope, sim_decision: "partial:ads_read" });
    expect((await dialog({ scope })).html).not.toContain("sim_scope_business_management");
    expect((await dialog({ scope, auth_type: "rerequest" })).html).toContain("sim_scope_business_management");
  });

  it("gives all or nothing to a login configuration", async () => {
    const { dialog, sim } = aSimulator();
    const [configuration] = sim.state.configurations;
    const { location } = await dialog({ config_id: configuration?.id ?? "", sim_decision: "partial:ads_read" });
    expect(location?.searchParams.get("error")).toBe("access_denied");
  });

  it("leaves out what the person always declines", async () => {
    const { aCode, exchange, debugToken } = aSimulator();
    const code = await aCode({ sim_person: demoBusiness.personIds.reserved });
    const { body } = await exchange({ code, redirect_uri: CALLBACK });
    expect((await debugToken(String(body["access_token"])))["scopes"]).toEqual(["public_profile", "ads_read"]);
  });

  it("lists granted and denied scopes when response_type asks for them", async () => {
    const { location } = await aSimulator().dialog({
      scope: "ads_read,email",
      response_type: "code,granted_scopes",
      sim_decision: "partial:ads_read",
    });
    expect(location?.searchParams.get("granted_scopes")).toBe("public_profile,ads_read");
    expect(location?.searchParams.get("denied_scopes")).toBe("email");
  });
});

describe("oauth/access_token", () => {
  it("sells a token for a code once", async () => {
    const { exchange, aCode } = aSimulator();
    const code = await aCode();
    const first = await exchange({ code, redirect_uri: CALLBACK });
    expect(first.body).toMatchObject({ token_type: "bearer", expires_in: 5_400 });
    const second = await exchange({ code, redirect_uri: CALLBACK });
    expect(second.status).toBe(400);
    expect(second.body.error).toMatchObject({ code: 100, error_subcode: 36009, type: "OAuthException" });
    expect(second.body.error.fbtrace_id).toMatch(/^A/);
  });

  it("refuses a code after ten minutes and for another redirect URI", async () => {
    const { sim, exchange, aCode } = aSimulator();
    const code = await aCode();
    const other = await exchange({ code, redirect_uri: `${CALLBACK}?x=1` });
    expect(other.body.error).toMatchObject({ code: 100, error_subcode: 36008 });
    sim.clock.advance(10 * 60_000 + 1);
    expect((await exchange({ code, redirect_uri: CALLBACK })).body.error).toMatchObject({
      code: 100,
      error_subcode: 36007,
    });
  });

  it.each([
    ["wrong secret", { client_secret: "x" }, 1],
    ["unknown app", { client_id: "1" }, 101],
    ["malformed code", { code: "zzz" }, 100],
    ["unknown grant type", { grant_type: "magic" }, 100],
  ])("answers HTTP 400 to a %s, whose code says little", async (_, params, code) => {
    const { status, body } = await aSimulator().exchange(params);
    expect({ status, code: body.error.code }).toEqual({ status: 400, code });
  });

  it("renews a living token for sixty days and rejects an expired one with 190/463", async () => {
    const { sim, exchange } = aSimulator();
    const token = sim.issueToken({ expiresInSeconds: 3_600 }).value;
    const renewed = await exchange({ grant_type: "fb_exchange_token", fb_exchange_token: token });
    expect(renewed.body["expires_in"]).toBe(5_183_944);
    sim.clock.advance(3_600_000);
    const late = await exchange({ grant_type: "fb_exchange_token", fb_exchange_token: token });
    expect(late.body.error).toMatchObject({ code: 190, error_subcode: 463 });
  });

  it("keeps data access where it was when a token is exchanged", async () => {
    const { sim, exchange, debugToken } = aSimulator();
    const token = sim.issueToken().value;
    const before = (await debugToken(token))["data_access_expires_at"];
    sim.clock.advance(40 * DAY_MS);
    const { body } = await exchange({ grant_type: "fb_exchange_token", fb_exchange_token: token });
    expect((await debugToken(String(body["access_token"])))["data_access_expires_at"]).toBe(before);
  });

  it("can leave expires_in out, hand the same token back, or not move the expiry", async () => {
    const { sim, exchange, debugToken } = aSimulator();
    const { value, expiresAt } = sim.issueToken({ expiresInSeconds: 9 * 86_400 });
    const ask = async (mode: typeof sim.state.exchangeMode) => {
      sim.state.exchangeMode = mode;
      return (await exchange({ grant_type: "fb_exchange_token", fb_exchange_token: value })).body;
    };
    expect(await ask("no-expires-in")).not.toHaveProperty("expires_in");
    expect((await ask("same-token"))["access_token"]).toBe(value);
    const unchanged = await ask("unchanged-expiry");
    expect(unchanged["access_token"]).not.toBe(value);
    expect((await debugToken(String(unchanged["access_token"])))["expires_at"]).toBe(expiresAt);
  });

  it("gives the app its own token for client_credentials", async () => {
    const { sim, exchange } = aSimulator();
    const { body } = await exchange({ grant_type: "client_credentials" });
    expect(body["access_token"]).toMatch(new RegExp(`^${sim.state.appId}\\|`));
  });
});

describe("debug_token", () => {
  it("answers HTTP 200 about a dead token, with `subcode`", async () => {
    const { sim, token, debugToken } = aSimulator();
    sim.invalidateTokens(demoBusiness.personIds.owner, 460);
    expect(await debugToken(token)).toMatchObject({ is_valid: false, scopes: [], error: { code: 190, subcode: 460 } });
  });

  it("shows 0 as the expiry of a system user's token", async () => {
    const { exchange, aCode, sim, debugToken } = aSimulator();
    const code = await aCode({ config_id: sim.state.configurations[0]?.id ?? "" });
    const { body } = await exchange({ code, redirect_uri: CALLBACK });
    expect(body).not.toHaveProperty("expires_in");
    const about = await debugToken(String(body["access_token"]));
    expect(about).toMatchObject({ type: "SYSTEM_USER", expires_at: 0, data_access_expires_at: 0, is_valid: true });
  });

  it("names target_ids only when a scope is limited to some accounts", async () => {
    const { sim, token, debugToken } = aSimulator();
    expect((await debugToken(token))["granular_scopes"]).toContainEqual({ scope: "ads_read" });
    const limited = sim.issueToken({ accountIds: [demoBusiness.accountIds.clinic] }).value;
    expect((await debugToken(limited))["granular_scopes"]).toContainEqual({
      scope: "ads_read",
      target_ids: [demoBusiness.accountIds.clinic],
    });
  });

  it("refuses a token of another app", async () => {
    const { sim, get } = aSimulator();
    const foreign = sim.issueToken({ appId: "999" }).value;
    const { status, body } = await get(`/debug_token?input_token=${foreign}`, {
      token: `${sim.state.appId}|${sim.state.appSecret}`,
    });
    expect({ status, code: body.error.code }).toEqual({ status: 400, code: 100 });
  });
});

describe("tokens", () => {
  it("are dead for every tenant once the person removes the app", async () => {
    const { sim, get, token } = aSimulator();
    const other = sim.issueToken().value;
    expect((await get("/me/permissions", { method: "DELETE" })).body).toEqual({ success: true });
    for (const dead of [token, other]) {
      const { body, headers } = await get("/me", { token: dead });
      expect(body.error).toMatchObject({ code: 190, error_subcode: 458 });
      expect(headers.get("www-authenticate")).toContain("#190");
    }
  });

  it("lose one permission and keep the rest", async () => {
    const { get } = aSimulator();
    await get("/me/permissions/business_management", { method: "DELETE" });
    const { body } = await get("/me/permissions");
    expect(body.data).toContainEqual({ permission: "business_management", status: "declined" });
    expect(body.data).toContainEqual({ permission: "ads_read", status: "granted" });
    expect((await get("/me/businesses")).body.error.message).toBe("(#100) Missing permissions");
  });

  it("work as a bearer header and as a query parameter", async () => {
    const { get, token } = aSimulator();
    expect((await get("/me")).body["id"]).toBe(demoBusiness.personIds.owner);
    expect((await get(`/me?access_token=${token}`, { token: "" })).body["id"]).toBe(demoBusiness.personIds.owner);
    expect((await get("/me", { token: "" })).body.error.code).toBe(2500);
  });

  it("outlive a restart of the simulator", async () => {
    const { token } = aSimulator();
    expect((await aSimulator().get("/me", { token })).status).toBe(200);
    expect((await aSimulator().get("/me", { token: `${token}x` })).body.error.code).toBe(190);
  });

  it("need a right appsecret_proof when one is sent, and one at all when the app demands it", async () => {
    const { sim, get, token } = aSimulator();
    const proof = createHmac("sha256", sim.state.appSecret).update(token).digest("hex");
    expect((await get(`/me?appsecret_proof=${proof}`)).status).toBe(200);
    expect((await get("/me?appsecret_proof=00")).body.error.message).toContain("Invalid appsecret_proof");
    sim.state.requireAppSecretProof = true;
    expect((await get("/me")).body.error.message).toContain("require an appsecret_proof");
  });
});
