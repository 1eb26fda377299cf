import { afterAll, afterEach, beforeAll, describe, expect, it, test } from "vitest";
import { systemCtx } from "../../../src/context.ts";
import { AppError } from "../../../src/errors.ts";
import { addMonths, dayIn } from "../../../src/lib/dates.ts";
import { noteFailure } from "../../../src/features/connection/connection.service.ts";
import type { FaultRule } from "../../world/meta/faults.ts";
import { demoAccountIds } from "../../world/meta/demo-ids.ts";
import { days, hours, minutes } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aConnectedTenant, as, type Person, startLogin } from "../../support/people.ts";
import { isWhole } from "../../chaos/cell.ts";
import { expectCovered, expectModel } from "./oracle.ts";
import { aTenantWithAFirstSync } from "./scene.ts";

// After each fault the tables must equal Meta row for row: nothing lost, nothing doubled, no slice skipped. `npm test` runs a
// short form, one sync over a few weeks; `npm run chaos` the long one, three syncs with restatements over three months.

let house: House;
const accountId = demoAccountIds.miami;
const FIRST_SINCE = isWhole ? "2026-08-20" : "2026-11-05";
const RANGE = { since: isWhole ? "2026-09-01" : "2026-11-05", until: "2026-11-22" };
const SYNCS = isWhole ? 3 : 1;

beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());
afterEach(async () => {
  house.meta.faults.clear();
  house.neon.setFault(undefined);
  house.neon.setRewrite(undefined);
  // The next test's cron has only its own account to look after.
  await house.sql("DELETE FROM sync_schedule");
  await house.sql("UPDATE sync_runs SET finished_at = now() WHERE finished_at IS NULL");
  house.queue.lose();
});

const aTenantToSync = () => aTenantWithAFirstSync(house, { accountId, since: FIRST_SINCE });

// The clock of this file only goes forward: what Meta keeps moves with it.
const today = () => dayIn("America/New_York", house.clock.now());

const lastRun = async ({ tenantId }: Person) => {
  const [run] = await house.sql("SELECT * FROM sync_runs WHERE tenant_id = $1 ORDER BY created_at DESC LIMIT 1", [
    tenantId,
  ]);
  return run;
};

/** The next batch of a worker falls asleep before its first statement, inside Postgres. */
function sleepBeforeTheNextWrite(seconds: number): void {
  let left = 1;
  house.neon.setRewrite((text) =>
    text.includes("hold_sync_lease") && left-- > 0
      ? text.replace("SELECT hold_sync_lease", `SELECT pg_sleep(${seconds}), hold_sync_lease`)
      : text,
  );
}

const INSIGHTS = new RegExp(`act_${accountId}/insights`);
const graphError = (code: number, more: object = {}) => ({ kind: "graph-error" as const, code, ...more });

describe("syncs with restatements equal Meta although", () => {
  const faults: [string, Omit<FaultRule, "match"> & { match?: RegExp }][] = [
    ["Meta does not answer in time", { times: 1, fault: { kind: "reset" } }],
    ["Meta executes and the answer is lost", { times: 2, fault: { kind: "reset-after-execute" } }],
    [
      "Meta asks to reduce the data (500, code 1)",
      {
        times: 4,
        fault: graphError(1, {
          status: 500,
          message: "Please reduce the amount of data you're asking for, then retry your request",
        }),
      },
    ],
    ["there are too many rows (100/1487534)", { times: 4, fault: graphError(100, { subcode: 1487534 }) }],
    [
      "the account is throttled for 21 minutes (80004)",
      { times: 2, fault: graphError(80004, { subcode: 2446079, minutesToWait: 21 }) },
    ],
    ["Meta is briefly out of order (2)", { times: 3, fault: graphError(2, { status: 503 }) }],
    ["the JSON is cut", { times: 3, fault: { kind: "truncate" } }],
    ["a 502 page comes instead of JSON", { times: 2, fault: { kind: "html" } }],
    ["the cursor repeats", { times: 6, fault: { kind: "loop-cursor" } }],
    ["numbers and ids change their types", { times: 3, fault: { kind: "wrong-types" } }],
    ["paging.next points to another host", { times: 3, fault: { kind: "foreign-next" } }],
    ["an insights call times out at Meta (100/1504018)", { times: 2, fault: graphError(100, { subcode: 1504018 }) }],
  ];
  // `npm run chaos` has them all.
  test.each(isWhole ? faults : faults.filter((_, at) => at % 3 === 0))(
    "%s",
    async (_, { match = INSIGHTS, ...fault }) => {
      const person = await aTenantToSync();
      for (let sync = 0; sync < SYNCS; sync += 1) {
        if (sync > 0) house.clock.advance(days(1) + hours(1));
        house.meta.faults.add({ match, ...fault });
        await house.settle();
      }
      // Every fault struck as often as it was to.
      expect(house.meta.faults.active()).toEqual([]);
      if (isWhole) {
        house.clock.advance(days(1) + hours(1));
        await house.settle();
        house.clock.advance(hours(1));
        await house.settle();
      }
      await expectModel(house, person.tenantId, accountId, { ...RANGE, until: RANGE.until });
      await expectCovered(house, person.tenantId, accountId, RANGE);
      expect(await lastRun(person)).toMatchObject({ status: "succeeded" });
    },
  );
});

describe("the queue", () => {
  it("may deliver every message three times", async () => {
    const person = await aTenantToSync();
    await house.settle({ copies: 3 });
    await expectModel(house, person.tenantId, accountId, RANGE);
    await expectCovered(house, person.tenantId, accountId, RANGE);
    const [runs] = await house.sql("SELECT count(*)::int FROM sync_runs WHERE tenant_id = $1", [person.tenantId]);
    expect(runs).toEqual({ count: 1 });
  });

  it("may lose every message: cron posts them again when the claim has passed", async () => {
    const person = await aTenantToSync();
    for (let lost = 0; lost < 3; lost += 1) {
      expect(house.queue.lose()).toBeGreaterThan(0);
      house.clock.advance(minutes(6));
      await house.tick();
    }
    await house.settle();
    await expectModel(house, person.tenantId, accountId, RANGE);
  });

  it("may be down: what was due stays due", async () => {
    const person = await aTenantToSync();
    house.queue.lose();
    house.clock.advance(minutes(6));
    house.queue.setDown(true);
    await expect(house.tick()).rejects.toMatchObject({ code: "queue.unavailable" });
    house.queue.setDown(false);
    await house.settle();
    await expectModel(house, person.tenantId, accountId, RANGE);
  });
});

describe("the consumer", () => {
  const WRITE = /INSERT INTO meta_ads_insights/;

  it("may die after it has fetched and before it writes", async () => {
    const person = await aTenantToSync();
    house.neon.setFault({ kind: "reset-before", times: 2, match: WRITE });
    await house.settle();
    await expectModel(house, person.tenantId, accountId, RANGE);
    await expectCovered(house, person.tenantId, accountId, RANGE);
  });

  it("may die after it has written and before it knows", async () => {
    const person = await aTenantToSync();
    house.neon.setFault({ kind: "reset-after-execute", times: 2, match: WRITE });
    await house.settle();
    await expectModel(house, person.tenantId, accountId, RANGE);
    await expectCovered(house, person.tenantId, accountId, RANGE);
  });

  it("that was only asleep cannot write over the work of its successor", async () => {
    const person = await aTenantToSync();
    house.logs.length = 0;
    sleepBeforeTheNextWrite(1.2);
    const asleep = house.queue.deliverDue();
    await new Promise((resolve) => setTimeout(resolve, 400));
    // Its hold and its claim pass; cron gives the account to another worker, which finishes.
    house.clock.advance(minutes(6));
    await house.settle();
    await expectModel(house, person.tenantId, accountId, RANGE);
    await asleep;
    expect(house.logs.some((line) => line.includes('"outcome":"lease.lost"'))).toBe(true);
    await expectModel(house, person.tenantId, accountId, RANGE);
  });
});

describe("a token that dies in the middle (190/463)", () => {
  it("stops the account, keeps what was read, and the sync goes on after reconnecting", async () => {
    const person = await aTenantToSync();
    let calls = 0;
    house.meta.faults.add({
      match: (request) => INSIGHTS.test(request.url) && (calls += 1) > 4,
      fault: graphError(190, { subcode: 463 }),
    });
    // Whoever verifies the token hears the same.
    house.meta.faults.add({
      match: (request) => calls > 4 && /debug_token/.test(request.url),
      fault: graphError(190, { subcode: 463 }),
    });
    await house.settle({ upTo: minutes(30) });
    expect(await lastRun(person)).toMatchObject({
      status: "failed",
      error_code: "connection.needs_reauth",
      hint: "Volvé a conectar tu cuenta de Meta.",
    });
    const [kept] = await house.sql("SELECT count(*)::int AS rows FROM meta_ads_insights WHERE tenant_id = $1", [
      person.tenantId,
    ]);
    expect(Number(kept?.["rows"])).toBeGreaterThan(0);
    expect(await (await as(house, person).get("/crm/marketing/token-status")).json()).toMatchObject({
      needs_reconnect: true,
      data: { status: "needs_reauth" },
    });

    const callsWhileDead = calls;
    house.clock.advance(hours(30));
    await house.settle({ upTo: minutes(10) });
    expect(calls).toBe(callsWhileDead);

    house.meta.faults.clear();
    const { browser, back } = await startLogin(house, person);
    await browser.open(back);
    await house.settle();
    await expectModel(house, person.tenantId, accountId, RANGE);
    await expectCovered(house, person.tenantId, accountId, RANGE);
  });
});

describe("a run that is cancelled", () => {
  it("stops, keeps what it read, and its worker's late write is undone; another run may start", async () => {
    const person = await aTenantToSync();
    const run = await lastRun(person);
    sleepBeforeTheNextWrite(0.8);
    const working = house.queue.deliverDue();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const answer = await as(house, person).post(`/crm/marketing/sync/runs/${String(run?.["id"])}/cancel`);
    expect(await answer.json()).toMatchObject({ data: { status: "cancelled", finished_at: expect.any(String) } });
    await working;
    expect(await lastRun(person)).toMatchObject({ status: "cancelled" });
    expect(await house.sql("SELECT FROM meta_ads_insights WHERE tenant_id = $1", [person.tenantId])).toEqual([]);
    const again = await as(house, person).post(`/crm/marketing/sync/runs/${String(run?.["id"])}/cancel`);
    expect(again.status).toBe(200);
    expect((await as(house, person).post("/crm/marketing/sync", { since: RANGE.since })).status).toBe(202);
    await house.settle();
    await expectModel(house, person.tenantId, accountId, RANGE);
  });
});

describe("what cannot be read", () => {
  it("a report that fails again and again is asked for in smaller pieces, and every day comes", async () => {
    const person = await aConnectedTenant(house);
    house.meta.state.reports.nextOutcomes = Array.from({ length: 12 }, (_, index) =>
      index % 3 === 2 ? "skip" : "fail",
    );
    await as(house, person).post("/crm/marketing/connect", { account_id: accountId });
    await house.settle({ upTo: hours(6) });
    expect(house.meta.state.reports.nextOutcomes).toEqual([]);
    expect(await lastRun(person)).toMatchObject({ status: "succeeded" });
    const range = { since: addMonths(today(), -36), until: RANGE.until };
    await expectCovered(house, person.tenantId, accountId, range);
    await expectModel(house, person.tenantId, accountId, range);
  });

  it("a first sync that stops before it has read anything is made up for after reconnecting", async () => {
    const person = await aConnectedTenant(house);
    house.meta.faults.add({ match: /campaigns|insights/, fault: graphError(190, { subcode: 460 }) });
    await as(house, person).post("/crm/marketing/connect", { account_id: accountId });
    await house.settle({ upTo: minutes(10) });
    expect(await lastRun(person)).toMatchObject({ status: "failed", error_code: "connection.needs_reauth" });
    expect(await house.sql("SELECT DISTINCT status FROM sync_slices WHERE tenant_id = $1", [person.tenantId])).toEqual([
      { status: "cancelled" },
    ]);
    const refused = await as(house, person).post("/crm/marketing/sync", { account_id: accountId });
    expect(refused.status).toBe(409);

    house.meta.faults.clear();
    house.clock.advance(days(3));
    const { browser, back } = await startLogin(house, person);
    await browser.open(back);
    await house.settle();
    expect(await lastRun(person)).toMatchObject({ status: "succeeded" });
    await expectCovered(house, person.tenantId, accountId, { since: addMonths(today(), -36), until: RANGE.until });
  });

  it("an answer about the old token leaves a new connection alone", async () => {
    const person = await aTenantToSync();
    await house.sql("UPDATE connections SET token_version = token_version + 1 WHERE tenant_id = $1", [person.tenantId]);
    const ctx = systemCtx(house.tools, { tenantId: person.tenantId, requestId: "r", job: "test" });
    const dead = new AppError("connection.needs_reauth", "x", { details: { metaCode: 190 } });
    await noteFailure(ctx, dead, 1);
    expect(await house.sql("SELECT status FROM connections WHERE tenant_id = $1", [person.tenantId])).toEqual([
      { status: "active" },
    ]);
  });
});

describe("throttling", () => {
  it("costs at most two calls in the hour that Meta asks us to wait", async () => {
    const person = await aTenantToSync();
    house.meta.faults.add({ match: INSIGHTS, fault: graphError(17, { subcode: 2446079, minutesToWait: 60 }) });
    const before = house.meta.recorder.count(INSIGHTS);
    await house.settle({ upTo: minutes(59) });
    expect(house.meta.recorder.count(INSIGHTS) - before).toBeLessThanOrEqual(2);
    house.meta.faults.clear();
    await house.settle();
    await expectModel(house, person.tenantId, accountId, RANGE);
  });
});
