import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  add,
  compare,
  currencyExponent,
  type Decimal,
  fromMinorUnits,
  isDecimal,
  multiply,
  parseDecimal,
  ratio,
  round,
  subtract,
  sum,
  toNumber,
  ZERO,
} from "../../src/lib/money.ts";

/** A decimal and the integer of millionths it stands for. */
const amounts = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }).map((millionths) => {
  const digits = (millionths < 0n ? -millionths : millionths).toString().padStart(7, "0");
  const text = `${millionths < 0n ? "-" : ""}${digits.slice(0, -6)}.${digits.slice(-6)}`;
  return { millionths, decimal: parseDecimal(text) };
});
const d = parseDecimal;

describe("reading", () => {
  test.each([
    ["15320.45", "15320.45"],
    ["10.00", "10"],
    ["007", "7"],
    ["+3.", "3"],
    ["-0.000", "0"],
    ["-0.0000001", "0"],
    ["0.0000005", "0"],
    ["0.0000015", "0.000002"],
    ["0.00000150001", "0.000002"],
    ["123456789012345678901234.5", "123456789012345678901234.5"],
  ])("%s is %s", (text, expected) => expect(parseDecimal(text)).toBe(expected));

  test.each([
    "",
    ".",
    ".5",
    "1e5",
    "1,5",
    "NaN",
    "Infinity",
    "0x10",
    " 1",
    "1 ",
    "--1",
    "9".repeat(31),
    `1.${"0".repeat(61)}`,
  ])("%j is refused", (text) => {
    expect(isDecimal(text)).toBe(false);
    expect(() => parseDecimal(text)).toThrow(RangeError);
  });

  it("has one spelling per number", () => {
    fc.assert(
      fc.property(amounts, fc.nat(4), ({ decimal }, zeros) => {
        const padded = decimal.includes(".") ? decimal + "0".repeat(zeros) : decimal;
        expect(parseDecimal(padded)).toBe(decimal);
      }),
    );
  });
});

describe("arithmetic", () => {
  it("adds where floats do not", () => expect(add(d("0.1"), d("0.2"))).toBe("0.3"));

  it("agrees with integers of millionths", () => {
    fc.assert(
      fc.property(amounts, amounts, (a, b) => {
        const millionths = (value: Decimal) => BigInt(multiply(value, d("1000000")));
        expect(millionths(add(a.decimal, b.decimal))).toBe(a.millionths + b.millionths);
        expect(millionths(subtract(a.decimal, b.decimal))).toBe(a.millionths - b.millionths);
        expect(compare(a.decimal, b.decimal)).toBe(
          a.millionths < b.millionths ? -1 : a.millionths > b.millionths ? 1 : 0,
        );
      }),
    );
  });

  it("sums the same in any order", () => {
    fc.assert(
      fc.property(fc.array(amounts, { maxLength: 30 }), (list) => {
        const decimals = list.map(({ decimal }) => decimal);
        expect(sum(decimals)).toBe(sum(decimals.toReversed()));
      }),
    );
  });

  it("sums nothing to zero", () => expect(sum([])).toBe(ZERO));
  it("multiplies exactly", () => expect(multiply(d("-1.25"), d("0.08"))).toBe("-0.1"));
  it("turns into a number at the edge", () => expect(toNumber(d("-12.5"))).toBe(-12.5));
});

describe("rounding", () => {
  test.each([
    ["0.125", 2, "0.12"],
    ["0.135", 2, "0.14"],
    ["-0.125", 2, "-0.12"],
    ["-0.135", 2, "-0.14"],
    ["2.5", 0, "2"],
    ["3.5", 0, "4"],
    ["-0.4", 0, "0"],
    ["1.2", 4, "1.2"],
  ])("%s to %i places is %s", (value, places, expected) => expect(round(d(value), places)).toBe(expected));

  it("never moves further than half a unit", () => {
    fc.assert(
      fc.property(amounts, fc.nat(5), ({ decimal }, places) => {
        const moved = subtract(round(decimal, places), decimal);
        const half = d(`0.${"0".repeat(places)}5`);
        expect(compare(moved, half)).toBeLessThanOrEqual(0);
        expect(compare(moved, subtract(ZERO, half))).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("ratios", () => {
  test.each([
    ["1", "3", 6, "0.333333"],
    ["2", "3", 2, "0.67"],
    ["-1", "8", 2, "-0.12"],
    ["1", "-8", 2, "-0.12"],
    ["3", "8", 2, "0.38"],
    ["15320.45", "14", 2, "1094.32"],
    ["0", "5", 2, "0"],
  ])("%s / %s to %i places is %s", (a, b, places, expected) => expect(ratio(d(a), d(b), places)).toBe(expected));

  it("is undefined over zero, never 0", () => expect(ratio(d("5"), ZERO, 2)).toBeNull());

  it("undoes multiplication", () => {
    fc.assert(
      fc.property(amounts, amounts, (a, b) => {
        fc.pre(b.millionths !== 0n);
        expect(ratio(multiply(a.decimal, b.decimal), b.decimal, 6)).toBe(a.decimal);
      }),
    );
  });
});

describe("currencies", () => {
  test.each([
    ["50000", "ARS", "500"],
    ["50000", "COP", "50000"],
    ["50000", "clp", "50000"],
    ["1", "USD", "0.01"],
    ["-1234567", "EUR", "-12345.67"],
    ["1000", "KWD", "10"],
    ["12345678901234567890", "USD", "123456789012345678.9"],
    ["0", "JPY", "0"],
  ])("Meta's %s %s is %s", (minor, currency, major) => expect(fromMinorUnits(minor, currency)).toBe(major));

  test.each("CLP COP CRC HUF ISK IDR JPY KRW PYG TWD VND".split(" "))("%s has whole units at Meta", (currency) =>
    expect(fromMinorUnits("7", currency)).toBe("7"),
  );

  test.each(["1.5", "", "12a"])("minor units are never %j", (text) =>
    expect(() => fromMinorUnits(text, "ARS")).toThrow(RangeError),
  );

  test.each([
    ["JPY", 0],
    ["CLP", 0],
    ["PYG", 0],
    ["COP", 2],
    ["ARS", 2],
    ["KWD", 3],
    ["TND", 3],
    ["CLF", 4],
    ["usd", 2],
  ])("%s has %i decimals", (currency, exponent) => expect(currencyExponent(currency)).toBe(exponent));
});
