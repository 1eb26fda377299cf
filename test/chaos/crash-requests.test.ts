// The isolate that answers a request dies at its n-th call to the outside, for every n there is; whoever asked asks again
// and is served by a fresh one.
import { afterAll, beforeAll, expect } from "vitest";
import { leads } from "../../src/adapters/db/schema/crm.ts";
import { minutes, seconds } from "../support/clock.ts";
import type { Death } from "../support/fuse.ts";
import { aHouse, type House } from "../support/house.ts";
import { aBrowser, aConnectedTenant, aPerson, as, type Person, startLogin } from "../support/people.ts";
import { demoAccountIds } from "../world/meta/demo-ids.ts";
import { narrow } from "../features/sync/scene.ts";
import { expectSettled } from "../features/leads/crm.ts";
import { cell, isWhole } from "./cell.ts";
import { atEveryCall, clearSchedules } from "./crash.ts";
import { anOracle, expectHonest, type Oracle } from "./oracle.ts";

let house: House;
let oracle: Oracle;

beforeAll(async () => {
  house = await aHouse();
  oracle = await anOracle(house);
});
afterAll(() => house.stop());

/** Asks again as a client would that got no answer: at once, and while it is told to wait, later. */
async function askAgain(ask: () => Promise<Response>): Promise<Response> {
  for (let tries = 0; tries < 5; tries += 1) {
    const answer = await ask();
    await expectHonest(answer);
    if (answer.status !== 409) return answer;
    house.clock.advance(seconds(61));
  }
  throw new Error("The request is never taken again.");
}

const count = async (text: string, { tenantId }: Person) => Number((await house.sql(text, [tenantId]))[0]?.["count"]);

async function keyedWrite(
  death: Death,
  { path, body, person, action }: { path: string; body: object; person: Person; action: string },
) {
  const key = { "idempotency-key": crypto.randomUUID() };
  const end = await house.crash(death, ({ app }) => as(house, person, { app }).post(path, body, key));
  const { app } = house.anotherIsolate();
  const answer = await askAgain(() => as(house, person, { app }).post(path, body, key));
  // 201 of its own, or 200 where the one that died had acted.
  expect(answer.ok).toBe(true);
  const again = await as(house, person, { app }).post(path, body, key);
  expect([again.status, again.headers.get("idempotent-replayed")]).toEqual([answer.status, "true"]);
  await oracle.expectAudited({ person }, action);
  await oracle.expectNoSecrets({ person });
  await oracle.expectNeighbourAndTokens();
  await expectSettled(house, person.tenantId);
  return end;
}

cell(
  "F-key-crash-lead",
  "a lead sent again with its Idempotency-Key is one lead",
  async () => {
    const deaths = await atEveryCall(
      async (death) => {
        const person = await aPerson(house, { role: "crm" });
        const body = { first_name: "Ana", phone_number: "+5491155551234" };
        const end = await keyedWrite(death, { path: "/crm/leads", body, person, action: "POST /crm/leads" });
        expect(await count("SELECT count(*) FROM leads WHERE tenant_id = $1", person)).toBe(1);
        return end;
      },
      isWhole ? {} : { whens: ["after"] },
    );
    expect(deaths).toBeGreaterThan(isWhole ? 6 : 3);
  },
  { sample: true },
);

cell("F-key-crash-refund", "a refund sent again with its Idempotency-Key is given once", async () => {
  const deaths = await atEveryCall(async (death) => {
    const person = await aPerson(house, { role: "crm" });
    const sale = { external_id: "s-1", amount: "100", currency: "ARS", transaction_date: "2026-11-20" };
    expect((await as(house, person).post("/crm/sales", sale)).status).toBe(201);
    const path = "/crm/sales/external:s-1/refund";
    const action = "POST /crm/sales/:id/refund";
    const end = await keyedWrite(death, { path, body: { amount: "10" }, person, action });
    const refunds = "SELECT count(*) FROM sales_transactions WHERE tenant_id = $1 AND kind = 'refund'";
    expect(await count(refunds, person)).toBe(1);
    return end;
  });
  expect(deaths).toBeGreaterThan(6);
});

cell(
  "F-key-takeover-lead",
  "who wakes up after another request took the claim over changes nothing",
  async () => {
    const person = await aPerson(house, { role: "crm" });
    const { claims, tenantDb } = house.tools;
    const db = tenantDb(person.tenantId);
    const claim = { key: "k", route: "POST /crm/leads", requestHash: "h", claimedAt: new Date(house.clock.now()) };
    expect(await claims.take(db, claim)).toBe("claimed");
    expect(await claims.take(db, { ...claim, claimedAt: new Date(house.clock.now() + minutes(2)) })).toBe("claimed");
    const asleep = claims.acting(db, claim);
    const lead = db.q.insert(leads).values({ tenantId: person.tenantId, id: crypto.randomUUID() });
    await expect(asleep.one(lead)).rejects.toMatchObject({ code: "internal.unexpected" });
    expect(await count("SELECT count(*) FROM leads WHERE tenant_id = $1", person)).toBe(0);
  },
  { sample: true },
);

const EXCHANGE = /oauth\/access_token/;

cell(
  "F-isolate-crash-callback",
  "the state is exchanged once at most, nothing half is kept, and the next login connects",
  async () => {
    const deaths = await atEveryCall(async (death) => {
      const person = await aPerson(house);
      const { browser, back } = await startLogin(house, person);
      const cookies = new Map(browser.jar);
      const before = house.meta.recorder.count(EXCHANGE);
      const end = await house.crash(death, async ({ app }) => {
        const dying = aBrowser(house, { app });
        for (const [name, value] of cookies) dying.jar.set(name, value);
        await dying.open(back);
      });
      // The browser loads the page again.
      const reloaded = (await browser.open(back)).headers.get("location") ?? "";
      expect(house.meta.recorder.count(EXCHANGE) - before).toBeLessThanOrEqual(2);
      if (!reloaded.includes("success=connected")) {
        expect(reloaded).toMatch(/error=invalid_state&reason=used/);
        const next = await startLogin(house, person);
        expect((await next.browser.open(next.back)).headers.get("location")).toContain("success=connected");
      }
      const status = await (await as(house, person).get("/crm/marketing/token-status")).json();
      expect(status).toMatchObject({ data: { connected: true, status: "active" } });
      expect((await as(house, person).get("/crm/marketing/meta-accounts")).status).toBe(200);
      await oracle.expectAudited({ person }, "connection.connected");
      await oracle.expectNoSecrets({ person });
      await oracle.expectNeighbourAndTokens();
      return end;
    });
    expect(deaths).toBeGreaterThan(15);
  },
);

cell("F-isolate-crash-connect", "the account is chosen once and its first sync comes", async () => {
  const accountId = demoAccountIds.miami;
  const range = { since: "2026-11-10", until: "2026-11-22" };
  const deaths = await atEveryCall(async (death) => {
    const person = await aConnectedTenant(house);
    const body = { account_id: accountId };
    const end = await house.crash(death, ({ app }) => as(house, person, { app }).post("/crm/marketing/connect", body));
    const answer = await as(house, person).post("/crm/marketing/connect", body);
    await expectHonest(answer);
    expect(answer.status).toBe(200);
    await narrow(house, person, range.since);
    await oracle.check({ person, accountId, range });
    expect(await count("SELECT count(*) FROM sync_runs WHERE tenant_id = $1", person)).toBe(1);
    await oracle.expectAudited({ person }, "POST /crm/marketing/connect");
    await clearSchedules(house);
    return end;
  });
  expect(deaths).toBeGreaterThan(6);
});

cell("F-isolate-crash-disconnect", "asked again, no token is left", async () => {
  const deaths = await atEveryCall(async (death) => {
    const person = await aConnectedTenant(house);
    const path = "/crm/auth/meta/disconnect";
    const end = await house.crash(death, ({ app }) => as(house, person, { app }).post(path));
    const answer = await askAgain(() => as(house, person).post(path));
    expect(answer.status).toBe(200);
    const left = await house.sql("SELECT FROM connections WHERE tenant_id = $1 AND token_sealed IS NOT NULL", [
      person.tenantId,
    ]);
    expect(left).toEqual([]);
    await oracle.expectNeighbourAndTokens();
    house.clock.advance(minutes(1));
    return end;
  });
  expect(deaths).toBeGreaterThan(6);
});
