// G7: events delivered one to five times each, shuffled, several in a POST, while the consumer dies again and again: each is
// there once and has had its effect once, none is lost. Short here, long as `npm run soak:webhooks`, which prints its figures.
import { performance } from "node:perf_hooks";
import { afterAll, beforeAll, expect, it } from "vitest";
import { minutes } from "../support/clock.ts";
import { isFull } from "../support/full.ts";
import { aHouse, type House, sendTo } from "../support/house.ts";
import { anAccountEvent, aListener, anOwner, type Owner } from "../features/webhooks/scene.ts";
import { metaApp } from "../world/settings.ts";
import { type Notification, signedPost, writeBody } from "../world/meta/webhook-body.ts";

const size = isFull ? { events: 10_000, tenants: 20, perPost: 8 } : { events: 100, tenants: 2, perPost: 14 };
/** Every so many POSTs the isolate that takes it, or the consumer, dies at one of its calls. */
const DEATH_EVERY = 12;

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

/** The same numbers each time (mulberry32). */
const seeded = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};
const chance = seeded(7);
const upTo = (count: number) => Math.floor(chance() * count);

function shuffled<T>(list: T[]): T[] {
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = upTo(at + 1);
    [list[at], list[other]] = [list[other] as T, list[at] as T];
  }
  return list;
}

const percentile = (sorted: readonly number[], share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;

/** Each event one to five times, shuffled, cut into POSTs of one to `perPost`. */
function deliveriesOf(owners: readonly Owner[]): Notification[] {
  const now = Math.floor(house.clock.now() / 1000);
  const entries = Array.from({ length: size.events }, (_, at) => {
    const owner = owners[at % owners.length];
    return anAccountEvent(owner?.waba ?? "", now - at).entry;
  });
  const deliveries = shuffled(entries.flatMap((entry) => Array.from({ length: 1 + upTo(5) }, () => entry)));
  const posts: Notification[] = [];
  while (deliveries.length > 0)
    posts.push({ object: "whatsapp_business_account", entry: deliveries.splice(0, 1 + upTo(size.perPost)).flat() });
  return posts;
}

it(
  `${size.events} events, each told one to five times in any order, with dying consumers: as many effects, none lost`,
  async () => {
    const owners: Owner[] = [];
    while (owners.length < size.tenants) owners.push(await anOwner(house));
    for (const owner of owners) await aListener(house, owner);
    const posts = deliveriesOf(owners);
    const acks: number[] = [];
    let [deaths, refused] = [0, 0];

    /** As Meta: until it hears 200. */
    const tell = async (post: Notification): Promise<void> => {
      const begun = performance.now();
      const answer = await house.meta.notify(post);
      acks.push(performance.now() - begun);
      if (answer?.status !== 200) refused += 1;
    };
    const dying = async (work: Parameters<House["crash"]>[1]): Promise<void> => {
      const when = chance() < 0.5 ? "before" : "after";
      const { died } = await house.crash({ at: 1 + upTo(8), when }, work);
      if (died) deaths += 1;
    };

    const begun = performance.now();
    for (const [at, post] of posts.entries()) {
      if (at % DEATH_EVERY === 5) {
        // Meta hears nothing of it, and tells it again.
        await dying(({ app }) => sendTo(app, "/webhooks/meta", signedPost(metaApp.secret, writeBody(post))));
        await tell(post);
      } else if (at % DEATH_EVERY === 11) {
        await Promise.all([tell(post), dying(() => house.queue.deliverDue())]);
        house.clock.advance(minutes(1));
        await house.tick();
      } else await tell(post);
      if (at % 40 === 39) house.queue.lose();
    }
    const open = async () => (await house.sql("SELECT FROM webhook_inbox WHERE state = 'pending' LIMIT 1")).length > 0;
    for (let minute = 0; (await open()) && minute < 600; minute += 1) {
      await house.meta.deliverWebhooks();
      await house.tick();
      if (minute < 10) await dying(() => house.queue.deliverDue());
      while ((await house.queue.deliverDue()) > 0);
      house.clock.advance(minutes(1));
    }
    const seconds = (performance.now() - begun) / 1000;

    const [found] = await house.sql(
      `SELECT (SELECT count(*)::int FROM happenings) AS effects, count(*)::int AS stored,
         count(*) FILTER (WHERE state = 'done')::int AS done, sum(tries)::int AS tries FROM webhook_inbox`,
    );
    acks.sort((one, other) => one - other);
    const [p50, p99] = [percentile(acks, 0.5), percentile(acks, 0.99)];
    if (isFull)
      console.log(
        `${size.events} events in ${posts.length} POSTs (${posts.flatMap(({ entry }) => entry).length} deliveries), ${deaths} deaths, ` +
          `${refused} refused, ${seconds.toFixed(0)} s: ${JSON.stringify(found)}; ack p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
      );
    expect(found).toMatchObject({ effects: size.events, stored: size.events, done: size.events });
    expect(deaths).toBeGreaterThan(size.events / 200);
    expect(house.queue.dead).toEqual([]);
    // A busy machine is no fault.
    expect(isFull ? p99 : 0).toBeLessThanOrEqual(500);
  },
  isFull ? 1_800_000 : 60_000,
);
