// What clocks show in a zone, and when they show it.
import { addDays, type Day } from "./dates.ts";

const MS_PER_MINUTE = 60_000;
const MS_PER_DAY = 86_400_000;
const MINUTES_PER_DAY = 1_440;

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known) return known;
  const formatter = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  formatters.set(zone, formatter);
  return formatter;
}

/** The clock of `zone` at `instant` (epoch milliseconds): its day and the minute of that day, 0 to 1439. */
export function clockIn(zone: string, instant: number): { day: Day; minute: number } {
  const parts = Object.fromEntries(
    formatterOf(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
  const { year = "", month = "", day = "", hour = "", minute = "" } = parts;
  return { day: `${year}-${month}-${day}`, minute: Number(hour) * 60 + Number(minute) };
}

const wallOf = ({ day, minute }: { day: Day; minute: number }): number => Date.parse(day) + minute * MS_PER_MINUTE;

/** How far the clocks of `zone` are ahead of UTC at `instant`, in milliseconds. */
export const offsetIn = (zone: string, instant: number): number =>
  wallOf(clockIn(zone, instant)) - Math.floor(instant / MS_PER_MINUTE) * MS_PER_MINUTE;

/**
 * The instant (epoch milliseconds) at which clocks of `zone` show that minute of the day: the first of two when the hour
 * comes twice; when the clocks jump over it, the one they jump at.
 */
export function instantIn(zone: string, day: Day, minute: number): number {
  const wall = wallOf({ day, minute });
  const [before, after] = [offsetIn(zone, wall - MS_PER_DAY), offsetIn(zone, wall + MS_PER_DAY)];
  const found = [wall - Math.max(before, after), wall - Math.min(before, after)].find(
    (instant) => wallOf(clockIn(zone, instant)) === wall,
  );
  if (found !== undefined) return found;
  let [early, late] = [wall - Math.max(before, after), wall - Math.min(before, after)];
  while (late - early > MS_PER_MINUTE) {
    const middle = early + Math.floor((late - early) / 2 / MS_PER_MINUTE) * MS_PER_MINUTE;
    if (wallOf(clockIn(zone, middle)) < wall) early = middle;
    else late = middle;
  }
  return late;
}

/** `HH:MM` as the minute of the day. */
export const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

/** The first instant of the local day after the one that `instant` is in. */
export const nextDayIn = (zone: string, instant: number): number =>
  instantIn(zone, addDays(clockIn(zone, instant).day, 1), 0);

/** 0 is Sunday. */
export const weekdayOf = (day: Day): number => new Date(Date.parse(day)).getUTCDay();

/** From one minute of the day forward to another: 0 to 1439. */
export const minutesUntil = (from: number, to: number): number => (to - from + MINUTES_PER_DAY) % MINUTES_PER_DAY;
