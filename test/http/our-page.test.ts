// The origin gate by itself: who is a page of ours, what is a type of ours, and what a cookie may not do. With the house
// around it: origin-gate.test.ts.
import { Hono } from "hono";
import { describe, expect, it, test } from "vitest";
import type { Tools } from "../../src/context.ts";
import type { Hall } from "../../src/http/hall.ts";
import { onError } from "../../src/http/on-error.ts";
import { guardCookie, isOurPage, isOurType } from "../../src/http/origin-gate.ts";

const OURS = "https://crm.example.com";
const json = ["application/json"];

test.each([
  [OURS, undefined, true],
  [OURS, "cross-site", true],
  ["https://evil.example", undefined, false],
  ["https://evil.example", "same-origin", false],
  ["null", "same-site", false],
  ["", "same-origin", false],
  [undefined, "same-origin", true],
  [undefined, "same-site", true],
  [undefined, "cross-site", false],
  [undefined, "none", false],
  [undefined, "", false],
  [undefined, undefined, false],
])("Origin %s, Sec-Fetch-Site %s: %s", (origin, fetchSite, isOurs) => {
  expect(isOurPage({ origin, fetchSite }, [OURS])).toBe(isOurs);
});

test.each([
  [undefined, false, true],
  [undefined, true, false],
  ["application/json", true, true],
  ["application/json", false, true],
  [" Application/JSON ;charset=utf-8", true, true],
  ["text/plain; application/json", true, false],
  ["text/plain;application/json", true, false],
  ["", false, false],
  ["application/jsonx", true, false],
])("the type %j, with a body: %s, is ours: %s", (type, hasBody, isOurs) => {
  expect(isOurType(type, hasBody, json)).toBe(isOurs);
  expect(isOurType(type, hasBody, [])).toBe(type === undefined && isOurs);
});

describe("a cookie", () => {
  const app = new Hono<Hall>()
    .use((c, next) => {
      c.set("tools", { settings: { allowedOrigins: [OURS] } } as unknown as Tools);
      return next();
    })
    .all("/", (c) => {
      guardCookie(c, [...json, "text/csv"]);
      return c.text("done");
    })
    .onError(onError);
  const send = async (method: string, headers: Record<string, string>, body?: string) => {
    const answer = await app.request("/", {
      method,
      headers,
      ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
    });
    const text = await answer.text();
    return answer.ok ? text : (JSON.parse(text) as { error: unknown }).error;
  };

  it("looks from everywhere", async () => {
    const foreign = { origin: "https://evil.example", "sec-fetch-site": "cross-site", "content-type": "text/plain" };
    expect([await send("GET", foreign), await send("HEAD", foreign)]).toEqual(["done", ""]);
  });

  test.each(["POST", "PUT", "PATCH", "DELETE"])("%s acts from a page of ours, and from no other", async (method) => {
    const type = { "content-type": "application/json" };
    expect(await send(method, { ...type, origin: OURS }, "{}")).toBe("done");
    expect(await send(method, { ...type, "sec-fetch-site": "same-site" }, "{}")).toBe("done");
    for (const headers of [{}, { origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }])
      expect(await send(method, { ...type, ...headers }, "{}")).toMatchObject({
        code: "origin.forbidden",
        message: "Este sitio no puede hacer cambios en tu nombre.",
      });
  });

  it("sends the types of its route, and nothing where it has nothing to say", async () => {
    expect(await send("POST", { origin: OURS, "content-type": "text/csv" }, "a,b")).toBe("done");
    expect(await send("POST", { origin: OURS })).toBe("done");
    expect(await send("POST", { origin: OURS, "content-length": "0" }, "")).toBe("done");
    const refused = { code: "request.unsupported_type", message: "Se espera application/json o text/csv." };
    expect(await send("POST", { origin: OURS }, "{}")).toMatchObject(refused);
    expect(await send("POST", { origin: OURS, "content-type": "text/plain" }, "{}")).toMatchObject(refused);
  });
});
