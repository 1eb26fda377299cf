// Instants in microseconds against calendar days.
import { addDays, type Day, dayIn, startOfDayIn } from "../../src/lib/dates.ts";
import type { Instant } from "./business.ts";

export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const instant = (text: string): Instant => {
  const micros = /\.\d{3}(\d{3})/.exec(text)?.[1] ?? "0";
  return Date.parse(text) * 1000 + Number(micros);
};

/** `2026-11-01T03:00:00.000001Z` */
export const toText = (at: Instant): string => {
  const micros = ((at % 1000) + 1000) % 1000;
  const text = new Date((at - micros) / 1000).toISOString();
  return `${text.slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
};

export const dayOf = (zone: string, at: Instant): Day => dayIn(zone, Math.floor(at / 1000));

const ends = new Map<string, Instant>();

/** The last microsecond in which clocks of `zone` show `day`. */
export const endOfDay = (zone: string, day: Day): Instant => {
  const known = ends.get(`${zone} ${day}`);
  if (known !== undefined) return known;
  const end = startOfDayIn(zone, addDays(day, 1)) * 1000 - 1;
  ends.set(`${zone} ${day}`, end);
  return end;
};
