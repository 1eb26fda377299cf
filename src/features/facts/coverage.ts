// What is known of a window. A day that was not synced is unknown, which is not zero.
import { addDays, type Day, type DayRange, daysBetween, eachDay } from "../../lib/dates.ts";

export type Coverage = {
  days: number;
  missing: ReadonlySet<Day>;
  /** At least one account knows at least one day, or there is nothing to know. */
  isKnown: boolean;
  isComplete: boolean;
  /** More than a fifth of the days missing says too little for a return on spend. */
  isRoiTrusted: boolean;
};

const MOST_DAYS_MISSING_PERCENT = 20;

/** Days that any of the accounts (their unknown days of the window, as PostgreSQL writes a multirange) cannot speak of. */
export function coverageOf(window: DayRange, unknown: readonly string[]): Coverage {
  const days = Math.max(0, daysBetween(window.since, window.until) + 1);
  const missingOfEach = unknown.map(
    (text) => new Set(parseDayRanges(text).flatMap(({ since, until }) => eachDay(since, until))),
  );
  const missing = new Set(missingOfEach.flatMap((each) => [...each]).sort());
  return {
    days,
    missing,
    isKnown: missingOfEach.length === 0 || days === 0 || missingOfEach.some((each) => each.size < days),
    isComplete: missing.size === 0,
    isRoiTrusted: missing.size * 100 <= days * MOST_DAYS_MISSING_PERCENT,
  };
}

/** `{[2026-01-01,2026-02-01)}` as ranges with both ends included. */
export const parseDayRanges = (multirange: string): DayRange[] =>
  [...multirange.matchAll(/\[(\d{4}-\d{2}-\d{2}),(\d{4}-\d{2}-\d{2})\)/g)].map(([, since = "", end = ""]) => ({
    since,
    until: addDays(end, -1),
  }));
