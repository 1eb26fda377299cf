// The formulas. Sums in, ratios out; null where a ratio is undefined, never 0.
import { type Decimal, multiply, parseDecimal, ratio, subtract, toNumber } from "../../lib/money.ts";

export type Counts = {
  impressions: number;
  clicks: number;
  /** As Meta reports them; never part of a ratio. */
  metaLeads: number;
  /** Shares of leads, opportunities and wins: whole numbers under models that credit one touch. */
  leads: number;
  /** Leads of the CRM that Meta knows too: by their form's or their chat's id. */
  matchedLeads: number;
  opportunities: number;
  won: number;
};

/** What a campaign, a day or a business adds up to; money in one currency. `spend` is null where no day is known. */
export type Sums = Counts & {
  spend: Decimal | null;
  /** gross + refunds; refunds are negative. */
  revenue: Decimal;
  gross: Decimal;
  refunds: Decimal;
  /** Of opportunities that are still open; weighted by their probability. */
  openValue: Decimal;
  weightedValue: Decimal;
};

export type Measures = Readonly<{
  /** (R − S) / S × 100 */
  roiPercentage: Decimal | null;
  /** The same as a fraction of 1. */
  roiFraction: Decimal | null;
  roas: Decimal | null;
  /** Cost per lead, per opportunity and per won customer. */
  cpl: Decimal | null;
  cpo: Decimal | null;
  cac: Decimal | null;
  /** Percent of impressions. */
  ctr: Decimal | null;
  cpc: Decimal | null;
  cpm: Decimal | null;
  /** Won of leads, and CRM leads of Meta's, as fractions of 1. */
  conversionRate: Decimal | null;
  matchRate: Decimal | null;
  /** Cost per lead as Meta counts leads. */
  metaCpl: Decimal | null;
}>;

const PERCENT_DECIMALS = 2;
const RATIO_DECIMALS = 6;

const HUNDRED = parseDecimal("100");
const HUNDREDTH = parseDecimal("0.01");
const THOUSAND = parseDecimal("1000");

const count = (value: number): Decimal => parseDecimal(value.toFixed(6));

/**
 * `paid` holds the counts that the spend paid for, where that is not all of them (other accounts spend in other
 * currencies): a cost per lead divides by those. `isRoiTrusted` is false where too little of the spend is known for a return on it. All but the return are computed
 * when they are read: a list of hundreds shows a page.
 */
export function measure(
  sums: Sums,
  { isRoiTrusted = true, paid = sums }: { isRoiTrusted?: boolean; paid?: Counts } = {},
): Measures {
  const { spend, revenue } = sums;
  const per = (amount: number) => (spend === null ? null : ratio(spend, count(amount), RATIO_DECIMALS));
  const roiPercentage = isRoiTrusted && spend !== null ? percent(subtract(revenue, spend), spend) : null;
  return {
    roiPercentage,
    get roiFraction() {
      return roiPercentage && multiply(roiPercentage, HUNDREDTH);
    },
    get roas() {
      return isRoiTrusted && spend !== null ? ratio(revenue, spend, RATIO_DECIMALS) : null;
    },
    get cpl() {
      return per(paid.leads);
    },
    get cpo() {
      return per(paid.opportunities);
    },
    get cac() {
      return per(paid.won);
    },
    get ctr() {
      return percent(count(sums.clicks), count(sums.impressions));
    },
    get cpc() {
      return per(paid.clicks);
    },
    get cpm() {
      return spend && ratio(multiply(spend, THOUSAND), count(paid.impressions), RATIO_DECIMALS);
    },
    get conversionRate() {
      return ratio(count(sums.won), count(sums.leads), RATIO_DECIMALS);
    },
    get metaCpl() {
      return per(paid.metaLeads);
    },
    get matchRate() {
      return ratio(count(sums.matchedLeads), count(sums.metaLeads), RATIO_DECIMALS);
    },
  };
}

/** `part` of `whole` in percent, half-even to two decimals; null when `whole` is zero. */
export const percent = (part: Decimal, whole: Decimal): Decimal | null =>
  ratio(multiply(part, HUNDRED), whole, PERCENT_DECIMALS);

/** The edge: from here on it is a JSON number. */
export const numberOrNull = (value: Decimal | null): number | null => value && toNumber(value);

/** For fields whose readers know no null. */
export const numberOrZero = (value: Decimal | null): number => (value === null ? 0 : toNumber(value));
