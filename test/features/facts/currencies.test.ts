import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CurrencySums, sumIn } from "../../../src/features/facts/currencies.ts";
import { add, parseDecimal, ZERO } from "../../../src/lib/money.ts";
import { measure } from "../../../src/features/facts/measures.ts";

const facts = (currency: string, spend: string, revenue: string, more: Partial<CurrencySums> = {}): CurrencySums => ({
  currency,
  spend: parseDecimal(spend),
  revenue: parseDecimal(revenue),
  spendCount: Number(spend) === 0 ? 0 : 1,
  revenueCount: Number(revenue) === 0 ? 0 : 1,
  impressions: 0,
  clicks: 0,
  metaLeads: 0,
  leads: 1,
  opportunities: 0,
  won: 0,
  ...more,
});

describe("money of several currencies", () => {
  it("is never added: the headline has its own, the rest is named with how much was left out", () => {
    const { sums, byCurrency, fxMissing, isMixed } = sumIn("ARS", [
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
    const { sums, paid } = sumIn("ARS", [
      facts("ARS", "10", "20"),
      facts("ARS", "30", "0"),
      facts("USD", "5", "7"),
      facts("", "0", "0"),
    ]);
    expect([sums.leads, paid.leads]).toEqual([4, 2]);
    expect(measure(sums, { paid }).cpl).toBe("20");
  });

  it("one currency that is the headline's leaves nothing out", () => {
    expect(sumIn("ARS", [facts("ARS", "10", "20")])).toMatchObject({ fxMissing: [], isMixed: false });
  });

  it("one currency that is not the headline's is left out whole", () => {
    expect(sumIn("EUR", [facts("ARS", "10", "20")])).toMatchObject({
      sums: { spend: "0", revenue: "0" },
      isMixed: true,
    });
  });

  it("counts without money have no currency", () => {
    expect(sumIn("ARS", [facts("", "0", "0")])).toMatchObject({ sums: { leads: 1 }, byCurrency: [], fxMissing: [] });
  });

  it("headline and what is left out are all there is, in any order", () => {
    const fact = fc
      .tuple(fc.constantFrom("ARS", "USD", "EUR"), fc.nat(1000), fc.nat(1000))
      .map(([currency, spend, revenue]) => facts(currency, String(spend), String(revenue)));
    fc.assert(
      fc.property(fc.array(fact), (all) => {
        const { sums, fxMissing, byCurrency } = sumIn("ARS", all);
        expect(sumIn("ARS", all.toReversed())).toEqual(sumIn("ARS", all));
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
