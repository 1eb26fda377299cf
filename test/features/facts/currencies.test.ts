import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CurrencySums, sumConverted, withoutConversion } from "../../../src/features/facts/currencies.ts";
import { add, parseDecimal, ZERO } from "../../../src/lib/money.ts";
import { measure } from "../../../src/features/facts/measures.ts";
import { currencySums } from "./sums.ts";

const facts = (currency: string, spend: string, revenue: string, asked = "ARS"): CurrencySums =>
  currencySums(currency, spend, revenue, { leads: 1, asked });

describe("money of several currencies", () => {
  it("is never added: the headline has its own, the rest is named with how much was left out", () => {
    const { sums, byCurrency, fxMissing, isMixed } = sumConverted([
      facts("ARS", "10", "20"),
      facts("USD", "5", "7"),
      facts("USD", "1", "0"),
    ]);
    expect(sums).toMatchObject({ spend: "10", revenue: "20", leads: 3 });
    expect(byCurrency).toEqual([
      { currency: "ARS", spend: "10", revenue: "20" },
      { currency: "USD", spend: "6", revenue: "7" },
    ]);
    expect(fxMissing).toEqual([
      { currency: "USD", measure: "revenue", amount: "7", count: 1 },
      { currency: "USD", measure: "spend", amount: "6", count: 2 },
    ]);
    expect(isMixed).toBe(true);
  });

  it("a cost per lead divides by the leads that its currency paid for, not by those of other accounts", () => {
    const { sums, paid } = sumConverted([
      facts("ARS", "10", "20"),
      facts("ARS", "30", "0"),
      facts("USD", "5", "7"),
      facts("", "0", "0"),
    ]);
    expect([sums.leads, paid.leads]).toEqual([4, 3]);
    expect(measure({ ...sums, spend: parseDecimal("60") }, { paid }).cpl).toBe("20");
  });

  it("one currency that is the headline's leaves nothing out", () => {
    expect(sumConverted([facts("ARS", "10", "20")])).toMatchObject({ fxMissing: [], isMixed: false });
  });

  it("one currency that is not the headline's is left out whole", () => {
    expect(sumConverted([facts("ARS", "10", "20", "EUR")])).toMatchObject({
      sums: { spend: "0", revenue: "0" },
      isMixed: true,
    });
  });

  it("with rates it is one sum, and what was is still told", () => {
    const usd = { ...facts("USD", "5", "7", "USD"), spendIn: parseDecimal("5000"), grossIn: parseDecimal("7000") };
    expect(sumConverted([facts("ARS", "10", "20"), usd])).toMatchObject({
      sums: { spend: "5010", revenue: "7020", leads: 2 },
      paid: { leads: 2 },
      byCurrency: [
        { currency: "ARS", spend: "10", revenue: "20" },
        { currency: "USD", spend: "5", revenue: "7" },
      ],
      fxMissing: [],
    });
  });

  it("without rates an account's figures can stay in its own currency", () => {
    const own = withoutConversion("USD", [facts("USD", "5", "7"), facts("ARS", "10", "20")]);
    expect(sumConverted(own)).toMatchObject({
      sums: { spend: "5", revenue: "7" },
      fxMissing: [
        { currency: "ARS", measure: "revenue", amount: "20" },
        { currency: "ARS", measure: "spend", amount: "10" },
      ],
    });
  });

  it("shares of leads add up without a trace of floats", () => {
    const third = (leads: number) => ({ ...facts("ARS", "0", "0"), leads });
    expect(sumConverted([third(0.333334), third(0.333333), third(0.333333)]).sums.leads).toBe(1);
  });

  it("counts without money have no currency", () => {
    expect(sumConverted([facts("", "0", "0")])).toMatchObject({ sums: { leads: 1 }, byCurrency: [], fxMissing: [] });
  });

  it("headline and what is left out are all there is, in any order", () => {
    const fact = fc
      .tuple(fc.constantFrom("ARS", "USD", "EUR"), fc.nat(1000), fc.nat(1000))
      .map(([currency, spend, revenue]) => facts(currency, String(spend), String(revenue)));
    fc.assert(
      fc.property(fc.array(fact), (all) => {
        const { sums, fxMissing, byCurrency } = sumConverted(all);
        expect(sumConverted(all.toReversed())).toEqual(sumConverted(all));
        for (const measure of ["spend", "revenue"] as const) {
          const left = fxMissing
            .filter((missing) => missing.measure === measure)
            .reduce((total, { amount }) => add(total, amount), ZERO);
          const whole = byCurrency.reduce((total, own) => add(total, own[measure]), ZERO);
          expect(add(sums[measure], left)).toBe(whole);
        }
      }),
    );
  });
});
