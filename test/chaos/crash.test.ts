// An isolate that dies at its n-th call to the outside, for every n there is: before the call is sent, and when its answer
// comes. A fresh isolate goes on with cron and queue.
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { aHouse, type House } from "../support/house.ts";
import type { Death } from "../support/fuse.ts";
import { demoAccountIds } from "../world/meta/demo-ids.ts";
import { aTenantWithAFirstSync } from "../features/sync/scene.ts";
import { cell, isWhole } from "./cell.ts";
import { anOracle, type Oracle } from "./oracle.ts";

let house: House;
let oracle: Oracle;
const accountId = demoAccountIds.miami;
const range = { since: "2026-10-24", until: "2026-11-22" };

beforeAll(async () => {
  house = await aHouse();
  oracle = await anOracle(house);
});
afterAll(() => house.stop());
beforeEach(async () => {
  // The next run's cron has only its own account to look after.
  await house.sql("DELETE FROM sync_schedule");
});

cell("F-isolate-crash-sync", "trial", async () => {
  for (let at = 1; ; at += 1) {
    const t0 = performance.now();
    const person = await aTenantWithAFirstSync(house, { accountId, since: range.since });
    const t1 = performance.now();
    const { died, calls } = await house.crash({ at, when: "before" }, () => house.settle());
    const t2 = performance.now();
    await oracle.check({ person, accountId, range });
    console.log(at, died, calls, t1 - t0, t2 - t1, performance.now() - t2);
    await house.sql("DELETE FROM sync_schedule");
    if (!died || at > 8) break;
    if (at === 4) at = 1000;
  }
}, { sample: true });
