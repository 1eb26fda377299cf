// When a step is due: a while after (or, negative, before) something, at a time of day, or at a fixed local time.
import { addDays, type Day } from "../../lib/dates.ts";
import { clockIn, instantIn, minuteOf, weekdayOf } from "../../lib/local-time.ts";

export const units = ["minutes", "hours", "days", "weeks"] as const;
export type Unit = (typeof units)[number];

export type Delay =
  | {
      value: number;
      unit: Unit;
      /** From when the step before acted (the first: from what started the rule), or from what was told to come. */
      from?: "step" | "event" | undefined;
      /** `HH:MM`: at that time of the day it falls on, or of the next one where that has passed. */
      at?: string | undefined;
      /** Saturdays and Sundays do not count. */
      business_days?: boolean | undefined;
    }
  /** `YYYY-MM-DDTHH:MM`, as the tenant's clocks show it. */
  | { local: string };

const MS: Record<"minutes" | "hours", number> = { minutes: 60_000, hours: 3_600_000 };

export type Origin = { step: number; event?: number | undefined; zone: string };

/** Epoch milliseconds. A day is a day of the calendar: an hour more or less where the clocks are changed. */
export function dueAt(delay: Delay, { step, event, zone }: Origin): number {
  if ("local" in delay) return instantIn(zone, delay.local.slice(0, 10), minuteOf(delay.local.slice(11)));
  const { value, unit, from, at, business_days: isBusiness } = delay;
  const origin = from === "event" ? (event ?? step) : step;
  const moved =
    unit === "minutes" || unit === "hours"
      ? origin + value * MS[unit]
      : onDay(origin, zone, (day) =>
          isBusiness ? addBusinessDays(day, daysOf(value, unit)) : addDays(day, daysOf(value, unit)),
        );
  if (at === undefined) return moved;
  const { day } = clockIn(zone, moved);
  const there = instantIn(zone, day, minuteOf(at));
  if (there >= moved || value < 0) return there;
  // Days were asked for, and a time on that day; minutes and hours only know what comes next.
  return unit === "days" || unit === "weeks" ? there : instantIn(zone, addDays(day, 1), minuteOf(at));
}

/** What is farther than ten years is never. */
const MOST_DAYS = 3_660;
const daysOf = (value: number, unit: "days" | "weeks") =>
  Math.max(-MOST_DAYS, Math.min((unit === "weeks" ? 7 : 1) * value, MOST_DAYS));

/** The same time of another day; to the millisecond. */
function onDay(instant: number, zone: string, move: (day: Day) => Day): number {
  const { day, minute } = clockIn(zone, instant);
  return instantIn(zone, move(day), minute) + (instant % 60_000);
}

/** Backwards for a negative number. Zero on a weekend is that day itself. */
export function addBusinessDays(day: Day, days: number): Day {
  let [at, left] = [day, Math.abs(days)];
  while (left > 0) {
    at = addDays(at, Math.sign(days));
    if (weekdayOf(at) % 6 !== 0) left -= 1;
  }
  return at;
}

/** `HH:MM` on some days of the week (0 is Sunday; all where none is named), in the tenant's zone. */
export type Schedule = { at: string; weekdays?: readonly number[] | undefined };

/** The first run after `after`. */
export function nextRun({ at, weekdays = [] }: Schedule, after: number, zone: string): number {
  const { day: today } = clockIn(zone, after);
  for (let ahead = 0; ; ahead += 1) {
    const day = addDays(today, ahead);
    const run = instantIn(zone, day, minuteOf(at));
    if (run > after && (weekdays.length === 0 || weekdays.includes(weekdayOf(day)))) return run;
  }
}
