// Which pieces a run is cut into. Pure: days in, slices out.
import {
  addDays,
  addMonths,
  chunkDays,
  chunkMonths,
  type Day,
  type DayRange,
  dayIn,
  daysBetween,
} from "../../lib/dates.ts";

export const levels = ["account", "campaign", "ad"] as const;
export type Level = (typeof levels)[number];

export type SlicePlan = {
  level: Level | "structure";
  since: Day;
  until: Day;
  /** `direct` is a GET, `report` an asynchronous report that is polled for. */
  method: "direct" | "report";
  /** Known to be empty without asking. */
  isEmpty?: boolean;
};

const HOUR_MS = 3_600_000;
const RETENTION_MONTHS = 37;
/** Meta restates a day for 28 days. */
export const RESTATED_DAYS = 28;
const RECENT_DAYS = 3;
const DEEP_DAYS = 90;
/** Days of a direct read, so that one answer stays in the low thousands of rows. */
const directDays: Record<Level, number> = { account: 90, campaign: 14, ad: 7 };

/** The last day whose numbers are whole: yesterday, once three hours of today have passed in the account's zone. */
export const lastWholeDay = (zone: string, now: number): Day => addDays(dayIn(zone, now - 3 * HOUR_MS), -1);

/** Meta keeps 37 months, counted in the account's zone; one day inside the limit, because the edge moves at midnight. */
export const oldestDay = (zone: string, now: number): Day => addDays(addMonths(dayIn(zone, now), -RETENTION_MONTHS), 1);

const direct = (range: DayRange): SlicePlan[] =>
  levels.flatMap((level) =>
    chunkDays(range, directDays[level])
      .reverse()
      .map((piece) => ({ level, ...piece, method: "direct" as const })),
  );

const structure = (range: DayRange): SlicePlan => ({ level: "structure", ...range, method: "direct" });

/**
 * A stretch of history. The last four weeks come first and directly; what is older is asked at account level by one
 * report, and deeper only where that shows delivery (see planDeeper).
 */
export function planRange({ since, until }: DayRange, today: Day): SlicePlan[] {
  const recentFrom = addDays(today, -RESTATED_DAYS);
  const recent = until >= recentFrom ? direct({ since: since > recentFrom ? since : recentFrom, until }) : [];
  const lastOld = until < recentFrom ? until : addDays(recentFrom, -1);
  const old: SlicePlan[] = since <= lastOld ? [{ level: "account", since, until: lastOld, method: "report" }] : [];
  return [structure({ since, until }), ...recent, ...old];
}

/** Deeper levels of a stretch of history whose days of delivery are known: the rest is empty, and covered as it is. */
export function planDeeper(range: DayRange, daysWithDelivery: readonly Day[]): SlicePlan[] {
  const inside = daysWithDelivery.filter((day) => day >= range.since && day <= range.until).sort();
  return chunkMonths(range).flatMap((month) => {
    const isEmpty = !inside.some((day) => day >= month.since && day <= month.until);
    return (["campaign", "ad"] as const).map((level) => ({ level, ...month, method: "report" as const, isEmpty }));
  });
}

export type ScheduleState = {
  today: Day;
  /** Days of the last read of all restated days, and of the last deep read. */
  fullReadOn: Day | null;
  deepReadOn: Day | null;
  /** Days that are wanted and not covered, per level. */
  gaps: readonly (DayRange & { level: Level })[];
};

/** The hourly run: three days, once a day all that Meta may restate, once a week ninety days, and always the gaps. */
export function planScheduled({ today, fullReadOn, deepReadOn, gaps }: ScheduleState) {
  const isDeep = deepReadOn === null || daysBetween(deepReadOn, today) >= 7;
  const isFull = isDeep || fullReadOn !== today;
  const days = isDeep ? DEEP_DAYS : isFull ? RESTATED_DAYS : RECENT_DAYS;
  const range = { since: addDays(today, -days), until: today };
  const older = gaps
    .filter((gap) => gap.since < range.since)
    .flatMap((gap) => {
      const until = gap.until < range.since ? gap.until : addDays(range.since, -1);
      return chunkMonths({ since: gap.since, until }).map((month) => ({
        level: gap.level,
        ...month,
        method: "report" as const,
      }));
    });
  const slices: SlicePlan[] = [...(isFull ? [structure(range)] : []), ...direct(range), ...older];
  return { range, isFull, isDeep, slices };
}
