import * as z from "zod";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { type App, createApp } from "../../src/app.ts";
import { AppError } from "../../src/errors.ts";
import { guard } from "../../src/http/guard.ts";
import { etag, kept } from "../../src/http/keep.ts";
import { reply } from "../../src/http/reply.ts";
import { seconds } from "../support/clock.ts";
import { aHouse, FRONTEND_URL, type House, sendTo } from "../support/house.ts";
import { aPerson, as, aSessionToken, type Person } from "../support/people.ts";

let house: House;
let app: App;
let person: Person;

/** What the routes below say, and how often they were asked. */
let says: unknown;
let asked = 0;
let during: () => Promise<unknown> | void;

beforeAll(async () => {
  house = await aHouse();
  const say = async () => {
    asked += 1;
    await during();
    return says;
  };
  app = createApp(house.tools)
    .get("/test/kept", guard("marketing.read", 1000), kept(), async (c) =>
      reply(c, z.unknown, await say(), { beside: { total: 1 } }),
    )
    .get("/test/kept/:id", guard("marketing.read", 1000), kept(), async (c) => reply(c, z.unknown, await say()))
    .get("/test/tagged", guard("marketing.read", 1000), etag(), async (c) =>
      reply(c, z.unknown, await say()),
    ) as unknown as App;
});
afterAll(() => house.stop());
beforeEach(async () => {
  [asked, says, during] = [0, { spend: 1 }, () => undefined];
  person = await aPerson(house);
});
afterEach(() => house.neon.setFault(undefined));

const get = (path: string, headers: Record<string, string> = {}, who = person) =>
  as(house, who, { app }).get(path, headers);
const tagOf = (answer: Response) => answer.headers.get("etag") ?? "";
const renew = ({ tenantId } = person) => house.sql("SELECT renew_answers($1)", [tenantId]);

describe("a kept answer", () => {
  it("is given again without a question to the database but who asks", async () => {
    const first = await get("/test/kept");
    const before = house.neon.requests();
    const again = await get("/test/kept");
    // The membership, and the audit row behind the answer.
    expect(house.neon.requests() - before).toBe(2);
    expect([first.status, again.status, asked]).toEqual([200, 200, 1]);
    expect(await again.text()).toBe(await first.text());
    expect(Object.fromEntries(again.headers)).toEqual({
      ...Object.fromEntries(first.headers),
      "x-request-id": expect.any(String),
      ratelimit: expect.any(String),
      "x-ratelimit-remaining": expect.any(String),
      "x-ratelimit-reset": expect.any(String),
    });
  });

  it("is audited and counted like any other", async () => {
    const answers = [await get("/test/kept"), await get("/test/kept"), await get("/test/kept")];
    expect(answers.map(({ headers }) => headers.get("ratelimit")?.split(";")[1])).toEqual(["r=999", "r=998", "r=997"]);
    const rows = await house.sql("SELECT action, outcome FROM audit_log WHERE tenant_id = $1", [person.tenantId]);
    expect(rows).toEqual(Array.from({ length: 3 }, () => ({ action: "GET /test/kept", outcome: "success" })));
  });

  it("lives for a minute", async () => {
    await get("/test/kept");
    house.clock.advance(seconds(59));
    await get("/test/kept");
    expect(asked).toBe(1);
    house.clock.advance(seconds(1));
    await get("/test/kept");
    expect(asked).toBe(2);
  });

  it("is given no longer when something of the tenant has changed", async () => {
    await get("/test/kept");
    says = { spend: 2 };
    await renew();
    expect(await (await get("/test/kept")).json()).toMatchObject({ data: { spend: 2 } });
    await renew(await aPerson(house));
    await get("/test/kept");
    expect(asked).toBe(2);
  });

  it("that was being made while something changed is not given afterwards", async () => {
    during = () => renew();
    await get("/test/kept");
    during = () => undefined;
    says = { spend: 2 };
    expect(await (await get("/test/kept")).json()).toMatchObject({ data: { spend: 2 } });
  });

  it("is the tenant's: all its people get it, its neighbours never", async () => {
    const viewer = await aPerson(house, { tenantId: person.tenantId, role: "viewer" });
    const neighbour = await aPerson(house);
    await get("/test/kept");
    await get("/test/kept", {}, viewer);
    expect(asked).toBe(1);
    says = { spend: 2 };
    expect(await (await get("/test/kept", {}, neighbour)).json()).toMatchObject({ data: { spend: 2 } });
  });

  it("is refused to who may not see it", async () => {
    await get("/test/kept");
    const guest = await aPerson(house, { tenantId: person.tenantId, role: "guest" });
    expect((await get("/test/kept", {}, guest)).status).toBe(403);
    expect((await sendTo(app, "/test/kept")).status).toBe(401);
    await house.sql("UPDATE memberships SET status = 'disabled' WHERE user_id = $1", [person.userId]);
    expect((await get("/test/kept")).status).toBe(403);
  });

  it("is that of its path and its query, in whatever order the query comes", async () => {
    await get("/test/kept?a=1&b=2");
    await get("/test/kept?b=2&a=1");
    expect(asked).toBe(1);
    for (const other of ["?a=1", "?a=2&b=1", "?a=1&b=2&b=3", "?a=1&b=3&b=2", "?a=1%26b%3D2", "/7", "/7?a=1", "/8"])
      await get(`/test/kept${other}`);
    expect(asked).toBe(9);
  });

  it("is no failure: what went wrong is asked again", async () => {
    during = () => {
      throw new AppError("campaign.not_found", "No.");
    };
    const answer = await get("/test/kept");
    expect([answer.status, answer.headers.get("etag"), answer.headers.get("cache-control")]).toEqual([
      404,
      null,
      "no-store",
    ]);
    during = () => undefined;
    expect((await get("/test/kept")).status).toBe(200);
  });

  it("is no CSV", async () => {
    const answer = await get("/test/kept", { accept: "text/csv" });
    await get("/test/kept", { accept: "text/csv" });
    expect([answer.headers.get("etag"), asked]).toEqual([null, 2]);
  });

  it("is not kept when it is huge, but has its tag", async () => {
    says = "x".repeat(2 * 1024 * 1024);
    const first = await get("/test/kept");
    await get("/test/kept");
    expect(asked).toBe(2);
    expect((await get("/test/kept", { "if-none-match": tagOf(first) })).status).toBe(304);
  });
});

describe.each(["/test/kept", "/test/tagged"])("the ETag of %s", (path) => {
  it("speaks of what is said, not of when", async () => {
    const first = await get(path);
    house.clock.advance(seconds(61));
    const later = await get(path);
    expect(tagOf(first)).toMatch(/^"[\w-]{27}"$/);
    expect(tagOf(later)).toBe(tagOf(first));
    expect(await later.text()).not.toBe(await first.text());
    says = { spend: 2 };
    house.clock.advance(seconds(61));
    expect(tagOf(await get(path))).not.toBe(tagOf(first));
  });

  it("is not deceived by data that speak of times themselves", async () => {
    says = { timestamp: "2020-01-01T00:00:00.000Z", text: '"timestamp":"2020-01-01T00:00:00.000Z"' };
    const first = tagOf(await get(path));
    says = { timestamp: "2021-01-01T00:00:00.000Z", text: '"timestamp":"2020-01-01T00:00:00.000Z"' };
    await renew();
    expect(tagOf(await get(path))).not.toBe(first);
  });

  it("comes with what caches must know, and private", async () => {
    const answer = await get(path, { origin: FRONTEND_URL });
    expect(answer.headers.get("cache-control")).toBe("private, no-cache");
    expect(answer.headers.get("content-type")).toBe("application/json");
    const vary = (answer.headers.get("vary") ?? "").split(", ");
    expect(vary.sort()).toEqual(["Accept", "Authorization", "Cookie", "Origin", "X-Tenant-ID"]);
    expect(answer.headers.get("access-control-expose-headers")).toContain("ETag");
  });

  it("that one has already is answered with 304, the same headers and nothing else", async () => {
    const first = await get(path, { origin: FRONTEND_URL });
    house.clock.advance(seconds(61));
    const again = await get(path, { origin: FRONTEND_URL, "if-none-match": tagOf(first) });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe("");
    const { "content-type": _, ...headers } = Object.fromEntries(first.headers);
    expect(Object.fromEntries(again.headers)).toEqual({
      ...headers,
      "x-request-id": expect.any(String),
      ratelimit: expect.any(String),
      "x-ratelimit-remaining": expect.any(String),
      "x-ratelimit-reset": expect.any(String),
    });
  });

  test.each([
    ["a list", (tag: string) => `"other", ${tag}`, 304],
    ["a weak tag", (tag: string) => `W/${tag}`, 304],
    ["a weak list without blanks", (tag: string) => `"a",W/${tag},"b"`, 304],
    ["anything", () => "*", 304],
    ["another tag", () => '"other"', 200],
    ["a tag without quotes", (tag: string) => tag.slice(1, -1), 200],
    ["a part of the tag", (tag: string) => `${tag.slice(0, -2)}"`, 200],
    ["nothing", () => "", 200],
  ])("compares with %s", async (_, condition, status) => {
    const first = await get(path);
    expect((await get(path, { "if-none-match": condition(tagOf(first)) })).status).toBe(status);
  });

  it("is not for answers that are none", async () => {
    during = () => {
      throw new AppError("campaign.not_found", "No.");
    };
    expect((await get(path, { "if-none-match": "*" })).status).toBe(404);
  });

  it("answers HEAD as it answers GET, without the body", async () => {
    const full = await get(path);
    const head = await sendTo(app, path, {
      method: "HEAD",
      headers: { authorization: `Bearer ${await aSessionToken(person, { now: house.clock.now() })}` },
    });
    expect([head.status, await head.text(), tagOf(head)]).toEqual([200, "", tagOf(full)]);
  });
});

it("a tagged answer is made anew each time", async () => {
  await get("/test/tagged");
  await get("/test/tagged");
  expect(asked).toBe(2);
});
