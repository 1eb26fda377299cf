import { describe, expect, it } from "vitest";
import { compareAmounts, compareSides, type Side } from "../../../src/features/facts/changes.ts";
import { measure } from "../../../src/features/facts/measures.ts";
import { parseDecimal } from "../../../src/lib/money.ts";
import { sumsOf } from "./sums.ts";

const amount = (text: string | null) => (text === null ? null : parseDecimal(text));

describe("an amount against the one before", () => {
  it.each([
    ["more", "150", "100", 50, 50, null],
    ["less", "50", "100", -50, -50, null],
    ["the same", "100", "100", 0, 0, null],
    ["up from a loss", "50", "-100", 150, 150, null],
    ["nothing after nothing", "0", "0", 0, 0, null],
    ["something after nothing is new", "5", "0", 5, null, "new"],
    ["unknown now", null, "100", null, null, "incomplete"],
    ["unknown before", "100", null, null, null, "incomplete"],
    ["a third", "4", "3", 1, 33.33, null],
  ])("%s", (_, now, before, value, pct, reason) => {
    expect(compareAmounts(amount(now), amount(before))).toEqual({ value, pct, reason });
  });
});

const side = (spend: string, revenue: string, leads: number, complete: Partial<Side> = {}): Side => {
  const sums = sumsOf({ spend, revenue, leads });
  return {
    sums,
    roiPercentage: measure(sums).roiPercentage,
    isSpendComplete: true,
    isRevenueComplete: true,
    ...complete,
  };
};

describe("a window against the one before", () => {
  const whole = { isPartial: false };

  it("return is compared in percentage points", () => {
    const { roi } = compareSides(side("100", "500", 1), side("100", "300", 1), whole);
    expect(roi).toEqual({ value: 200, pct: null, reason: null });
  });

  it("has no changes without one before, nor with a day that is not over", () => {
    const none = { value: null, pct: null };
    expect(compareSides(side("1", "1", 1), null, whole).leads).toEqual({ ...none, reason: "no_previous" });
    expect(compareSides(side("1", "1", 1), side("1", "1", 1), { isPartial: true }).spend).toEqual({
      ...none,
      reason: "partial_day",
    });
  });

  it("unknown days on either side take spend and return away, not what the CRM knows", () => {
    for (const [now, before] of [
      [false, true],
      [true, false],
    ] as const) {
      const changes = compareSides(
        side("1", "2", 4, { isSpendComplete: now }),
        side("1", "1", 2, { isSpendComplete: before }),
        whole,
      );
      expect([changes.spend.reason, changes.roi.reason]).toEqual(["incomplete", "incomplete"]);
      expect([changes.leads.pct, changes.revenue.pct]).toEqual([100, 100]);
    }
  });

  it("a return that is undefined on one side is not compared", () => {
    expect(compareSides(side("0", "2", 1), side("1", "2", 1), whole).roi).toEqual({
      value: null,
      pct: null,
      reason: "undefined",
    });
  });
});
