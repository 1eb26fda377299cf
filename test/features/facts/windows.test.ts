// The database picks the window of its own clock's day: here it is held against the rules and zones of TypeScript.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { userCtx } from "../../../src/context.ts";
import { readSnapshot } from "../../../src/features/analytics/analytics.service.ts";
import { parseTimeRange, resolveWindow, timeRangeNames } from "../../../src/features/facts/time-range.ts";
import { dayIn, daysBetween } from "../../../src/lib/dates.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aTenant } from "../../support/people.ts";
import { aConnection, anAccount } from "./scene.ts";

const zones = ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Santiago", "Europe/Madrid", "Asia/Kolkata", "UTC"];
const [firstDay, lastDay] = ["2020-01-01", "2027-12-31"];

let house: House;
const tenantOf = new Map<string, number>();

beforeAll(async () => {
  house = await aHouse();
  for (const timezone of zones) {
    const tenantId = await aTenant(house, { timezone });
    tenantOf.set(timezone, tenantId);
    const covered = { account: "{[2020-01-01,2028-01-01)}", wantedFrom: firstDay };
    await anAccount(house.sql, tenantId, await aConnection(house.sql, tenantId), {
      id: "1",
      isPrimary: true,
      timezone,
      covered,
    });
    await house.sql(
      `INSERT INTO daily_spend SELECT $1, 'account', day, '1', '1', 'ARS', 1, 0, 0, 0
       FROM generate_series($2::timestamp, $3::timestamp, '1 day') AS day`,
      [tenantId, firstDay, lastDay],
    );
  }
});
afterAll(() => house.stop());

describe("the window that is summed", () => {
  it(
    "has the days that the rules say, wherever the tenant lives and whenever they ask",
    { timeout: 60_000 },
    async () => {
      const instant = fc.integer({ min: Date.parse("2024-01-01"), max: Date.parse("2027-12-30") });
      // The hours around New Year, when zones disagree about the year.
      const aroundNewYear = fc
        .tuple(fc.constantFrom(2025, 2026, 2027), fc.integer({ min: -15, max: 15 }))
        .map(([year, hours]) => Date.UTC(year, 0, 1, hours));
      const range = fc.oneof(
        fc.record({ timeRange: fc.constantFrom(...timeRangeNames), includeToday: fc.boolean() }),
        fc.constantFrom({ since: "2024-12-20", until: "2025-01-05" }, { since: "2026-12-31", until: "2026-12-31" }),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...zones),
          fc.oneof(instant, aroundNewYear),
          range,
          async (zone, now, timeRange) => {
            const tenantId = tenantOf.get(zone) ?? 0;
            const ctx = {
              ...userCtx(house.tools, { tenantId, requestId: "r", userId: "u", role: "ceo" }),
              now: () => now,
            };
            const { frame, totals, changes } = await readSnapshot(ctx, { timeRange, view: {}, withCreatives: false });
            const window = resolveWindow(parseTimeRange(timeRange), dayIn(zone, now), firstDay);
            expect(frame.window).toEqual(window);
            const length = daysBetween(window.since, window.until) + 1;
            expect(Number(totals.sums.spend)).toBe(length);
            const before = window.previous && daysBetween(window.previous.since, window.previous.until) + 1;
            expect(changes.spend.value).toBe(before === null || window.partial ? null : length - before);
          },
        ),
        { numRuns: 150 },
      );
    },
  );
});
