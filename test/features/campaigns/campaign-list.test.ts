import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CampaignFigures, statusOf } from "../../../src/features/campaigns/campaign-figures.ts";
import { filterCampaigns, sortCampaigns, sortKeys } from "../../../src/features/campaigns/campaign-list.ts";
import { sumConverted } from "../../../src/features/facts/currencies.ts";
import { measure } from "../../../src/features/facts/measures.ts";
import { parseDecimal } from "../../../src/lib/money.ts";

const campaign = (
  id: string,
  given: {
    name?: string;
    status?: string;
    effectiveStatus?: string;
    spend?: string | null;
    revenue?: string;
    leads?: number;
  } = {},
): CampaignFigures => {
  const { name = id, status = "ACTIVE", effectiveStatus = status, spend = "0", revenue = "0", leads = 0 } = given;
  const money = sumConverted([]);
  const sums = {
    ...money.sums,
    spend: spend === null ? null : parseDecimal(spend),
    revenue: parseDecimal(revenue),
    leads,
  };
  return {
    id,
    name,
    accountId: "1",
    currency: "ARS",
    objective: null,
    status,
    effectiveStatus,
    sums,
    measures: measure(sums),
    money,
  };
};

const ids = (campaigns: CampaignFigures[]) => campaigns.map(({ id }) => id);

describe("which campaigns", () => {
  const all = [
    campaign("1", { name: "Año Nuevo", effectiveStatus: "WITH_ISSUES" }),
    campaign("2", { name: "Invierno", status: "PAUSED" }),
  ];
  it.each([
    ["all", {}, ["1", "2"]],
    ["by configured status, in any case", { status: "active" }, ["1"]],
    ["by effective status", { status: "WITH_ISSUES" }, ["1"]],
    ["by part of a name, whatever case and accent", { search: "ano n" }, ["1"]],
    ["by id", { search: " 2 " }, ["2"]],
    ["by both", { status: "PAUSED", search: "nuevo" }, []],
  ])("%s", (_, filter, expected) => {
    expect(ids(filterCampaigns(all, filter))).toEqual(expected);
  });

  it.each([
    ["as Meta says", { status: "ACTIVE", effectiveStatus: "CAMPAIGN_PAUSED" }, "ACTIVE", "CAMPAIGN_PAUSED"],
    ["gone", { status: "ACTIVE", effectiveStatus: "ACTIVE", isDeleted: true }, "DELETED", "DELETED"],
    [
      "archived is gone, and says archived",
      { status: "ARCHIVED", effectiveStatus: "ARCHIVED", isDeleted: true },
      "ARCHIVED",
      "ARCHIVED",
    ],
    ["never heard of", {}, "UNKNOWN", "UNKNOWN"],
  ])("status: %s", (_, given, status, effectiveStatus) => {
    expect(statusOf(given)).toEqual({ status, effectiveStatus });
  });
});

describe("in which order", () => {
  const all = [
    campaign("a", { name: "b", spend: "9", revenue: "10", leads: 10 }),
    campaign("b", { name: "Á", spend: "10", revenue: "9", leads: 9 }),
    campaign("c", { name: "c", spend: null, revenue: "100" }),
  ];
  it.each([
    ["name", "asc", "bac"],
    ["name", "desc", "cab"],
    ["spend", "desc", "bac"],
    ["spend", "asc", "abc"],
    ["leads", "desc", "abc"],
    ["revenue", "desc", "cab"],
    ["roi", "desc", "abc"],
    ["roi", "asc", "bac"],
  ] as const)("by %s, %s; unknown comes last", (by, direction, expected) => {
    expect(ids(sortCampaigns(all, { by, direction })).join("")).toBe(expected);
  });

  it("does not depend on the order they came in", () => {
    const some = fc.uniqueArray(
      fc.record({ id: fc.string({ minLength: 1 }), spend: fc.option(fc.nat(3).map(String)), leads: fc.nat(3) }),
      { selector: ({ id }) => id },
    );
    const order = fc.record({
      by: fc.constantFrom(...sortKeys),
      direction: fc.constantFrom("asc" as const, "desc" as const),
    });
    fc.assert(
      fc.property(some, order, (given, sort) => {
        const made = given.map(({ id, ...rest }) => campaign(id, rest));
        expect(ids(sortCampaigns(made.toReversed(), sort))).toEqual(ids(sortCampaigns(made, sort)));
      }),
    );
  });
});
