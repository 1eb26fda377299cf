import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDecimal } from "../../../src/lib/money.ts";
import { aHouse, type House } from "../../support/house.ts";
import { calculateCampaignRoi } from "./campaign-roi.ts";
import { aRandomBusiness, campaignIds, insertBusiness } from "./random-business.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const [since, until] = ["2026-03-02", "2026-03-08"];

type SqlRoi = {
  campaign_id: string;
  campaign_name: string;
  total_spend: string;
  total_revenue: string;
  leads_count: number;
  opportunities_count: number;
  roi_percentage: string | null;
};

const bySql = async (tenantId: number, campaignId: string) => {
  const [row] = await house.sql<SqlRoi>("SELECT * FROM calculate_campaign_roi($1, $2, $3, $4)", [
    tenantId,
    campaignId,
    since,
    until,
  ]);
  return (
    row && {
      name: row.campaign_name,
      spend: parseDecimal(row.total_spend),
      revenue: parseDecimal(row.total_revenue),
      leads: row.leads_count,
      opportunities: row.opportunities_count,
      roiPercentage: row.roi_percentage === null ? null : parseDecimal(row.roi_percentage),
    }
  );
};

type FactSums = { spend: string | null; revenue: string | null; leads: number | null; opportunities: number | null };

const byFacts = async (tenantId: number, campaignId: string, currency: string) => {
  const [row] = await house.sql<FactSums>(
    `SELECT sum(spend) AS spend, sum(revenue) FILTER (WHERE currency = $5) AS revenue, sum(leads)::int AS leads, sum(opportunities)::int AS opportunities
     FROM daily_facts WHERE tenant_id = $1 AND level = 'campaign' AND entity_id = $2 AND day BETWEEN $3 AND $4`,
    [tenantId, campaignId, since, until, currency],
  );
  return {
    spend: parseDecimal(row?.spend ?? "0"),
    revenue: parseDecimal(row?.revenue ?? "0"),
    leads: row?.leads ?? 0,
    opportunities: row?.opportunities ?? 0,
  };
};

describe("a campaign's return, computed in three ways", () => {
  it(
    "is the same from calculate_campaign_roi, from daily_facts and from plain TypeScript, on random businesses",
    { timeout: 120_000 },
    async () => {
      // Every business stays, under the same ids: each is the neighbour of all later ones.
      let tenantId = 0;
      let defined = 0;
      await fc.assert(
        fc.asyncProperty(aRandomBusiness, async (business) => {
          const tenant = (tenantId += 1);
          await insertBusiness(house.sql, tenant, business);
          await house.sql("SELECT refresh_daily_facts($1, '2026-01-01', '2026-12-31')", [tenant]);
          for (const { id, accountId } of business.campaigns) {
            const expected = calculateCampaignRoi(business, id, since, until);
            expect(await bySql(tenant, id)).toEqual(expected);
            const currency = business.accounts.find((account) => account.id === accountId)?.currency ?? "";
            expect(expected).toMatchObject(await byFacts(tenant, id, currency));
            if (expected?.roiPercentage) defined += 1;
          }
        }),
        { numRuns: 250 },
      );
      expect(defined).toBeGreaterThan(100);
    },
  );

  it("is no row for a campaign that is not the tenant's", async () => {
    expect(await bySql(999_999, campaignIds[0] ?? "")).toBeUndefined();
    expect(await bySql(1, "unknown")).toBeUndefined();
  });

  it("does not overflow, and rounds half to even", async () => {
    const rounded = (value: string) =>
      house.sql<{ rounded: string }>("SELECT round_half_even($1, 2) AS rounded", [value]);
    for (const [value, expected] of [
      ["0.125", "0.12"],
      ["0.135", "0.14"],
      ["-0.125", "-0.12"],
      ["9999999900", "9999999900.00"],
      ["0.1250000001", "0.13"],
    ] as const) {
      expect(await rounded(value)).toEqual([{ rounded: expected }]);
    }
  });
});

describe("daily facts", () => {
  const factsOf = (tenantId: number) =>
    house.sql("SELECT * FROM daily_facts WHERE tenant_id = $1 ORDER BY level, day, entity_id, account_id, currency", [
      tenantId,
    ]);

  it(
    "are the same in one go, in pieces, in any order, and again; campaigns and the outside are the whole CRM",
    { timeout: 60_000 },
    async () => {
      let tenantId = 10_000;
      const pieces = [
        ["2026-01-01", "2026-03-03"],
        ["2026-03-04", "2026-03-04"],
        ["2026-03-05", "2026-12-31"],
      ] as const;
      await fc.assert(
        fc.asyncProperty(
          aRandomBusiness,
          fc.shuffledSubarray([0, 1, 2, 0, 1, 2], { minLength: 6 }),
          async (business, order) => {
            const tenant = (tenantId += 1);
            await insertBusiness(house.sql, tenant, business);
            await house.sql("SELECT refresh_daily_facts($1, '2026-01-01', '2026-12-31')", [tenant]);
            const atOnce = await factsOf(tenant);
            await house.sql("DELETE FROM daily_facts WHERE tenant_id = $1", [tenant]);
            for (const index of order)
              await house.sql("SELECT refresh_daily_facts($1, $2, $3)", [tenant, ...(pieces[index] ?? [])]);
            expect(await factsOf(tenant)).toEqual(atOnce);
            const [whole] = await house.sql(
              `SELECT COALESCE(sum(leads), 0)::int AS leads, COALESCE(sum(opportunities), 0)::int AS opportunities, COALESCE(sum(revenue), 0)::text::numeric AS revenue
           FROM daily_facts WHERE tenant_id = $1 AND level IN ('campaign', 'outside')`,
              [tenant],
            );
            const paid = business.sales
              .filter(({ status }) => status === "completed")
              .reduce((total, { amount }) => total + Number(amount), 0);
            expect(whole).toMatchObject({ leads: business.leads.length, opportunities: business.opportunities.length });
            expect(Number(whole?.["revenue"])).toBeCloseTo(paid, 4);
          },
        ),
        { numRuns: 60 },
      );
    },
  );
});
