// What every answer about figures stands in: the window, whose days they are, the currency, and how much is known.
import type { Needs } from "../../context.ts";
import { daysBetween } from "../../lib/dates.ts";
import { type Decimal, parseDecimal } from "../../lib/money.ts";
import { type Coverage, coverageOf } from "./coverage.ts";
import { type CurrencySums, isComplete, type OneCurrency, sumConverted, withoutConversion } from "./currencies.ts";
import { type AccountRow, scopeOf, type SettingsRow } from "./facts.queries.ts";
import { type Freshness, freshnessOf, isWorking } from "./freshness.ts";
import type { Side } from "./changes.ts";
import { measure, type Measures, type Sums } from "./measures.ts";
import {
  parseTimeRange,
  possibleTodays,
  resolveWindow,
  type TimeRange,
  type TimeRangeInput,
  type Window,
} from "./time-range.ts";
import type { Basis, Model, View } from "./view.ts";

/** What a request about figures asks: which days, and whose merit they are. */
export type Question = { timeRange: TimeRangeInput; view: View };

/** A question, ready to be put into statements. Throws request.invalid. */
export function openQuestion(ctx: Needs<"db" | "now">, { timeRange, view }: Question) {
  const range = parseTimeRange(timeRange);
  const candidates = possibleTodays(ctx.now()).map((today) => ({ today, ...resolveWindow(range, today) }));
  const scope = scopeOf(ctx, candidates, { startsAtFirstDay: range.preset === "all", view });
  return { asked: { range, view }, scope };
}

export type Asked = { range: TimeRange; view: View };

export type Frame = {
  window: Window;
  timezone: string;
  /** The currency of all figures; null where no account and no setting names one. */
  currency: string | null;
  model: Model;
  /** Days before an outcome in which a touch counts; null is a lead's whole life. */
  touchWindow: number | null;
  basis: Basis;
  /** On cohort basis: how old the window is, and whether its leads had the time they usually take. */
  cohort: { ageDays: number; isImmature: boolean } | null;
  accounts: AccountRow[];
  /** Accounts that are connected now, whatever became of the connection. */
  connected: AccountRow[];
  isMetaConnected: boolean;
  coverage: Coverage;
  isPreviousComplete: boolean;
  freshness: Freshness;
};

export function frameOf(
  ctx: Needs<"now">,
  { range, view }: Asked,
  settings: SettingsRow | undefined,
  accounts: AccountRow[],
): Frame {
  if (!settings) throw new Error("The settings statement answers one row.");
  const window = resolveWindow(range, settings.today, settings.firstDay);
  const connected = accounts.filter(({ isConnected }) => isConnected);
  const coverage = coverageOf(
    window,
    connected.map(({ missing }) => missing),
  );
  return {
    window,
    timezone: settings.timezone ?? "UTC",
    currency: settings.currency,
    model: view.model ?? settings.model ?? "last_paid_touch",
    touchWindow: view.window === undefined ? settings.window : view.window === "lifetime" ? null : Number(view.window),
    basis: view.basis ?? "cash",
    cohort: view.basis === "cohort" ? cohortOf(window, settings) : null,
    accounts,
    connected,
    isMetaConnected: connected.some(({ connectionStatus }) => isWorking(connectionStatus)),
    coverage,
    isPreviousComplete: connected.every(({ isPreviousComplete }) => isPreviousComplete),
    freshness: freshnessOf(connected, { now: ctx.now(), isPartial: window.partial || !coverage.isComplete }),
  };
}

function cohortOf({ until }: Window, { today, salesCycleDays }: SettingsRow) {
  const ageDays = daysBetween(until, today);
  return { ageDays, isImmature: salesCycleDays !== null && ageDays < salesCycleDays };
}

const amounts = [
  "spend",
  "gross",
  "refunds",
  "spendIn",
  "grossIn",
  "refundsIn",
  "openValueIn",
  "weightedValueIn",
  "spendMissing",
  "revenueMissing",
] as const;

type Amount = (typeof amounts)[number];

/** A row of sums.queries.ts with its money as decimals. */
export function withDecimals<R extends Record<Amount, string>>(row: R): Omit<R, Amount> & Record<Amount, Decimal> {
  const decimals = Object.fromEntries(amounts.map((name) => [name, parseDecimal(row[name])]));
  return { ...row, ...(decimals as Record<Amount, Decimal>) };
}

export type Totals = { sums: Sums; measures: Measures; money: OneCurrency; currency: string | null };

/**
 * Sums in the currency of the frame; what was spent is null while no day of it is known. Where `own` is given (the
 * currency of the one account that spent) and its spend cannot be converted, everything stays in `own`.
 */
export function totalsOf(
  frame: Frame,
  facts: readonly CurrencySums[],
  {
    own,
    isSpendKnown = frame.coverage.isKnown,
    isRoiTrusted = frame.coverage.isRoiTrusted,
  }: { own?: string | null; isSpendKnown?: boolean; isRoiTrusted?: boolean } = {},
): Totals {
  const staysOwn =
    own !== undefined && own !== frame.currency && facts.some(({ spendMissingCount }) => spendMissingCount > 0);
  const money = sumConverted(staysOwn ? withoutConversion(own, facts) : facts);
  const isKnown = isSpendKnown || facts.some(({ spendCount }) => spendCount > 0);
  const sums = { ...money.sums, spend: isKnown ? money.sums.spend : null };
  const currency = staysOwn ? own : frame.currency;
  return { sums, measures: measure(sums, { isRoiTrusted, paid: money.paid }), money, currency };
}

/** Totals as one side of a comparison. */
export const sideOf = ({ sums, measures, money }: Totals, isCovered: boolean): Side => ({
  sums,
  roiPercentage: measures.roiPercentage,
  isSpendComplete: isCovered && isComplete(money, "spend"),
  isRevenueComplete: isComplete(money, "revenue"),
});
