import { createHmac } from "node:crypto";
import { describe, expect, it, test } from "vitest";
import { failureOf, json, page, refusal, scripted, SECRET, TOKEN } from "./scripted-meta.ts";

const me = { id: "1", name: "Ana" };

describe("a call", () => {
  it("carries the token in a header, its proof in the query, and refuses redirects", async () => {
    const { meta, asked } = scripted([json(me)]);
    expect(await meta.getMe(TOKEN)).toEqual(me);
    const [call] = asked;
    expect(call?.url.href).toMatch(/^https:\/\/graph\.test\/v26\.0\/me\?/);
    expect(call?.headers.get("authorization")).toBe(`Bearer ${TOKEN}`);
    expect(call?.url.searchParams.get("appsecret_proof")).toBe(
      createHmac("sha256", SECRET).update(TOKEN).digest("hex"),
    );
    expect(call?.redirect).toBe("manual");
    expect(call?.url.href).not.toContain(TOKEN);
  });

  it("defect 97: proves a known pair with a known proof", async () => {
    const { meta, asked } = scripted([json(me)], { appSecret: "key" });
    await meta.getMe("The quick brown fox jumps over the lazy dog");
    // https://en.wikipedia.org/wiki/HMAC#Examples
    expect(asked[0]?.url.searchParams.get("appsecret_proof")).toBe(
      "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
    );
  });

  it("keeps the path of a base address", async () => {
    const { meta, asked } = scripted([json(me)], { graphBaseUrl: "http://127.0.0.1:9/graph/" });
    await meta.getMe(TOKEN);
    expect(asked[0]?.url.href).toMatch(/^http:\/\/127\.0\.0\.1:9\/graph\/v26\.0\/me\?/);
  });

  it("never leaves its host, whatever `next` says", async () => {
    const { meta, asked } = scripted([page([], "a"), page([], "b"), json({ data: [] })]);
    await meta.listPortfolios(TOKEN);
    expect(asked.map(({ url }) => [url.origin, url.searchParams.get("after")])).toEqual([
      ["https://graph.test", null],
      ["https://graph.test", "a"],
      ["https://graph.test", "b"],
    ]);
  });

  test.each(["../me", "act_1/../../2", "1?x=", "", "1#"])("does not build a path from %j", async (id) => {
    const { meta, asked } = scripted([json({})]);
    expect((await failureOf(meta.getAdAccount(TOKEN, id))).code).toBe("account.not_accessible");
    expect((await failureOf(meta.getReport(TOKEN, id, { startedAt: new Date(0) }))).code).toBe("meta.not_found");
    expect((await failureOf(meta.listAdAccounts(TOKEN, { portfolioId: id }))).code).toBe("meta.not_found");
    expect(asked).toEqual([]);
  });
});

describe("what is observed of an answer", () => {
  const headers = {
    "x-fb-ads-insights-throttle": '{"app_id_util_pct":12.5,"acc_id_util_pct":3}',
    "facebook-api-version": "v27.0",
  };

  it("is told on success and on failure, with the account it was about", async () => {
    const account = { account_id: "111", name: "A", currency: "ARS", timezone_name: "UTC", account_status: 1 };
    const failing = json({ error: { code: 17 } }, { status: 400, headers });
    const { meta, usages, mismatches } = scripted([json(account, { headers }), failing, json(me)]);
    await meta.getAdAccount(TOKEN, "act_111");
    await failureOf(meta.getMe(TOKEN));
    await meta.getMe(TOKEN);
    const usage = { appPercent: 12.5, accountPercent: 3 };
    expect(usages).toEqual([
      { usage, accountId: "111" },
      { usage, accountId: undefined },
    ]);
    expect(mismatches).toEqual([
      ["v26.0", "v27.0"],
      ["v26.0", "v27.0"],
    ]);
  });

  it("sets how long a throttled call waits", async () => {
    const usage = JSON.stringify({ "9": [{ type: "ads_insights", estimated_time_to_regain_access: 7 }] });
    const failing = json({ error: { code: 80000 } }, { status: 400, headers: { "x-business-use-case-usage": usage } });
    const failure = await failureOf(scripted([failing]).meta.getMe(TOKEN));
    expect(failure.details).toMatchObject({ retryAfterSeconds: 420 });
  });
});

describe("a hostile or broken answer", () => {
  const megabyte = new Uint8Array(1024 * 1024).fill(32);
  const endless = () => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(megabyte) }));

  test.each<[string, Response | (() => Response), string, string | undefined]>([
    [
      "a redirect",
      new Response(null, { status: 302, headers: { location: "https://evil.example" } }),
      "meta.protocol",
      "redirect",
    ],
    ["an endless body", endless, "meta.protocol", "response_too_large"],
    ["truncated JSON", new Response('{"id":"1","na'), "meta.protocol", "invalid_json"],
    ["HTML with 200", new Response("<html>"), "meta.protocol", "invalid_json"],
    ["nothing with 200", new Response(null), "meta.protocol", "invalid_json"],
    ["the wrong shape", json({ id: { deep: 1 } }), "meta.protocol", "unexpected_shape"],
    ["null", json(null), "meta.protocol", "unexpected_shape"],
    ["deep JSON", new Response("[".repeat(1e6) + "]".repeat(1e6)), "meta.protocol", "unexpected_shape"],
    ["HTML with 502", new Response("<html>", { status: 502 }), "meta.transient", undefined],
    ["nothing with 503", new Response(null, { status: 503 }), "meta.transient", undefined],
    ["HTML with 404", new Response("<html>", { status: 404 }), "meta.bad_request", undefined],
    ["nothing with 429", new Response(null, { status: 429 }), "meta.throttled", undefined],
    [
      "a number for an id that is no longer exact",
      new Response('{"id":12345678901234567890}'),
      "meta.protocol",
      "unexpected_shape",
    ],
    [
      "an error with status 200",
      json({ error: { code: "190", error_subcode: 460 } }),
      "connection.needs_reauth",
      "password_changed",
    ],
    ["an error that is a word", json({ error: "invalid_request" }, { status: 400 }), "meta.bad_request", undefined],
  ])("%s becomes an AppError", async (_, answer, code, reason) => {
    const failure = await failureOf(scripted([answer]).meta.getMe(TOKEN));
    expect(failure.code).toBe(code);
    expect(failure.details["reason"]).toBe(reason);
  });

  it("of exactly the cap is read, one byte more is not", async () => {
    const body = (size: number) => new Response(`{"id":"1"}`.padEnd(size));
    expect(await scripted([body(5 * 1024 * 1024)]).meta.getMe(TOKEN)).toMatchObject({ id: "1" });
    const failure = await failureOf(scripted([body(5 * 1024 * 1024 + 1)]).meta.getMe(TOKEN));
    expect(failure.details).toEqual({ reason: "response_too_large", splitBy: "page" });
  });

  it("that never comes, or never ends, is given up on", async () => {
    const silent = (_: unknown, signal: AbortSignal) =>
      new Promise<Response>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const trickle = () =>
      new Response(new ReadableStream({ start: (controller) => controller.enqueue(megabyte.slice(0, 9)) }));
    for (const answer of [silent, trickle]) {
      const failure = await failureOf(scripted([answer], { timeoutMs: 20 }).meta.getMe(TOKEN));
      expect(failure).toMatchObject({ code: "meta.transient", details: { reason: "timeout" } });
    }
  });

  it("leaves no token, secret or address in the error", async () => {
    const url = `https://graph.test/v26.0/me?access_token=${TOKEN}&client_secret=${SECRET}`;
    for (const answer of [
      new Error(`fetch failed: ${url}`),
      refusal(190, 463, url),
      refusal(7777, undefined, url),
      new Response(url),
    ]) {
      const { meta, asked } = scripted([answer]);
      const failure = await failureOf(meta.getMe(TOKEN));
      expect(asked).toHaveLength(1);
      for (const secret of [TOKEN, SECRET, "https:"]) expect(failure.all).not.toContain(secret);
    }
  });

  it("from a broken network is transient", async () => {
    const failure = await failureOf(scripted([new TypeError("fetch failed")]).meta.getMe(TOKEN));
    expect(failure).toMatchObject({ code: "meta.transient", details: { reason: "network" } });
  });
});
