import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measure, numberOrZero } from "../../../src/features/facts/measures.ts";
import { multiply, parseDecimal } from "../../../src/lib/money.ts";
import { sumsOf } from "./sums.ts";

describe("return on spend", () => {
  it.each([
    ["four times on top of it", "100", "500", "400", "4", "5"],
    ["spend without revenue", "100", "0", "-100", "-1", "0"],
    ["a month of refunds", "100", "-50", "-150", "-1.5", "-0.5"],
    ["revenue without spend is undefined", "0", "500", null, null, null],
    ["nothing at all is undefined", "0", "0", null, null, null],
    ["unknown spend is undefined", null, "500", null, null, null],
    ["a tie goes to the even neighbour", "800", "801", "0.12", "0.0012", "1.00125"],
    ["the other tie too", "800", "803", "0.38", "0.0038", "1.00375"],
    ["a third", "3", "4", "33.33", "0.3333", "1.333333"],
    ["a return beyond DECIMAL(5,2)", "1", "100000000", "9999999900", "99999999", "100000000"],
  ])("%s", (_, spend, revenue, roiPercentage, roiFraction, roas) => {
    expect(measure(sumsOf({ spend, revenue }))).toMatchObject({ roiPercentage, roiFraction, roas });
  });

  it("is not told when too little of the spend is known; costs are", () => {
    const { roiPercentage, roiFraction, roas, cpl } = measure(sumsOf({ spend: "100", revenue: "500", leads: 4 }), {
      isRoiTrusted: false,
    });
    expect([roiPercentage, roiFraction, roas, cpl]).toEqual([null, null, null, "25"]);
  });
});

describe("costs and rates", () => {
  it("are of the sums", () => {
    const all = sumsOf({ spend: "100", impressions: 30_000, clicks: 700, leads: 7, opportunities: 3, won: 1 });
    expect(measure(all)).toMatchObject({
      cpl: "14.285714",
      cpo: "33.333333",
      cac: "100",
      ctr: "2.33",
      cpc: "0.142857",
      cpm: "3.333333",
    });
  });

  it("are undefined without what they are divided by", () => {
    expect(measure(sumsOf({ spend: "100" }))).toMatchObject({
      cpl: null,
      cpo: null,
      cac: null,
      ctr: null,
      cpc: null,
      cpm: null,
    });
  });

  it("are unknown without spend, except what has no money in it", () => {
    expect(measure(sumsOf({ spend: null, impressions: 100, clicks: 1, leads: 1 }))).toMatchObject({
      cpl: null,
      cpc: null,
      cpm: null,
      ctr: "1",
    });
  });

  it("of nothing spent are zero", () => {
    expect(measure(sumsOf({ spend: "0", leads: 2 })).cpl).toBe("0");
  });
});

const amount = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 15n }), fc.integer({ min: 0, max: 999_999 }))
  .map(([whole, part]) => parseDecimal(`${whole}.${String(part).padStart(6, "0")}`));
const count = fc.nat(1_000_000);

describe("whatever the sums", () => {
  it("what is told is a finite number and agrees with floats as far as they reach", () => {
    fc.assert(
      fc.property(amount, amount, count, (spend, revenue, leads) => {
        const { roiPercentage, cpl, roas } = measure(sumsOf({ spend, revenue, leads }));
        for (const value of [roiPercentage, cpl, roas]) expect(Number.isFinite(numberOrZero(value))).toBe(true);
        if (Number(spend) < 1 || roiPercentage === null) return;
        const expected = ((Number(revenue) - Number(spend)) / Number(spend)) * 100;
        expect(Math.abs(Number(roiPercentage) - expected)).toBeLessThanOrEqual(0.0051 + Math.abs(expected) * 1e-9);
      }),
    );
  });

  it("the fraction is the percentage divided by a hundred", () => {
    fc.assert(
      fc.property(amount, amount, (spend, revenue) => {
        const { roiPercentage, roiFraction } = measure(sumsOf({ spend, revenue }));
        expect(roiFraction && multiply(roiFraction, parseDecimal("100"))).toBe(roiPercentage);
      }),
    );
  });
});
