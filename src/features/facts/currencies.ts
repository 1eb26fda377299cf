// Unlike money is never added: what is in another currency is left out and named.
import { add, compare, type Decimal, ZERO } from "../../lib/money.ts";
import type { Counts, Sums } from "./measures.ts";

/** Sums of facts in one currency; money-less facts (leads of a campaign Meta does not know) have currency "". */
export type CurrencySums = {
  currency: string;
  spend: Decimal;
  revenue: Decimal;
  /** Facts (an entity on a day) that hold spend, that hold revenue. */
  spendCount: number;
  revenueCount: number;
} & Omit<Sums, "spend" | "revenue">;

export type FxMissing = { currency: string; measure: "spend" | "revenue"; amount: Decimal; count: number };

export type OneCurrency = {
  sums: Omit<Sums, "spend"> & { spend: Decimal };
  /** The counts that the money of `sums` paid for: those of entities that spend in its currency. */
  paid: Counts;
  byCurrency: { currency: string; spend: Decimal; revenue: Decimal }[];
  fxMissing: FxMissing[];
  isMixed: boolean;
};

const countNames = ["impressions", "clicks", "metaLeads", "leads", "opportunities", "won"] as const;

const noCounts: Counts = { impressions: 0, clicks: 0, metaLeads: 0, leads: 0, opportunities: 0, won: 0 };

/** All counts, and the money that is in `currency`; the rest of the money is named beside. */
export function sumIn(currency: string | null, facts: readonly CurrencySums[]): OneCurrency {
  const sums = { ...noCounts, spend: ZERO, revenue: ZERO };
  const paid = { ...noCounts };
  const byCurrency = new Map<string, { currency: string; spend: Decimal; revenue: Decimal }>();
  const missing = new Map<string, FxMissing>();
  for (const fact of facts) {
    for (const name of countNames) {
      sums[name] += fact[name];
      if (fact.currency === currency) paid[name] += fact[name];
    }
    for (const measure of ["spend", "revenue"] as const) {
      const amount = fact[measure];
      const count = measure === "spend" ? fact.spendCount : fact.revenueCount;
      if (count === 0 || fact.currency === "") continue;
      const own = byCurrency.get(fact.currency) ?? { currency: fact.currency, spend: ZERO, revenue: ZERO };
      byCurrency.set(fact.currency, { ...own, [measure]: add(own[measure], amount) });
      if (fact.currency === currency) {
        sums[measure] = add(sums[measure], amount);
        continue;
      }
      const key = `${fact.currency}:${measure}`;
      const known = missing.get(key) ?? { currency: fact.currency, measure, amount: ZERO, count: 0 };
      missing.set(key, { ...known, amount: add(known.amount, amount), count: known.count + count });
    }
  }
  const fxMissing = [...missing.values()].sort(byName);
  return {
    sums,
    paid,
    byCurrency: [...byCurrency.values()].sort(byName),
    fxMissing,
    isMixed: byCurrency.size > 1 || fxMissing.length > 0,
  };
}

/** True when no money of that kind was left out. */
export const isComplete = ({ fxMissing }: OneCurrency, measure: FxMissing["measure"]): boolean =>
  !fxMissing.some((left) => left.measure === measure && compare(left.amount, ZERO) !== 0);

const byName = (a: { currency: string; measure?: string }, b: { currency: string; measure?: string }) =>
  `${a.currency}${a.measure ?? ""}`.localeCompare(`${b.currency}${b.measure ?? ""}`);
