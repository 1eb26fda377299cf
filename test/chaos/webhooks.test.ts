// C1 to C5 for what Meta tells: it is there once, whatever happens to the database, Redis, the queue, cron or the isolate, and
// whatever Meta itself does twice, late or in another order.
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { minutes } from "../support/clock.ts";
import type { Death } from "../support/fuse.ts";
import { aHouse, type House, sendTo } from "../support/house.ts";
import type { QueueFault } from "../support/queue.ts";
import { anAccountEvent, aListener, anOwner, effectsOf, inboxOf, type Owner } from "../features/webhooks/scene.ts";
import { metaApp } from "../world/settings.ts";
import type { Fault } from "../world/faults.ts";
import { type Notification, signedPost, writeBody } from "../world/meta/webhook-body.ts";
import { cell, isWhole } from "./cell.ts";
import { atEveryCall } from "./crash.ts";
import { shortened, withShortDeadlines } from "./deadlines.ts";
import { passing, spoilt } from "./door-faults.ts";
import { anOracle, expectHonest, type Oracle } from "./oracle.ts";

let house: House;
let oracle: Oracle;
beforeAll(async () => {
  house = await aHouse();
  oracle = await anOracle(house);
});
afterAll(() => house.stop());
afterEach(() => {
  house.neon.setFault(undefined);
  house.upstash.setFault(undefined);
  house.queue.setDown(false);
  house.queue.setFault(undefined);
  house.queue.lose();
});

const HANGS_MS = shortened(8_000) + 1_000;
const EVENTS = 3;

async function aListeningOwner(): Promise<Owner> {
  const owner = await anOwner(house);
  await aListener(house, owner);
  return owner;
}

/** Three things that happened to one account, in one POST. */
const three = ({ waba }: Owner): Notification => {
  const now = Math.floor(house.clock.now() / 1000);
  const entry = Array.from({ length: EVENTS }, (_, at) => anAccountEvent(waba, now - at).entry).flat();
  return { object: "whatsapp_business_account", entry };
};

const cron = () => house.tick().catch((thrown: unknown) => expect(thrown).toHaveProperty("code"));

/** Meta goes on telling, cron and queue go on, until nothing is left to tell or to do: for half an hour at most. */
async function converge(owner: Owner): Promise<void> {
  const end = house.clock.now() + minutes(30);
  const isOver = async () =>
    house.meta.webhooksWaiting() === 0 &&
    house.queue.waiting().length === 0 &&
    (await inboxOf(house, owner)).every(({ state }) => state !== "pending");
  for (; house.clock.now() < end && !(await isOver()); house.clock.advance(minutes(1))) {
    await house.meta.deliverWebhooks();
    await cron();
    while ((await house.queue.deliverDue()) > 0);
  }
  expect(house.clock.now(), "converges within half an hour").toBeLessThan(end);
}

/** I1, I2, I4, I5, I11: each event is there once and has had its effect once, nobody else has anything, no message has died. */
async function check(owner: Owner, count = EVENTS): Promise<void> {
  await converge(owner);
  const stored = await inboxOf(house, owner);
  expect([stored.length, stored.every(({ state }) => state === "done"), await effectsOf(house, owner)]).toEqual([
    count,
    true,
    count,
  ]);
  expect([house.queue.dead, house.meta.webhooksLost]).toEqual([[], []]);
  await oracle.expectNoSecrets({ person: owner });
  await oracle.expectNeighbourAndTokens();
}

for (const [name, fault] of Object.entries({ ...spoilt(HANGS_MS), ...passing })) {
  cell(
    `F-neon-${name}-webhook`,
    "Meta is answered 200 once all of it is stored, else told to come again; each event has its effect once",
    async () => {
      const owner = await aListeningOwner();
      house.neon.setFault({ ...fault, match: /webhook_inbox/ } as Fault);
      const answer = await withShortDeadlines(() => house.meta.notify(three(owner)));
      if (answer) await expectHonest(answer);
      house.neon.setFault(undefined);
      const isStored = (await inboxOf(house, owner)).length === EVENTS;
      if (!isStored || answer?.status !== 200) expect(answer?.status).toBe(503);
      await check(owner);
    },
    { sample: name === "reset_after_execute" },
  );

  cell(`F-neon-${name}-webhook_work`, "what was claimed is claimed again, what was done is done once", async () => {
    const owner = await aListeningOwner();
    await house.meta.notify(three(owner));
    house.neon.setFault({ ...fault, match: /update "?webhook_inbox|happenings/i } as Fault);
    await withShortDeadlines(() => house.queue.deliverDue());
    house.neon.setFault(undefined);
    await check(owner);
  });
}

for (const [name, fault] of Object.entries(spoilt(shortened(1_000) + 500)))
  cell(`F-upstash-${name}-webhook`, "Redis is not asked: Meta is answered 200", async () => {
    const owner = await aListeningOwner();
    house.upstash.setFault(fault as Fault);
    expect((await house.meta.notify(three(owner)))?.status).toBe(200);
    house.upstash.setFault(undefined);
    await check(owner);
  });

cell(
  "F-meta-duplicate-webhook",
  "told ten times, together and one by one, alone and among others: once",
  async () => {
    const owner = await aListeningOwner();
    const told = three(owner);
    await Promise.all(Array.from({ length: 5 }, () => house.meta.notify(told)));
    for (const entry of told.entry) await house.meta.notify({ ...told, entry: [entry] }, { copies: 5 });
    await check(owner);
    await house.meta.notify(told);
    await check(owner);
  },
  { sample: true },
);

cell("F-meta-reorder-webhook", "the latest first, and hours late: all of it", async () => {
  const owner = await aListeningOwner();
  const told = three(owner);
  for (const entry of told.entry) await house.meta.notify({ ...told, entry: [entry] }, { isHeld: true });
  house.clock.advance(minutes(300));
  await house.meta.deliverWebhooks({ reversed: true });
  await check(owner);
});

cell("F-meta-forged-webhook", "what Meta did not sign is nothing, and what it signs afterwards holds", async () => {
  const owner = await aListeningOwner();
  const forged = signedPost("another-secret-another-secret-00", writeBody(three(owner)));
  expect((await house.request("/webhooks/meta", forged)).status).toBe(401);
  expect(await inboxOf(house, owner)).toEqual([]);
  await house.meta.notify(three(owner));
  await check(owner);
});

const sends: [QueueFault, string][] = [
  ["reset-before", "Meta is answered 200 all the same; cron posts it"],
  ["reset-after-execute", "what was posted all the same is worked on once"],
  ["half", "what was not posted cron posts"],
  ["duplicate", "of two messages one works"],
];
for (const [fault, expected] of sends)
  cell(`F-queue-${fault.replaceAll("-", "_")}-webhook`, expected, async () => {
    const owner = await aListeningOwner();
    house.queue.setFault(fault);
    expect((await house.meta.notify(three(owner)))?.status).toBe(200);
    await check(owner);
  });

cell(
  "F-queue-delivered_twice-webhook",
  "each message three times, all at once and one after the other: once",
  async () => {
    const owner = await aListeningOwner();
    await house.meta.notify(three(owner));
    for (const { body } of house.queue.waiting()) for (let copy = 0; copy < 2; copy += 1) house.queue.add(body);
    await house.queue.deliverDue({ atOnce: true });
    await check(owner);
  },
);

cell("F-queue-lost-webhook", "every message lost three times: cron posts again", async () => {
  const owner = await aListeningOwner();
  await house.meta.notify(three(owner));
  for (let lost = 0; lost < 3; lost += 1) {
    expect(house.queue.lose()).toBeGreaterThan(0);
    house.clock.advance(minutes(6));
    await house.tick();
  }
  await check(owner);
});

cell("F-queue-latency-webhook", "a message that comes hours late finds the work done by another", async () => {
  const owner = await aListeningOwner();
  await house.meta.notify(three(owner));
  const [late] = house.queue.waiting();
  house.queue.lose();
  house.clock.advance(minutes(6));
  await converge(owner);
  house.clock.advance(minutes(300));
  house.queue.add(late?.body);
  await check(owner);
});

cell("F-queue-dead-webhook", "what a dead message pointed to is claimed again, by cron and by hand", async () => {
  const owner = await aListeningOwner();
  await house.meta.notify(three(owner));
  house.neon.setFault({ kind: "status", status: 500, match: /update "webhook_inbox"/ });
  const [{ body } = { body: undefined }] = house.queue.waiting();
  house.queue.lose();
  house.queue.add(body);
  for (let tries = 0; house.queue.dead.length === 0 && tries < 40; tries += 1, house.clock.advance(minutes(11)))
    await house.queue.deliverDue();
  expect(house.queue.dead.splice(0)).toHaveLength(1);
  house.neon.setFault(undefined);
  await check(owner);
});

cell("F-cron-duplicate-webhook", "eight ticks at once post what is due once", async () => {
  const owner = await aListeningOwner();
  await house.meta.notify(three(owner));
  house.queue.lose();
  house.clock.advance(minutes(3));
  await Promise.all(Array.from({ length: 8 }, cron));
  expect(house.queue.waiting()).toHaveLength(1);
  await check(owner);
});

cell("F-cron-missed-webhook", "five hours without cron: the next tick posts what the queue has lost", async () => {
  const owner = await aListeningOwner();
  await house.meta.notify(three(owner));
  house.queue.lose();
  house.clock.advance(minutes(300));
  await check(owner);
});

/** Dies on the way from the POST to the last event's end; Meta, cron and a fresh isolate go on. */
async function dieAndConverge(death: Death): Promise<{ died: boolean }> {
  const owner = await aListeningOwner();
  const told = three(owner);
  const end = await house.crash(death, async ({ app }) => {
    await sendTo(app, "/webhooks/meta", signedPost(metaApp.secret, writeBody(told)));
    house.clock.advance(minutes(3));
    await cron();
    while ((await house.queue.deliverDue()) > 0);
  });
  // Who was not answered tells it again, and it may have been stored.
  await house.meta.notify(told);
  await check(owner);
  house.queue.lose();
  return end;
}

cell(
  "F-isolate-crash-webhook",
  "dead at every call to the outside, from the POST to the end: each event has its effect once",
  async () => {
    const deaths = await atEveryCall(dieAndConverge, isWhole ? {} : { everyNth: 5, whens: ["after"] });
    expect(deaths).toBeGreaterThan(isWhole ? 16 : 1);
  },
  { sample: true },
);
