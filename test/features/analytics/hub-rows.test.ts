import { describe, expect, it } from "vitest";
import { campaignRow, creativeRow } from "../../../src/features/analytics/hub-rows.ts";
import { averageRoi } from "../../../src/features/analytics/roi-answer.ts";
import { sumConverted } from "../../../src/features/facts/currencies.ts";
import { measure } from "../../../src/features/facts/measures.ts";
import { parseDecimal } from "../../../src/lib/money.ts";

type Given = { id?: string; currency?: string; status?: string; effectiveStatus?: string };

const figures = (spend: string, revenue: string, given: Given = {}) => {
  const { id = "1", currency = "ARS", status = "ACTIVE", effectiveStatus = status } = given;
  const money = sumConverted([]);
  const sums = { ...money.sums, spend: parseDecimal(spend), revenue: parseDecimal(revenue) };
  return {
    id,
    name: `N${id}`,
    accountId: "1",
    currency,
    objective: null,
    status,
    effectiveStatus,
    sums,
    measures: measure(sums),
    money,
  };
};

describe("rows of the hub", () => {
  it("tell return as a fraction, and say nothing the hub would mistake", () => {
    const row = campaignRow(figures("100", "500"));
    expect(row).toMatchObject({ roi: 4, roi_percentage: 400, status: "active", campaign_name: "N1", opportunities: 0 });
    for (const key of ["conversions", "ad_id", "ad_name"]) expect(row).not.toHaveProperty(key);
  });

  it("of ads name the ad and its campaign", () => {
    const ad = { ...figures("1", "2"), campaignId: "9", campaignName: "Otoño", thumbnailUrl: null };
    expect(creativeRow(ad)).toMatchObject({ ad_id: "1", ad_name: "N1", campaign_name: "Otoño", level: "ad", roi: 1 });
  });

  it.each([
    ["ACTIVE", "ACTIVE", "active"],
    ["ACTIVE", "CAMPAIGN_PAUSED", "paused"],
    ["ACTIVE", "WITH_ISSUES", "with_issues"],
    ["PAUSED", "PAUSED", "paused"],
    ["ARCHIVED", "ARCHIVED", "archived"],
  ])("%s that comes to %s is shown as %s", (status, effectiveStatus, shown) => {
    expect(campaignRow(figures("1", "1", { status, effectiveStatus })).status).toBe(shown);
  });
});

describe("the average return", () => {
  it("is weighted by spend, of campaigns that spent, in one currency", () => {
    const campaigns = [
      figures("900", "900"),
      figures("100", "1100"),
      figures("0", "5000"),
      figures("7", "0", { currency: "USD" }),
      figures("50", "0", { id: "historical_other" }),
    ];
    expect(averageRoi(campaigns, "ARS")).toBe("100");
  });

  it("is undefined where none spent", () => {
    expect(averageRoi([figures("0", "5")], "ARS")).toBeNull();
  });
});
