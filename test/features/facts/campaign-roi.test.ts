import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { calculateCampaignRoi } from "../../oracle/campaign-roi.ts";
import type { Business } from "../../oracle/business.ts";
import { draw, expectAll, seed } from "../../oracle/in-batches.ts";
import { aPopulation } from "../../oracle/population.ts";
import { campaignIds } from "../../oracle/random-business.ts";
import { aRandomCase, type Case } from "../../oracle/random-case.ts";
import { readCampaignRoi } from "../../oracle/read-campaign-roi.ts";
import { difference } from "../../oracle/read-credits.ts";
import { aDatabase, type Database } from "../../support/database.ts";
import { many } from "../../support/full.ts";

let db: Database;
beforeAll(async () => {
  db = await aDatabase();
});
afterAll(() => db.stop());

describe(`calculate_campaign_roi (seed ${seed})`, () => {
  it(
    "is the oracle's on random businesses (1 000 in full): spend, revenue, leads, opportunities, return",
    { timeout: 300_000 },
    async () => {
      const place = aPopulation<Business>(db.sql);
      let defined = 0;
      await expectAll(draw(aRandomCase), async (batch) => {
        const tenants = await place(batch.map(({ business }) => business));
        const asked = batch.map(({ since, until }, i) => {
          const { tenantId } = tenants[i] ?? { tenantId: 0 };
          return { tenantId, since, until, campaignIds: [campaignIds[tenantId % campaignIds.length] ?? ""] };
        });
        const answers = await readCampaignRoi(db.sql, asked);
        return asked.map(({ since, until, campaignIds: [id = ""] }, i) => {
          const { business } = batch[i] as Case;
          const expected = calculateCampaignRoi(business, id, since, until);
          if (expected?.roiPercentage) defined += 1;
          return difference([JSON.stringify(expected)], [JSON.stringify(answers[i]?.get(id))]);
        });
      });
      expect(defined).toBeGreaterThan(many(150));
    },
  );

  it("is no row for a campaign that is not the tenant's", async () => {
    const range = { since: "2026-01-01", until: "2026-12-31" };
    const answers = await readCampaignRoi(db.sql, [
      { tenantId: 999_999, campaignIds, ...range },
      { tenantId: 1, campaignIds: ["unknown"], ...range },
    ]);
    expect(answers.map(({ size }) => size)).toEqual([0, 0]);
  });

  it("does not overflow, and rounds half to even", async () => {
    const rounded = (value: string) => db.sql<{ rounded: string }>("SELECT round_half_even($1, 2) AS rounded", [value]);
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
