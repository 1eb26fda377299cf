import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterFailure, nextHour, nextNight } from "../../../src/features/assets/due.ts";
import { newsOf } from "../../../src/features/assets/news.ts";
import type { Asset, Found } from "../../../src/features/assets/assets.queries.ts";

const HOUR = 3_600_000;
const instants = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) });
const names = fc.string({ minLength: 1, maxLength: 20 });

describe("the next time", () => {
  it("is the same moment of each night, between five and eight in UTC, and always ahead", () => {
    fc.assert(
      fc.property(instants, names, (now, whose) => {
        const next = nextNight(now, whose).getTime();
        expect(next).toBeGreaterThan(now);
        expect(next - now).toBeLessThanOrEqual(24 * HOUR);
        expect([5, 6, 7]).toContain(new Date(next).getUTCHours());
        expect(nextNight(next, whose).getTime() - next).toBe(24 * HOUR);
      }),
    );
  });

  it("is within the hour, and spread over it", () => {
    fc.assert(
      fc.property(instants, names, (now, whose) => {
        const next = nextHour(now, whose).getTime();
        expect(next).toBeGreaterThan(now);
        expect(next - now).toBeLessThanOrEqual(HOUR);
        expect(nextHour(next, whose).getTime() - next).toBe(HOUR);
      }),
    );
    const minutes = Array.from({ length: 600 }, (_, page) => nextHour(0, `7/${page}`).getTime() % HOUR);
    const perQuarter = [0, 1, 2, 3].map(
      (quarter) => minutes.filter((ms) => Math.floor(ms / (HOUR / 4)) === quarter).length,
    );
    for (const count of perQuarter) expect(count).toBeGreaterThan(75);
  });

  it("after failures comes ever later, never later than usual, and never before Meta wants it", () => {
    const latest = new Date(5 * HOUR);
    const rests = [0, 1, 2, 3, 9].map((failures) => afterFailure(0, failures, latest).getTime() / 60_000);
    expect(rests).toEqual([10, 20, 40, 80, 300]);
    expect(afterFailure(0, 0, latest, 10 * 3_600).getTime()).toBe(10 * HOUR);
  });
});

describe("what a look changes", () => {
  const asset = (assetId: string, rest: Partial<Asset> = {}) =>
    ({ kind: "page", assetId, releasedAt: null, declinedAt: null, problem: null, ...rest }) as Asset;
  const found = (assetId: string) => ({ kind: "page", assetId }) as Found;
  const none = { taken: new Set<string>(), looked: ["page"] };

  it("is nothing where all is as it was", () => {
    expect(newsOf([asset("1")], [found("1")], none).news).toEqual({ bound: [], taken: [], lost: [] });
  });

  it("is what is new, what another has, and what is gone; what was declined is no news", () => {
    const known = [asset("1"), asset("2", { releasedAt: new Date(), declinedAt: new Date() })];
    const look = { taken: new Set(["page 4"]), looked: ["page"] };
    expect(newsOf(known, ["2", "3", "4"].map(found), look)).toMatchObject({
      news: { bound: ["page 3"], taken: ["page 4"], lost: ["page 1"] },
      lost: [{ assetId: "1" }],
    });
  });

  it("is never a loss of what Meta was not asked for", () => {
    expect(newsOf([asset("1")], [], { ...none, looked: ["waba"] }).lost).toEqual([]);
  });
});
