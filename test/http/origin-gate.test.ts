// What a browser does for another site, under the cookie it has of us: every combination of content type, Origin and
// Sec-Fetch-Site, by cookie and by Bearer. Expected values are spelled out, not taken from the gate.
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import type { App } from "../../src/app.ts";
import { createApp } from "../../src/app.ts";
import { guard } from "../../src/http/guard.ts";
import { aHouse, FRONTEND_URL, type House, sendTo } from "../support/house.ts";
import { aPerson, aSessionToken } from "../support/people.ts";

let house: House;
let app: App;
let token: string;
let acts = 0;

beforeAll(async () => {
  house = await aHouse();
  const person = await aPerson(house);
  token = await aSessionToken(person, { now: house.clock.now() });
  // The gate stands before both: they are answered from memory.
  const membership = {
    tenantId: person.tenantId,
    role: "ceo",
    isDefault: true,
    sessionsValidFrom: null,
    answerVersion: 0,
  };
  const tools = { ...house.tools, listMemberships: async () => [membership], recordAudit: async () => undefined };
  const grown = createApp(tools).on(
    ["GET", "POST", "PUT", "PATCH", "DELETE"],
    "/test/acts",
    guard("marketing.read", 100_000),
    (c) => {
      acts += 1;
      return c.json({});
    },
  );
  app = grown.post(
    "/test/csv",
    guard("marketing.read", 100_000, { accepts: ["application/json", "text/csv"] }),
    (c) => {
      acts += 1;
      return c.json({});
    },
  ) as unknown as App;
});
afterAll(() => house.stop());
beforeEach(() => {
  acts = 0;
});

const types = [
  [undefined, false],
  ["application/json", true],
  ["application/json; charset=utf-8", true],
  ["APPLICATION/JSON", true],
  ["text/plain", false],
  ["text/plain; application/json", false],
  ["application/x-www-form-urlencoded", false],
  ["multipart/form-data; boundary=x", false],
  ["text/csv", false],
  ["application/csp-report", false],
  ["application/ld+json", false],
  ["application/octet-stream", false],
] as const;

const origins = [
  [undefined, "silent"],
  [FRONTEND_URL, "ours"],
  ["https://evil.example", "foreign"],
  ["null", "foreign"],
  [`${FRONTEND_URL}.evil.example`, "foreign"],
  [FRONTEND_URL.replace("https", "http"), "foreign"],
  [`${FRONTEND_URL}:8443`, "foreign"],
  [FRONTEND_URL.toUpperCase(), "foreign"],
] as const;

const sites = [
  [undefined, false],
  ["same-origin", true],
  ["same-site", true],
  ["cross-site", false],
  ["none", false],
] as const;

type Asked = { type?: string | undefined; origin?: string | undefined; site?: string | undefined };

const ask = (signIn: "cookie" | "bearer", { type, origin, site }: Asked, method = "POST", path = "/test/acts") =>
  sendTo(app, path, {
    method,
    headers: {
      ...(signIn === "cookie" ? { cookie: `access_token=${token}` } : { authorization: `Bearer ${token}` }),
      ...(type === undefined ? {} : { "content-type": type }),
      ...(origin === undefined ? {} : { origin }),
      ...(site === undefined ? {} : { "sec-fetch-site": site }),
    },
    // Bytes have no type of their own.
    ...(method === "GET" ? {} : { body: new TextEncoder().encode("{}") }),
  });

const codeOf = async (answer: Response) =>
  answer.status < 400 ? undefined : ((await answer.json()) as { error: { code: string } }).error.code;

it("a cookie acts from a page of ours alone, and with JSON alone: 480 combinations", async () => {
  let asked = 0;
  for (const [origin, whose] of origins)
    for (const [site, isNear] of sites)
      for (const [type, isJson] of types) {
        const before = acts;
        const answer = await ask("cookie", { type, origin, site });
        const isOurs = whose === "ours" || (whose === "silent" && isNear);
        const expected = isOurs
          ? isJson
            ? [200, undefined, 1]
            : [415, "request.unsupported_type", 0]
          : [403, "origin.forbidden", 0];
        expect([origin, site, type, answer.status, await codeOf(answer), acts - before]).toEqual([
          origin,
          site,
          type,
          ...expected,
        ]);
        asked += 1;
      }
  // Ours are the allowed Origin from everywhere, and a near page that says no Origin: seven, with three kinds of JSON each.
  expect([asked, acts]).toEqual([480, 21]);
}, 60_000);

it("a Bearer token, which no browser attaches by itself, acts from everywhere: 480 combinations", async () => {
  const statuses = new Map<number, number>();
  for (const [origin] of origins)
    for (const [site] of sites)
      for (const [type] of types) {
        const { status } = await ask("bearer", { type, origin, site });
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
  expect([[...statuses], acts]).toEqual([[[200, 480]], 480]);
}, 60_000);

describe("by cookie, for another site,", () => {
  test.each(["POST", "PUT", "PATCH", "DELETE"])("%s does nothing", async (method) => {
    const answer = await ask("cookie", { type: "application/json", origin: "https://evil.example" }, method);
    expect([answer.status, acts]).toEqual([403, 0]);
  });

  it("GET looks: it changes nothing, and the other site cannot read it", async () => {
    const answer = await ask("cookie", { origin: "https://evil.example", site: "cross-site" }, "GET");
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, null]);
  });

  it("an Authorization that is no Bearer token is no way around", async () => {
    for (const authorization of ["Bearer", "Bearer null", "Basic eA==", `Bearer ${token} x`]) {
      const headers = { authorization, cookie: `access_token=${token}`, origin: "https://evil.example" };
      const answer = await sendTo(app, "/test/acts", { method: "POST", headers });
      expect([authorization, answer.status, acts]).toEqual([authorization, 403, 0]);
    }
  });
});

it("a CSV passes where a route takes it, and an empty body needs no type", async () => {
  const ours = { origin: FRONTEND_URL };
  expect((await ask("cookie", { ...ours, type: "text/csv; header=present" }, "POST", "/test/csv")).status).toBe(200);
  expect((await ask("cookie", { ...ours, type: "text/plain" }, "POST", "/test/csv")).status).toBe(415);
  const headers = { cookie: `access_token=${token}`, origin: FRONTEND_URL };
  expect((await sendTo(app, "/test/acts", { method: "POST", headers })).status).toBe(200);
});

it("the gate speaks before the token is looked at, and a request without one is not signed in", async () => {
  const send = (headers: Record<string, string>) =>
    sendTo(app, "/test/acts", { method: "POST", headers: { ...headers, origin: "https://evil.example" } });
  expect((await send({ cookie: "access_token=x.y.z" })).status).toBe(403);
  expect((await send({})).status).toBe(401);
});
