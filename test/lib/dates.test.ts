import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  addDays,
  addMonths,
  chunkDays,
  chunkMonths,
  dayIn,
  daysBetween,
  eachDay,
  isDay,
  isZone,
  parseMetaTime,
  splitDays,
  startOfDayIn,
} from "../../src/lib/dates.ts";

const HOUR = 3_600_000;
const days = fc.integer({ min: 0, max: 40_000 }).map((offset) => addDays("1970-01-01", offset));
const ranges = fc
  .tuple(days, fc.integer({ min: 0, max: 1_200 }))
  .map(([since, length]) => ({ since, until: addDays(since, length) }));
const zones = fc.constantFrom(
  "America/Argentina/Buenos_Aires",
  "America/Santiago",
  "America/New_York",
  "Europe/Madrid",
  "Asia/Kathmandu",
  "Pacific/Kiritimati",
  "Pacific/Pago_Pago",
  "UTC",
);

describe("calendar arithmetic", () => {
  test.each([
    ["2026-02-28", true],
    ["2024-02-29", true],
    ["2026-02-29", false],
    ["2026-13-01", false],
    ["2026-1-01", false],
    ["0999-01-01", false],
    ["2026-01-01T00:00:00Z", false],
    ["", false],
  ])("%j is a day: %s", (text, expected) => expect(isDay(text)).toBe(expected));

  test.each([
    ["2026-01-31", 1, "2026-02-28"],
    ["2024-01-31", 1, "2024-02-29"],
    ["2026-03-31", -1, "2026-02-28"],
    ["2026-11-23", -37, "2023-10-23"],
    ["2026-12-15", 1, "2027-01-15"],
  ])("%s plus %i months is %s", (day, months, expected) => expect(addMonths(day, months)).toBe(expected));

  it("refuses what is not a day", () => {
    expect(() => addDays("2026-02-30", 1)).toThrow(RangeError);
    expect(() => daysBetween("yesterday", "2026-01-01")).toThrow(RangeError);
  });

  it("adds and subtracts as inverses", () => {
    fc.assert(
      fc.property(days, fc.integer({ min: -5_000, max: 5_000 }), (day, step) => {
        expect(addDays(addDays(day, step), -step)).toBe(day);
        expect(daysBetween(day, addDays(day, step))).toBe(step);
      }),
    );
  });

  it("has no days in a backwards range", () => {
    expect(eachDay("2026-01-02", "2026-01-01")).toEqual([]);
    expect(chunkDays({ since: "2026-01-02", until: "2026-01-01" }, 3)).toEqual([]);
  });
});

describe("cutting a range", () => {
  const daysOf = (pieces: { since: string; until: string }[]) =>
    pieces.flatMap(({ since, until }) => eachDay(since, until));

  it("loses and repeats no day, whichever the knife", () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 1, max: 90 }), (range, size) => {
        const all = eachDay(range.since, range.until);
        expect(daysOf(chunkDays(range, size))).toEqual(all);
        expect(daysOf(chunkMonths(range))).toEqual(all);
        expect(daysOf(splitDays(range) ?? [range])).toEqual(all);
      }),
      { numRuns: 50 },
    );
  });

  it("keeps chunks within their size and months within themselves", () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 1, max: 90 }), (range, size) => {
        for (const { since, until } of chunkDays(range, size)) expect(daysBetween(since, until)).toBeLessThan(size);
        for (const { since, until } of chunkMonths(range)) expect(since.slice(0, 7)).toBe(until.slice(0, 7));
      }),
      { numRuns: 50 },
    );
  });

  it("cannot halve one day", () => {
    expect(splitDays({ since: "2026-01-01", until: "2026-01-01" })).toBeUndefined();
    expect(splitDays({ since: "2026-01-01", until: "2026-01-03" })).toEqual([
      { since: "2026-01-01", until: "2026-01-01" },
      { since: "2026-01-02", until: "2026-01-03" },
    ]);
  });

  it("refuses empty chunks", () => {
    expect(() => chunkDays({ since: "2026-01-01", until: "2026-01-03" }, 0)).toThrow(RangeError);
  });
});

describe("days in a zone", () => {
  test.each([
    ["America/Argentina/Buenos_Aires", "2026-11-23T02:59:59Z", "2026-11-22"],
    ["America/Argentina/Buenos_Aires", "2026-11-23T03:00:00Z", "2026-11-23"],
    ["Europe/Madrid", "2026-03-28T23:30:00Z", "2026-03-29"],
    ["Europe/Madrid", "2026-06-30T22:00:00Z", "2026-07-01"],
    ["America/New_York", "2026-11-01T04:30:00Z", "2026-11-01"],
    ["Pacific/Kiritimati", "2026-12-31T10:00:00Z", "2027-01-01"],
  ])("in %s, %s is %s", (zone, instant, day) => expect(dayIn(zone, Date.parse(instant))).toBe(day));

  test.each([
    ["Europe/Madrid", "2026-03-29", "2026-03-28T23:00:00Z", 23],
    ["Europe/Madrid", "2026-10-25", "2026-10-24T22:00:00Z", 25],
    ["America/New_York", "2026-03-08", "2026-03-08T05:00:00Z", 23],
    ["America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", 25],
    ["America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z", 23],
    ["America/Santiago", "2026-04-04", "2026-04-04T03:00:00Z", 25],
    ["America/Santiago", "2026-04-05", "2026-04-05T04:00:00Z", 24],
    ["America/Argentina/Buenos_Aires", "2026-03-29", "2026-03-29T03:00:00Z", 24],
    ["America/Argentina/Buenos_Aires", "2026-10-25", "2026-10-25T03:00:00Z", 24],
  ])("%s starts %s at %s and gives it %i hours", (zone, day, start, hours) => {
    expect(new Date(startOfDayIn(zone, day)).toISOString()).toBe(start.replace("Z", ".000Z"));
    expect((startOfDayIn(zone, addDays(day, 1)) - startOfDayIn(zone, day)) / HOUR).toBe(hours);
  });

  it("gives a day that a zone skipped the start of the next one", () => {
    expect(startOfDayIn("Pacific/Apia", "2011-12-30")).toBe(startOfDayIn("Pacific/Apia", "2011-12-31"));
  });

  it("starts a day exactly where it begins", () => {
    fc.assert(
      fc.property(zones, days, (zone, day) => {
        const start = startOfDayIn(zone, day);
        expect(dayIn(zone, start)).toBe(day);
        expect(dayIn(zone, start - 1)).toBe(addDays(day, -1));
      }),
    );
  });

  test.each([
    ["America/Santiago", true],
    ["UTC", true],
    ["+03:00", false],
    ["Mars/Olympus", false],
    ["", false],
  ])("%j is a zone: %s", (zone, expected) => expect(isZone(zone)).toBe(expected));
});

describe("Meta's times", () => {
  test.each([
    ["2023-03-21T22:33:56-0700", "2023-03-22T05:33:56.000Z"],
    ["2026-09-30T18:11:02-0300", "2026-09-30T21:11:02.000Z"],
    ["2026-09-30T18:11:02+05:45", "2026-09-30T12:26:02.000Z"],
    ["2026-09-30T18:11:02Z", "2026-09-30T18:11:02.000Z"],
  ])("%s is %s", (text, instant) => expect(parseMetaTime(text).toISOString()).toBe(instant));

  test.each(["", "2023-03-21", "2023-03-21T22:33:56", "2023-13-21T22:33:56-0700", "yesterday", "1763800000"])(
    "%j is none",
    (text) => expect(() => parseMetaTime(text)).toThrow(RangeError),
  );
});
