// The unwelcome questions, asked of every route there is: whoever adds a route gets them for free.
import { SignJWT, UnsecuredJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, test, vi } from "vitest";
import { notesOf } from "../../src/http/describe.ts";
import { jwtSecret } from "../world/settings.ts";
import { aHouse, FRONTEND_URL, type House } from "../support/house.ts";
import { aPerson, as, aSessionToken, type Person } from "../support/people.ts";

let house: House;
let owner: Person;

beforeAll(async () => {
  house = await aHouse();
  owner = await aPerson(house);
});
afterAll(() => house.stop());
afterEach(() => {
  house.neon.setFault(undefined);
  house.upstash.setFault(undefined);
});

type Route = { method: string; path: string };

const ofMeta = ["callback", "deauthorize", "data-deletion", "data-deletion/:code"].map(
  (path) => `/crm/auth/meta/${path}`,
);
const open = new Set([
  "/healthz",
  "/readyz",
  "/leads/intake",
  ...ofMeta,
  "/webhooks/meta",
  "/webhooks/meta/:tenant_id",
]);
const filled = (path: string) => path.replace(":id", "00000000-0000-4000-8000-000000000000");

/** Guarded routes, read off the app itself. */
const guarded = (): Route[] => {
  const routes = house.app.routes.filter(({ method, path }) => method !== "ALL" && !open.has(path));
  return [...new Map(routes.map(({ method, path }) => [`${method} ${path}`, { method, path: filled(path) }])).values()];
};

const ask = ({ method, path }: Route, headers: Record<string, string> = {}) =>
  house.request(path, {
    method,
    headers: { ...headers, ...(method === "GET" ? {} : { "content-type": "application/json" }) },
    ...(method === "GET" ? {} : { body: "{}" }),
  });

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const now = () => Math.floor(house.clock.now() / 1000);
const key = (text: string) => new TextEncoder().encode(text);

async function expectError(answer: Response, status: number, code: string | RegExp): Promise<void> {
  const body = (await answer.json()) as { error: { code: string } };
  expect([answer.status, body]).toEqual([
    status,
    expect.objectContaining({
      success: false,
      detail: expect.stringMatching(/./),
      error: expect.objectContaining({
        code: expect.stringMatching(code),
        message: expect.any(String),
        request_id: expect.stringMatching(/^[\w-]{8,}$/),
      }),
    }),
  ]);
}

describe("every guarded route", () => {
  it("is more than a dozen", () => {
    expect(guarded().length).toBeGreaterThan(12);
  });

  it("answers 401 without a token", async () => {
    for (const route of guarded()) await expectError(await ask(route), 401, "session.missing");
  });

  it("answers 401 to a token that does not hold", async () => {
    const claims = { user_id: owner.userId, tenant_id: owner.tenantId, role: "ceo" };
    const forged = [
      await new SignJWT(claims)
        .setProtectedHeader({ alg: "HS256" })
        .setExpirationTime(now() + 60)
        .sign(key("another-secret-another-secret-another")),
      await new SignJWT(claims)
        .setProtectedHeader({ alg: "HS256" })
        .setExpirationTime(now() - 60)
        .sign(key(jwtSecret)),
      await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(key(jwtSecret)),
      await new SignJWT(claims)
        .setProtectedHeader({ alg: "HS512" })
        .setExpirationTime(now() + 60)
        .sign(key(jwtSecret)),
      await new SignJWT({ role: "ceo" })
        .setProtectedHeader({ alg: "HS256" })
        .setExpirationTime(now() + 60)
        .sign(key(jwtSecret)),
      `${new UnsecuredJWT(claims).setExpirationTime(now() + 60).encode()}x`,
    ];
    for (const token of forged) {
      for (const route of guarded())
        await expectError(await ask(route, bearer(token)), 401, /^session\.(invalid|missing)$/);
    }
  });

  it("defect 101: answers 403 to a user without a membership, whatever the token claims", async () => {
    const stranger = { ...owner, userId: crypto.randomUUID() };
    const token = await aSessionToken(stranger, { now: house.clock.now() });
    for (const route of guarded()) await expectError(await ask(route, bearer(token)), 403, "tenant.no_membership");
  });

  it("answers 403 to a role that is unknown", async () => {
    const guest = await aPerson(house, { role: "guest" });
    const token = await aSessionToken(guest, { now: house.clock.now() });
    for (const route of guarded()) await expectError(await ask(route, bearer(token)), 403, "role.forbidden");
  });

  it("defect 101: answers 503, never another tenant, when the memberships cannot be read", async () => {
    const token = await aSessionToken(await aPerson(house), { now: house.clock.now() });
    for (const fault of [
      { kind: "status" as const, status: 500 },
      { kind: "html" as const },
      { kind: "truncate" as const, bytes: 20 },
      { kind: "reset-before" as const },
    ]) {
      house.neon.setFault({ ...fault, match: /from "memberships"/ });
      for (const route of guarded()) await expectError(await ask(route, bearer(token)), 503, "database.unavailable");
    }
  });

  it("defect 119: leaves an audit row with actor, action and outcome", async () => {
    const person = await aPerson(house, { role: "viewer" });
    const token = await aSessionToken(person, { now: house.clock.now() });
    for (const route of guarded()) await ask(route, bearer(token));
    const rows = await house.sql("SELECT actor, action, outcome, http_status FROM audit_log WHERE tenant_id = $1", [
      person.tenantId,
    ]);
    expect(rows.length).toBe(guarded().length);
    expect(rows.every((row) => row["actor"] === `user:${person.userId}`)).toBe(true);
    expect(new Set(rows.map((row) => row["outcome"]))).toEqual(new Set(["success", "refused"]));
  });

  it("stops at its limit with 429, Retry-After and the RateLimit headers, and starts again in time", async () => {
    const person = await aPerson(house);
    const token = await aSessionToken(person, { now: house.clock.now() });
    const route = { method: "GET", path: "/crm/auth/meta/url" };
    // The limiter's library reads Date: on a slow machine a new minute would begin on the way.
    vi.useFakeTimers({ toFake: ["Date"], now: house.clock.now() });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const answers = [];
    for (let call = 0; call < 21; call += 1) answers.push(await ask(route, bearer(token)));
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 20 }, () => 200), 429]);
    const refused = answers[20];
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(refused?.headers.get("ratelimit-policy")).toBe('"minute";q=20;w=60');
    expect(answers[0]?.headers.get("ratelimit")).toMatch(/^"minute";r=19;t=\d+$/);
    const neighbour = await aPerson(house);
    expect((await ask(route, bearer(await aSessionToken(neighbour, { now: house.clock.now() })))).status).toBe(200);
  });

  it("defect 126: keeps its headers on every answer, good or bad", async () => {
    const token = await aSessionToken(owner, { now: house.clock.now() });
    const answers = [
      await house.request("/healthz"),
      await house.request("/nowhere"),
      await house.request("/crm/auth/meta/callback", { redirect: "manual" }),
      await house.request("/crm/marketing/connect", { method: "POST", headers: bearer(token), body: "{" }),
      ...(await Promise.all(guarded().map((route) => ask(route)))),
    ];
    for (const { headers } of answers) {
      expect(Object.fromEntries(headers)).toMatchObject({
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "x-request-id": expect.any(String),
      });
    }
  });
});

describe("defect 109: roles", () => {
  /** Each route with what it takes to be let in. */
  const permissions = () => {
    const doors = house.app.routes.flatMap(({ method, path, handler }) => {
      const { guard } = notesOf(handler);
      return guard ? [{ method, path: filled(path), permission: guard.permission }] : [];
    });
    expect(doors.length).toBe(guarded().length);
    return doors;
  };

  test.each([
    ["secretary", ["marketing.read"]],
    ["professional", ["marketing.read"]],
    ["viewer", ["marketing.read"]],
    ["setter", ["marketing.read", "crm.write"]],
    ["closer", ["marketing.read", "crm.write"]],
    ["crm", ["marketing.read", "crm.write"]],
    ["marketing", ["marketing.read", "marketing.manage", "crm.write"]],
  ])("%s may %j and is refused everything else", async (role, may) => {
    const token = await aSessionToken(await aPerson(house, { role }), { now: house.clock.now() });
    expect((await ask({ method: "GET", path: "/crm/marketing/stats" }, bearer(token))).status).toBe(200);
    const refused = permissions().filter(({ permission }) => !may.includes(permission));
    expect(refused.length).toBeGreaterThan(1);
    for (const route of refused) await expectError(await ask(route, bearer(token)), 403, "role.forbidden");
  });

  test.each(["marketing", "admin", "ceo"])("defect 110: %s may connect", async (role) => {
    const token = await aSessionToken(await aPerson(house, { role }), { now: house.clock.now() });
    expect((await ask({ method: "GET", path: "/crm/auth/meta/url" }, bearer(token))).status).toBe(200);
  });

  it("the token's role is not believed: the membership's counts", async () => {
    const setter = await aPerson(house, { role: "setter" });
    const token = await aSessionToken({ ...setter, role: "ceo" }, { now: house.clock.now() });
    await expectError(await ask({ method: "GET", path: "/crm/auth/meta/url" }, bearer(token)), 403, "role.forbidden");
  });
});

describe("tenants", () => {
  it("defect 103: X-Tenant-ID chooses among one's own; `default` and nothing are one's default", async () => {
    const person = await aPerson(house);
    const second = await aPerson(house, { userId: person.userId });
    const status = async (tenantHeader: string) =>
      (await as(house, person, { tenantHeader }).get("/crm/marketing/token-status")).status;
    expect([
      await status("default"),
      await status(""),
      await status(String(second.tenantId)),
      await status(String(owner.tenantId)),
      await status("1 OR 1=1"),
    ]).toEqual([200, 200, 200, 403, 403]);
    const audited = await house.sql(
      "SELECT tenant_id, count(*)::int FROM audit_log WHERE tenant_id = ANY ($1) GROUP BY 1",
      [[person.tenantId, second.tenantId]],
    );
    expect(Object.fromEntries(audited.map((row) => [row["tenant_id"], row["count"]]))).toEqual({
      [person.tenantId]: 2,
      [second.tenantId]: 1,
    });
  });

  it("defect 125: a disabled membership is none", async () => {
    const person = await aPerson(house);
    await house.sql("UPDATE memberships SET status = 'disabled' WHERE user_id = $1", [person.userId]);
    expect((await as(house, person).get("/crm/marketing/stats")).status).toBe(403);
  });
});

describe("cookies", () => {
  const withCookie = async (person: Person) => ({
    cookie: `access_token=${await aSessionToken(person, { now: house.clock.now() })}`,
  });

  it("sign in as a Bearer token does", async () => {
    expect((await house.request("/crm/marketing/stats", { headers: await withCookie(owner) })).status).toBe(200);
  });

  test.each([[undefined], ["https://evil.example"], ["null"], [`${FRONTEND_URL}.evil.example`]])(
    "change nothing for the origin %s",
    async (origin) => {
      const headers = {
        ...(await withCookie(owner)),
        ...(origin ? { origin } : {}),
        "content-type": "application/json",
      };
      const answer = await house.request("/crm/auth/meta/disconnect", { method: "POST", headers, body: "{}" });
      await expectError(answer, 403, "origin.forbidden");
    },
  );

  it("change things for our own frontend", async () => {
    const headers = { ...(await withCookie(await aPerson(house))), origin: FRONTEND_URL };
    expect((await house.request("/crm/auth/meta/disconnect", { method: "POST", headers })).status).toBe(200);
  });
});

describe("CORS", () => {
  it("answers the frontend's preflight with credentials and its headers, for a day", async () => {
    const answer = await house.request("/crm/marketing/stats", {
      method: "OPTIONS",
      headers: {
        origin: FRONTEND_URL,
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization,x-tenant-id,x-admin-token,content-type",
      },
    });
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "access-control-allow-origin": FRONTEND_URL,
      "access-control-allow-credentials": "true",
      "access-control-max-age": "86400",
      vary: expect.stringContaining("Origin"),
    });
  });

  it("defect 126: knows no other origin", async () => {
    const answer = await house.request("/crm/marketing/stats", { headers: { origin: "https://evil.example" } });
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("lets the frontend read a 404", async () => {
    const answer = await house.request("/socket.io/", { headers: { origin: FRONTEND_URL } });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([404, FRONTEND_URL]);
  });
});

describe("without Redis", () => {
  it("looking goes on and acting waits, and nothing is a 500", async () => {
    const ask_ = as(house, await aPerson(house));
    for (const fault of [
      { kind: "status" as const, status: 500 },
      { kind: "html" as const },
      { kind: "reset-before" as const },
      { kind: "truncate" as const, bytes: 5 },
    ]) {
      house.upstash.setFault(fault);
      expect((await ask_.get("/crm/marketing/stats")).status).toBe(200);
      expect((await ask_.get("/crm/auth/meta/url")).status).toBe(503);
      expect((await ask_.post("/crm/auth/meta/disconnect")).status).toBe(503);
    }
  });
});

describe("what goes into the log", () => {
  it("is one line per request: the route and not the address, no token, no user's data", async () => {
    house.logs.length = 0;
    const token = await aSessionToken(owner, { now: house.clock.now() });
    await ask({ method: "GET", path: "/crm/marketing/campaigns/123456?secret=hidden" }, bearer(token));
    expect(house.logs).toHaveLength(1);
    expect(JSON.parse(house.logs[0] ?? "")).toMatchObject({
      event: "request",
      route: "/crm/marketing/campaigns/:id",
      status: 404,
      tenantId: owner.tenantId,
      error: "campaign.not_found",
    });
    expect(house.logs[0]).not.toMatch(/hidden|123456|eyJ/);
  });

  it("defect 120: names the class of an error nobody foresaw, and the caller learns nothing of it", async () => {
    house.logs.length = 0;
    house.neon.setFault({
      kind: "status",
      status: 400,
      body: JSON.stringify({ message: "secret value 42", code: "42P01" }),
      match: /audit_log|daily_spend/,
    });
    const answer = await as(house, await aPerson(house)).get("/crm/marketing/stats");
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toMatch(/secret value|42P01/);
    expect(house.logs.join("\n")).not.toContain("secret value");
    expect(house.logs.join("\n")).toContain('"note":"42P01"');
  });
});
