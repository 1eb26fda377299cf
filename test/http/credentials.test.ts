// Every route, every role, and everything that may be taken for a credential and is none: nobody gets in, and nothing is even
// asked of the database. `npm run soak:hall` asks all of it, `npm test` a part.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { App } from "../../src/app.ts";
import { createApp } from "../../src/app.ts";
import { roles } from "../../src/http/authorize.ts";
import { publicRoutes } from "../../src/http/closed-by-default.ts";
import { guard } from "../../src/http/guard.ts";
import { badTokens, forge } from "../support/bad-tokens.ts";
import { beforeTheGuard, type GuardedRoute, guardedRoutes, unguarded } from "../support/every-route.ts";
import { isFull } from "../support/full.ts";
import { aHouse, FRONTEND_URL, type House, sendTo } from "../support/house.ts";

let house: House;
let app: App;
let looks = 0;

beforeAll(async () => {
  house = await aHouse({ variables: { DEBUG_TOKEN_ENDPOINT: "true", ADMIN_TOKEN: "a-second-factor-of-the-machine" } });
  const listMemberships = async () => {
    looks += 1;
    return [{ tenantId: 7, role: "ceo", isDefault: true, sessionsValidFrom: null, answerVersion: 0 }];
  };
  app = createApp({ ...house.tools, listMemberships });
});
afterAll(() => house.stop());

const everyRole = [...new Set(Object.values(roles).flat()), "guest"];

/** What is sent in place of a session: more than forty shapes, none of which is one. */
function shapesOf(role: string): [name: string, headers: Record<string, string>, query?: string][] {
  const claims = { user_id: "u-1", email: "ana@example.com", role, tenant_id: 7 };
  const good = forge({ payload: { ...claims, exp: house.clock.now() / 1000 + 3600 } });
  const cookie = (text: string) => ({ cookie: text, origin: FRONTEND_URL });
  const bad = badTokens(claims, house.clock.now());
  return [
    ["nothing", {}],
    ["an empty Authorization", { authorization: "" }],
    ["Bearer without a token", { authorization: "Bearer" }],
    ["Bearer null", { authorization: "Bearer null" }],
    ["Bearer undefined", { authorization: "Bearer undefined" }],
    ["Bearer twice", { authorization: `Bearer Bearer ${good}` }],
    ["Bearer and more", { authorization: `Bearer ${good} ${good}` }],
    ["two Bearers in one", { authorization: `Bearer ${good}, Bearer ${good}` }],
    ["another scheme", { authorization: `Token ${good}` }],
    ["Basic", { authorization: `Basic ${btoa(`admin:${good}`)}` }],
    ["the token alone", { authorization: good }],
    ["the token in quotes", { authorization: `Bearer "${good}"` }],
    ["another header", { "x-access-token": good }],
    ["Proxy-Authorization", { "proxy-authorization": `Bearer ${good}` }],
    ["the second factor alone", { "x-admin-token": "a-second-factor-of-the-machine" }],
    ["the second factor as a token", { authorization: "Bearer a-second-factor-of-the-machine" }],
    ["who one says one is", { "x-user-id": "u-1", "x-user-role": role, "x-forwarded-user": "u-1" }],
    ["a tenant alone", { "x-tenant-id": "7" }],
    ["where one says one is from", { "x-forwarded-for": "127.0.0.1", "cf-connecting-ip": "127.0.0.1" }],
    ["in the query", {}, `access_token=${good}&token=${good}&authorization=Bearer%20${good}`],
    ["a cookie of another name", cookie(`session=${good}; token=${good}`)],
    ["a cookie whose name is written otherwise", cookie(`Access_Token=${good}`)],
    ["a cookie with a prefix", cookie(`__Host-access_token=${good}`)],
    ["an empty cookie", cookie("access_token=")],
    ["a cookie in quotes inside a cookie", cookie(`a="access_token=${good}"`)],
    ["a cookie with a Bearer", cookie(`access_token=Bearer ${good}`)],
    ...bad.map(([name, token]): [string, Record<string, string>] => [name, { authorization: `Bearer ${token}` }]),
    ...bad.map(([name, token]): [string, Record<string, string>] => [
      `${name}, in a cookie`,
      cookie(`access_token=${token}`),
    ]),
  ];
}

const ask = ({ method, path }: GuardedRoute, headers: Record<string, string>, query = "") =>
  sendTo(app, query ? `${path}?${query}` : path, {
    method,
    headers: method === "GET" ? headers : { "content-type": "application/json", ...headers },
    ...(method === "GET" ? {} : { body: "{}" }),
  });

it("opens no route to what is no session", async () => {
  const shapes = everyRole.map(shapesOf);
  expect(shapes[0]?.length).toBeGreaterThanOrEqual(40);
  const routes = guardedRoutes(app);
  expect(routes.length).toBeGreaterThan(40);
  const opened: unknown[] = [];
  let asked = 0;
  for (const [row, route] of routes.entries())
    for (const [at, own] of shapes.entries())
      for (const [column, [name, headers, query]] of own.entries()) {
        // Short: a route meets every third shape, and the roles in turn.
        if (!isFull && (row + column) % (3 * shapes.length) !== 3 * at) continue;
        const { status } = await ask(route, headers, query);
        asked += 1;
        if (status !== 401) opened.push([route.method, route.path, name, everyRole[at], status]);
      }
  expect(opened).toEqual([]);
  const all = routes.length * (shapes[0]?.length ?? 0);
  expect(Math.round(asked / all)).toBe(isFull ? shapes.length : 0);
  expect(asked).toBeGreaterThan(3_000);
  expect(looks).toBe(0);
}, 600_000);

describe("a route", () => {
  it("has a guard, first of all, or is one of those that anybody may ask", () => {
    expect(unguarded(app).filter((name) => !publicRoutes.has(name))).toEqual([]);
    expect([...publicRoutes].filter((name) => !unguarded(app).includes(name))).toEqual([]);
    expect(beforeTheGuard(app)).toEqual([]);
  });

  it("whose guard was forgotten answers nobody", async () => {
    let acts = 0;
    const forgetful = createApp(house.tools)
      .get("/test/forgotten", (c) => {
        acts += 1;
        return c.json({});
      })
      .get("/test/:id", guard("marketing.read", 100), (c) => c.json({})) as unknown as App;
    expect(unguarded(forgetful)).toContain("GET /test/forgotten");
    const answer = await sendTo(forgetful, "/test/forgotten");
    expect([answer.status, acts]).toEqual([403, 0]);
    expect(house.logs.at(-1)).toContain("a route without a guard");
    expect((await sendTo(forgetful, "/test/other")).status).toBe(401);
  });

  it("that acts by POST takes an Idempotency-Key; so do the changes", () => {
    // The first answers 409 always: connecting happens in the hub. The others ask with a body.
    const neverActs = /^\/admin\/meta\/connect$|\/(preview|validate)$/;
    const acting = guardedRoutes(app).filter(({ method, path }) => method !== "GET" && !neverActs.test(path));
    expect(acting.length).toBeGreaterThan(20);
    expect(acting.filter(({ hasKey }) => !hasKey).map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });
});
