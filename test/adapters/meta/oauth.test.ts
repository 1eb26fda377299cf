import { describe, expect, it, test } from "vitest";
import { failureOf, json, page, refusal, scripted, SECRET, TOKEN } from "./scripted-meta.ts";

describe("the dialog's address", () => {
  const input = {
    redirectUri: "https://app.example/cb?x=1&y=2",
    state: "s t/+",
    scopes: ["ads_read", "business_management"],
  };

  it("defect 76: encodes what it is given", () => {
    const url = new URL(scripted([]).meta.dialogUrl(input));
    expect(url.origin + url.pathname).toBe("https://dialog.test/v26.0/dialog/oauth");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: "4242",
      redirect_uri: input.redirectUri,
      state: "s t/+",
      response_type: "code",
      scope: "ads_read,business_management",
    });
  });

  it("asks by configuration instead of scopes, again, and with a challenge", () => {
    const { meta } = scripted([]);
    const url = new URL(meta.dialogUrl({ ...input, configId: "77", authType: "rerequest", codeChallenge: "abc" }));
    expect(url.searchParams.get("scope")).toBeNull();
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      config_id: "77",
      override_default_response_type: "true",
      auth_type: "rerequest",
      code_challenge: "abc",
      code_challenge_method: "S256",
    });
    expect(url.href).not.toContain(SECRET);
  });
});

describe("exchanging", () => {
  it("defect 77: posts the code and the secret in a form, with no token and no proof", async () => {
    const { meta, asked } = scripted([json({ access_token: "new", token_type: "bearer", expires_in: 5183944 })]);
    const grant = await meta.exchangeCode({ code: "c0de", redirectUri: "https://app.example/cb", codeVerifier: "v" });
    expect(grant).toEqual({ accessToken: "new", expiresInSeconds: 5183944 });
    const [call] = asked;
    expect(call?.method).toBe("POST");
    expect(call?.url.href).toBe("https://graph.test/v26.0/oauth/access_token");
    expect(call?.headers.get("authorization")).toBeNull();
    expect(Object.fromEntries(call?.form ?? [])).toEqual({
      code: "c0de",
      redirect_uri: "https://app.example/cb",
      code_verifier: "v",
      client_id: "4242",
      client_secret: SECRET,
    });
  });

  it("invents no expiry when Meta gives none", async () => {
    const { meta, asked } = scripted([json({ access_token: "new" })]);
    expect(await meta.exchangeLongLived(TOKEN)).toEqual({ accessToken: "new", expiresInSeconds: null });
    expect(asked[0]?.form.get("grant_type")).toBe("fb_exchange_token");
    expect(asked[0]?.form.get("fb_exchange_token")).toBe(TOKEN);
    expect(asked[0]?.url.search).toBe("");
  });

  test.each([
    [refusal(1, undefined, "Error validating client secret."), "meta.bad_request", "app_secret"],
    [refusal(100, 36007, "This authorization code has expired."), "meta.bad_request", "code_expired"],
    [refusal(100, 36008), "meta.bad_request", "redirect_mismatch"],
    [refusal(100, 36009), "meta.bad_request", "code_used"],
    [refusal(100, undefined, "Invalid verification code format."), "meta.bad_request", undefined],
    [refusal(101), "meta.bad_request", "app_id"],
    [refusal(190, 463), "connection.needs_reauth", "expired"],
    [refusal(2, undefined, "down", 503), "meta.transient", undefined],
    [json({ access_token: "" }), "meta.protocol", "unexpected_shape"],
  ])("is tried once and fails as told (%#)", async (answer, code, reason) => {
    const { meta, asked } = scripted([answer]);
    const failure = await failureOf(meta.exchangeCode({ code: "c0de", redirectUri: "https://app.example/cb" }));
    expect(failure.code).toBe(code);
    expect(failure.details["reason"]).toBe(reason);
    expect(asked).toHaveLength(1);
  });
});

describe("inspecting a token", () => {
  it("reads a valid one, by the app's own token", async () => {
    const { meta, asked } = scripted([
      json({
        data: {
          app_id: "138483919580948",
          type: "USER",
          application: "CRM Hub",
          data_access_expires_at: 1779904800,
          expires_at: 1777312800,
          is_valid: true,
          issued_at: 1772128800,
          scopes: ["ads_read", "email"],
          granular_scopes: [{ scope: "ads_read", target_ids: ["120330000111222"] }, { scope: "business_management" }],
          user_id: "10215241773831025",
        },
      }),
    ]);
    expect(await meta.debugToken(TOKEN)).toEqual({
      appId: "138483919580948",
      isValid: true,
      type: "USER",
      expiresAt: new Date(1777312800000),
      dataAccessExpiresAt: new Date(1779904800000),
      issuedAt: new Date(1772128800000),
      scopes: ["ads_read", "email"],
      granularScopes: [
        { scope: "ads_read", targetIds: ["120330000111222"] },
        { scope: "business_management", targetIds: "all" },
      ],
      userId: "10215241773831025",
      error: null,
    });
    expect(asked[0]?.headers.get("authorization")).toBe(`Bearer 4242|${SECRET}`);
    expect([...(asked[0]?.url.searchParams.keys() ?? [])]).toEqual(["input_token"]);
    expect(asked[0]?.url.href).not.toContain(SECRET);
  });

  it("reads never-expiring and dead ones", async () => {
    const forever = { app_id: 4242, type: "SYSTEM_USER", expires_at: 0, data_access_expires_at: 0, is_valid: true };
    const dead = {
      app_id: "4242",
      is_valid: false,
      expires_at: 1777312800,
      scopes: [],
      error: { code: 190, message: "x", subcode: 463 },
    };
    const { meta } = scripted([json({ data: forever }), json({ data: dead })]);
    expect(await meta.debugToken(TOKEN)).toMatchObject({
      appId: "4242",
      expiresAt: null,
      dataAccessExpiresAt: null,
      issuedAt: null,
      userId: null,
    });
    expect(await meta.debugToken(TOKEN)).toMatchObject({ isValid: false, error: { code: 190, subcode: 463 } });
  });
});

it("sorts permissions by what became of them", async () => {
  const { meta } = scripted([
    page([
      { permission: "ads_read", status: "granted" },
      { permission: "email", status: "declined" },
      { permission: "leads_retrieval", status: "expired" },
      { permission: "whatever", status: "pondered" },
    ]),
  ]);
  expect(await meta.listPermissions(TOKEN)).toEqual({
    granted: ["ads_read"],
    declined: ["email"],
    expired: ["leads_retrieval"],
  });
});

describe("revoking", () => {
  it("deletes every permission", async () => {
    const { meta, asked } = scripted([json({ success: true })]);
    await meta.revoke(TOKEN);
    expect(asked[0]).toMatchObject({ method: "DELETE" });
    expect(asked[0]?.url.pathname).toBe("/v26.0/me/permissions");
  });

  it("takes a dead token as revoked, and nothing else", async () => {
    await scripted([refusal(190, 458)]).meta.revoke(TOKEN);
    expect((await failureOf(scripted([refusal(2)]).meta.revoke(TOKEN))).code).toBe("meta.transient");
    expect((await failureOf(scripted([refusal(102)]).meta.revoke(TOKEN))).code).toBe("connection.needs_reauth");
    expect((await failureOf(scripted([json({ success: false })]).meta.revoke(TOKEN))).code).toBe("meta.protocol");
  });
});
