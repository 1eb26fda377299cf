// The limiter by itself, on the emulator's Redis: what it counts, what it remembers, and when it does not know.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test, vi } from "vitest";
import { createLimiter } from "../../../src/adapters/redis/limiter.ts";
import { type Clock, createClock, seconds } from "../../support/clock.ts";
import { startEmulator } from "../../world/redis/emulator/emulator.ts";
import type { Redis } from "../../world/redis/reply.ts";
import { startUpstashDoor, type UpstashDoor } from "../../world/redis/upstash-door.ts";

let redis: Redis;
let door: UpstashDoor;
let clock: Clock;
let turn = 0;
/** Nobody else's. */
let key: string;

beforeAll(async () => {
  redis = await startEmulator({ now: () => clock.now() });
  door = await startUpstashDoor({ redis, token: "limiter" });
});
afterAll(async () => {
  await door.stop();
  await redis.stop();
});
beforeEach(() => {
  clock = createClock();
  key = `somebody-${(turn += 1)}`;
  // The library reads Date.
  vi.useFakeTimers({ toFake: ["Date"], now: clock.now() });
});
afterEach(() => {
  vi.useRealTimers();
  door.setFault(undefined);
});

const pass = (ms: number) => {
  clock.advance(ms);
  vi.setSystemTime(clock.now());
};
const aLimiter = (more: Partial<Parameters<typeof createLimiter>[0]> = {}) =>
  createLimiter({ url: door.url, token: door.token, now: () => clock.now(), deadlineMs: 5_000, ...more });

describe("what is counted", () => {
  it("goes down to nothing, and then it is no; another key and another limit are others", async () => {
    const limiter = aLimiter();
    const told = [];
    for (let ask = 0; ask < 4; ask += 1) told.push(await limiter.consume(key, 3));
    expect(told.map((one) => [one?.allowed, one?.limit, one?.remaining])).toEqual([
      [true, 3, 2],
      [true, 3, 1],
      [true, 3, 0],
      [false, 3, 0],
    ]);
    const resetAt = told[0]?.resetAt ?? 0;
    expect(resetAt - clock.now()).toBeGreaterThan(0);
    expect(resetAt - clock.now()).toBeLessThanOrEqual(seconds(60));
    expect(await limiter.consume(`${key}-other`, 3)).toMatchObject({ allowed: true, remaining: 2 });
    expect(await limiter.consume(key, 4)).toMatchObject({ allowed: true, limit: 4, remaining: 3 });
  });

  it("lies in Redis under its limit, for every isolate", async () => {
    for (let ask = 0; ask < 2; ask += 1) await aLimiter().consume(key, 2);
    expect(await aLimiter().consume(key, 2)).toMatchObject({ allowed: false });
    const keys = await redis.execute(["KEYS", `*${key}*`]);
    expect(keys).toEqual([expect.stringMatching(`^limit:2:${key}:`)]);
  });

  it("is a minute that slides: after two of them all is free again", async () => {
    const limiter = aLimiter();
    for (let ask = 0; ask < 3; ask += 1) await limiter.consume(key, 2);
    pass(seconds(120));
    expect(await limiter.consume(key, 2)).toMatchObject({ allowed: true, remaining: 1 });
  });
});

describe("a refusal", () => {
  const refused = async (limiter = aLimiter()) => {
    for (let ask = 0; ask < 2; ask += 1) await limiter.consume(key, 2);
    const allowance = await limiter.consume(key, 2);
    expect(allowance).toMatchObject({ allowed: false });
    return { limiter, allowance, asked: door.requests() };
  };

  it("is remembered for a quarter of the time in which a place becomes free, and not a moment longer", async () => {
    const { limiter, allowance, asked } = await refused();
    pass(60_000 / 2 / 4 - 1);
    expect(await limiter.consume(key, 2)).toBe(allowance);
    expect(door.requests()).toBe(asked);
    pass(1);
    expect(await limiter.consume(key, 2)).toMatchObject({ allowed: false });
    expect(door.requests()).toBe(asked + 1);
  });

  it("is one key's, at one limit", async () => {
    const { limiter, asked } = await refused();
    expect(await limiter.consume(`${key}-other`, 2)).toMatchObject({ allowed: true });
    expect(await limiter.consume(key, 5)).toMatchObject({ allowed: true });
    expect(door.requests()).toBeGreaterThanOrEqual(asked + 2);
  });

  it("is all that is remembered: what is let through is counted each time", async () => {
    const limiter = aLimiter();
    await limiter.consume(key, 100);
    const asked = door.requests();
    expect(await limiter.consume(key, 100)).toMatchObject({ remaining: 98 });
    expect(door.requests()).toBe(asked + 1);
  });

  /** An isolate that keeps two in mind. */
  const scarce = () => {
    const limiter = aLimiter({ remembered: 2 });
    const refuseOnce = async (name: string) => {
      for (let ask = 0; ask < 2; ask += 1) await limiter.consume(name, 1);
    };
    /** How often Redis is asked about a refusal. */
    const questions = async (name: string) => {
      const before = door.requests();
      expect(await limiter.consume(name, 1)).toMatchObject({ allowed: false });
      return door.requests() - before;
    };
    return { limiter, refuseOnce, questions, one: `${key}-one`, two: `${key}-two`, three: `${key}-three` };
  };

  it("that is over takes nobody's place", async () => {
    const { limiter, refuseOnce, questions, one, two, three } = scarce();
    await refuseOnce(one);
    pass(seconds(120));
    expect(await limiter.consume(one, 1)).toMatchObject({ allowed: true });
    await refuseOnce(two);
    await refuseOnce(three);
    expect([await questions(two), await questions(three)]).toEqual([0, 0]);
  });

  it("is one of as many as an isolate keeps in mind; then its memory begins anew", async () => {
    const { refuseOnce, questions, one, two, three } = scarce();
    await refuseOnce(one);
    await refuseOnce(two);
    expect([await questions(one), await questions(two)]).toEqual([0, 0]);
    await refuseOnce(three);
    expect([await questions(three), await questions(one), await questions(two)]).toEqual([0, 1, 1]);
  });
});

describe("it is not known", () => {
  test.each([
    { kind: "status", status: 500 },
    { kind: "html" },
    { kind: "reset-before" },
    { kind: "latency", ms: 1_000 },
  ] as const)("while Redis has %j; afterwards it is", async (fault) => {
    const limiter = aLimiter({ deadlineMs: 300 });
    door.setFault(fault);
    expect(await limiter.consume(key, 2)).toBeUndefined();
    door.setFault(undefined);
    await vi.waitFor(async () => expect(await limiter.consume(key, 2)).toMatchObject({ allowed: true }));
  });

  it("when two requests together take too long, though neither does", async () => {
    const limiter = aLimiter({ deadlineMs: 1_000 });
    // Redis forgets the script: it is asked once more, with the whole of it.
    await redis.execute(["SCRIPT", "FLUSH"]);
    const asked = door.requests();
    door.setFault({ kind: "latency", ms: 700 });
    expect(await limiter.consume(key, 2)).toBeUndefined();
    expect(door.requests()).toBeGreaterThan(asked);
  });

  it("after a quarter of a second, where nobody says how long", async () => {
    const { url, token } = door;
    const limiter = createLimiter({ url, token, now: clock.now });
    door.setFault({ kind: "latency", ms: 3_000 });
    const began = performance.now();
    expect(await limiter.consume(key, 2)).toBeUndefined();
    const waited = performance.now() - began;
    expect(waited).toBeGreaterThan(200);
    expect(waited).toBeLessThan(2_500);
  });
});

describe("the floor", () => {
  it("is asked for the key, and says what it says", async () => {
    const asked: unknown[] = [];
    const says = (success: boolean) => ({
      limit: async (what: unknown) => {
        asked.push(what);
        return { success };
      },
    });
    expect(await aLimiter({ floor: says(true) }).standsOnFloor("one")).toBe(true);
    expect(await aLimiter({ floor: says(false) }).standsOnFloor("two")).toBe(false);
    expect(asked).toEqual([{ key: "one" }, { key: "two" }]);
  });

  it("may be none, or fail: then nobody knows", async () => {
    expect(await aLimiter().standsOnFloor("one")).toBeUndefined();
    const fails = { limit: () => Promise.reject(new Error("no floor")) };
    expect(await aLimiter({ floor: fails }).standsOnFloor("one")).toBeUndefined();
  });
});
