// How often one may ask, and what happens when Redis cannot be asked. How exact the window is: window.test.ts.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test, vi } from "vitest";
import { createLimiter } from "../../src/adapters/redis/limiter.ts";
import { type App, createApp } from "../../src/app.ts";
import { aHouse, type House, sendTo } from "../support/house.ts";
import { aPerson, aSessionToken, type Person } from "../support/people.ts";

let house: House;

beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());
// The library reads Date: it stands still as the house's clock does, however slow the machine.
beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: house.clock.now() }));
afterEach(() => {
  vi.useRealTimers();
  house.upstash.setFault(undefined);
});

/** The house with Cloudflare's binding: `fate` says what it answers, and each key it is asked for is noted. */
function withFloor(fate: (key: string) => boolean): { app: App; asked: string[] } {
  const asked: string[] = [];
  const { url, token } = house.upstash;
  const floor = {
    limit: async ({ key }: { key: string }) => {
      asked.push(key);
      return { success: fate(key) };
    },
  };
  const limiter = createLimiter({ url, token, now: house.clock.now, floor });
  return { app: createApp({ ...house.tools, limiter }), asked };
}

const READ = "/crm/marketing/token-status";
const ACT = "/crm/auth/meta/url";

const bearer = async (person: Person) => ({
  authorization: `Bearer ${await aSessionToken(person, { now: house.clock.now() })}`,
});
const ask = (path: string, headers: Record<string, string>, app = house.app) =>
  sendTo(app, path, { headers, redirect: "manual" });
const statuses = async (count: number, one: (index: number) => Promise<Response>) => {
  const found: number[] = [];
  for (let index = 0; index < count; index += 1) found.push((await one(index)).status);
  return found;
};
const times = (status: number, count: number) => Array.from({ length: count }, () => status);

describe("whose allowance it is", () => {
  it("defect 117: is a user's: what the caller writes into headers is no new one", async () => {
    const headers = await bearer(await aPerson(house));
    const wish = (index: number) => ({
      ...headers,
      "x-tenant-id": ["default", "", `tenant-${index}`, "1"][index % 4] ?? "",
      "x-forwarded-for": `198.51.100.${index}`,
      "x-real-ip": `198.51.100.${index}`,
    });
    const found = await statuses(24, (index) => ask(ACT, wish(index)));
    expect(found.slice(0, 20)).not.toContain(429);
    // A tenant of others is 403 before it is 429; nothing is let through.
    expect(found.slice(20)).toEqual([429, 429, 403, 403]);
  });

  it("is another one for the same user's session in another tenant, and for another user", async () => {
    const person = await aPerson(house);
    const second = await aPerson(house, { userId: person.userId });
    await statuses(21, async () => ask(ACT, await bearer(person)));
    expect((await ask(ACT, await bearer(person))).status).toBe(429);
    expect((await ask(ACT, await bearer(second))).status).toBe(200);
    expect((await ask(ACT, await bearer(await aPerson(house)))).status).toBe(200);
  });
});

describe("without a session, the address counts", () => {
  const callback = (address: string, headers = {}) =>
    ask("/crm/auth/meta/callback?state=x&code=y", { "cf-connecting-ip": address, ...headers });

  it("at the callback, whatever X-Forwarded-For says; who is turned away goes back to the frontend", async () => {
    const answers = [];
    for (let call = 0; call < 61; call += 1)
      answers.push(await callback("203.0.113.1", { "x-forwarded-for": `198.51.100.${call}` }));
    expect(new Set(answers.slice(0, 60).map(({ headers }) => headers.get("location")))).toEqual(
      new Set([expect.stringMatching(/error=invalid_state/)]),
    );
    const last = answers[60];
    expect([last?.status, last?.headers.get("location")]).toEqual([
      302,
      expect.stringContaining("error=auth_failed&reason=too_many"),
    ]);
    expect(Number(last?.headers.get("retry-after") ?? last?.headers.get("x-ratelimit-reset"))).toBeGreaterThan(0);
    expect((await callback("203.0.113.2")).headers.get("location")).toMatch(/error=invalid_state/);
  });

  it("an IPv6 address stands for its /64", async () => {
    for (let call = 0; call < 60; call += 1) await callback(`2001:db8:7:7::${call.toString(16)}`);
    expect((await callback("2001:db8:7:7:ffff::1")).headers.get("location")).toMatch(/reason=too_many/);
    expect((await callback("2001:db8:7:8::1")).headers.get("location")).toMatch(/error=invalid_state/);
  });

  it("on /readyz", async () => {
    const ready = () => ask("/readyz", { "cf-connecting-ip": "203.0.113.3" });
    expect(await statuses(61, ready)).toEqual([...times(200, 60), 429]);
  });

  it("on paths that are nowhere, by the floor alone: Redis is not asked", async () => {
    const { app, asked } = withFloor((key) => !key.startsWith("203.0.113.4"));
    const before = house.upstash.requests();
    const refused = await ask("/nowhere", { "cf-connecting-ip": "203.0.113.4" }, app);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"]);
    expect((await ask("/nowhere", { "cf-connecting-ip": "203.0.113.5" }, app)).status).toBe(404);
    expect(asked).toEqual(["203.0.113.4:nowhere", "203.0.113.5:nowhere"]);
    expect(house.upstash.requests()).toBe(before);
  });
});

describe("the headers", () => {
  it("tell what Redis counted", async () => {
    const { headers } = await ask(READ, await bearer(await aPerson(house)));
    expect(Object.fromEntries(headers)).toMatchObject({
      ratelimit: expect.stringMatching(/^"minute";r=59;t=\d+$/),
      "ratelimit-policy": '"minute";q=60;w=60',
      "x-ratelimit-limit": "60",
      "x-ratelimit-remaining": "59",
      "x-ratelimit-reset": expect.stringMatching(/^\d+$/),
    });
  });

  it("promise nothing on the floor but the floor", async () => {
    const { app } = withFloor(() => true);
    house.upstash.setFault({ kind: "html" });
    const { headers } = await ask(READ, await bearer(await aPerson(house)), app);
    expect([headers.get("ratelimit-policy"), headers.get("ratelimit"), headers.get("x-ratelimit-limit")]).toEqual([
      '"floor";q=100;w=60',
      null,
      null,
    ]);
  });
});

const faults = [
  { kind: "latency", ms: 2_000 },
  { kind: "status", status: 500 },
  { kind: "status", status: 429 },
  { kind: "html" },
  { kind: "truncate", bytes: 5 },
  { kind: "reset-before" },
  { kind: "reset-after-execute" },
] as const;

describe("without Redis", () => {
  test.each(faults)("%j: reads go on, on the floor; what acts waits", async (fault) => {
    const { app, asked } = withFloor(() => true);
    const headers = await bearer(await aPerson(house));
    house.upstash.setFault(fault);
    expect((await ask(READ, headers, app)).status).toBe(200);
    const act = await ask(ACT, headers, app);
    expect([act.status, Number(act.headers.get("retry-after"))]).toEqual([503, 5]);
    expect(asked).toHaveLength(2);
  });

  it("the floor stops both with 429, and tells when to come again", async () => {
    const { app } = withFloor(() => false);
    const headers = await bearer(await aPerson(house));
    house.upstash.setFault({ kind: "reset-before" });
    for (const path of [READ, ACT]) {
      const answer = await ask(path, headers, app);
      expect([answer.status, answer.headers.get("retry-after"), answer.headers.get("ratelimit")]).toEqual([
        429,
        "60",
        '"floor";r=0;t=60',
      ]);
    }
  });

  it("a floor that fails is none", async () => {
    const { app } = withFloor(() => {
      throw new Error("no floor");
    });
    const headers = await bearer(await aPerson(house));
    house.upstash.setFault({ kind: "reset-before" });
    expect([(await ask(READ, headers, app)).status, (await ask(ACT, headers, app)).status]).toEqual([200, 503]);
  });

  it("a Redis that hangs is not waited for", async () => {
    const { app } = withFloor(() => true);
    const headers = await bearer(await aPerson(house));
    house.upstash.setFault({ kind: "latency", ms: 4_000 });
    const startedAt = performance.now();
    expect((await ask(READ, headers, app)).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(3_500);
  });
});
