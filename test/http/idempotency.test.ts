import * as z from "zod";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import type { App } from "../../src/app.ts";
import { createApp } from "../../src/app.ts";
import { AppError } from "../../src/errors.ts";
import { guard } from "../../src/http/guard.ts";
import { idempotent } from "../../src/http/idempotency.ts";
import { reply } from "../../src/http/reply.ts";
import { validate } from "../../src/http/validate.ts";
import { hours, seconds } from "../support/clock.ts";
import { aHouse, FRONTEND_URL, type House } from "../support/house.ts";
import { aPerson, as, type Person } from "../support/people.ts";

let house: House;
let app: App;
let person: Person;

/** What the route below does next, and how often it did something. */
let acts = 0;
let during: () => Promise<void> | void;
let status: 200 | 201;
let length: number;

beforeAll(async () => {
  house = await aHouse();
  const body = () => z.object({ name: z.string() });
  const act = async () => {
    acts += 1;
    await during();
    return { act: acts, padding: "x".repeat(length) };
  };
  const answer = () => z.object({ act: z.number(), padding: z.string() });
  const grown = createApp(house.tools)
    .post("/test/acts", guard("marketing.manage", 1000), validate("json", body), idempotent(), async (c) =>
      reply(c, answer, await act(), { status }),
    )
    .patch("/test/acts/:id", guard("marketing.manage", 1000), idempotent(), async (c) => reply(c, answer, await act()))
    .post("/test/others", guard("marketing.manage", 1000), idempotent(), async (c) => reply(c, answer, await act()));
  app = grown as unknown as App;
});
afterAll(() => house.stop());
beforeEach(async () => {
  [acts, length, status, during] = [0, 0, 200, () => undefined];
  person = await aPerson(house);
});
afterEach(() => house.neon.setFault(undefined));

const send = (key: string | undefined, body: unknown = { name: "Ana" }, path = "/test/acts", who = person) =>
  as(house, who, { app }).post(path, body, key === undefined ? {} : { "idempotency-key": key });

const codeOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code;
const isReplay = (answer: Response) => answer.headers.get("idempotent-replayed") === "true";
const rows = () =>
  house.sql<{ status: number | null; answer: string | null; claimed_at: Date }>(
    "SELECT status, answer, claimed_at FROM idempotency_keys WHERE tenant_id = $1",
    [person.tenantId],
  );

describe("the same request with the same key", () => {
  it("acts once and gets the same answer again, marked as a repetition", async () => {
    status = 201;
    const first = await send("k-1");
    const again = await send("k-1");
    expect([first.status, again.status, acts]).toEqual([201, 201, 1]);
    expect([isReplay(first), isReplay(again)]).toEqual([false, true]);
    expect(again.headers.get("content-type")).toBe("application/json");
    expect(await again.text()).toBe(await first.text());
  });

  it("acts once when sent many times at once; who comes meanwhile is told to wait", async () => {
    let finish = () => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));
    let begin = () => {};
    const begun = new Promise<void>((resolve) => (begin = resolve));
    during = () => {
      begin();
      return finished;
    };
    const first = send("k-1");
    await begun;
    const meanwhile = await Promise.all(Array.from({ length: 5 }, () => send("k-1")));
    expect(meanwhile.map(({ status }) => status)).toEqual([409, 409, 409, 409, 409]);
    expect(meanwhile[0]?.headers.get("retry-after")).toBe("1");
    expect(await codeOf(meanwhile[0] as Response)).toBe("idempotency.in_progress");
    finish();
    expect((await first).status).toBe(200);
    expect(isReplay(await send("k-1"))).toBe(true);
    expect(acts).toBe(1);
  });

  it("is claimed by one of many that arrive in the same instant", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => send("k-1")));
    expect(acts).toBe(1);
    expect(answers.filter((answer) => answer.status === 200 && !isReplay(answer))).toHaveLength(1);
    expect(answers.every((answer) => [200, 409].includes(answer.status))).toBe(true);
  });

  it("gets a refusal again too: 4xx is an answer", async () => {
    during = () => {
      throw new AppError("request.conflict", "No.");
    };
    expect(await codeOf(await send("k-1"))).toBe("request.conflict");
    during = () => undefined;
    const again = await send("k-1");
    expect([again.status, isReplay(again), acts]).toEqual([409, true, 1]);
    expect(await codeOf(again)).toBe("request.conflict");
  });

  it("acts again after what failed on our side", async () => {
    during = () => {
      throw new Error("boom");
    };
    expect((await send("k-1")).status).toBe(500);
    expect(await rows()).toEqual([]);
    during = () => undefined;
    const again = await send("k-1");
    expect([again.status, isReplay(again), acts]).toEqual([200, false, 2]);
  });

  it("acts again after 24 hours, and not before", async () => {
    await send("k-1");
    house.clock.advance(hours(24));
    expect(isReplay(await send("k-1"))).toBe(true);
    house.clock.advance(1);
    const later = await send("k-1", { name: "Luz" });
    expect([later.status, isReplay(later), acts]).toEqual([200, false, 2]);
  });

  it("answers a repetition shortly when the answer was too long to keep, and still acts once", async () => {
    length = 64 * 1024;
    expect((await send("k-1")).status).toBe(200);
    const again = await send("k-1");
    expect([again.status, isReplay(again), acts]).toEqual([200, true, 1]);
    expect(await again.json()).toMatchObject({ success: true, data: null, detail: expect.stringMatching(/larga/) });
    expect(await rows()).toMatchObject([{ status: 200, answer: null }]);
  });

  it("is PATCH too, each path by itself", async () => {
    const patch = (path: string) => as(house, person, { app }).patch(path, {}, { "idempotency-key": "k-1" });
    expect((await patch("/test/acts/7")).status).toBe(200);
    expect(isReplay(await patch("/test/acts/7"))).toBe(true);
    expect(await codeOf(await patch("/test/acts/8"))).toBe("idempotency.mismatch");
    expect(acts).toBe(1);
  });
});

describe("a key", () => {
  it("that was used for another body is refused", async () => {
    await send("k-1");
    const other = await send("k-1", { name: "Luz" });
    expect([other.status, await codeOf(other), acts]).toEqual([422, "idempotency.mismatch", 1]);
  });

  it("is a route's, a user's and a tenant's own", async () => {
    const colleague = await aPerson(house, { tenantId: person.tenantId });
    const neighbour = await aPerson(house);
    await send("k-1");
    const others = [
      await send("k-1", undefined, "/test/others"),
      await send("k-1", undefined, undefined, colleague),
      await send("k-1", undefined, undefined, neighbour),
    ];
    expect(others.map((answer) => [answer.status, isReplay(answer)])).toEqual([
      [200, false],
      [200, false],
      [200, false],
    ]);
    expect(acts).toBe(4);
  });

  it("is optional: without one each request acts and nothing is kept", async () => {
    await send(undefined);
    await send(undefined);
    expect(acts).toBe(2);
    expect(await rows()).toEqual([]);
  });

  test.each([
    ["empty", ""],
    ["longer than 255", "k".repeat(256)],
    ["not printable", "k\u0080"],
  ])("that is %s is 422 and nothing is done", async (_, key) => {
    const answer = await send(key);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      error: { code: "request.invalid", details: { fields: [{ field: "Idempotency-Key" }] } },
    });
    expect(acts).toBe(0);
  });

  it("may have 255 characters", async () => {
    const key = `${" ~".repeat(127)}k`.trim().padEnd(255, "k");
    await send(key);
    expect(isReplay(await send(key))).toBe(true);
  });

  it("is not spent on a request that is not valid", async () => {
    expect((await send("k-1", { name: 7 })).status).toBe(422);
    expect(await rows()).toEqual([]);
    expect((await send("k-1")).status).toBe(200);
  });

  it("is not spent by who may not act", async () => {
    const viewer = await aPerson(house, { tenantId: person.tenantId, role: "viewer" });
    expect((await send("k-1", undefined, undefined, viewer)).status).toBe(403);
    expect(await rows()).toEqual([]);
  });
});

describe("a request that died", () => {
  const die = () => {
    house.neon.setFault({ kind: "reset-before", match: /update "idempotency_keys"/ });
    return send("k-1");
  };

  it("is answered, and holds its key for a minute; then the same request takes it over", async () => {
    expect((await die()).status).toBe(200);
    expect(house.logs.join()).toContain("idempotency.lost");
    house.neon.setFault(undefined);
    expect(await codeOf(await send("k-1"))).toBe("idempotency.in_progress");
    house.clock.advance(seconds(60));
    expect(await codeOf(await send("k-1"))).toBe("idempotency.in_progress");
    house.clock.advance(1);
    expect(await codeOf(await send("k-1", { name: "Luz" }))).toBe("idempotency.mismatch");
    expect(isReplay(await send("k-1"))).toBe(false);
    expect(isReplay(await send("k-1"))).toBe(true);
    expect(acts).toBe(2);
  });

  it("that comes back to life after it was taken over changes nothing of the newer answer", async () => {
    let wake = () => {};
    const asleep = new Promise<void>((resolve) => (wake = resolve));
    let begin = () => {};
    const begun = new Promise<void>((resolve) => (begin = resolve));
    during = () => {
      begin();
      return asleep;
    };
    const first = send("k-1");
    await begun;
    house.clock.advance(seconds(61));
    during = () => undefined;
    const second = (await (await send("k-1")).json()) as { data: { act: number } };
    wake();
    await first;
    const kept = (await (await send("k-1")).json()) as { data: { act: number } };
    expect([second.data.act, kept.data.act]).toEqual([2, 2]);
  });
});

it("without a database nothing is done", async () => {
  house.neon.setFault({ kind: "status", status: 500, match: /"idempotency_keys"/ });
  expect((await send("k-1")).status).toBe(503);
  expect(acts).toBe(0);
});

it("the frontend may send the header and read the mark", async () => {
  const preflight = await house.request("/crm/marketing/sync", {
    method: "OPTIONS",
    headers: { origin: FRONTEND_URL, "access-control-request-method": "POST" },
  });
  expect(preflight.headers.get("access-control-allow-headers")).toContain("Idempotency-Key");
  const answer = await house.request("/healthz", { headers: { origin: FRONTEND_URL } });
  expect(answer.headers.get("access-control-expose-headers")).toContain("Idempotent-Replayed");
});
