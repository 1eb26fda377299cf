// X-Admin-Token: asked of the machine's role when it writes, where ADMIN_TOKEN is set, and of nobody else.
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { createSecretCheck } from "../../src/lib/same-secret.ts";
import { createApp } from "../../src/app.ts";
import { guardedRoutes } from "../support/every-route.ts";
import { aHouse, type House } from "../support/house.ts";
import { aPerson, aSessionToken, as, type Person } from "../support/people.ts";

const [old, fresh] = ["the-old-admin-token-0123", "the-new-admin-token-4567"];

let house: House;
let machine: Person;

beforeAll(async () => {
  house = await aHouse({ variables: { ADMIN_TOKEN: `${fresh}, ${old}` } });
  machine = await aPerson(house, { role: "crm" });
  // The first request of all warms the house up: whatever acts does not wait for a limiter that is slow.
  await as(house, machine).get("/crm/marketing/stats");
});
afterAll(() => house.stop());

const sell = (who: Person, headers: Record<string, string> = {}, app = house.app) =>
  as(house, who, { app }).post("/crm/leads", { external_id: crypto.randomUUID(), first_name: "Ana" }, headers);
const codeOf = async (answer: Response) => ((await answer.json()) as { error?: { code: string } }).error?.code;

describe("the machine of the main CRM", () => {
  test.each([
    ["the new token", fresh],
    ["the old one, while it is changed", old],
  ])("writes with %s", async (_, token) => {
    expect((await sell(machine, { "x-admin-token": token })).status).toBe(201);
  });

  test.each([
    ["nothing", undefined],
    ["an empty token", ""],
    ["blanks", "   "],
    ["most of it", fresh.slice(0, -1)],
    ["more than it", `${fresh}x`],
    ["capitals", fresh.toUpperCase()],
    ["both", `${fresh}, ${old}`],
    ["one of another time", "the-oldest-admin-token-89"],
    ["undefined", "undefined"],
  ])("is refused with %s", async (_, token) => {
    const answer = await sell(machine, token === undefined ? {} : { "x-admin-token": token });
    expect([answer.status, await codeOf(answer)]).toEqual([401, "admin_token.invalid"]);
    expect(await house.sql("SELECT FROM leads WHERE tenant_id = $1 AND first_name = 'x'", [machine.tenantId])).toEqual(
      [],
    );
  });

  it("writes nowhere without it", async () => {
    const token = await aSessionToken(machine, { now: house.clock.now() });
    const writes = guardedRoutes(house.app).filter(({ permission }) => permission === "crm.write");
    expect(writes.length).toBeGreaterThan(7);
    for (const { method, path } of writes) {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const answer = await house.request(path, { method, headers, body: "{}" });
      expect([method, path, answer.status, await codeOf(answer)]).toEqual([method, path, 401, "admin_token.invalid"]);
    }
  });

  it("reads without it, and the token opens nothing by itself", async () => {
    expect((await as(house, machine).get("/crm/marketing/stats")).status).toBe(200);
    const alone = await house.request("/crm/leads", {
      method: "POST",
      headers: { "x-admin-token": fresh },
      body: "{}",
    });
    expect(alone.status).toBe(401);
    const viewer = await aPerson(house, { role: "viewer" });
    expect((await sell(viewer, { "x-admin-token": fresh })).status).toBe(403);
  });

  it("leaves an audit row of being refused, and no token in it or in the log", async () => {
    const other = await aPerson(house, { role: "crm" });
    await sell(other, { "x-admin-token": "a-guess-that-nobody-should-see" });
    const rows = await house.sql("SELECT * FROM audit_log WHERE tenant_id = $1", [other.tenantId]);
    expect(rows).toMatchObject([{ outcome: "refused", http_status: 401 }]);
    expect(JSON.stringify(rows) + house.logs.join()).not.toContain("a-guess-that-nobody-should-see");
  });
});

it("people are not asked: the frontend goes on with a token, with an old one, and without", async () => {
  const closer = await aPerson(house, { role: "closer" });
  for (const headers of [{}, { "x-admin-token": fresh }, { "x-admin-token": "compiled-into-a-bundle-long-ago" }])
    expect((await sell(closer, headers)).status).toBe(201);
});

it("without ADMIN_TOKEN nobody is asked, and a token that is sent is not looked at", async () => {
  const app = createApp({ ...house.tools, isAdminToken: undefined });
  expect((await sell(machine, {}, app)).status).toBe(201);
  expect((await sell(machine, { "x-admin-token": "anything" }, app)).status).toBe(201);
  const none = createApp({ ...house.tools, isAdminToken: createSecretCheck([]) });
  expect((await sell(machine, { "x-admin-token": "" }, none)).status).toBe(401);
});
