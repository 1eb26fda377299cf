// What every answer about figures stands in: the window, whose days they are, the currency, and how much is known.
import type { Needs } from "../../context.ts";
import { type Decimal, parseDecimal } from "../../lib/money.ts";
import { type Coverage, coverageOf } from "./coverage.ts";
import { type CurrencySums, isComplete, type OneCurrency, sumIn } from "./currencies.ts";
import { type AccountRow, periodsOf, type SettingsRow } from "./facts.queries.ts";
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

/** The window of a request, ready to be put into statements. Throws request.invalid. */
export function openPeriods(ctx: Needs<"db" | "now">, input: TimeRangeInput) {
  const range = parseTimeRange(input);
  const candidates = possibleTodays(ctx.now()).map((today) => ({ today, ...resolveWindow(range, today) }));
  return { range, periods: periodsOf(ctx, candidates, { startsAtFirstDay: range.preset === "all" }) };
}

export type Frame = {
  window: Window;
  timezone: string;
  /** The headline currency; null where no account and no setting names one. */
  currency: string | null;
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
  range: TimeRange,
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
    currency: settings.reportingCurrency ?? accounts[0]?.currency ?? null,
    accounts,
    connected,
    isMetaConnected: connected.some(({ connectionStatus }) => isWorking(connectionStatus)),
    coverage,
    isPreviousComplete: connected.every(({ isPreviousComplete }) => isPreviousComplete),
    freshness: freshnessOf(connected, { now: ctx.now(), isPartial: window.partial || !coverage.isComplete }),
  };
}

/** A row of facts.queries.ts with its money as decimals. */
export const withDecimals = <R extends { spend: string; revenue: string }>(
  row: R,
): R & { spend: Decimal; revenue: Decimal } => ({
  ...row,
  spend: parseDecimal(row.spend),
  revenue: parseDecimal(row.revenue),
});

export type Totals = { sums: Sums; measures: Measures; money: OneCurrency };

/** Sums in one currency; what was spent is null while no day of it is known. */
export function totalsOf(
  frame: Frame,
  facts: readonly CurrencySums[],
  { currency = frame.currency, isSpendKnown = frame.coverage.isKnown, isRoiTrusted = frame.coverage.isRoiTrusted } = {},
): Totals {
  const money = sumIn(currency, facts);
  const isKnown = isSpendKnown || facts.some(({ spendCount }) => spendCount > 0);
  const sums = { ...money.sums, spend: isKnown ? money.sums.spend : null };
  return { sums, measures: measure(sums, { isRoiTrusted, paid: money.paid }), money };
}

/** Totals as one side of a comparison. */
export const sideOf = ({ sums, measures, money }: Totals, isCovered: boolean): Side => ({
  sums,
  roiPercentage: measures.roiPercentage,
  isSpendComplete: isCovered && isComplete(money, "spend"),
  isRevenueComplete: isComplete(money, "revenue"),
});
