import { describe, expect, it } from "vitest";
import { dayNumber, dayText, fractionOfDay, metaTime, monthsBefore, startOfDay } from "./calendar.ts";
import { presetSpan } from "./date-presets.ts";

const lengthInHours = (zone: string, day: string) =>
  (startOfDay(zone, dayNumber(day) + 1) - startOfDay(zone, dayNumber(day))) / 3_600_000;

describe("an account's day", () => {
  it.each([
    ["America/New_York", "2026-11-01", 25],
    ["America/New_York", "2026-03-08", 23],
    ["America/Santiago", "2026-09-06", 23],
    ["America/Argentina/Buenos_Aires", "2026-11-01", 24],
  ])("in %s on %s has %i hours", (zone, day, hours) => {
    expect(lengthInHours(zone, day)).toBe(hours);
  });

  it("begins at one o'clock where midnight is skipped", () => {
    const start = startOfDay("America/Santiago", dayNumber("2026-09-06"));
    expect(metaTime("America/Santiago", start)).toBe("2026-09-06T01:00:00-0300");
    expect(fractionOfDay("America/Santiago", start)).toBe(0);
  });
});

describe("periods", () => {
  it("of months end on the month's last day", () => {
    expect(dayText(monthsBefore(dayNumber("2026-03-31"), 1))).toBe("2026-02-28");
    expect(dayText(monthsBefore(dayNumber("2026-11-23"), 37))).toBe("2023-10-23");
  });

  it.each([
    ["today", "2026-11-23", "2026-11-23"],
    ["last_7d", "2026-11-16", "2026-11-22"],
    ["last_month", "2026-10-01", "2026-10-31"],
    ["last_quarter", "2026-07-01", "2026-09-30"],
    ["this_week_sun_today", "2026-11-22", "2026-11-23"],
    ["last_week_mon_sun", "2026-11-16", "2026-11-22"],
    ["last_year", "2025-01-01", "2025-12-31"],
    ["maximum", "2023-10-23", "2026-11-23"],
  ])("named %s run from %s to %s", (preset, since, until) => {
    const span = presetSpan(preset, dayNumber("2026-11-23"));
    expect([span && dayText(span.first), span && dayText(span.last)]).toEqual([since, until]);
  });
});
