// Every change that answers show renews what was kept of them: read, change, and read again in the same instant.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemCtx } from "../../src/context.ts";
import { listGaps } from "../../src/features/sync/runs.queries.ts";
import { demoAccountIds, demoCampaignIds } from "../world/meta/demo-ids.ts";
import { aHouse, type House } from "../support/house.ts";
import { aBrowser, aConnectedTenant, aPerson, as, type Person, startLogin } from "../support/people.ts";

let house: House;
let person: Person;

beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());
beforeEach(async () => {
  house.meta.faults.clear();
  house.queue.lose();
  person = await aConnectedTenant(house);
});

const reads = [
  "/crm/marketing/stats?time_range=last_30d",
  "/crm/marketing/stats/roi?time_range=last_30d",
  "/crm/marketing/campaigns?time_range=last_30d",
  `/crm/marketing/campaigns/${demoCampaignIds.miamiSmile}?time_range=last_30d`,
  `/crm/marketing/campaigns/${demoCampaignIds.miamiSmile}/insights?time_range=last_30d`,
];

const tagOf = async (path: string): Promise<string> => {
  const answer = await as(house, person).get(path);
  return answer.headers.get("etag") ?? `status ${answer.status}`;
};
const tags = () => Promise.all(reads.map(tagOf));

/** Which of the reads say something else after a change, asked in the same instant by who had all of them kept. */
async function changedBy(change: () => Promise<unknown>): Promise<string[]> {
  const before = await tags();
  expect(await tags()).toEqual(before);
  const instant = house.clock.now();
  await change();
  expect(house.clock.now()).toBe(instant);
  const after = await tags();
  return reads.filter((_, at) => before[at] !== after[at]);
}

const connect = async (accountId: string) => {
  const answer = await as(house, person).post("/crm/marketing/connect", { account_id: accountId });
  expect(answer.status).toBe(200);
};
/** Works off the queue as far as it goes without time passing: structure and the latest days. */
const deliver = async () => {
  while ((await house.queue.deliverDue()) > 0);
};
const reconnect = async () => {
  const { browser, back } = await startLogin(house, person, "approve", aBrowser(house));
  const answer = await browser.open(back);
  expect(answer.headers.get("location")).toContain("success=connected");
};
const dieAtMeta = () =>
  house.meta.faults.add({ match: /adaccounts/, fault: { kind: "graph-error", code: 190, subcode: 460 } });

describe("is read at once, although answers were kept:", { timeout: 60_000 }, () => {
  it("an account that is chosen", async () => {
    expect(await changedBy(() => connect(demoAccountIds.miami))).toEqual(expect.arrayContaining(reads.slice(0, 3)));
  });

  it("a second account", async () => {
    await connect(demoAccountIds.miami);
    await deliver();
    expect(await changedBy(() => connect(demoAccountIds.clinic))).toEqual(expect.arrayContaining(reads.slice(0, 3)));
  });

  it("what a sync brings: names, days, figures", async () => {
    await connect(demoAccountIds.miami);
    expect(await changedBy(deliver)).toEqual(reads);
  });

  it("a name that changed at Meta, or here", async () => {
    await connect(demoAccountIds.miami);
    await deliver();
    await house.sql("UPDATE meta_ads_campaigns SET name = 'Before' WHERE tenant_id = $1", [person.tenantId]);
    await house.sql("SELECT renew_answers($1)", [person.tenantId]);
    await house.sql("UPDATE sync_runs SET finished_at = now() WHERE tenant_id = $1", [person.tenantId]);
    house.queue.lose();
    const changed = await changedBy(async () => {
      expect((await as(house, person).post("/crm/marketing/sync", {})).status).toBe(202);
      await deliver();
    });
    expect(changed).toEqual(reads);
  });

  it("a token that died, and a new one", async () => {
    await connect(demoAccountIds.miami);
    await deliver();
    const dead = async () => {
      dieAtMeta();
      expect((await as(house, person).get("/crm/auth/meta/test-connection")).status).toBe(200);
    };
    expect(await changedBy(dead)).toEqual(reads);
    house.meta.faults.clear();
    expect(await changedBy(reconnect)).toEqual(reads);
  });

  it("a connection that ended", async () => {
    await connect(demoAccountIds.miami);
    await deliver();
    const disconnect = async () => {
      expect((await as(house, person).post("/crm/auth/meta/disconnect")).status).toBe(200);
    };
    expect(await changedBy(disconnect)).toEqual(reads);
  });

  it("what the CRM sends: a lead, its sale, a refund, the rate of its currency; and a setting", async () => {
    await connect(demoAccountIds.miami);
    await deliver();
    const post = (path: string, body: object) => async () => {
      const answer = await as(house, person).post(path, body);
      expect([path, [200, 201].includes(answer.status)], await answer.text()).toEqual([path, true]);
    };
    const touch = {
      occurred_at: "2026-11-20T12:00:00Z",
      channel: "meta_lead_form",
      campaign_id: demoCampaignIds.miamiSmile,
    };
    const lead = { external_id: "L1", created_at: "2026-11-20T12:00:00Z", touchpoints: [touch] };
    const sale = {
      external_id: "S1",
      lead_external_id: "L1",
      amount: 100,
      currency: "EUR",
      transaction_date: "2026-11-21",
    };
    expect(await changedBy(post("/crm/leads", lead))).toEqual(reads);
    expect(await changedBy(post("/crm/sales", sale))).toEqual(reads);
    const rates = [{ base: "EUR", quote: "USD", date: "2026-11-21", rate: "1.1" }];
    const refund = { kind: "refund", parent_external_id: "S1", amount: 40, transaction_date: "2026-11-22" };
    expect(await changedBy(post("/crm/fx-rates", { rates }))).toEqual(reads);
    expect(await changedBy(post("/crm/sales", refund))).toEqual(reads);
    const setting = async () => {
      const answer = await as(house, person).patch("/crm/marketing/settings", { timezone: "Asia/Tokyo" });
      expect(answer.status).toBe(200);
    };
    expect(await changedBy(setting)).toEqual(reads);
  });

  it("days that Meta no longer keeps, and only when there were any", async () => {
    await connect(demoAccountIds.miami);
    const ctx = systemCtx(house.tools, { tenantId: person.tenantId, requestId: "r", job: "test" });
    const forget = (oldest: string) => listGaps(ctx, demoAccountIds.miami, { oldest, through: "2026-11-22" });
    const version = async () => {
      const [row] = await house.sql("SELECT version FROM answer_versions WHERE tenant_id = $1", [person.tenantId]);
      return Number(row?.["version"]);
    };
    const before = await version();
    await forget("2020-01-01");
    expect(await version()).toBe(before);
    await forget("2026-11-01");
    expect(await version()).toBe(before + 1);
  });
});

it("another isolate knows of it too", async () => {
  const other = house.anotherIsolate().app;
  const [path = ""] = reads;
  const there = async () => (await as(house, person, { app: other }).get(path)).headers.get("etag");
  const before = await there();
  expect(await tagOf(path)).toBe(before);
  await connect(demoAccountIds.miami);
  const after = await there();
  expect(after).not.toBe(before);
  expect(await tagOf(path)).toBe(after);
});

it("answers do not depend on who in the tenant asks", async () => {
  await connect(demoAccountIds.miami);
  await deliver();
  const viewer = await aPerson(house, { tenantId: person.tenantId, role: "viewer" });
  for (const path of reads) {
    const asked = async (who: Person) =>
      (await as(house, who, { app: house.anotherIsolate().app }).get(path)).headers.get("etag");
    expect(await asked(viewer)).toBe(await asked(person));
  }
});
