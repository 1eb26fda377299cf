import { afterAll, beforeAll, expect, it } from "vitest";
import { aHouse, type House } from "../../support/house.ts";
import { as, aPerson, aTenant } from "../../support/people.ts";
import { aLead } from "../facts/scene.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

/** A sale of 100 credited to campaign c1, and a touch of c2 that came to be known later though it was before the sale. */
async function aLateTouch() {
  const tenantId = await aTenant(house, { currency: "ARS" });
  const leadId = await aLead(house.sql, tenantId, {
    at: "2026-11-01T15:00:00Z",
    campaign: "c1",
    sales: [{ day: "2026-11-20", amount: "100" }],
  });
  await house.sql("SELECT settle_outcomes($1)", [tenantId]);
  await house.sql(
    "INSERT INTO touchpoints (tenant_id, lead_id, occurred_at, channel, is_paid, campaign_id) VALUES ($1, $2, '2026-11-10T15:00:00Z', 'ctwa', true, 'c2')",
    [tenantId, leadId],
  );
  await house.sql("SELECT settle_outcomes($1)", [tenantId]);
  const owner = as(house, await aPerson(house, { tenantId }));
  const revenueOf = async (campaign: string) => {
    const answer = await owner.get(`/crm/marketing/campaigns/${campaign}`);
    const body = (await answer.json()) as { data?: { performance: { revenue: number } } };
    return answer.status === 404 ? 0 : body.data?.performance.revenue;
  };
  return { tenantId, leadId, owner, revenueOf };
}

const moved = [
  { place: "campaign:c1", currency: "", revenue_before: 0, revenue_after: 0, leads_before: 1, leads_after: 0 },
  { place: "campaign:c1", currency: "ARS", revenue_before: 100, revenue_after: 0, leads_before: 0, leads_after: 0 },
  { place: "campaign:c2", currency: "", revenue_before: 0, revenue_after: 0, leads_before: 0, leads_after: 1 },
  { place: "campaign:c2", currency: "ARS", revenue_before: 0, revenue_after: 100, leads_before: 0, leads_after: 0 },
];

it("a dry run tells what would move and moves nothing; a real one moves it, once", async () => {
  const { owner, revenueOf } = await aLateTouch();
  const ask = async (body: object) => (await owner.post("/crm/marketing/attribution/recompute", body)).json();
  expect([await revenueOf("c1"), await revenueOf("c2")]).toEqual([100, 0]);

  expect(await ask({})).toMatchObject({ data: { dry_run: true, leads: 1, moved } });
  expect([await revenueOf("c1"), await revenueOf("c2")]).toEqual([100, 0]);

  expect(await ask({ dry_run: false })).toMatchObject({ data: { dry_run: false, leads: 1, moved } });
  expect([await revenueOf("c1"), await revenueOf("c2")]).toEqual([0, 100]);
  expect(await ask({ dry_run: false })).toMatchObject({ data: { moved: [] } });
});

it("of some leads leaves the others as they are, and a neighbour's lead is none of ours", async () => {
  const { owner, leadId, revenueOf } = await aLateTouch();
  const neighbour = await aLateTouch();
  const ask = async (lead_ids: string[]) =>
    (await owner.post("/crm/marketing/attribution/recompute", { lead_ids, dry_run: false })).json();
  expect(await ask([neighbour.leadId])).toMatchObject({ data: { moved: [] } });
  expect([await revenueOf("c1"), await neighbour.revenueOf("c1")]).toEqual([100, 100]);
  expect(await ask([leadId])).toMatchObject({ data: { moved } });
  expect([await revenueOf("c2"), await neighbour.revenueOf("c1")]).toEqual([100, 100]);
});

it("is for owners, and leaves a record of who did it", async () => {
  const { tenantId } = await aLateTouch();
  const seller = as(house, await aPerson(house, { tenantId, role: "marketing" }));
  expect((await seller.post("/crm/marketing/attribution/recompute", {})).status).toBe(403);
  const boss = await aPerson(house, { tenantId });
  await as(house, boss).post("/crm/marketing/attribution/recompute", { dry_run: false });
  const audit = await house.sql(
    "SELECT actor, outcome FROM audit_log WHERE tenant_id = $1 AND action LIKE '%recompute' ORDER BY occurred_at, outcome",
    [tenantId],
  );
  expect(audit).toEqual(
    expect.arrayContaining([
      { actor: `user:${boss.userId}`, outcome: "success" },
      expect.objectContaining({ outcome: "refused" }),
    ]),
  );
});
