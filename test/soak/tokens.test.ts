// Short here, long as `npm run soak:tokens`, which prints its figures.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemCtx } from "../../src/context.ts";
import { isAppError } from "../../src/errors.ts";
import { runTokenKeeping } from "../../src/features/connection/connection.jobs.ts";
import { days } from "../support/clock.ts";
import { isFull } from "../support/full.ts";
import { aHouse, type House } from "../support/house.ts";
import { aConnectedTenant } from "../support/people.ts";
import { oneTooLate, type Race, race, schedules } from "./races.ts";
import { liveThrough } from "./years.ts";

const size = isFull
  ? { schedules: 10_000, callers: 1_000, connections: 1_000, years: 3 }
  : { schedules: 25, callers: 60, connections: 120, years: 1 };
const seed = Number(process.env["FC_SEED"] ?? Date.now() % 1_000_000);
const say = (line: string) => (isFull ? console.log(line) : undefined);

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

describe("tokens", () => {
  it("live through 400 days: none ends without somebody being told a week before", () => {
    for (let year = 0; year < size.years; year += 1) {
      const tally = liveThrough({ connections: size.connections, days: 400, seed: seed + year });
      say(`seed ${seed + year}: ${JSON.stringify(tally)}`);
      expect(tally, `seed ${seed + year}`).toMatchObject({
        untold: 0,
        repeatedAlerts: 0,
        regressions: 0,
      });
      expect(tally.renewals).toBeGreaterThan(size.connections);
      // Weeks of bad luck may end even these, but hardly ever, and told.
      expect(tally.expiriesThoughExtendable).toBeLessThan(size.connections / 100);
      expect(tally.expiries).toBeGreaterThan(0);
    }
  });

  it(
    "never go back, in whatever order their keepers come",
    async () => {
      const sum: Race = { exchanges: 0, writes: 0, late: 0 };
      const all = [oneTooLate, ...fc.sample(schedules, { numRuns: size.schedules, seed })];
      const next = all.entries();
      const run = async () => {
        for (const [at, schedule] of next) {
          const { exchanges, writes, late } = await race(house, schedule).catch((cause: unknown) => {
            throw new Error(`Schedule ${at} of seed ${seed}: ${JSON.stringify(schedule)}`, { cause });
          });
          sum.exchanges += exchanges;
          sum.writes += writes;
          sum.late += late;
        }
      };
      await Promise.all(Array.from({ length: 6 }, run));
      say(`${all.length} schedules, seed ${seed}: ${JSON.stringify(sum)}`);
      expect(sum.exchanges).toBeGreaterThan(size.schedules / 4);
      expect(sum.late).toBeGreaterThan(0);
      expect(sum.writes).toBeGreaterThan(0);
    },
    isFull ? 1_800_000 : 20_000,
  );

  it("are renewed once for a thousand callers", async () => {
    const { tenantId } = await aConnectedTenant(house);
    const [row] = await house.sql<{ expires_at: Date }>("SELECT expires_at FROM connections WHERE tenant_id = $1", [
      tenantId,
    ]);
    house.clock.advance((row?.expires_at.getTime() ?? 0) - days(26) - house.clock.now());
    const before = house.meta.recorder.count(/oauth\/access_token/);
    const isolates = [house.tools, house.anotherIsolate().tools];
    let busy = 0;
    // Who finds the database busy comes again, as a message does.
    const keep = async (at: number): Promise<void> => {
      const who = { tenantId, requestId: `request-${at}`, job: "token.keep" };
      try {
        await runTokenKeeping(systemCtx(isolates[at % 2] ?? house.tools, who));
      } catch (thrown) {
        if (!isAppError(thrown, "database.unavailable")) throw thrown;
        busy += 1;
        await new Promise((resolve) => setTimeout(resolve, 50 + (at % 200)));
        await keep(at);
      }
    };
    await Promise.all(Array.from({ length: size.callers }, (_, at) => keep(at)));
    const exchanges = house.meta.recorder.count(/oauth\/access_token/) - before;
    say(`${size.callers} callers: ${exchanges} exchange; ${busy} times one found the database busy and came again`);
    expect(exchanges).toBe(1);
  }, 120_000);
});
