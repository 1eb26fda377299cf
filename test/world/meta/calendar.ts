/** Days are counted from 1970-01-01 (UTC); a day of an account is the wall-clock day of its IANA zone. */
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

export const dayNumber = (day: string): number => Math.round(Date.parse(`${day}T00:00:00Z`) / DAY_MS);

export const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

export const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(dayNumber(text)) && dayText(dayNumber(text)) === text;

/** 0 is Sunday. */
export const weekday = (day: number): number => (((day + 4) % 7) + 7) % 7;

const clocks = new Map<string, Intl.DateTimeFormat>();

const wallClock = (zone: string): Intl.DateTimeFormat => {
  const known = clocks.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  clocks.set(zone, made);
  return made;
};

/** What the wall clock shows, as if it were UTC. */
const wallMs = (zone: string, at: number): number => {
  const parts = new Map(
    wallClock(zone)
      .formatToParts(at)
      .map((part) => [part.type, Number(part.value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
};

export const offsetMinutes = (zone: string, at: number): number =>
  Math.round((wallMs(zone, at) - Math.floor(at / 1000) * 1000) / MINUTE_MS);

export const dayNumberIn = (zone: string, at: number): number => Math.floor(wallMs(zone, at) / DAY_MS);

const starts = new Map<string, number>();

/** The first instant of the zone's day, by search: a day may begin at 01:00 (America/Santiago) or last 25 hours. */
export const startOfDay = (zone: string, day: number): number => {
  const key = `${zone} ${day}`;
  const known = starts.get(key);
  if (known !== undefined) return known;
  let before = day * DAY_MS - 15 * 60 * MINUTE_MS;
  let after = day * DAY_MS + 15 * 60 * MINUTE_MS;
  while (after - before > MINUTE_MS) {
    const middle = Math.floor((before + after) / 2 / MINUTE_MS) * MINUTE_MS;
    if (dayNumberIn(zone, middle) >= day) after = middle;
    else before = middle;
  }
  starts.set(key, after);
  return after;
};

/** How much of the zone's day has passed, in [0, 1). */
export const fractionOfDay = (zone: string, at: number): number => {
  const day = dayNumberIn(zone, at);
  const start = startOfDay(zone, day);
  return (at - start) / (startOfDay(zone, day + 1) - start);
};

/** Graph's timestamps have no colon in the offset: 2026-10-01T00:00:00-0300 (§D.2). */
export const metaTime = (zone: string, at: number): string => {
  const offset = offsetMinutes(zone, at);
  const local = new Date(at + offset * MINUTE_MS).toISOString().slice(0, 19);
  const size = Math.abs(offset);
  const hours = String(Math.floor(size / 60)).padStart(2, "0");
  return `${local}${offset < 0 ? "-" : "+"}${hours}${String(size % 60).padStart(2, "0")}`;
};

/** The same day of an earlier month, or that month's last day. */
export const monthsBefore = (day: number, months: number): number => {
  const date = new Date(day * DAY_MS);
  const month = date.getUTCMonth() - months;
  const last = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
  return Math.round(Date.UTC(date.getUTCFullYear(), month, Math.min(date.getUTCDate(), last)) / DAY_MS);
};
