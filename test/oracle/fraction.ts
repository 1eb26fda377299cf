// Exact numbers: converted money is only rounded when it is told.
import { type Decimal, parseDecimal } from "../../src/lib/money.ts";
import type { Amount } from "./business.ts";

export type Fraction = { readonly over: bigint; readonly under: bigint };

const divisor = (a: bigint, b: bigint): bigint => (b === 0n ? a : divisor(b, a % b));

export const fraction = (over: bigint, under = 1n): Fraction => {
  const sign = under < 0n ? -1n : 1n;
  const size = over < 0n ? -over : over;
  const common = sign * (divisor(size, under * sign) || 1n);
  return { over: over / common, under: under / common };
};

export const none = fraction(0n);

export const plus = (a: Fraction, b: Fraction) => fraction(a.over * b.under + b.over * a.under, a.under * b.under);
export const minus = (a: Fraction, b: Fraction) => plus(a, fraction(-b.over, b.under));
export const times = (a: Fraction, b: Fraction) => fraction(a.over * b.over, a.under * b.under);
export const through = (a: Fraction, b: Fraction) => fraction(a.over * b.under, a.under * b.over);
export const isZero = ({ over }: Fraction) => over === 0n;

export const ofAmount = (amount: Amount) => fraction(amount, 1_000_000n);

/** "0.05", "1250" */
export const ofText = (text: string) => {
  const [whole = "", digits = ""] = text.split(".");
  return fraction(BigInt(whole + digits), 10n ** BigInt(digits.length));
};

/** Half-even to `decimals` places (6 at most). */
export const toDecimal = ({ over, under }: Fraction, decimals: number): Decimal => {
  const scaled = over * 10n ** BigInt(decimals);
  let units = scaled / under;
  const rest = scaled - units * under;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  if (twice > under || (twice === under && units % 2n !== 0n)) units += over < 0n ? -1n : 1n;
  const size = (units < 0n ? -units : units).toString().padStart(decimals + 1, "0");
  const point = size.length - decimals;
  return parseDecimal(`${units < 0n ? "-" : ""}${size.slice(0, point)}.${size.slice(point)}`);
};
