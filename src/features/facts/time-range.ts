// Which days a request speaks of. Pure: what was asked and the tenant's today in, days out.
import { fieldError } from "../../errors.ts";
import { addDays, addMonths, type Day, type DayRange, dayIn, daysBetween, isDay } from "../../lib/dates.ts";

export const presets = ["last_30d", "last_90d", "this_year", "yearly", "all"] as const;

/** What `time_range` and `range` accept; `lifetime` is `all`. */
export const timeRangeNames = [...presets, "lifetime"] as const;

type Preset = (typeof presets)[number];

export type TimeRange =
  | { readonly preset: Preset; readonly includeToday: boolean }
  | ({ readonly preset: "custom" } & DayRange);

export type Window = DayRange & {
  readonly preset: Preset | "custom";
  /** What it is compared with; null where there is nothing of the same length before. */
  readonly previous: DayRange | null;
  /** Where the known data begins, when that is longer ago than can be asked for. */
  readonly clampedFrom: Day | null;
  /** Holds a day that is not over, or no day at all. */
  readonly partial: boolean;
};

export type TimeRangeInput = {
  timeRange?: string | undefined;
  range?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
  includeToday?: boolean | undefined;
};

/** As long as Meta keeps insights. */
const MAX_MONTHS = 37;
const OLDEST: Day = "2000-01-01";
const HOUR_MS = 3_600_000;
const rollingDays = { last_30d: 30, last_90d: 90, yearly: 365 } as const;

/** Throws request.invalid, naming what would have been accepted. */
export function parseTimeRange({ timeRange, range, since, until, includeToday = false }: TimeRangeInput): TimeRange {
  const asked = timeRange ?? range;
  if (asked === undefined && (since !== undefined || until !== undefined)) return parseCustom(since, until);
  const name = asked === "lifetime" ? "all" : (asked ?? "last_30d");
  const preset = presets.find((candidate) => candidate === name);
  if (preset) return { preset, includeToday };
  const field = timeRange === undefined ? "range" : "time_range";
  throw fieldError(field, `debe ser uno de ${timeRangeNames.join(", ")}, o since y until`, { valid: timeRangeNames });
}

function parseCustom(since: string | undefined, until: string | undefined): TimeRange {
  const days = [
    ["since", since],
    ["until", until],
  ] as const;
  for (const [field, day] of days) {
    if (day === undefined || !isDay(day) || day < OLDEST) {
      throw fieldError(field, `debe ser una fecha AAAA-MM-DD desde ${OLDEST}; since y until van juntos`);
    }
  }
  const [first, last] = [since as Day, until as Day];
  if (last < first) throw fieldError("until", "no puede ser anterior a since");
  if (first < addMonths(last, -MAX_MONTHS))
    throw fieldError("since", `el período no puede pasar de ${MAX_MONTHS} meses`);
  return { preset: "custom", since: first, until: last };
}

/**
 * The days of `range` where it is `today`. `firstDay` is the first day of known data; without it `all` reaches back as
 * far as can be asked. An empty window has `until` on the day before `since`.
 */
export function resolveWindow(range: TimeRange, today: Day, firstDay: Day | null = null): Window {
  const { preset } = range;
  if (preset === "custom") return customWindow(range, today);
  const yesterday = addDays(today, -1);
  const until = range.includeToday ? today : yesterday;
  const { since, clampedFrom } = startOf(preset, { today, yesterday, until, firstDay });
  const isEmpty = until < since;
  const previous = isEmpty || preset === "all" ? null : previousOf(preset, { since, until });
  return { since, until, previous, preset, clampedFrom, partial: range.includeToday || isEmpty };
}

type Days = { today: Day; yesterday: Day; until: Day; firstDay: Day | null };

function startOf(preset: Preset, { today, yesterday, until, firstDay }: Days): { since: Day; clampedFrom: Day | null } {
  if (preset === "this_year") return { since: `${today.slice(0, 4)}-01-01`, clampedFrom: null };
  if (preset !== "all") return { since: addDays(yesterday, 1 - rollingDays[preset]), clampedFrom: null };
  const floor = addMonths(today, -MAX_MONTHS);
  if (firstDay === null) return { since: floor, clampedFrom: null };
  if (firstDay < floor) return { since: floor, clampedFrom: firstDay };
  return { since: firstDay <= until ? firstDay : addDays(until, 1), clampedFrom: null };
}

function previousOf(preset: Preset | "custom", { since, until }: DayRange): DayRange {
  if (preset === "this_year") return { since: addMonths(since, -12), until: addMonths(until, -12) };
  const length = daysBetween(since, until) + 1;
  return { since: addDays(since, -length), until: addDays(since, -1) };
}

// What has not happened yet cannot be known: the window ends today at the latest.
function customWindow({ since, until: asked }: DayRange, today: Day): Window {
  const last = asked < today ? asked : today;
  const isEmpty = last < since;
  const until = isEmpty ? addDays(since, -1) : last;
  const previous = isEmpty ? null : previousOf("custom", { since, until });
  return { since, until, previous, preset: "custom", clampedFrom: null, partial: asked >= today };
}

/** Every day that some clock on Earth shows at `now` (UTC−12 to UTC+14): two or three. */
export function possibleTodays(now: number): Day[] {
  return [...new Set([-12, 0, 14].map((hours) => dayIn("UTC", now + hours * HOUR_MS)))];
}
