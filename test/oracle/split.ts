// Money split among touches, to the last minor unit.
import { currencyExponent } from "../../src/lib/money.ts";
import type { Amount, Touch } from "./business.ts";
import type { Credit } from "./weights.ts";

export type Part = { touch: Touch | null; amount: Amount };

const WHOLE = 1_000_000n;

const minorUnit = (currency: string): Amount => 10n ** BigInt(6 - currencyExponent(currency));

/** `amount` is not negative. Each gets its weight rounded down; units left over go to the largest fractions, first come. */
export function split(amount: Amount, currency: string, credits: readonly Credit[]): Part[] {
  if (credits.length === 0) return [{ touch: null, amount }];
  // What is finer than a minor unit is parted as finely as money is kept.
  const unit = amount % minorUnit(currency) === 0n ? minorUnit(currency) : 1n;
  const units = amount / unit;
  const parts = credits.map(({ touch, weight }, index) => {
    const exact = units * BigInt(weight);
    return { touch, index, units: exact / WHOLE, fraction: exact % WHOLE };
  });
  let left = units - parts.reduce((total, part) => total + part.units, 0n);
  for (const part of parts.toSorted((a, b) => Number(b.fraction - a.fraction) || a.index - b.index)) {
    if (left === 0n) break;
    part.units += 1n;
    left -= 1n;
  }
  return parts.map((part) => ({ touch: part.touch, amount: part.units * unit }));
}
