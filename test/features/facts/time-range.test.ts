import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/errors.ts";
import {
  parseTimeRange,
  possibleTodays,
  resolveWindow,
  type TimeRangeInput,
  timeRangeNames,
} from "../../../src/features/facts/time-range.ts";
import { addDays, dayIn, daysBetween } from "../../../src/lib/dates.ts";

const window = (input: TimeRangeInput, today: string, firstDay: string | null = null) =>
  resolveWindow(parseTimeRange(input), today, firstDay);
const refusal = (input: TimeRangeInput): AppError => {
  try {
    parseTimeRange(input);
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
  throw new Error("It was accepted.");
};

describe("which range was asked for", () => {
  it.each<[string, TimeRangeInput, string]>([
    ["nothing is the last thirty days", {}, "last_30d"],
    ["time_range wins over range", { timeRange: "last_90d", range: "all" }, "last_90d"],
    [
      "time_range wins over since and until",
      { timeRange: "yearly", since: "2026-01-01", until: "2026-01-31" },
      "yearly",
    ],
    ["range is read without time_range", { range: "this_year" }, "this_year"],
    ["lifetime is all", { range: "lifetime" }, "all"],
    ["since and until", { since: "2026-01-01", until: "2026-01-31" }, "custom"],
  ])("%s", (_, input, preset) => {
    expect(parseTimeRange(input).preset).toBe(preset);
  });

  it.each(["last_7d", "LAST_30_DAYS", "", "toString"])(
    "an unknown value (%j) is refused with the list of the valid ones",
    (timeRange) => {
      const error = refusal({ timeRange });
      expect([error.code, error.status]).toEqual(["request.invalid", 422]);
      expect(error.details["valid"]).toEqual(timeRangeNames);
      for (const name of timeRangeNames) expect(error.message).toContain(name);
    },
  );

  it.each<[string, TimeRangeInput, string]>([
    ["since without until", { since: "2026-01-01" }, "until"],
    ["until without since", { until: "2026-01-01" }, "since"],
    ["a day the calendar lacks", { since: "2026-02-30", until: "2026-03-01" }, "since"],
    ["a backwards range", { since: "2026-02-02", until: "2026-02-01" }, "until"],
    ["more than 37 months", { since: "2023-10-21", until: "2026-11-22" }, "since"],
    ["a day before there were ads", { since: "1999-12-31", until: "2000-01-01" }, "since"],
  ])("%s is refused by name", (_, input, field) => {
    expect(refusal(input).details["fields"]).toEqual([expect.objectContaining({ field })]);
  });

  it("37 months to the day are accepted", () => {
    expect(parseTimeRange({ since: "2023-10-22", until: "2026-11-22" }).preset).toBe("custom");
  });
});

describe("which days those are", () => {
  const whole = { clampedFrom: null, partial: false };
  it.each([
    [
      "last_30d ends yesterday",
      { timeRange: "last_30d" },
      "2026-11-23",
      { since: "2026-10-24", until: "2026-11-22", previous: { since: "2026-09-24", until: "2026-10-23" }, ...whole },
    ],
    [
      "last_90d",
      { timeRange: "last_90d" },
      "2026-11-23",
      { since: "2026-08-25", until: "2026-11-22", previous: { since: "2026-05-27", until: "2026-08-24" }, ...whole },
    ],
    [
      "yearly is 365 days",
      { timeRange: "yearly" },
      "2026-11-23",
      { since: "2025-11-23", until: "2026-11-22", previous: { since: "2024-11-23", until: "2025-11-22" }, ...whole },
    ],
    [
      "this_year compares with the same dates of the year before",
      { timeRange: "this_year" },
      "2026-11-23",
      { since: "2026-01-01", until: "2026-11-22", previous: { since: "2025-01-01", until: "2025-11-22" }, ...whole },
    ],
    [
      "this_year on 1 March of a leap year",
      { timeRange: "this_year" },
      "2024-03-01",
      { since: "2024-01-01", until: "2024-02-29", previous: { since: "2023-01-01", until: "2023-02-28" }, ...whole },
    ],
    [
      "this_year on 1 January is empty, not an error",
      { timeRange: "this_year" },
      "2026-01-01",
      { since: "2026-01-01", until: "2025-12-31", previous: null, clampedFrom: null, partial: true },
    ],
    [
      "today can be added",
      { includeToday: true },
      "2026-11-23",
      {
        since: "2026-10-24",
        until: "2026-11-23",
        previous: { since: "2026-09-23", until: "2026-10-23" },
        clampedFrom: null,
        partial: true,
      },
    ],
    [
      "a custom range",
      { since: "2026-02-01", until: "2026-02-28" },
      "2026-11-23",
      { since: "2026-02-01", until: "2026-02-28", previous: { since: "2026-01-04", until: "2026-01-31" }, ...whole },
    ],
    [
      "what has not happened is cut off",
      { since: "2026-11-20", until: "2026-12-31" },
      "2026-11-23",
      {
        since: "2026-11-20",
        until: "2026-11-23",
        previous: { since: "2026-11-16", until: "2026-11-19" },
        clampedFrom: null,
        partial: true,
      },
    ],
    [
      "a range of the future is empty",
      { since: "2026-12-01", until: "2026-12-31" },
      "2026-11-23",
      { since: "2026-12-01", until: "2026-11-30", previous: null, clampedFrom: null, partial: true },
    ],
  ] as const)("%s", (_, input, today, expected) => {
    expect(window(input, today)).toMatchObject(expected);
  });

  it.each([
    ["begins with the first data", "2026-03-05", { since: "2026-03-05", clampedFrom: null }],
    [
      "goes back 37 months at most and says from where it was cut",
      "2019-01-01",
      { since: "2023-10-23", clampedFrom: "2019-01-01" },
    ],
    ["goes back 37 months where nothing is known", null, { since: "2023-10-23", clampedFrom: null }],
    [
      "is empty where the first data is of today",
      "2026-11-23",
      { since: "2026-11-23", until: "2026-11-22", partial: true },
    ],
  ] as const)("all %s, and has nothing to compare with", (_, firstDay, expected) => {
    expect(window({ range: "all" }, "2026-11-23", firstDay)).toMatchObject({
      until: "2026-11-22",
      previous: null,
      ...expected,
    });
  });
});

const aDay = fc
  .date({ min: new Date("2020-01-01"), max: new Date("2030-12-31"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const aRange = fc.oneof(
  fc.record({ timeRange: fc.constantFrom(...timeRangeNames), includeToday: fc.boolean() }),
  fc.tuple(aDay, fc.nat(1100)).map(([since, length]) => ({ since, until: addDays(since, length) })),
);

describe("whatever the range and the day", () => {
  it("a window is a run of days, at most 37 months, that ends today at the latest or is empty", () => {
    fc.assert(
      fc.property(aRange, aDay, fc.option(aDay), (input, today, firstDay) => {
        const { since, until, partial } = window(input, today, firstDay);
        const length = daysBetween(since, until) + 1;
        expect(length).toBeGreaterThanOrEqual(0);
        expect(length).toBeLessThanOrEqual(37 * 31);
        expect(length === 0 || until <= today).toBe(true);
        expect(partial || (length > 0 && until < today)).toBe(true);
      }),
    );
  });

  it("what is before a window touches it and is as long, except over years", () => {
    fc.assert(
      fc.property(aRange, aDay, (input, today) => {
        const { since, until, previous, preset } = window(input, today);
        fc.pre(previous !== null);
        const isAsLong = daysBetween(previous.since, previous.until) === daysBetween(since, until);
        const touches = isAsLong && addDays(previous.until, 1) === since;
        expect(preset === "this_year" ? previous.since.slice(4) === since.slice(4) : touches).toBe(true);
      }),
    );
  });

  it("the day of every zone is among the days it can be", () => {
    const zones = [
      "Pacific/Kiritimati",
      "Etc/GMT+12",
      "America/Argentina/Buenos_Aires",
      "Asia/Kolkata",
      "UTC",
      "Pacific/Apia",
    ];
    const instant = fc.integer({ min: Date.parse("2020-01-01"), max: Date.parse("2031-01-01") });
    fc.assert(
      fc.property(instant, fc.constantFrom(...zones), (now, zone) => {
        expect(possibleTodays(now)).toContain(dayIn(zone, now));
      }),
    );
  });
});
