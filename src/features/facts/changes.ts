// This window against the one before it.
import { compare, type Decimal, parseDecimal, subtract, ZERO } from "../../lib/money.ts";
import { numberOrNull, percent, type Sums } from "./measures.ts";

/** Why there is no percentage. */
type ChangeReason = "new" | "no_previous" | "partial_day" | "incomplete" | "undefined";

/** `value` is the difference in the measure's own unit; `roi` in percentage points, without `pct`. */
type Change = { value: number | null; pct: number | null; reason: ChangeReason | null };

export type Changes = Record<"leads" | "opportunities" | "revenue" | "spend" | "roi", Change>;

export type Side = {
  sums: Sums;
  roiPercentage: Decimal | null;
  isSpendComplete: boolean;
  isRevenueComplete: boolean;
};

/** `previous` is null where the window has none; `isPartial` where the window holds a day that is not over. */
export function compareSides(current: Side, previous: Side | null, { isPartial }: { isPartial: boolean }): Changes {
  if (!previous) return all(unknown("no_previous"));
  if (isPartial) return all(unknown("partial_day"));
  const counts = (of: (sums: Sums) => number) =>
    compareAmounts(parseDecimal(String(of(current.sums))), parseDecimal(String(of(previous.sums))));
  const isSpendComplete = current.isSpendComplete && previous.isSpendComplete;
  const isRevenueComplete = current.isRevenueComplete && previous.isRevenueComplete;
  return {
    leads: counts(({ leads }) => leads),
    opportunities: counts(({ opportunities }) => opportunities),
    revenue: isRevenueComplete ? compareAmounts(current.sums.revenue, previous.sums.revenue) : unknown("incomplete"),
    spend: isSpendComplete ? compareAmounts(current.sums.spend, previous.sums.spend) : unknown("incomplete"),
    roi:
      isSpendComplete && isRevenueComplete
        ? comparePoints(current.roiPercentage, previous.roiPercentage)
        : unknown("incomplete"),
  };
}

/** (now − before) / |before| in percent. */
export function compareAmounts(now: Decimal | null, before: Decimal | null): Change {
  if (now === null || before === null) return unknown("incomplete");
  const difference = subtract(now, before);
  const value = numberOrNull(difference);
  const isFromZero = compare(before, ZERO) === 0;
  if (isFromZero)
    return compare(now, ZERO) === 0 ? { value, pct: 0, reason: null } : { value, pct: null, reason: "new" };
  const size = compare(before, ZERO) < 0 ? subtract(ZERO, before) : before;
  return { value, pct: numberOrNull(percent(difference, size)), reason: null };
}

function comparePoints(now: Decimal | null, before: Decimal | null): Change {
  if (now === null || before === null) return unknown("undefined");
  return { value: numberOrNull(subtract(now, before)), pct: null, reason: null };
}

const unknown = (reason: ChangeReason): Change => ({ value: null, pct: null, reason });

const all = (change: Change): Changes => ({
  leads: change,
  opportunities: change,
  revenue: change,
  spend: change,
  roi: change,
});
