// The isolate that syncs dies at its n-th call to the outside, for every n there is; a fresh one goes on with cron and queue.
import { afterAll, beforeAll, expect } from "vitest";
import { dayNumberIn, startOfDay } from "../world/meta/calendar.ts";
import { demoAccountIds } from "../world/meta/demo-ids.ts";
import { hours } from "../support/clock.ts";
import type { Death } from "../support/fuse.ts";
import { aHouse, type House } from "../support/house.ts";
import { aTenantWithAFirstSync } from "../features/sync/scene.ts";
import { cell, isWhole } from "./cell.ts";
import { atEveryCall, clearSchedules } from "./crash.ts";
import { anOracle, type Oracle } from "./oracle.ts";

let house: House;
let oracle: Oracle;
const accountId = demoAccountIds.miami;
const ZONE = "America/New_York";
// Four weeks directly and two days by report.
const range = { since: "2026-10-24", until: "2026-11-22" };

beforeAll(async () => {
  house = await aHouse();
  oracle = await anOracle(house);
});
afterAll(() => house.stop());

/** Meta restates its last days when a day turns: no run begins so late that it would read some of them before and some after. */
function haveTheDayAhead(): void {
  const midnight = startOfDay(ZONE, dayNumberIn(ZONE, house.clock.now()) + 1);
  const left = midnight - house.clock.now();
  if (left < hours(4)) house.clock.advance(left + hours(1));
}

/** I10: what was read before the death is not read again, but for the slice that died. */
async function expectFewCalls<T>(healthy: number, work: () => Promise<T>): Promise<T> {
  const before = house.meta.recorder.count();
  const result = await work();
  expect(house.meta.recorder.count() - before).toBeLessThanOrEqual(Math.ceil(1.5 * healthy));
  return result;
}

async function firstSync(death: Death, healthyCalls = Infinity): Promise<{ died: boolean }> {
  haveTheDayAhead();
  const person = await aTenantWithAFirstSync(house, { accountId, since: range.since });
  const end = await expectFewCalls(healthyCalls, async () => {
    const end = await house.crash(death, () => house.settle());
    await oracle.converge();
    return end;
  });
  await oracle.check({ person, accountId, range });
  await clearSchedules(house);
  return end;
}

async function scheduledSync(death: Death): Promise<{ died: boolean }> {
  haveTheDayAhead();
  const person = await aTenantWithAFirstSync(house, { accountId, since: range.since });
  await house.settle();
  // Cron finds it due, claims it and posts it.
  house.clock.advance(hours(2));
  const end = await house.crash(death, () => house.settle());
  await oracle.check({ person, accountId, range });
  await clearSchedules(house);
  return end;
}

const never: Death = { at: Infinity, when: "before" };

cell(
  "F-isolate-crash-sync",
  "whatever call it dies at, tables equal Meta within two periods, with at most half as many calls again",
  async () => {
    const before = house.meta.recorder.count();
    await firstSync(never);
    const healthy = house.meta.recorder.count() - before;
    const deaths = await atEveryCall(
      (death) => firstSync(death, healthy),
      isWhole ? {} : { everyNth: 40, whens: ["after"] },
    );
    expect(deaths).toBeGreaterThan(isWhole ? 100 : 1);
  },
  { sample: true },
);

cell("F-isolate-crash-scheduled", "an account that cron claimed for a dead isolate is claimed again", async () => {
  const deaths = await atEveryCall(scheduledSync, { whens: ["after"] });
  expect(deaths).toBeGreaterThan(20);
});
