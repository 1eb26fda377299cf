// Invariants of the domain (e9) that hold of what is written: in any order, twice, and taken back.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { draw, expectAll, seed } from "../../oracle/in-batches.ts";
import { insertReplayed, type Replayed } from "../../oracle/insert-replayed.ts";
import { aPopulation } from "../../oracle/population.ts";
import { aRandomBusiness } from "../../oracle/random-business.ts";
import { difference, expectedCredits, readCredits } from "../../oracle/read-credits.ts";
import { expectedDailyOutcomes, readDailyOutcomes } from "../../oracle/read-outcomes.ts";
import { expectedSpend, readSpend, refreshInSlices } from "../../oracle/read-spend.ts";
import { readState } from "../../oracle/read-state.ts";
import { refundWhole, type WholeRefund } from "../../oracle/refund-whole.ts";
import { aDatabase, type Database } from "../../support/database.ts";
import { isFull, many } from "../../support/full.ts";

type Case = Replayed & { days: string[] };

const drawn = draw<Case>(
  fc.tuple(aRandomBusiness, fc.nat({ max: 1_000_000 })).map(([business, order]) => ({ ...business, order })),
);

let db: Database;
let place: ReturnType<typeof aPopulation<Case>>;

const spendAnew = (tenantIds: readonly number[]) =>
  db.sql("SELECT refresh_daily_spend(tenant_id, '2020-01-01', '2027-12-31') FROM unnest($1::integer[]) AS tenant_id", [
    tenantIds,
  ]);
const rebuild = (tenantIds: readonly number[]) =>
  db.sql("SELECT rebuild_facts(tenant_id) FROM unnest($1::integer[]) AS tenant_id", [tenantIds]);

describe(`invariants of writes (seed ${seed})`, { timeout: 300_000 }, () => {
  beforeAll(async () => {
    db = await aDatabase();
    place = aPopulation<Case>(db.sql, insertReplayed);
    await expectAll(drawn, async (batch) => {
      await place(batch);
      return [];
    });
  }, 300_000);
  afterAll(() => db.stop());

  it("8. events in any order, some of them twice, settled now or later, come to the same state", async () => {
    await expectAll(drawn, async (batch) => {
      const tenants = await place(batch);
      const credits = await readCredits(db.sql, tenants);
      const daily = await readDailyOutcomes(db.sql, tenants);
      return tenants.map(({ tenantId, business }, i) => {
        const ofCredits = difference(expectedCredits(business), credits.get(tenantId) ?? []);
        return ofCredits ?? difference(expectedDailyOutcomes(business), daily[i] ?? []);
      });
    });
  });

  it("4. slices of a sync in any order, and again, come to the same spend as all at once", async () => {
    await expectAll(drawn, async (batch) => {
      const tenants = await place(batch);
      const ids = tenants.map(({ tenantId }) => tenantId);
      await refreshInSlices(db.sql, tenants);
      const inSlices = await readSpend(db.sql, ids);
      await spendAnew(ids);
      const atOnce = await readSpend(db.sql, ids);
      return tenants.map(({ tenantId, business }) => {
        const expected = expectedSpend(business);
        const failure = difference(expected, inSlices.get(tenantId) ?? []);
        return failure ?? difference(expected, atOnce.get(tenantId) ?? []);
      });
    });
  });

  it("a rebuild finds nothing to change", async () => {
    await expectAll({ ...drawn, cases: drawn.cases.slice(0, many(200)) }, async (batch) => {
      const ids = (await place(batch)).map(({ tenantId }) => tenantId);
      const before = await readState(db.sql, ids);
      await rebuild(ids);
      const after = await readState(db.sql, ids);
      return ids.map((id) => difference([before.get(id) ?? "none"], [after.get(id) ?? "none now"]));
    });
  });

  it("10. on cohort basis a full refund leaves what there was if it had never been sold", async () => {
    let count = 0;
    await expectAll(drawn, async (batch) => {
      const tenants = await place(batch);
      const refunds: WholeRefund[] = await refundWhole(db.sql, tenants);
      count += refunds.filter(({ sale }) => sale !== undefined).length;
      return refunds.map(({ failure }) => failure);
    });
    expect(count).toBeGreaterThan(isFull ? 700 : 65);
  });
});
