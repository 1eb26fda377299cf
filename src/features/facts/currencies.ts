// Unlike money is never added: it is converted at the rate of its day, or left out and named.
import { add, compare, type Decimal, sum, ZERO } from "../../lib/money.ts";
import type { Counts, Sums } from "./measures.ts";

/** Money of one currency, as it was and in the currency that was asked for. */
type Converted = {
  /** As it was. */
  spend: Decimal;
  gross: Decimal;
  refunds: Decimal;
  /** In the currency asked for, as far as there are rates. */
  spendIn: Decimal;
  grossIn: Decimal;
  refundsIn: Decimal;
  openValueIn: Decimal;
  weightedValueIn: Decimal;
  /** As it was, where there is no rate. */
  spendMissing: Decimal;
  revenueMissing: Decimal;
};

/** Sums of facts in one currency; money-less facts (leads of a campaign Meta does not know) have currency "". */
export type CurrencySums = Counts &
  Converted & {
    currency: string;
    /** Facts (an entity on a day) that hold spend, that hold revenue; and those of them without a rate. */
    spendCount: number;
    revenueCount: number;
    spendMissingCount: number;
    revenueMissingCount: number;
  };

export type FxMissing = { currency: string; measure: "spend" | "revenue"; amount: Decimal; count: number };

export type OneCurrency = {
  sums: Omit<Sums, "spend"> & { spend: Decimal };
  /** The counts that the money of `sums` paid for: those of entities whose spend is all in it. */
  paid: Counts;
  byCurrency: { currency: string; spend: Decimal; revenue: Decimal }[];
  fxMissing: FxMissing[];
  isMixed: boolean;
};

const countNames = ["impressions", "clicks", "metaLeads", "leads", "matchedLeads", "opportunities", "won"] as const;

const noCounts: Counts = {
  impressions: 0,
  clicks: 0,
  metaLeads: 0,
  leads: 0,
  matchedLeads: 0,
  opportunities: 0,
  won: 0,
};

/** All counts, and the money that could be converted; the rest of the money is named beside. */
export function sumConverted(facts: readonly CurrencySums[]): OneCurrency {
  const sums = {
    ...noCounts,
    spend: ZERO,
    revenue: ZERO,
    gross: ZERO,
    refunds: ZERO,
    openValue: ZERO,
    weightedValue: ZERO,
  };
  const paid = { ...noCounts };
  const byCurrency = new Map<string, { currency: string; spend: Decimal; revenue: Decimal }>();
  const missing = new Map<string, FxMissing>();
  const unpaid = new Set(
    facts.filter(({ spendMissingCount }) => spendMissingCount > 0).map(({ currency }) => currency),
  );
  for (const fact of facts) {
    for (const name of countNames) {
      sums[name] += fact[name];
      if (!unpaid.has(fact.currency)) paid[name] += fact[name];
    }
    sums.spend = add(sums.spend, fact.spendIn);
    sums.gross = add(sums.gross, fact.grossIn);
    sums.refunds = add(sums.refunds, fact.refundsIn);
    sums.openValue = add(sums.openValue, fact.openValueIn);
    sums.weightedValue = add(sums.weightedValue, fact.weightedValueIn);
    if (fact.currency === "" || (fact.spendCount === 0 && fact.revenueCount === 0)) continue;
    const own = byCurrency.get(fact.currency) ?? { currency: fact.currency, spend: ZERO, revenue: ZERO };
    byCurrency.set(fact.currency, {
      ...own,
      spend: add(own.spend, fact.spend),
      revenue: sum([own.revenue, fact.gross, fact.refunds]),
    });
    for (const left of leftOut(fact)) {
      const key = `${left.currency}:${left.measure}`;
      const known = missing.get(key);
      missing.set(
        key,
        known ? { ...left, amount: add(known.amount, left.amount), count: known.count + left.count } : left,
      );
    }
  }
  sums.revenue = add(sums.gross, sums.refunds);
  const fxMissing = [...missing.values()].sort(byName);
  return {
    sums: { ...sums, ...roundCounts(sums) },
    paid: roundCounts(paid),
    byCurrency: [...byCurrency.values()].sort(byName),
    fxMissing,
    isMixed: byCurrency.size > 1 || fxMissing.length > 0,
  };
}

const leftOut = (fact: CurrencySums): FxMissing[] =>
  (["spend", "revenue"] as const).flatMap((measure) => {
    const count = fact[`${measure}MissingCount`];
    return count === 0 ? [] : [{ currency: fact.currency, measure, amount: fact[`${measure}Missing`], count }];
  });

// Shares of a lead have six decimals; sums of floats have more.
const roundCounts = (counts: Counts): Counts => {
  const rounded = { ...noCounts };
  for (const name of countNames) rounded[name] = Math.round(counts[name] * 1e6) / 1e6;
  return rounded;
};

/** Facts as they are in their own `currency`, without any conversion. */
export const withoutConversion = (currency: string | null, facts: readonly CurrencySums[]): CurrencySums[] =>
  facts.map((fact) => {
    const { spend, gross, refunds, spendCount, revenueCount } = fact;
    if (fact.currency === currency) return { ...fact, ...none, spendIn: spend, grossIn: gross, refundsIn: refunds };
    const missing = { spendMissing: spend, revenueMissing: add(gross, refunds) };
    return { ...fact, ...none, ...missing, spendMissingCount: spendCount, revenueMissingCount: revenueCount };
  });

const none = {
  spendIn: ZERO,
  grossIn: ZERO,
  refundsIn: ZERO,
  openValueIn: ZERO,
  weightedValueIn: ZERO,
  spendMissing: ZERO,
  revenueMissing: ZERO,
  spendMissingCount: 0,
  revenueMissingCount: 0,
};

/** True when no money of that kind was left out. */
export const isComplete = ({ fxMissing }: OneCurrency, measure: FxMissing["measure"]): boolean =>
  !fxMissing.some((left) => left.measure === measure && compare(left.amount, ZERO) !== 0);

const byName = (a: { currency: string; measure?: string }, b: { currency: string; measure?: string }) =>
  `${a.currency}${a.measure ?? ""}`.localeCompare(`${b.currency}${b.measure ?? ""}`);
