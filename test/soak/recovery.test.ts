// G28: after an hour without any one dependency every account is fresh again within half an hour, and nobody pressed a button.
// Ten thousand by the model (recovery.ts), and as `npm run soak:recovery` forty for real.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { minutes } from "../support/clock.ts";
import { isFull } from "../support/full.ts";
import { aHouse, type House } from "../support/house.ts";
import { aTenantWithAFirstSync } from "../features/sync/scene.ts";
import { demoAccountIds } from "../world/meta/demo-ids.ts";
import { type Dependency, type Outage, simulate } from "./recovery.ts";

const say = (...words: unknown[]) => isFull && console.log(...words);
const dependencies: Dependency[] = ["neon", "upstash", "meta", "queue"];

const accounts = isFull ? 10_000 : 2_000;
const outages: [string, Omit<Outage, "accounts">][] = dependencies.flatMap((dependency) => [
  [`${dependency} refuses`, { dependency, failsAfterSeconds: 0.05 }],
  ...(isFull
    ? ([
        [`${dependency} hangs`, { dependency, failsAfterSeconds: dependency === "meta" ? 30 : 8 }],
        [`${dependency} refuses, and a new day has begun`, { dependency, failsAfterSeconds: 0.05, isNewDay: true }],
      ] as [string, Omit<Outage, "accounts">][])
    : []),
]);

test.each(outages)("an hour in which %s", (name, outage) => {
  const recovery = simulate({ ...outage, accounts });
  say(`${accounts} accounts, an hour in which ${name}:`, JSON.stringify(recovery));
  // A fifth of the accounts, a fifth of the ticks; what waits for Meta looks every twenty minutes, however few they are.
  expect(recovery.minutes).toBeLessThanOrEqual(isFull ? 30 : outage.dependency === "meta" ? 21 : 6);
  expect(recovery.deadMessages).toBe(0);
  // I10: three calls an hour are asked of a Meta that is there, on average by account.
  expect(recovery.callsInOutage).toBeLessThanOrEqual(1.5 * 3);
});

let house: House;

const REAL = 40;

const away: Record<Dependency, [begin: () => void, end: () => void]> = {
  neon: [() => house.neon.setFault({ kind: "reset-before" }), () => house.neon.setFault(undefined)],
  upstash: [() => house.upstash.setFault({ kind: "reset-before" }), () => house.upstash.setFault(undefined)],
  meta: [() => house.meta.faults.add({ match: /./, fault: { kind: "reset" } }), () => house.meta.faults.clear()],
  queue: [() => house.queue.setDown(true), () => house.queue.setDown(false)],
};

/** Accounts with hourly runs, spread over the hour. */
async function settled(count: number): Promise<void> {
  await house.sql("DELETE FROM sync_schedule");
  for (let at = 0; at < count; at += 1)
    await aTenantWithAFirstSync(house, { accountId: demoAccountIds.miami, since: "2026-11-20" });
  await house.settle();
  await house.sql(
    `UPDATE sync_schedule AS s SET next_due_at = $1::timestamptz + (n.place * 3600 / $2) * interval '1 second'
     FROM (SELECT tenant_id, row_number() OVER () AS place FROM sync_schedule) AS n WHERE n.tenant_id = s.tenant_id`,
    [new Date(house.clock.now()), count],
  );
}

const minute = async () => {
  await house.tick().catch((thrown: unknown) => expect(thrown).toHaveProperty("code"));
  while ((await house.queue.deliverDue()) > 0);
  house.clock.advance(minutes(1));
};

// One account of them is in each "down-hour" of `npm run chaos`.
// oxlint-disable-next-line vitest/no-conditional-tests -- minutes of work: the long form only
if (isFull)
  describe("forty accounts on a real database", () => {
    beforeAll(async () => {
      house = await aHouse();
    });
    afterAll(() => house.stop());

    test.each(dependencies)(
      "an hour without %s",
      async (dependency) => {
        await settled(REAL);
        // So that the last runs before the outage are spread over half an hour.
        for (const until = house.clock.now() + minutes(30); house.clock.now() < until;) await minute();
        const [begin, end] = away[dependency];
        begin();
        for (const until = house.clock.now() + minutes(60); house.clock.now() < until;) await minute();
        end();
        const over = house.clock.now();
        const isLate = dependency !== "upstash";
        const late = async () =>
          (
            await house.sql(
              `SELECT FROM sync_schedule AS s WHERE NOT EXISTS (
               SELECT FROM sync_runs AS r WHERE r.tenant_id = s.tenant_id AND r.status = 'succeeded'
                 AND r.finished_at > $1::timestamptz - interval '65 minutes')`,
              [new Date(house.clock.now())],
            )
          ).length;
        expect((await late()) > 0, dependency).toBe(isLate);
        while ((await late()) > 0) {
          expect(house.clock.now() - over, dependency).toBeLessThanOrEqual(minutes(30));
          await minute();
        }
        expect(house.queue.dead).toEqual([]);
        say(
          `${REAL} real accounts, an hour without ${dependency}: fresh after ${(house.clock.now() - over) / 60_000} min`,
        );
      },
      1_200_000,
    );
  });
