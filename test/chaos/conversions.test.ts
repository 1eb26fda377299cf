// C3, conversions API: what breaks while Meta is told of leads, and isolates that die on the way. The oracle is the simulated
// Meta's own count: what it took twice it knew again, nothing is lost, and the log says what became of everything.
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { aTeller, type Teller } from "../features/conversions/scene.ts";
import { hours, minutes } from "../support/clock.ts";
import { everyFeature } from "../support/features.ts";
import type { Death } from "../support/fuse.ts";
import { aHouse, type House } from "../support/house.ts";
import { startLogin } from "../support/people.ts";
import type { Fault } from "../world/meta/faults.ts";
import { cell, isWhole } from "./cell.ts";
import { atEveryCall } from "./crash.ts";
import { shortened, withShortDeadlines } from "./deadlines.ts";

let house: House;
const EVENTS = /\d+\/events$/;

beforeAll(async () => {
  house = await aHouse({ variables: everyFeature });
});
afterAll(() => house.stop());
afterEach(() => {
  house.meta.faults.clear();
  house.queue.lose();
});

/** Cron and queue go on until Meta counted them all, for as long as a day. */
async function untilTold(own: Teller, leads: readonly string[]): Promise<void> {
  const end = house.clock.now() + hours(24);
  while (own.counted().length < leads.length || (await own.log("?state=pending")).length > 0) {
    expect(house.clock.now(), "converges").toBeLessThan(end);
    await withShortDeadlines(() => own.tell());
    house.clock.advance(minutes(2));
  }
}

/** Each lead counted once, and the log agrees. */
async function expectCounted(own: Teller, leads: readonly string[], mostTimes: number): Promise<void> {
  const counted = own.counted();
  const ids = leads.map((lead) => `lead:${lead}:created`);
  expect(new Set(counted.map(({ event }) => event["event_id"]))).toEqual(new Set(ids));
  expect(counted).toHaveLength(leads.length);
  expect(Math.max(...counted.map(({ times }) => times))).toBeLessThanOrEqual(mostTimes);
  const log = await own.log();
  expect(log.map(({ state }) => state)).toEqual(leads.map(() => "sent"));
  expect(house.queue.dead).toEqual([]);
}

const passing: Record<string, Fault> = {
  reset_before: { kind: "reset" },
  reset_after_execute: { kind: "reset-after-execute" },
  timeout: { kind: "timeout" },
  latency: { kind: "latency", ms: shortened(30_000) + 1_000 },
  status: { kind: "graph-error", code: 1, status: 500 },
  "2": { kind: "graph-error", code: 2, status: 503 },
  html: { kind: "html", status: 502 },
  truncate: { kind: "truncate" },
  wrong_types: { kind: "wrong-types" },
  redirect: { kind: "redirect", location: "https://graph.facebook.evil.example/steal" },
  "4": { kind: "graph-error", code: 4, minutesToWait: 30 },
  "429": { kind: "graph-error", code: 80_004, status: 429, minutesToWait: 30 },
  "200": { kind: "graph-error", code: 200, status: 403 },
};
for (const [name, fault] of Object.entries(passing))
  cell(
    `F-meta-${name}-conversions`,
    "sent again under the same ids, counted once, nothing refused for it",
    async () => {
      const own = await aTeller(house);
      const leads = [await own.lead(), await own.lead()];
      house.meta.faults.add({ match: EVENTS, times: 2, fault });
      await untilTold(own, leads);
      expect(house.meta.faults.active()).toEqual([]);
      await expectCounted(own, leads, 3);
      expect((await own.log()).every(({ attempts }) => attempts === 3)).toBe(true);
    },
    { sample: name === "reset_after_execute" },
  );

for (const subcode of [458, 460, 463])
  cell(
    `F-meta-190_${subcode}-conversions`,
    "stops, says why, loses nothing; all is told after reconnecting",
    async () => {
      const own = await aTeller(house);
      const leads = [await own.lead()];
      house.meta.faults.add({ match: EVENTS, fault: { kind: "graph-error", code: 190, subcode } });
      await own.tell();
      const calls = house.meta.recorder.count(EVENTS);
      await own.tell();
      expect(house.meta.recorder.count(EVENTS)).toBe(calls);
      expect(await own.log()).toMatchObject([{ state: "pending", reason: "connection.needs_reauth" }]);
      const settings = await own.ask(await own.client.get("/crm/marketing/conversions/settings"));
      expect(settings).toMatchObject({ data: { problem: "connection.needs_reauth" } });
      house.meta.faults.clear();
      const { browser, back } = await startLogin(house, own);
      await browser.open(back);
      await untilTold(own, leads);
      await expectCounted(own, leads, 1);
    },
  );

async function tellAndDie(death: Death): Promise<{ died: boolean }> {
  const own = await aTeller(house);
  const leads = [await own.lead(), await own.lead()];
  // Happenings are handled and their events sent, by cron and queue alike.
  const end = await house.crash(death, () => own.tell());
  house.clock.advance(minutes(1));
  await untilTold(own, leads);
  await expectCounted(own, leads, 3);
  await own.configure({ enabled: false });
  house.queue.lose();
  return end;
}

cell(
  "F-isolate-crash-conversions",
  "whatever call it dies at, from what happened to what Meta was told, each event counts once",
  async () => {
    const deaths = await atEveryCall(tellAndDie, isWhole ? {} : { everyNth: 24, whens: ["after"] });
    expect(deaths).toBeGreaterThan(isWhole ? 40 : 1);
  },
  { sample: true },
);
