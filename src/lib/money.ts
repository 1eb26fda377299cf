// Decimal arithmetic without floats. Outside it is a canonical decimal string (no trailing zeros, no "-0"), fit for
// JSON, Postgres numeric and ===; inside it is an integer and a scale.

declare const decimal: unique symbol;

/** A canonical decimal such as "15320.45", "-3" or "0". Made by `parseDecimal` and the functions below only. */
export type Decimal = string & { readonly [decimal]: true };

type Scaled = { readonly units: bigint; readonly scale: number };

/** What a parsed amount keeps: Meta's ratios and exchange rates carry six decimals. */
const KEPT_DECIMALS = 6;

// Lengths are bounded because BigInt parsing is quadratic and some of what is parsed was sent by others.
const SHAPE = /^([+-]?)(\d{1,30})(?:\.(\d{0,60}))?$/;

const tenTo = (exponent: number): bigint => 10n ** BigInt(exponent);

const scaled = (value: string): Scaled => {
  const [, sign, whole, fraction = ""] = SHAPE.exec(value) ?? [];
  if (whole === undefined) throw new RangeError("Not a decimal number.");
  const units = BigInt(whole + fraction);
  return { units: sign === "-" ? -units : units, scale: fraction.length };
};

const format = ({ units, scale }: Scaled): Decimal => {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, "");
  return `${units < 0n ? "-" : ""}${whole}${fraction && `.${fraction}`}` as Decimal;
};

/** Half-even: a tie goes to the even neighbour, so that rounding many amounts does not drift. */
const divide = (numerator: bigint, denominator: bigint): bigint => {
  const [n, d] = denominator < 0n ? [-numerator, -denominator] : [numerator, denominator];
  const quotient = n / d;
  const remainder = n % d;
  const twice = (remainder < 0n ? -remainder : remainder) * 2n;
  if (twice < d || (twice === d && quotient % 2n === 0n)) return quotient;
  return n < 0n ? quotient - 1n : quotient + 1n;
};

const rescale = ({ units, scale }: Scaled, wanted: number): Scaled =>
  wanted >= scale
    ? { units: units * tenTo(wanted - scale), scale: wanted }
    : { units: divide(units, tenTo(scale - wanted)), scale: wanted };

/** Two numbers over the same scale. */
const aligned = (a: string, b: string): { a: bigint; b: bigint; scale: number } => {
  const [left, right] = [scaled(a), scaled(b)];
  const scale = Math.max(left.scale, right.scale);
  return { a: rescale(left, scale).units, b: rescale(right, scale).units, scale };
};

export const ZERO = "0" as Decimal;

export const isDecimal = (text: string): boolean => SHAPE.test(text);

/** Reads "12", "-0.50", "+3."; beyond six decimals it is rounded half-even. Throws RangeError for anything else. */
export const parseDecimal = (text: string): Decimal => {
  // Most of what is read is nothing.
  if (text === "0" || text === "0.000000") return ZERO;
  const value = scaled(text);
  return format(rescale(value, Math.min(value.scale, KEPT_DECIMALS)));
};

export const add = (left: Decimal, right: Decimal): Decimal => {
  if (left === ZERO) return right;
  if (right === ZERO) return left;
  const { a, b, scale } = aligned(left, right);
  return format({ units: a + b, scale });
};

export const subtract = (left: Decimal, right: Decimal): Decimal => {
  if (right === ZERO) return left;
  const { a, b, scale } = aligned(left, right);
  return format({ units: a - b, scale });
};

/** Exact: the decimals of both add up. Round what you keep. */
export const multiply = (left: Decimal, right: Decimal): Decimal => {
  const [a, b] = [scaled(left), scaled(right)];
  return format({ units: a.units * b.units, scale: a.scale + b.scale });
};

export const compare = (left: Decimal, right: Decimal): -1 | 0 | 1 => {
  if (left === right) return 0;
  const { a, b } = aligned(left, right);
  if (a === b) return 0;
  return a < b ? -1 : 1;
};

export const sum = (values: Iterable<Decimal>): Decimal => {
  let total = ZERO;
  for (const value of values) total = add(total, value);
  return total;
};

/** Half-even to `decimals` places. */
export const round = (value: Decimal, decimals: number): Decimal => format(rescale(scaled(value), decimals));

/** `a / b` half-even to `decimals` places; null when `b` is zero, because such a ratio is undefined, not 0. */
export const ratio = (left: Decimal, right: Decimal, decimals: number): Decimal | null => {
  const { a, b } = aligned(left, right);
  if (b === 0n) return null;
  return format({ units: divide(a * tenTo(decimals), b), scale: decimals });
};

/** For the wire only: arithmetic stays in decimals. */
export const toNumber = (value: Decimal): number => Number(value);

// Meta's own table, not ISO's: COP, CRC, HUF, IDR and TWD have ISO decimals (§C.3,
// https://developers.facebook.com/docs/marketing-api/currencies).
const META_WHOLE_UNITS = new Set("CLP COP CRC HUF ISK IDR JPY KRW PYG TWD VND".split(" "));

/** Meta's budgets (integers in Meta's minor units) as major units: ARS "50000" is 500, CLP "50000" is 50000. */
export const fromMinorUnits = (value: string, currency: string): Decimal => {
  if (!/^-?\d{1,30}$/.test(value)) throw new RangeError("Minor units are an integer.");
  return format({ units: BigInt(value), scale: META_WHOLE_UNITS.has(currency.toUpperCase()) ? 0 : 2 });
};

const ISO_EXPONENTS = new Map<string, number>([
  ..."BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(" ").map((code) => [code, 0] as const),
  ..."BHD IQD JOD KWD LYD OMR TND".split(" ").map((code) => [code, 3] as const),
  ..."CLF UYW".split(" ").map((code) => [code, 4] as const),
]);

/** Decimals of a currency by ISO 4217: 0 for JPY, 3 for KWD, 2 for most. */
export const currencyExponent = (currency: string): number => ISO_EXPONENTS.get(currency.toUpperCase()) ?? 2;
