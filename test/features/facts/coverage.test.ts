import { describe, expect, it } from "vitest";
import { coverageOf, parseDayRanges } from "../../../src/features/facts/coverage.ts";
import { freshnessOf, type Synced } from "../../../src/features/facts/freshness.ts";

describe("what is known of a window", () => {
  const tenDays = { since: "2026-11-01", until: "2026-11-10" };

  it("PostgreSQL's sets of days end before their upper bound", () => {
    expect(parseDayRanges("{[2026-01-01,2026-01-03),[2026-02-28,2026-03-01)}")).toEqual([
      { since: "2026-01-01", until: "2026-01-02" },
      { since: "2026-02-28", until: "2026-02-28" },
    ]);
    expect(parseDayRanges("{}")).toEqual([]);
  });

  it.each([
    ["everything", ["{}"], { isKnown: true, isComplete: true, isRoiTrusted: true }, 0],
    [
      "a fifth missing still bears a return",
      ["{[2026-11-01,2026-11-03)}"],
      { isKnown: true, isComplete: false, isRoiTrusted: true },
      2,
    ],
    [
      "more than a fifth does not",
      ["{[2026-11-01,2026-11-04)}"],
      { isKnown: true, isComplete: false, isRoiTrusted: false },
      3,
    ],
    ["nothing", ["{[2026-11-01,2026-11-11)}"], { isKnown: false, isComplete: false, isRoiTrusted: false }, 10],
    [
      "days that any account lacks are missing once",
      ["{[2026-11-01,2026-11-02)}", "{[2026-11-01,2026-11-03)}"],
      { isKnown: true, isRoiTrusted: true },
      2,
    ],
    [
      "one account of two was never synced",
      ["{}", "{[2026-11-01,2026-11-11)}"],
      { isKnown: true, isRoiTrusted: false },
      10,
    ],
    ["there is no account to know of", [], { isKnown: true, isComplete: true, isRoiTrusted: true }, 0],
  ])("%s", (_, unknown, expected, missing) => {
    const coverage = coverageOf(tenDays, unknown);
    expect(coverage).toMatchObject(expected);
    expect(coverage.missing.size).toBe(missing);
  });

  it("an empty window misses nothing", () => {
    expect(coverageOf({ since: "2026-01-01", until: "2025-12-31" }, ["{}"])).toMatchObject({
      days: 0,
      isKnown: true,
      isComplete: true,
    });
  });
});

describe("how fresh figures are", () => {
  const now = Date.parse("2026-11-23T15:00:00Z");
  const account = (
    hoursAgo: number | null,
    connectionStatus = "active",
    completeThrough: string | null = "2026-11-22",
  ): Synced => ({
    connectionStatus,
    completeThrough,
    lastSyncedAt: hoursAgo === null ? null : new Date(now - hoursAgo * 3_600_000),
  });

  it.each<[string, Synced[], string | null, string | null]>([
    ["fresh", [account(1)], null, null],
    ["three hours are not yet old", [account(3)], null, null],
    ["older than three hours", [account(3.1)], "sync_late", null],
    ["the oldest account counts", [account(1), account(5)], "sync_late", null],
    ["a token that died is the reason", [account(5, "needs_reauth")], "connection_needs_reauth", null],
    ["a connection with fewer rights still reads", [account(1, "limited")], null, null],
    ["never synced", [account(null)], "not_synced", "not_synced"],
    ["one account waits for its first sync", [account(1), account(null)], "account_not_synced", null],
    ["no account", [], "not_connected", "not_connected"],
  ])("%s", (_, accounts, staleReason, reason) => {
    expect(freshnessOf(accounts, { now, isPartial: false })).toMatchObject({ staleReason, reason });
  });

  it("complete through the day that every account reaches", () => {
    const through = (days: (string | null)[]) =>
      freshnessOf(
        days.map((day) => account(1, "active", day)),
        { now, isPartial: false },
      ).completeThrough;
    expect(through(["2026-11-22", "2026-11-20"])).toBe("2026-11-20");
    expect(through(["2026-11-22", null])).toBeNull();
  });
});
