import { describe, expect, it } from "vitest";
import { amount, aBusinessWith } from "./by-hand.ts";
import type { Touch } from "./business.ts";
import { fraction, minus, ofText, plus, through, times, toDecimal } from "./fraction.ts";
import { rateOf } from "./rates.ts";
import { split } from "./split.ts";

const credits = (...weights: number[]) => weights.map((weight, i) => ({ touch: { id: `t${i}` } as Touch, weight }));
const partsOf = (text: string, currency: string, ...weights: number[]) =>
  split(amount(text), currency, credits(...weights)).map((part) => part.amount);

describe("money split among touches", () => {
  it.each([
    // 100.00 in thirds: 3333.34, 3333.33, 3333.33 cents; the one left over goes to the largest fraction, the first.
    ["100", "ARS", [333_334, 333_333, 333_333], ["33.34", "33.33", "33.33"]],
    // One cent cannot be parted: 0.4, 0.2, 0.4 of it, and of equal fractions the earlier wins.
    ["0.01", "ARS", [400_000, 200_000, 400_000], ["0.01", "0", "0"]],
    // Seven cents: 2.8, 1.4, 2.8: two, one, two and two left over.
    ["0.07", "ARS", [400_000, 200_000, 400_000], ["0.03", "0.01", "0.03"]],
    // Yen have no cents, dinars have a thousand.
    ["100", "JPY", [333_334, 333_333, 333_333], ["34", "33", "33"]],
    ["0.1", "KWD", [333_334, 333_333, 333_333], ["0.034", "0.033", "0.033"]],
    // What is finer than a cent stays whole to the last millionth.
    ["0.010001", "ARS", [500_000, 500_000], ["0.005001", "0.005"]],
    ["0", "ARS", [500_000, 500_000], ["0", "0"]],
  ])("%s %s by %j", (total, currency, weights, parts) => {
    expect(partsOf(total, currency, ...weights)).toEqual(parts.map(amount));
  });

  it("is nobody's where nobody has credit", () => {
    expect(split(amount("5"), "ARS", [])).toEqual([{ touch: null, amount: amount("5") }]);
  });
});

describe("exact numbers", () => {
  it("add, multiply and divide without loss", () => {
    const third = through(fraction(1n), fraction(3n));
    expect(plus(plus(third, third), third)).toEqual(fraction(1n));
    expect(times(ofText("0.05"), ofText("1250"))).toEqual(ofText("62.5"));
    expect(minus(ofText("1"), ofText("1.5"))).toEqual(fraction(-1n, 2n));
  });

  it("are rounded half to even when told", () => {
    expect(["0.125", "0.135", "0.1250001", "2.5"].map((text) => toDecimal(ofText(text), 2))).toEqual([
      "0.12",
      "0.14",
      "0.13",
      "2.5",
    ]);
    expect(toDecimal(fraction(-5n, 2n), 0)).toBe("-2");
    expect(toDecimal(fraction(-7n, 2n), 0)).toBe("-4");
  });
});

describe("the rate of a day", () => {
  const business = aBusinessWith({
    rates: [
      { base: "USD", quote: "ARS", day: "2026-03-01", rate: "1000" },
      { base: "USD", quote: "ARS", day: "2026-03-05", rate: "1100" },
      { base: "ARS", quote: "USD", day: "2026-03-06", rate: "0.002" },
      { base: "EUR", quote: "USD", day: "2026-03-01", rate: "1.25" },
    ],
  });
  const told = (base: string, quote: string, day: string) => {
    const rate = rateOf(business, base, quote, day);
    return rate && toDecimal(rate, 6);
  };

  it.each([
    ["of the day itself", "USD", "ARS", "2026-03-05", "1100"],
    ["of the nearest day before it", "USD", "ARS", "2026-03-04", "1000"],
    ["a week back at most", "USD", "ARS", "2026-03-12", "1100"],
    ["the pair as it is stored comes first, an older one too", "USD", "ARS", "2026-03-07", "1100"],
    ["then the inverse pair", "USD", "EUR", "2026-03-08", "0.8"],
    ["of a currency in itself", "USD", "USD", "2020-01-01", "1"],
    ["eight days back is none; the inverse is nearer", "USD", "ARS", "2026-03-13", "500"],
    ["no rate is no rate, never 1", "USD", "EUR", "2026-03-09", null],
    ["a later one is none", "USD", "EUR", "2026-02-28", null],
    ["through a third currency is none", "EUR", "ARS", "2026-03-05", null],
  ])("%s", (_, base, quote, day, expected) => {
    expect(told(base, quote, day)).toBe(expected);
  });
});
