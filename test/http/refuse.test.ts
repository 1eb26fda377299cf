// The limits' policy by itself, with a limiter that answers as told: who goes on, who waits, and what the headers say. With
// the house around it: allowance.test.ts.
import { Hono } from "hono";
import { beforeEach, describe, expect, it, test } from "vitest";
import type { Allowance, Tools } from "../../src/context.ts";
import { limitAddress, refuse, refuseAddress, refuseWanderer, type RouteClass } from "../../src/http/allowance.ts";
import type { Hall } from "../../src/http/hall.ts";
import { START } from "../support/clock.ts";

let allowance: Allowance | undefined;
let floor: boolean | undefined;
let calls: unknown[][];

beforeEach(() => {
  [allowance, floor, calls] = [undefined, undefined, []];
});

const tools = {
  now: () => START,
  limiter: {
    consume: async (...asked: unknown[]) => {
      calls.push(["count", ...asked]);
      return allowance;
    },
    standsOnFloor: async (...asked: unknown[]) => {
      calls.push(["floor", ...asked]);
      return floor;
    },
  },
} as unknown as Tools;

const from = { "cf-connecting-ip": "203.0.113.9", "x-forwarded-for": "198.51.100.1" };

/** What one request is told: the refusal, the headers, and the word for the log. */
async function ask(path: string, headers: Record<string, string> = from) {
  let told: unknown;
  let limiter: unknown;
  let isDone = false;
  const app = new Hono<Hall>()
    .use(async (c, next) => {
      c.set("tools", tools);
      await next();
      limiter = c.get("limiter");
    })
    .get("/class/:name", async (c) => {
      told = await refuse(c, { key: "k", perMinute: 20, routeClass: c.req.param("name") as RouteClass });
      return c.text("");
    })
    .get("/address", async (c) => {
      told = await refuseAddress(c, "health", 60);
      return c.text("");
    })
    .get("/wanderer", async (c) => {
      told = await refuseWanderer(c);
      return c.text("");
    })
    .get("/limited", limitAddress("act", 30), (c) => {
      isDone = true;
      return c.text("");
    })
    .onError((thrown, c) => {
      told = thrown;
      return c.text("", 418);
    });
  const answer = await app.request(path, { headers });
  const limits = [...answer.headers].filter(([name]) => name.includes("ratelimit"));
  return { told, limiter, isDone, headers: Object.fromEntries(limits) };
}

const tooMany = (seconds: number) => ({
  code: "request.too_many",
  message: `Demasiados pedidos. Probá de nuevo en ${seconds} segundos.`,
  details: { retryAfterSeconds: seconds },
});
const away = {
  code: "redis.unavailable",
  message: "Un servicio interno no responde. Probá de nuevo en unos minutos.",
};
const counted = (more: Partial<Allowance> = {}): Allowance => ({
  allowed: true,
  limit: 20,
  remaining: 5,
  resetAt: START + 30_000,
  ...more,
});

describe("what Redis counted", () => {
  it("goes on, with what is left in the headers; the floor is not asked", async () => {
    allowance = counted();
    expect(await ask("/class/act")).toMatchObject({
      told: undefined,
      limiter: "counted",
      headers: {
        ratelimit: '"minute";r=5;t=30',
        "ratelimit-policy": '"minute";q=20;w=60',
        "x-ratelimit-limit": "20",
        "x-ratelimit-remaining": "5",
        "x-ratelimit-reset": "30",
      },
    });
    expect(calls).toEqual([["count", "k", 20]]);
  });

  test.each([
    [30_000, 30],
    [29_001, 30],
    [1, 1],
    [0, 1],
    [-5_000, 1],
  ])("with %i ms to go, tells %i seconds", async (ms, seconds) => {
    allowance = counted({ allowed: false, remaining: 0, resetAt: START + ms });
    const { told, limiter, headers } = await ask("/class/read");
    expect([told, limiter]).toMatchObject([tooMany(seconds), "refused"]);
    expect(headers).toMatchObject({ ratelimit: `"minute";r=0;t=${seconds}`, "x-ratelimit-reset": String(seconds) });
  });
});

describe("without Redis", () => {
  test.each([
    ["read", undefined],
    ["callback", undefined],
    ["health", undefined],
    ["act", away],
  ] as const)("%s: %j", async (name, error) => {
    for (const [stands, limiter] of [
      [undefined, "away"],
      [true, "floor"],
    ] as const) {
      floor = stands;
      const answer = await ask(`/class/${name}`);
      expect(answer.limiter).toBe(limiter);
      expect(answer.headers).toEqual(stands ? { "ratelimit-policy": '"floor";q=100;w=60' } : {});
      const { code, message } = (answer.told ?? {}) as Partial<typeof away>;
      expect(code === undefined ? undefined : { code, message }).toEqual(error);
    }
    expect(calls.filter(([door]) => door === "floor")).toEqual([
      ["floor", "k"],
      ["floor", "k"],
    ]);
  });

  test.each(["read", "act", "callback", "health"])("the floor stops %s", async (name) => {
    floor = false;
    expect(await ask(`/class/${name}`)).toMatchObject({
      told: tooMany(60),
      limiter: "floor_refused",
      headers: { "ratelimit-policy": '"floor";q=100;w=60', ratelimit: '"floor";r=0;t=60' },
    });
  });
});

describe("by address", () => {
  it("the one that Cloudflare tells is counted for the path, and no other", async () => {
    allowance = counted({ allowed: false });
    expect((await ask("/address")).told).toMatchObject(tooMany(30));
    expect(calls).toEqual([["count", "203.0.113.9:/address", 60]]);
  });

  it("of IPv6, a /64 is one", async () => {
    await ask("/address", { "cf-connecting-ip": "2001:db8:1:2:3::4" });
    expect(calls[0]).toEqual(["count", "2001:db8:1:2::/64:/address", 60]);
  });

  test.each([{ "x-forwarded-for": "198.51.100.1" }, { "cf-connecting-ip": "" }])(
    "nobody is counted where Cloudflare tells none: %j",
    async (headers: Record<string, string>) => {
      allowance = counted({ allowed: false });
      floor = false;
      for (const path of ["/address", "/wanderer"]) expect((await ask(path, headers)).told).toBeUndefined();
      expect(calls).toEqual([]);
    },
  );

  it("who is nowhere stands on the floor alone", async () => {
    floor = false;
    expect((await ask("/wanderer")).told).toMatchObject(tooMany(60));
    expect(calls).toEqual([["floor", "203.0.113.9:nowhere"]]);
    floor = true;
    expect((await ask("/wanderer")).told).toBeUndefined();
  });

  it("a route is closed to who is refused, and open to the others", async () => {
    expect(await ask("/limited")).toMatchObject({ told: away, isDone: false });
    expect(calls[0]).toEqual(["count", "203.0.113.9:/limited", 30]);
    allowance = counted({ allowed: false });
    expect(await ask("/limited")).toMatchObject({ told: tooMany(30), isDone: false });
    allowance = counted();
    expect(await ask("/limited")).toMatchObject({ told: undefined, isDone: true });
  });
});
