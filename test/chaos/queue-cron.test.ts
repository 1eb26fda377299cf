// C4 and C5: what the queue and cron do. Messages are pointers, what is due stands in the database.
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { hours, minutes } from "../support/clock.ts";
import { aHouse, type House } from "../support/house.ts";
import type { Person } from "../support/people.ts";
import { aTenantWithAFirstSync } from "../features/sync/scene.ts";
import { demoAccountIds } from "../world/meta/demo-ids.ts";
import { cell } from "./cell.ts";
import { clearSchedules } from "./crash.ts";
import { anOracle, type Oracle } from "./oracle.ts";
import type { QueueFault } from "../support/queue.ts";

let house: House;
let oracle: Oracle;
const accountId = demoAccountIds.miami;
const range = { since: "2026-11-10", until: "2026-11-22" };

beforeAll(async () => {
  house = await aHouse();
  oracle = await anOracle(house);
});
afterAll(() => house.stop());
afterEach(() => clearSchedules(house));

const aTenant = () => aTenantWithAFirstSync(house, { accountId, since: range.since });
const check = (person: Person) => oracle.check({ person, accountId, range });
const epochs = async (person: Person) =>
  Number((await house.sql("SELECT epoch FROM sync_schedule WHERE tenant_id = $1", [person.tenantId]))[0]?.["epoch"]);
const runs = async (person: Person) =>
  (await house.sql("SELECT FROM sync_runs WHERE tenant_id = $1", [person.tenantId])).length;

/** Synced once, and due again by cron. */
async function dueTenants(count: number): Promise<Person[]> {
  const people: Person[] = [];
  while (people.length < count) people.push(await aTenant());
  await oracle.converge();
  house.clock.advance(hours(2));
  return people;
}

async function aDueTenant(): Promise<Person> {
  const [person] = await dueTenants(1);
  if (!person) throw new Error("No tenant.");
  return person;
}

cell(
  "F-queue-duplicate-sync",
  "each message three times, all at once and one after the other: one run, tables equal Meta",
  async () => {
    const person = await aTenant();
    for (const { body } of house.queue.waiting()) for (let copy = 0; copy < 2; copy += 1) house.queue.add(body);
    await house.queue.deliverDue({ atOnce: true });
    await house.settle({ copies: 3 });
    await check(person);
    expect(await runs(person)).toBe(1);
  },
  { sample: true },
);

cell(
  "F-queue-reorder-sync",
  "a message of hours ago after those of today is stale: acknowledged, nothing done",
  async () => {
    const person = await aTenant();
    const [old] = house.queue.waiting();
    await oracle.converge();
    const before = house.meta.recorder.count();
    house.queue.add(old?.body);
    house.queue.reverse();
    await house.queue.deliverDue();
    expect(house.meta.recorder.count()).toBe(before);
    expect(house.queue.waiting()).toEqual([]);
    await check(person);
  },
);

cell("F-queue-latency-sync", "a message that comes hours late finds the work done by another", async () => {
  const person = await aTenant();
  const [late] = house.queue.waiting();
  house.queue.lose();
  house.clock.advance(minutes(6));
  await oracle.converge();
  house.clock.advance(hours(5));
  house.queue.add(late?.body);
  await check(person);
});

cell("F-queue-lost-sync", "every message lost three times: cron posts again", async () => {
  const person = await aTenant();
  for (let lost = 0; lost < 3; lost += 1) {
    expect(house.queue.lose()).toBeGreaterThan(0);
    house.clock.advance(minutes(6));
    await house.tick();
  }
  await check(person);
});

cell("F-queue-poison-batch", "what is unknown waits and dies alone; its neighbour is done", async () => {
  const person = await aTenant();
  house.queue.add({ v: 2, kind: "insights.sync", of: "a newer version" });
  house.queue.add("not even an object");
  await house.queue.deliverDue({ atOnce: true });
  expect(house.queue.waiting().filter(({ body }) => typeof body === "string")).toHaveLength(1);
  for (let tries = 0; house.queue.dead.length < 2 && tries < 200; tries += 1) {
    house.clock.advance(minutes(10));
    await house.queue.deliverDue();
  }
  expect(house.queue.dead.map(({ attempts }) => attempts)).toEqual([13, 13]);
  house.queue.dead.length = 0;
  await check(person);
});

const sends: [QueueFault, string][] = [
  ["reset-before", "what was due stays due"],
  ["reset-after-execute", "what was posted all the same is worked on once"],
  ["half", "what was not posted is claimed again when its claim has passed"],
  ["duplicate", "of two messages one works"],
];
for (const [fault, expected] of sends)
  cell(`F-queue-${fault.replaceAll("-", "_")}-send`, expected, async () => {
    const people = await dueTenants(2);
    house.queue.setFault(fault);
    const posted = house.tick().then(
      () => "posted",
      (thrown: { code: string }) => thrown.code,
    );
    expect(await posted).toBe(fault === "duplicate" ? "posted" : "queue.unavailable");
    for (const person of people) {
      await check(person);
      expect(await runs(person)).toBe(2);
    }
  });

cell("F-queue-down-hour", "an hour without a queue: cron fails aloud, then everything is made up for", async () => {
  const person = await aDueTenant();
  house.queue.setDown(true);
  for (let minute = 0; minute < 60; minute += 10) {
    await house.tick().catch((thrown: unknown) => expect(thrown).toMatchObject({ code: "queue.unavailable" }));
    house.clock.advance(minutes(10));
  }
  house.queue.setDown(false);
  await check(person);
});

cell("F-cron-missed-tick", "five hours without cron: the next tick claims what is overdue", async () => {
  const person = await aDueTenant();
  house.clock.advance(hours(5));
  await check(person);
  expect(await runs(person)).toBe(2);
});

cell(
  "F-cron-duplicate-tick",
  "eight ticks at once: the account is claimed once",
  async () => {
    const person = await aDueTenant();
    const before = await epochs(person);
    await Promise.all(Array.from({ length: 8 }, () => house.tick()));
    expect(await epochs(person)).toBe(before + 1);
    expect(house.queue.waiting()).toHaveLength(1);
    await check(person);
  },
  { sample: true },
);

cell(
  "F-cron-crash-claim",
  "dead between the claim and the message: claimed again after five minutes, not before",
  async () => {
    const person = await aDueTenant();
    const before = await epochs(person);
    let at = 1;
    // The first death that leaves a claim and no message.
    for (; (await epochs(person)) === before && at < 9; at += 1)
      await house.crash({ at, when: "after" }, () => house.tick());
    house.queue.lose();
    await house.tick();
    expect(await epochs(person)).toBe(before + 1);
    house.clock.advance(minutes(6));
    await house.tick();
    expect(await epochs(person)).toBe(before + 2);
    await check(person);
  },
);

cell(
  "F-cron-clock-skew",
  "an isolate whose clock is ten minutes ahead or behind changes nothing but time",
  async () => {
    const person = await aDueTenant();
    for (const skew of [minutes(10), minutes(-10)]) {
      house.clock.advance(skew);
      await house.tick();
      await house.queue.deliverDue();
      house.clock.advance(-skew);
    }
    await check(person);
  },
);
