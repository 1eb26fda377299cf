// Calendar days as ISO strings, and the zones they are lived in. Nothing here knows what time it is.

/** A calendar day without a zone, `YYYY-MM-DD`, years 1000 to 9999. */
export type Day = string;

/** Both ends included. */
export type DayRange = { readonly since: Day; readonly until: Day };

const MS_PER_DAY = 86_400_000;
const MS_PER_HOUR = 3_600_000;

const toDay = (utc: number): Day => new Date(utc).toISOString().slice(0, 10);

const toUtc = (day: Day): number => {
  if (!isDay(day)) throw new RangeError("Not a calendar day (YYYY-MM-DD).");
  return Date.parse(day);
};

export const isDay = (text: string): boolean => {
  if (!/^[1-9]\d{3}-\d{2}-\d{2}$/.test(text)) return false;
  const utc = Date.parse(text);
  return !Number.isNaN(utc) && toDay(utc) === text;
};

export const addDays = (day: Day, days: number): Day => toDay(toUtc(day) + days * MS_PER_DAY);

/** Same day of another month; the last day of that month where it is too short (31 Jan + 1 = 28 Feb). */
export const addMonths = (day: Day, months: number): Day => {
  const date = new Date(toUtc(day));
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + months];
  const lastOfMonth = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return toDay(Date.UTC(year, month, Math.min(date.getUTCDate(), lastOfMonth)));
};

/** Steps from `since` to `until`: 0 on the same day, negative when `until` comes first. */
export const daysBetween = (since: Day, until: Day): number => (toUtc(until) - toUtc(since)) / MS_PER_DAY;

/** Every day of the range, both ends included; none when it is backwards. */
export const eachDay = (since: Day, until: Day): Day[] =>
  Array.from({ length: Math.max(0, daysBetween(since, until) + 1) }, (_, index) => addDays(since, index));

/** Two halves that touch without overlapping (the second takes the odd day), or undefined for a single day. */
export const splitDays = ({ since, until }: DayRange): [DayRange, DayRange] | undefined => {
  const length = daysBetween(since, until) + 1;
  if (length < 2) return undefined;
  const firstUntil = addDays(since, Math.floor(length / 2) - 1);
  return [
    { since, until: firstUntil },
    { since: addDays(firstUntil, 1), until },
  ];
};

const chunk = ({ since, until }: DayRange, lastOf: (start: Day) => Day): DayRange[] => {
  const chunks: DayRange[] = [];
  for (let start = since; daysBetween(start, until) >= 0;) {
    const last = lastOf(start);
    const end = last < until ? last : until;
    chunks.push({ since: start, until: end });
    start = addDays(end, 1);
  }
  return chunks;
};

/** Consecutive pieces of at most `days` days. */
export const chunkDays = (range: DayRange, days: number): DayRange[] => {
  if (!Number.isInteger(days) || days < 1) throw new RangeError("A chunk holds one day or more.");
  return chunk(range, (start) => addDays(start, days - 1));
};

/** Consecutive pieces that never cross a month. */
export const chunkMonths = (range: DayRange): DayRange[] =>
  chunk(range, (start) => addDays(addMonths(`${start.slice(0, 7)}-01`, 1), -1));

const formatters = new Map<string, Intl.DateTimeFormat>();

const formatterOf = (zone: string): Intl.DateTimeFormat => {
  const known = formatters.get(zone);
  if (known) return known;
  const formatter = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  formatters.set(zone, formatter);
  return formatter;
};

/** True for an IANA name this runtime knows; a bare offset such as `+03:00` is not a zone. */
export const isZone = (zone: string): boolean => {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: zone }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
};

/** The calendar day that clocks of `zone` (IANA) show at `instant` (epoch milliseconds). */
export const dayIn = (zone: string, instant: number): Day => {
  const parts = formatterOf(zone).formatToParts(instant);
  const part = (type: "year" | "month" | "day") => parts.find((candidate) => candidate.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
};

/**
 * The first instant (epoch milliseconds) at which clocks of `zone` show `day`. That is not always 00:00: Santiago
 * jumps from 24:00 to 01:00 every September. A day the zone never had yields the start of the next one.
 */
export const startOfDayIn = (zone: string, day: Day): number => {
  let before = toUtc(day) - 16 * MS_PER_HOUR;
  let within = toUtc(day) + 16 * MS_PER_HOUR;
  while (within - before > 1_000) {
    const middle = before + Math.floor((within - before) / 2_000) * 1_000;
    if (dayIn(zone, middle) < day) before = middle;
    else within = middle;
  }
  return within;
};

/** Meta writes offsets without a colon (`2023-03-21T22:33:56-0700`), which only V8 promises to parse (§D.2). */
export const parseMetaTime = (text: string): Date => {
  const parts = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)(?:Z|([+-]\d{2}):?(\d{2}))$/.exec(text);
  const date = parts ? new Date(`${parts[1]}${parts[2] ? `${parts[2]}:${parts[3]}` : "Z"}`) : undefined;
  if (!date || Number.isNaN(date.getTime())) throw new RangeError("Not a time as Meta writes it.");
  return date;
};
