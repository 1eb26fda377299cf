// Money of one currency in another.
import { addDays, type Day } from "../../src/lib/dates.ts";
import type { Business } from "./business.ts";
import { type Fraction, fraction, ofText } from "./fraction.ts";

const DAYS_BACK = 7;

/** To thirty decimals, a tie away from zero, as the database keeps it. */
function inverseOf({ over, under }: Fraction): Fraction {
  const scale = 10n ** 30n;
  return fraction((under * scale * 2n + over) / (over * 2n), scale);
}

/** The rate of the day, else of the nearest earlier one within a week; null where there is none: never 1. */
export function rateOf({ rates }: Business, base: string, quote: string, day: Day): Fraction | null {
  if (base === quote) return fraction(1n);
  const nearest = (from: string, to: string) =>
    rates
      .filter((rate) => rate.base === from && rate.quote === to)
      .filter((rate) => rate.day <= day && rate.day >= addDays(day, -DAYS_BACK))
      .sort((a, b) => (a.day < b.day ? 1 : -1))[0];
  const direct = nearest(base, quote);
  if (direct) return ofText(direct.rate);
  const inverse = nearest(quote, base);
  return inverse ? inverseOf(ofText(inverse.rate)) : null;
}
