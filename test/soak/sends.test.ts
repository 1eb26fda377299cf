// G8: a flow of new leads, each to be sent one message by a rule, while whoever works dies again and again between any two of its
// calls: each lead is sent at most one, every message ends or is unknown, with an alarm, and nobody is forgotten. Short here,
// long as `npm run soak:sends`, which prints its figures.
import { performance } from "node:perf_hooks";
import { afterAll, beforeAll, expect, it } from "vitest";
import { minutes } from "../support/clock.ts";
import { isFull } from "../support/full.ts";
import { aHouse, type House } from "../support/house.ts";
import { aWorkplace } from "../features/automation/work.ts";

const size = isFull ? { sends: 10_000, tenants: 4, atOnce: 16 } : { sends: 96, tenants: 2, atOnce: 12 };
/** So many calls, about, does a round make. */
const CALLS = isFull ? 240 : 110;
/** The turn and the claims of who died are free again. */
const REST = minutes(4);

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

/** Everywhere in a round in turn, the farthest from where it was before: before a call, and after it. */
const nth = (count: number) => ({
  at: 1 + Math.floor(((count * 0.618_033_988_75) % 1) * CALLS),
  when: count % 2 === 0 ? ("before" as const) : ("after" as const),
});

/** A tenth have phones that are none. */
const arrive = (tenantId: number, from: number, count: number) =>
  house.sql(
    `INSERT INTO leads (tenant_id, first_name, phone_number, created_at)
     SELECT $1, 'Ana', '+54911' || (30000000 + n), $4 FROM generate_series($2::int, $3::int) n`,
    [tenantId, from, from + count - 1, new Date(house.clock.now())],
  );

const round = async (): Promise<void> => {
  await house.tick();
  while ((await house.queue.deliverDue({ atOnce: true })) > 0);
};

it(
  `${size.sends} sends with deaths between every two calls: at most one each, all ended or unknown with an alarm, none forgotten`,
  async () => {
    const places = [];
    while (places.length < size.tenants) {
      const place = await aWorkplace(house);
      await place.aRule();
      places.push(place);
    }
    const tenants = places.map(({ tenantId }) => tenantId);
    for (let at = 0; at < size.sends; at += 10) house.meta.whatsapp.script(`54911${30_000_000 + at}`, { code: 131026 });
    let [tries, deaths, arrived, rounds] = [0, 0, 0, 0];

    const begun = performance.now();
    const open = async () =>
      (
        await house.sql(
          `SELECT FROM messages WHERE state IN ('planned', 'sending') UNION ALL SELECT FROM automation_executions WHERE state = 'waiting'
           UNION ALL SELECT FROM happenings WHERE handled_at IS NULL AND kind = 'lead.created' LIMIT 1`,
        )
      ).length > 0;
    for (; arrived < size.sends || (await open()); rounds += 1) {
      if (rounds > size.sends) throw new Error("it does not come to an end");
      const isOver = arrived >= size.sends;
      if (!isOver)
        for (const tenantId of tenants) {
          await arrive(tenantId, arrived, size.atOnce / size.tenants);
          arrived += size.atOnce / size.tenants;
        }
      if (isOver || rounds % 3 === 2) await round();
      else {
        tries += 1;
        if ((await house.crash(nth(tries), round)).died) deaths += 1;
      }
      if (rounds % 10 === 9) house.queue.lose();
      house.clock.advance(REST);
    }
    const seconds = (performance.now() - begun) / 1000;

    const rows = await house.sql<{ id: string; state: string; reason: string | null; recipient_phone: string }>(
      "SELECT id, state, reason, recipient_phone FROM messages",
    );
    const times = Map.groupBy(house.meta.whatsapp.sent, ({ recipient }) => recipient);
    const twice = [...times].filter(([, taken]) => taken.length > 1);
    const unknown = rows.filter(({ state }) => state === "unknown");
    const alarms = new Set(house.logs.filter((line) => line.includes("message.unknown")).flatMap(idsOf));
    const silent = unknown.filter(({ id }) => !alarms.has(id));
    const taken = unknown.filter(({ recipient_phone }) => times.has(recipient_phone.slice(1)));
    // What WhatsApp has taken it tells of, and then it is known.
    for (const { recipient_phone } of taken)
      for (const one of times.get(recipient_phone.slice(1)) ?? [])
        await house.meta.whatsapp.tellStatus(one, "delivered");
    for (let minute = 0; minute < 5; minute += 1) {
      await house.meta.deliverWebhooks();
      await round();
      house.clock.advance(REST);
    }
    const after = await house.sql<{ state: string; count: number }>(
      "SELECT state, count(*)::int FROM messages GROUP BY state ORDER BY state",
    );
    const counts = Object.fromEntries(after.map(({ state, count }) => [state, count]));
    if (isFull)
      console.log(
        `${size.sends} sends of ${size.tenants} tenants, ${rounds} rounds, ${deaths} deaths, ${seconds.toFixed(0)} s: ` +
          `${house.meta.whatsapp.sent.length} taken by WhatsApp, ${twice.length} twice, ${unknown.length} unknown ` +
          `(${taken.length} of them taken, ${silent.length} without an alarm); in the end ${JSON.stringify(counts)}`,
      );
    expect(twice).toEqual([]);
    expect(silent).toEqual([]);
    expect(rows.length).toBe(size.sends);
    expect(rows.filter(({ state }) => !["accepted", "failed", "unknown"].includes(state))).toEqual([]);
    expect(counts).toEqual({
      ...(unknown.length > taken.length && { unknown: unknown.length - taken.length }),
      ...(taken.length > 0 && { delivered: taken.length }),
      accepted: house.meta.whatsapp.sent.length - taken.length,
      failed: expect.any(Number),
    });
    expect(deaths).toBeGreaterThan(rounds / 3);
  },
  isFull ? 3_000_000 : 90_000,
);

const idsOf = (line: string): string[] => [(JSON.parse(line) as { messageId: string }).messageId];
