import { dayNumber, dayText, isDay } from "./calendar.ts";
import type { Params } from "./context.ts";
import { oldestDay, presetSpan } from "./date-presets.ts";
import { GraphError, invalidParameter } from "./envelope.ts";
import { type Filter, METRIC_FILTERS, parseFilters } from "./filtering.ts";
import { checkInsightFields } from "./insight-fields.ts";
import { daysOf, type Level, type Span } from "./model.ts";
import { isRecord, jsonParam, listParam } from "./params.ts";

/** What an insights call asks for, read and checked once for the sync call and the report alike. */
export interface InsightQuery {
  nodeId: string;
  level: Level;
  fields: string[];
  spans: Span[];
  filters: Filter[];
  /** Attribution windows to show beside `value`. */
  windows: string[];
}

const LEVELS: Level[] = ["account", "campaign", "adset", "ad"];

/** 7d_view and 28d_view are accepted and no longer returned (§A.4). */
const WINDOWS = new Set(["1d_click", "7d_click", "28d_click", "1d_view", "1d_ev", "default", "dda", "incrementality"]);
const SILENT_WINDOWS = new Set(["7d_view", "28d_view"]);

const NOT_SIMULATED = ["breakdowns", "time_ranges", "sort", "summary", "default_summary"];

const readRange = (range: unknown): Span => {
  const { since, until } = isRecord(range) ? range : {};
  if (typeof since !== "string" || typeof until !== "string" || !isDay(since) || !isDay(until)) {
    throw invalidParameter("param time_range must hold since and until as YYYY-MM-DD");
  }
  const span = { first: dayNumber(since), last: dayNumber(until) };
  if (span.first > span.last) throw invalidParameter("time_range: since must be before until");
  return span;
};

const readSpan = (params: Params, today: number): Span => {
  const range = jsonParam(params, "time_range");
  if (range === undefined) {
    const preset = params["date_preset"] ?? "last_30d";
    const span = presetSpan(preset, today);
    if (!span) throw invalidParameter(`param date_preset: ${preset} is not a valid date preset`);
    return span;
  }
  const span = readRange(range);
  if (span.first < oldestDay(today)) {
    throw new GraphError({
      code: 3018,
      message: "(#3018) The start date of the time range cannot be beyond 37 months from the current date",
    });
  }
  return span;
};

const monthsOf = ({ first, last }: Span): Span[] => {
  const months = Map.groupBy(daysOf({ first, last }), (day) => dayText(day.first).slice(0, 7));
  return [...months.values()].map((days) => ({ first: days[0]?.first ?? first, last: days.at(-1)?.last ?? last }));
};

const cut = (span: Span, increment: string): Span[] => {
  if (increment === "all_days") return [span];
  if (increment === "monthly") return monthsOf(span);
  const size = Number(increment);
  if (!Number.isInteger(size) || size < 1 || size > 90) {
    throw invalidParameter("param time_increment must be between 1 and 90, monthly or all_days");
  }
  const count = Math.ceil((span.last - span.first + 1) / size);
  return Array.from({ length: count }, (_, index) => {
    const first = span.first + index * size;
    return { first, last: Math.min(span.last, first + size - 1) };
  });
};

const readWindows = (params: Params): string[] => {
  const asked = listParam(params, "action_attribution_windows") ?? [];
  const unknown = asked.find((window) => !WINDOWS.has(window) && !SILENT_WINDOWS.has(window));
  if (unknown) throw invalidParameter(`action_attribution_windows: ${unknown} is not a valid attribution window`);
  return asked.filter((window) => !SILENT_WINDOWS.has(window) && window !== "default");
};

const readLevel = (params: Params, ownLevel: Level): Level => {
  const level = LEVELS.find((known) => known === (params["level"] ?? ownLevel));
  if (!level) throw invalidParameter("param level must be one of account, campaign, adset, ad");
  return LEVELS.indexOf(level) < LEVELS.indexOf(ownLevel) ? ownLevel : level;
};

export const readInsightQuery = (
  params: Params,
  { nodeId, ownLevel, today }: { nodeId: string; ownLevel: Level; today: number },
): InsightQuery => {
  const missing = NOT_SIMULATED.find((name) => name in params);
  if (missing) throw invalidParameter(`The simulator does not know the insights param ${missing}`);
  const fields = (params["fields"] ?? "account_id,impressions,spend").split(",").map((field) => field.trim());
  checkInsightFields(fields);
  const filters = parseFilters(params);
  const badMetric = filters.find(({ field }) => !field.includes(".") && !METRIC_FILTERS.includes(field));
  if (badMetric) throw invalidParameter(`Filtering field ${badMetric.field} is invalid`);
  return {
    nodeId,
    level: readLevel(params, ownLevel),
    fields,
    spans: cut(readSpan(params, today), params["time_increment"] ?? "all_days"),
    filters,
    windows: readWindows(params),
  };
};
