import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Business } from "../../oracle/business.ts";
import { draw, expectAll, seed } from "../../oracle/in-batches.ts";
import { aPopulation } from "../../oracle/population.ts";
import { aRandomBusiness } from "../../oracle/random-business.ts";
import { difference, expectedCredits, readCredits } from "../../oracle/read-credits.ts";
import { aDatabase, type Database } from "../../support/database.ts";
import { many } from "../../support/full.ts";

let db: Database;
beforeAll(async () => {
  db = await aDatabase();
});
afterAll(() => db.stop());

describe(`credits of random businesses (seed ${seed})`, () => {
  it(
    "are the oracle's, for every lead, opportunity and sale under every model and window",
    { timeout: 300_000 },
    async () => {
      const place = aPopulation<Business>(db.sql);
      let count = 0;
      await expectAll(draw(aRandomBusiness), async (batch) => {
        const tenants = await place(batch);
        const actual = await readCredits(db.sql, tenants);
        return tenants.map(({ tenantId, business }) => {
          const expected = expectedCredits(business);
          count += expected.length;
          return difference(expected, actual.get(tenantId) ?? []);
        });
      });
      // Leads, opportunities and sales, times twenty.
      expect(count).toBeGreaterThan(many(50_000));
    },
  );
});
