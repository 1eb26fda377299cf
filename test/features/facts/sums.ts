// Sums as the queries answer them.
import type { CurrencySums } from "../../../src/features/facts/currencies.ts";
import type { Sums } from "../../../src/features/facts/measures.ts";
import { parseDecimal, ZERO } from "../../../src/lib/money.ts";

/** Money in `currency`; it has a rate only where that is the one asked for. */
export const currencySums = (
  currency: string,
  spend: string,
  revenue: string,
  { asked = "ARS", ...more }: Partial<CurrencySums> & { asked?: string } = {},
): CurrencySums => {
  const [spent, sold] = [parseDecimal(spend), parseDecimal(revenue)];
  const counts = { spendCount: spent === ZERO ? 0 : 1, revenueCount: sold === ZERO ? 0 : 1 };
  const hasRate = currency === asked;
  return {
    currency,
    spend: spent,
    gross: sold,
    refunds: ZERO,
    spendIn: hasRate ? spent : ZERO,
    grossIn: hasRate ? sold : ZERO,
    refundsIn: ZERO,
    openValueIn: ZERO,
    weightedValueIn: ZERO,
    spendMissing: hasRate ? ZERO : spent,
    revenueMissing: hasRate ? ZERO : sold,
    ...counts,
    spendMissingCount: hasRate ? 0 : counts.spendCount,
    revenueMissingCount: hasRate ? 0 : counts.revenueCount,
    impressions: 0,
    clicks: 0,
    metaLeads: 0,
    leads: 0,
    matchedLeads: 0,
    opportunities: 0,
    won: 0,
    ...more,
  };
};

/** Sums of a window; what is not given is zero. */
export const sumsOf = ({
  spend = "0",
  revenue = "0",
  ...counts
}: { spend?: string | null; revenue?: string } & Partial<Omit<Sums, "spend" | "revenue">> = {}): Sums => ({
  impressions: 0,
  clicks: 0,
  metaLeads: 0,
  leads: 0,
  matchedLeads: 0,
  opportunities: 0,
  won: 0,
  refunds: ZERO,
  openValue: ZERO,
  weightedValue: ZERO,
  ...counts,
  spend: spend === null ? null : parseDecimal(spend),
  revenue: parseDecimal(revenue),
  gross: parseDecimal(revenue),
});
