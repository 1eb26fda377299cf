// How large a request may be: what is too long is refused before anything reads it, and with all the headers of an answer.
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { createApp } from "../../src/app.ts";
import type { App } from "../../src/app.ts";
import { aHouse, FRONTEND_URL, type House, sendTo } from "../support/house.ts";
import { aPerson, aSessionToken, as, type Person } from "../support/people.ts";

const MIB = 1024 * 1024;

let house: House;
let app: App;
let person: Person;
let looks = 0;

beforeAll(async () => {
  house = await aHouse();
  person = await aPerson(house);
  // The first request of all warms the house up: whatever acts does not wait for a limiter that is slow.
  await as(house, person).get("/crm/marketing/stats");
  const { verifySession } = house.tools;
  app = createApp({
    ...house.tools,
    verifySession: (token) => {
      looks += 1;
      return verifySession(token);
    },
  });
});
afterAll(() => house.stop());

const codeOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code;

/** As a client sends that does not know how long it will be; `pulled` tells how much of it was taken. */
function chunks(size: number, piece = 64 * 1024) {
  const taken = { bytes: 0 };
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (taken.bytes >= size) return controller.close();
      taken.bytes += piece;
      controller.enqueue(new Uint8Array(piece).fill(0x20));
    },
  });
  return { body, taken };
}

const send = (body: BodyInit, headers: Record<string, string> = {}) =>
  sendTo(app, "/crm/leads", {
    method: "POST",
    headers: { authorization: "Bearer x.y.z", "content-type": "application/json", origin: FRONTEND_URL, ...headers },
    body,
    duplex: "half",
  } as RequestInit);

describe("a body", () => {
  it("that says it is too long is 413, unread, before anybody is signed in", async () => {
    const { body, taken } = chunks(64 * MIB);
    const answer = await send(body, { "content-length": String(64 * MIB) });
    expect([answer.status, await codeOf(answer), looks]).toEqual([413, "request.too_large", 0]);
    // One piece stands ready before anybody asks.
    expect(taken.bytes).toBeLessThanOrEqual(64 * 1024);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "cache-control": "no-store",
      "access-control-allow-origin": FRONTEND_URL,
      "content-security-policy": expect.stringContaining("default-src 'none'"),
      "x-request-id": expect.any(String),
    });
  });

  it("that does not say how long it is is counted, and no more of it taken than needed", async () => {
    const { body, taken } = chunks(64 * MIB);
    const answer = await send(body);
    expect([answer.status, await codeOf(answer), looks]).toEqual([413, "request.too_large", 0]);
    expect(taken.bytes).toBeLessThan(2 * MIB);
  });

  it("that lies with Transfer-Encoding beside Content-Length is counted", async () => {
    const { body } = chunks(2 * MIB);
    const answer = await send(body, { "content-length": "2", "transfer-encoding": "chunked" });
    expect(answer.status).toBe(413);
  });

  test.each([
    ["whole", (text: string) => text],
    ["in chunks", (text: string) => new Blob([text]).stream()],
  ])("of 1 MiB, %s, is read", async (_, pack) => {
    const lead = JSON.stringify({ external_id: crypto.randomUUID(), first_name: "Ana" });
    const authorization = `Bearer ${await aSessionToken(person, { now: house.clock.now() })}`;
    expect((await send(pack(lead.padEnd(MIB)), { authorization })).status).toBe(201);
    expect((await send(pack(lead.padEnd(MIB + 1)), { authorization })).status).toBe(413);
  });
});

describe("a head", () => {
  it("may be as long as one is", async () => {
    const answer = await sendTo(app, `/healthz?${"x".repeat(4_000)}`, { headers: { cookie: "x".repeat(8_000) } });
    expect(answer.status).toBe(200);
  });

  test.each([
    ["address", 414, "request.uri_too_long", `/crm/marketing/stats?${"x".repeat(8_192)}`, {}],
    ["header", 431, "request.headers_too_large", "/crm/marketing/stats", { cookie: "x".repeat(32_768) }],
    [
      "list of headers",
      431,
      "request.headers_too_large",
      "/crm/marketing/stats",
      Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`x-header-number-${at}`, "x".repeat(40)])),
    ],
  ])("with too long a %s is %i", async (_, status, code, path, headers) => {
    const answer = await sendTo(app, path, { headers: headers as Record<string, string> });
    expect([answer.status, await codeOf(answer), looks]).toEqual([status, code, looks]);
  });
});
