// What a business adds up to in a window, in one currency, under one model, window and basis.
import type { Day } from "../../src/lib/dates.ts";
import type { Decimal } from "../../src/lib/money.ts";
import type { Amount, Business, View } from "./business.ts";
import { type Fraction, fraction, isZero, minus, none, ofAmount, plus, through, times, toDecimal } from "./fraction.ts";
import { type Basis, outcomesOf } from "./outcomes.ts";
import { type Place, placesOf } from "./places.ts";
import { rateOf } from "./rates.ts";

export type Asked = { since: Day; until: Day; currency: string; basis: Basis; view: View };

type Counted = "leads" | "matchedLeads" | "opportunities" | "won";
type Paid = "spend" | "sales" | "refunds" | "openValue" | "weightedValue";

export type Sums = Record<Counted | Paid, Fraction> & {
  /** What has no rate, by measure and currency: it is in no sum. */
  missing: Map<string, Amount>;
};

export const nothing = (): Sums => ({
  spend: none,
  sales: none,
  refunds: none,
  openValue: none,
  weightedValue: none,
  leads: none,
  matchedLeads: none,
  opportunities: none,
  won: none,
  missing: new Map(),
});

export const placeKey = ({ level, entityId, accountId }: Place) => `${level}:${entityId}@${accountId}`;

/** Sums of every account, campaign, ad set and ad, and of what came from outside of them. */
export function sumsOf(business: Business, { since, until, currency, basis, view }: Asked): Map<string, Sums> {
  const isInside = (day: Day) => day >= since && day <= until;
  const sums = new Map<string, Sums>();
  const at = (place: Place) => {
    const key = placeKey(place);
    const own = sums.get(key) ?? nothing();
    sums.set(key, own);
    return own;
  };
  const pay = (own: Sums, measure: Paid, amount: Amount, from: string, rateOn: Day) => {
    if (amount === 0n) return;
    const rate = rateOf(business, from, currency, rateOn);
    if (rate) own[measure] = plus(own[measure], times(ofAmount(amount), rate));
    else own.missing.set(`${measure} ${from}`, (own.missing.get(`${measure} ${from}`) ?? 0n) + amount);
  };
  for (const { place, day, spend, from } of spendsOf(business)) {
    if (isInside(day)) pay(at(place), "spend", spend, from, day);
  }
  for (const outcome of outcomesOf(business, basis, view)) {
    if (!isInside(outcome.day)) continue;
    for (const place of placesOf(business, outcome.touch, outcome.leadId)) {
      const { measure, amount } = outcome;
      const own = at(place);
      if (measure === "sales" || measure === "refunds" || measure === "openValue" || measure === "weightedValue")
        pay(own, measure, amount, outcome.currency, outcome.rateOn);
      else own[measure] = plus(own[measure], ofAmount(amount));
    }
  }
  return sums;
}

/** What was spent, at every level; an ad set spent what its ads did. */
export function spendsOf({ accounts, ads, insights }: Business) {
  return insights.flatMap(({ level, entityId, accountId, day, spend }) => {
    const from = accounts.find(({ id }) => id === accountId)?.currency ?? "";
    const piece = { place: { level, entityId, accountId }, day, spend, from };
    const adSetId = level === "ad" ? ads.find(({ id }) => id === entityId)?.adSetId : undefined;
    if (adSetId === undefined) return [piece];
    return [piece, { ...piece, place: { level: "ad_set" as const, entityId: adSetId, accountId } }];
  });
}

export const revenueOf = ({ sales, refunds }: Sums): Fraction => plus(sales, refunds);

const HUNDRED = fraction(100n);

/** Percent to two decimals; null where nothing was spent. */
export const roiOf = (sums: Sums): Decimal | null =>
  isZero(sums.spend) ? null : toDecimal(times(through(minus(revenueOf(sums), sums.spend), sums.spend), HUNDRED), 2);

/** What one lead, opportunity or customer cost, to six decimals. */
export const costPer = (sums: Sums, counted: Counted): Decimal | null =>
  isZero(sums[counted]) ? null : toDecimal(through(sums.spend, sums[counted]), 6);

/** Sums of several places together. */
export function together(all: readonly Sums[]): Sums {
  const total = nothing();
  for (const own of all) {
    for (const name of Object.keys(total) as (keyof Sums)[]) {
      if (name !== "missing") total[name] = plus(total[name], own[name]);
    }
    for (const [key, amount] of own.missing) total.missing.set(key, (total.missing.get(key) ?? 0n) + amount);
  }
  return total;
}
