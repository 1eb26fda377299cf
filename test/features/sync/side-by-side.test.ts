// Accounts of one tenant are read side by side, and each finds campaigns that the tenant's leads have long named.
import { afterAll, beforeAll, expect, it } from "vitest";
import { demoAccountIds, demoAdId, demoCampaignIds } from "../../world/meta/demo-ids.ts";
import { days, seconds } from "../../support/clock.ts";
import { isFull } from "../../support/full.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aConnectedTenant, as } from "../../support/people.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const factsOf = (tenantId: number) =>
  house.sql(
    "SELECT level, day, entity_id, account_id, currency, spend, 0 AS leads, 0 AS revenue FROM daily_spend WHERE tenant_id = $1 UNION ALL SELECT level, day, entity_id, account_id, currency, 0, leads, sales FROM daily_outcomes WHERE tenant_id = $1 ORDER BY 1, 2, 3, 4, 5, 6",
    [tenantId],
  );

const courses = [
  { name: "objects are listed before their numbers come", isListed: true, isRefreshed: true },
  { name: "only numbers speak of the objects", isListed: false, isRefreshed: true },
  { name: "nobody has asked for a refresh before", isListed: true, isRefreshed: false },
];

// What it is about is a race; `npm run test:full` has them all.
it.each(isFull ? [...courses, ...courses] : courses.slice(0, 1))(
  "daily facts are what a rebuild makes of them, nothing counted twice, when $name",
  async ({ isListed, isRefreshed }) => {
    const person = await aConnectedTenant(house);
    const { tenantId } = person;
    const campaigns = Object.values(demoCampaignIds);
    for (const [index, campaign] of campaigns.entries()) {
      const at = new Date(house.clock.now() - days(1 + index * 3));
      const [lead] = await house.sql(
        "INSERT INTO leads (tenant_id, lead_source, meta_campaign_id, meta_ad_id, created_at) VALUES ($1, 'META_ADS', $2, $3, $4) RETURNING id",
        [tenantId, index % 3 === 0 ? null : campaign, demoAdId(campaign, 1), at],
      );
      await house.sql(
        "INSERT INTO sales_transactions (tenant_id, lead_id, amount, currency, transaction_date, payment_status) VALUES ($1, $2, 1000, 'ARS', $3, 'completed')",
        [tenantId, lead?.["id"], at],
      );
    }
    await house.sql("INSERT INTO leads (tenant_id, created_at) VALUES ($1, $2)", [
      tenantId,
      new Date(house.clock.now() - days(40)),
    ]);
    if (isRefreshed) await house.sql("SELECT settle_outcomes($1)", [tenantId]);

    for (const account_id of Object.values(demoAccountIds)) {
      expect((await as(house, person).post("/crm/marketing/connect", { account_id })).status).toBe(200);
    }
    if (!isListed)
      await house.sql("UPDATE sync_slices SET status = 'done' WHERE tenant_id = $1 AND level = 'structure'", [
        tenantId,
      ]);
    for (let round = 0; round < 60; round += 1) {
      await house.queue.deliverDue({ atOnce: true });
      const [open] = await house.sql(
        "SELECT count(*)::int FROM sync_runs WHERE tenant_id = $1 AND finished_at IS NULL",
        [tenantId],
      );
      if (open?.["count"] === 0) break;
      house.clock.advance(seconds(20));
    }
    expect(await house.sql("SELECT status FROM sync_runs WHERE tenant_id = $1", [tenantId])).toEqual(
      Array.from({ length: 3 }, () => ({ status: "succeeded" })),
    );

    await house.sql("SELECT settle_outcomes($1)", [tenantId]);
    const kept = await factsOf(tenantId);
    await house.sql("SELECT rebuild_facts($1)", [tenantId]);
    expect(kept).toEqual(await factsOf(tenantId));
    for (const level of ["campaign", "account"]) {
      const [sum] = await house.sql(
        "SELECT sum(leads)::int AS leads, sum(sales)::int AS revenue FROM daily_outcomes WHERE tenant_id = $1 AND level = $2",
        [tenantId, level],
      );
      expect(sum).toEqual({ leads: campaigns.length, revenue: campaigns.length * 1_000 });
    }
    const [outside] = await house.sql(
      "SELECT sum(leads)::int AS leads FROM daily_outcomes WHERE tenant_id = $1 AND level = 'outside'",
      [tenantId],
    );
    expect(outside).toEqual({ leads: 1 });
    await house.sql("DELETE FROM sync_schedule");
  },
  60_000,
);
