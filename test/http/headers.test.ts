// The headers that every answer carries, photographed for every route and for every kind of trouble; and exact CORS.
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { createApp, createUnconfiguredApp } from "../../src/app.ts";
import type { App } from "../../src/app.ts";
import { guardedRoutes, unguarded } from "../support/every-route.ts";
import { aHouse, FRONTEND_URL, type House, sendTo } from "../support/house.ts";

let house: House;
let app: App;
/** Everything in it goes wrong, and nobody foresaw it. */
let broken: App;

beforeAll(async () => {
  house = await aHouse();
  app = house.app;
  broken = createApp({ ...house.tools, verifySession: () => Promise.reject(new Error("boom")) });
});
afterAll(() => house.stop());

/** What an answer says about safety. */
const safety = ({ headers }: Response) =>
  Object.fromEntries(
    [...headers].filter(([name]) =>
      /^(cache-control|strict|content-security|x-|cross-origin|referrer|origin-agent)/.test(name),
    ),
  );

const strict = {
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-site",
  "origin-agent-cluster": "?1",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-dns-prefetch-control": "off",
  "x-download-options": "noopen",
  "x-frame-options": "DENY",
  "x-permitted-cross-domain-policies": "none",
  "cache-control": "no-store",
};

const withoutCounters = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !/^x-(request-id|ratelimit)/.test(name)));

it("every route, asked by nobody", async () => {
  const open = unguarded(app).map((name) => name.split(" ") as [string, string]);
  const all = [...guardedRoutes(app).map(({ method, path }) => [method, path] as const), ...open];
  expect(all.length).toBeGreaterThan(45);
  for (const [method, path] of all) {
    const headers = { origin: FRONTEND_URL, "content-type": "application/json" };
    const answer = await sendTo(app, path, { method, headers, redirect: "manual" });
    const page = /text\/html/.test(answer.headers.get("content-type") ?? "");
    // A page for people may style itself; nothing else about it is different.
    const { "content-security-policy": policy, ...rest } = withoutCounters(safety(answer));
    const { "content-security-policy": usual, ...others } = strict;
    expect([method, path, rest]).toEqual([method, path, others]);
    expect(policy).toMatch(page ? /^default-src 'none'/ : new RegExp(`^${usual}$`));
    expect(answer.headers.get("x-request-id")).toMatch(/^[\w-]{8,}$/);
  }
}, 60_000);

test.each<[string, number, () => Promise<Response>]>([
  ["nothing is there", 404, () => sendTo(app, "/nowhere")],
  ["another method", 405, () => sendTo(app, "/crm/marketing/stats", { method: "DELETE" })],
  ["too large", 413, () => sendTo(app, "/crm/leads", { method: "POST", body: "x".repeat(1024 * 1024 + 1) })],
  ["too long", 414, () => sendTo(app, `/healthz?${"x".repeat(9_000)}`)],
  ["a crash", 500, () => sendTo(broken, "/crm/marketing/stats", { headers: { authorization: "Bearer x.y.z" } })],
  ["a redirect", 302, () => sendTo(app, "/crm/auth/meta/callback?state=x", { redirect: "manual" })],
  [
    "a preflight",
    204,
    () =>
      sendTo(app, "/crm/leads", {
        method: "OPTIONS",
        headers: { origin: FRONTEND_URL, "access-control-request-method": "POST" },
      }),
  ],
  ["HEAD", 200, () => sendTo(app, "/healthz", { method: "HEAD" })],
])("%s: %i", async (_, status, ask) => {
  const answer = await ask();
  const { "cache-control": cache, ...rest } = withoutCounters(safety(answer));
  const { "cache-control": noStore, ...headers } = strict;
  expect([answer.status, rest]).toEqual([status, headers]);
  // What a preflight may be remembered is said by its own header.
  expect(status === 204 ? noStore : cache).toBe(noStore);
});

it("a worker that is not configured has them too", async () => {
  const answer = await createUnconfiguredApp([]).request("/crm/marketing/stats");
  expect([answer.status, withoutCounters(safety(answer))]).toEqual([503, strict]);
});

describe("CORS is exact:", () => {
  test.each([
    [FRONTEND_URL, FRONTEND_URL],
    ["https://evil.example", null],
    ["null", null],
    ["*", null],
    [`${FRONTEND_URL}.evil.example`, null],
    [`${FRONTEND_URL}:8443`, null],
    [FRONTEND_URL.replace("https", "http"), null],
    [FRONTEND_URL.toUpperCase(), null],
    [`${FRONTEND_URL}/`, null],
    [FRONTEND_URL.replace("//", "//evil."), null],
  ])("%s is answered %s", async (origin, allowed) => {
    for (const method of ["GET", "OPTIONS"]) {
      const headers = { origin, "access-control-request-method": "GET" };
      const answer = await sendTo(app, "/crm/marketing/stats", { method, headers });
      expect(answer.headers.get("access-control-allow-origin")).toBe(allowed);
      expect(answer.headers.get("vary")).toContain("Origin");
      expect(answer.headers.get("access-control-allow-headers") ?? "").not.toContain("*");
      expect(answer.headers.get("access-control-expose-headers") ?? "").not.toContain("*");
    }
  });
});
