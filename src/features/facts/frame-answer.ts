// The frame on the wire.
import { toNumber } from "../../lib/money.ts";
import type { FxMissing, OneCurrency } from "./currencies.ts";
import type { Frame } from "./frame.ts";
import type { Freshness } from "./freshness.ts";
import { type TouchWindow, windows } from "./view.ts";

const MOST_DAYS_NAMED = 31;

const describeFreshness = ({ lastSyncedAt, completeThrough, isPartial, staleReason, reason }: Freshness) => ({
  last_synced_at: lastSyncedAt?.toISOString() ?? null,
  complete_through: completeThrough,
  is_partial: isPartial,
  stale: staleReason !== null,
  stale_reason: staleReason,
  source: "db" as const,
  ...(reason === null ? {} : { reason }),
});

const describePeriod = ({ window, timezone, connected }: Frame) => {
  const zones = [...new Set(connected.map(({ timezoneName }) => timezoneName))];
  return {
    preset: window.preset,
    since: window.since,
    until: window.until,
    previous: window.previous,
    clamped_from: window.clampedFrom,
    timezone,
    timezone_mismatch: zones.some((zone) => zone !== timezone),
    account_timezones: zones,
  };
};

const describeAttribution = ({ model, touchWindow, basis, cohort }: Frame) => ({
  model,
  window: touchWindowName(touchWindow),
  basis,
  ...(cohort && { cohort_age_days: cohort.ageDays, immature: cohort.isImmature }),
});

const touchWindowName = (days: number | null): TouchWindow =>
  windows.find((name) => name === String(days)) ?? "lifetime";

export const describeFxMissing = (missing: readonly FxMissing[]) =>
  missing.map(({ amount, ...rest }) => ({ ...rest, amount: toNumber(amount) }));

/** Of when, how credited and how old the figures are. */
export const describeFrame = (frame: Frame) => ({
  attribution: describeAttribution(frame),
  period: describePeriod(frame),
  freshness: describeFreshness(frame.freshness),
});

/** The `completeness` of facts.contract.ts. */
export const describeCompleteness = (frame: Frame, money: OneCurrency) => ({
  partial: frame.freshness.isPartial || money.fxMissing.length > 0,
  spend_complete: frame.coverage.isComplete,
  missing_days: [...frame.coverage.missing].slice(0, MOST_DAYS_NAMED),
  missing_days_count: frame.coverage.missing.size,
  currency_mixed: money.isMixed,
  fx_missing: describeFxMissing(money.fxMissing),
  by_currency: money.byCurrency.map(({ currency, spend, revenue }) => ({
    currency,
    spend: toNumber(spend),
    revenue: toNumber(revenue),
  })),
  ...describeFrame(frame),
});
