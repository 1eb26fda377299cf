// C3: what Meta does to a sync and to a login. More of it, with three syncs and restatements, in features/sync/faults.test.ts.
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { hours, minutes } from "../support/clock.ts";
import { aHouse, type House } from "../support/house.ts";
import { aPerson, as, startLogin, type Person } from "../support/people.ts";
import { aTenantWithAFirstSync } from "../features/sync/scene.ts";
import { demoAccountIds } from "../world/meta/demo-ids.ts";
import type { Fault } from "../world/meta/faults.ts";
import { cell } from "./cell.ts";
import { clearSchedules } from "./crash.ts";
import { shortened, withShortDeadlines } from "./deadlines.ts";
import { anOracle, type Oracle } from "./oracle.ts";

let house: House;
let oracle: Oracle;
const accountId = demoAccountIds.miami;
const range = { since: "2026-11-10", until: "2026-11-22" };
const INSIGHTS = new RegExp(`act_${accountId}/insights`);
const EXCHANGE = /oauth\/access_token/;
const HANGS_MS = shortened(30_000) + 1_000;

beforeAll(async () => {
  house = await aHouse();
  oracle = await anOracle(house);
});
afterAll(() => house.stop());
afterEach(async () => {
  house.meta.faults.clear();
  await clearSchedules(house);
});

const aTenant = (account: string = accountId) =>
  aTenantWithAFirstSync(house, { accountId: account, since: range.since });
const check = (person: Person) => withShortDeadlines(() => oracle.check({ person, accountId, range }));
const graphError = (code: number, more: object = {}): Fault => ({ kind: "graph-error", code, ...more });
const runOf = async ({ tenantId }: Person) =>
  (
    await house.sql("SELECT status, error_code FROM sync_runs WHERE tenant_id = $1 ORDER BY created_at DESC LIMIT 1", [
      tenantId,
    ])
  )[0];

/** Strikes twice or so; what is read in the end is everything. */
const passing: Record<string, [Fault, times: number]> = {
  timeout: [{ kind: "timeout" }, 1],
  latency: [{ kind: "latency", ms: HANGS_MS }, 1],
  drip: [{ kind: "drip", bytes: 60_000, everyMs: 20 }, 2],
  drip_for_ever: [{ kind: "drip", bytes: 20, everyMs: 200 }, 1],
  status: [graphError(1, { status: 500 }), 2],
  "2": [graphError(2, { status: 503 }), 2],
  "1504044": [graphError(2, { subcode: 1504044, status: 503 }), 2],
  "1504038": [graphError(2, { subcode: 1504038, status: 503 }), 2],
  "1504018": [graphError(100, { subcode: 1504018 }), 2],
  "1487534": [graphError(100, { subcode: 1487534 }), 2],
  html: [{ kind: "html" }, 2],
  html_200: [{ kind: "html", status: 200 }, 2],
  truncate: [{ kind: "truncate" }, 2],
  wrong_types: [{ kind: "wrong-types" }, 2],
  huge_body: [{ kind: "huge-body" }, 1],
  reset_before: [{ kind: "reset" }, 2],
  reset_after_execute: [{ kind: "reset-after-execute" }, 2],
  duplicate: [{ kind: "duplicate" }, 3],
  loop_cursor: [{ kind: "loop-cursor" }, 2],
  foreign_next: [{ kind: "foreign-next" }, 3],
  redirect: [{ kind: "redirect", location: "https://graph.facebook.evil.example/steal" }, 2],
};
for (const [name, [fault, times]] of Object.entries(passing))
  cell(
    `F-meta-${name}-sync`,
    "nothing half is written; the piece comes again and tables equal Meta",
    async () => {
      const person = await aTenant();
      house.meta.faults.add({ match: INSIGHTS, times, fault });
      await check(person);
      expect(house.meta.faults.active()).toEqual([]);
      expect(await runOf(person)).toMatchObject({ status: "succeeded" });
    },
    { sample: name === "duplicate" },
  );

const lies: Record<string, Record<string, string>> = {
  malformed: { "x-business-use-case-usage": "{not json", "x-fb-ads-insights-throttle": "[]" },
  above_100: { "x-fb-ads-insights-throttle": '{"app_id_util_pct":"140","acc_id_util_pct":9e99}' },
  strings: { "x-app-usage": '{"call_count":"many"}', "x-ad-account-usage": '"?"' },
  other_version: { "facebook-api-version": "v1.0" },
};
for (const [name, headers] of Object.entries(lies))
  cell(`F-meta-headers_${name}-sync`, "usage that cannot be is no usage; the sync goes on", async () => {
    const person = await aTenant();
    house.meta.faults.add({ match: INSIGHTS, times: 3, fault: { kind: "headers", headers } });
    await check(person);
  });

for (const [code, subcode] of [
  [4, undefined],
  [17, 2446079],
  [32, undefined],
  [613, undefined],
  [80000, 2446079],
  [80004, 2446079],
  [4, 1504022],
  [4, 1504039],
] as const)
  cell(
    `F-meta-${code}_${subcode ?? 0}-sync`,
    "at most two calls while Meta asks to wait, then everything",
    async () => {
      const person = await aTenant();
      house.meta.faults.add({ match: INSIGHTS, fault: graphError(code, { subcode, minutesToWait: 45 }) });
      const before = house.meta.recorder.count(INSIGHTS);
      await house.settle({ upTo: minutes(40) });
      expect(house.meta.recorder.count(INSIGHTS) - before).toBeLessThanOrEqual(code === 80004 || code === 17 ? 2 : 10);
      await oracle.expectFresh({ person });
      house.meta.faults.clear();
      await check(person);
    },
  );

for (const [code, subcode] of [
  [190, 458],
  [190, 460],
  [190, 463],
  [190, 464],
  [190, 467],
  [102, undefined],
] as const)
  cell(
    `F-meta-${code}_${subcode ?? 0}-sync`,
    "stops, says why, keeps what was read; whole after reconnecting",
    async () => {
      const person = await aTenant();
      let calls = 0;
      house.meta.faults.add({
        match: (request) => INSIGHTS.test(request.url) && (calls += 1) > 2,
        fault: graphError(code, { subcode }),
      });
      await house.settle({ upTo: minutes(20) });
      expect(await runOf(person)).toEqual({ status: "failed", error_code: "connection.needs_reauth" });
      const told = await (await as(house, person).get("/crm/marketing/token-status")).json();
      expect(told).toMatchObject({ needs_reconnect: true, data: { status: "needs_reauth" } });
      await oracle.expectFresh({ person });
      house.meta.faults.clear();
      const { browser, back } = await startLogin(house, person);
      await browser.open(back);
      await check(person);
    },
  );

for (const code of [10, 200, 294])
  cell(
    `F-meta-${code}-neighbour`,
    "an account that may no longer be read stops alone; another goes on as ever",
    async () => {
      const person = await aTenant();
      const other = await aTenant(demoAccountIds.clinic);
      house.meta.faults.add({ match: INSIGHTS, fault: graphError(code) });
      const startedAt = house.clock.now();
      await house.settle({ upTo: minutes(30) });
      expect(await runOf(person)).toEqual({ status: "failed", error_code: "meta.permission" });
      expect(await runOf(other)).toMatchObject({ status: "succeeded" });
      // I13: nobody waits for a neighbour's failure.
      const [row] = await house.sql("SELECT finished_at FROM sync_runs WHERE tenant_id = $1", [other.tenantId]);
      expect(Number(row?.["finished_at"]) - startedAt).toBeLessThanOrEqual(minutes(10));
      house.meta.faults.clear();
      house.clock.advance(hours(2));
      await check(person);
    },
  );

const exchangeFaults: Record<string, Fault> = {
  reset_before: { kind: "reset" },
  reset_after_execute: { kind: "reset-after-execute" },
  timeout: { kind: "timeout" },
  html: { kind: "html" },
  truncate: { kind: "truncate" },
  status: graphError(1, { status: 500 }),
  redirect: { kind: "redirect" },
  wrong_types: { kind: "wrong-types" },
};
for (const [name, fault] of Object.entries(exchangeFaults))
  cell(`F-meta-${name}-exchange`, "the user is told, no code is sent twice, the next login connects", async () => {
    const person = await aPerson(house);
    const { browser, back } = await startLogin(house, person);
    const before = house.meta.recorder.count(EXCHANGE);
    house.meta.faults.add({ match: EXCHANGE, times: 1, fault });
    const told = (await withShortDeadlines(() => browser.open(back))).headers.get("location") ?? "";
    if (name !== "wrong_types") expect(told).toContain("error=token_exchange_failed&reason=exchange_failed");
    expect(house.meta.recorder.count(EXCHANGE) - before).toBeLessThanOrEqual(2);
    const next = await startLogin(house, person);
    expect((await next.browser.open(next.back)).headers.get("location")).toContain("success=connected");
    await oracle.expectNoSecrets({ person });
    await oracle.expectNeighbourAndTokens();
  });

cell("F-meta-missing_expires_in-exchange", "nothing is invented: debug_token says when the token ends", async () => {
  house.meta.faults.add({ match: EXCHANGE, times: 2, fault: { kind: "missing-expires-in" } });
  const person = await aTenant();
  const status = (await (await as(house, person).get("/crm/marketing/token-status")).json()) as { days_left: number };
  expect(status.days_left).toBeGreaterThan(55);
});

cell(
  "F-meta-down-hour",
  "an hour without Meta: figures are told as they were, then everything is made up for",
  async () => {
    const person = await aTenant();
    await oracle.converge();
    house.clock.advance(hours(1));
    house.meta.faults.add({ match: /./, fault: { kind: "reset" } });
    await house.settle({ upTo: hours(1) });
    await oracle.expectFresh({ person });
    house.meta.faults.clear();
    await check(person);
  },
);
