import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { days } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aPerson, as } from "../../support/people.ts";
import { aCrm } from "../leads/crm.ts";
import type { Json } from "../../support/json.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const deal = (more: Json = {}) => ({
  external_id: "O1",
  lead_external_id: "L1",
  name: "Implante",
  value: "1500.50",
  stage: "proposal",
  ...more,
});

async function aCrmWithLeads(options: Parameters<typeof aCrm>[1] = {}) {
  const crm = await aCrm(house, options);
  const touchpoints = [{ occurred_at: "2026-11-10T10:00:00Z", channel: "ctwa", ad_id: "a1", campaign_id: "c1" }];
  await crm.write("/crm/leads", [
    { external_id: "L1", touchpoints },
    { external_id: "L2", lead_source: "REFERRAL", created_at: "2026-11-01T10:00:00Z" },
  ]);
  return crm;
}

describe("POST /crm/opportunities", () => {
  it("stores an opportunity, answers the record with its attribution, and counts it on its day", async () => {
    const crm = await aCrmWithLeads();
    const answer = await crm.post(
      "/crm/opportunities",
      deal({ probability: 25, custom_fields: { a: 1 }, created_at: "2026-11-12T02:00:00Z" }),
    );
    expect(answer).toMatchObject({
      status: 201,
      data: {
        external_id: "O1",
        lead_external_id: "L1",
        value: "1500.5",
        currency: "ARS",
        probability: 25,
        closed_at: null,
        created: true,
        created_at: "2026-11-12T02:00:00.000Z",
        attribution: { credits: [{ campaign_id: "c1", ad_id: "a1", weight: 1 }], frozen_at: null },
      },
    });
    const campaign = (await crm.outcomes()).filter(({ level }) => level === "campaign");
    expect(campaign).toContainEqual(
      expect.objectContaining({ day: "2026-11-11", opportunities: 0, open_value: 1500.5, weighted_value: 375.125 }),
    );
    expect(campaign).toContainEqual(expect.objectContaining({ day: "2026-11-11", opportunities: 1, won: 0 }));
    await crm.expectSettled();
  });

  it("closes when it comes to a won or lost stage, once, and opens again when it leaves them", async () => {
    const crm = await aCrmWithLeads();
    const at = (offset: number) => new Date(house.clock.now() + days(offset)).toISOString();
    await crm.write("/crm/opportunities", deal());
    house.clock.advance(days(1));
    expect(await crm.write("/crm/opportunities", deal({ stage: "closed_won" }))).toMatchObject({
      closed_at: at(0),
      attribution: { frozen_at: expect.any(String) },
    });
    house.clock.advance(days(1));
    expect(await crm.write("/crm/opportunities", { external_id: "O1", name: "Otro" })).toMatchObject({
      closed_at: at(-1),
      name: "Otro",
    });
    expect(await crm.write("/crm/opportunities", deal({ stage: "closed_lost" }))).toMatchObject({ closed_at: at(-1) });
    expect(await crm.change("/crm/opportunities/external:O1", { stage: "proposal" })).toMatchObject({
      closed_at: null,
      attribution: { frozen_at: null },
    });
    expect(
      await crm.change("/crm/opportunities/external:O1", {
        stage: "closed_won",
        closed_at: "2026-11-13T10:00:00-03:00",
      }),
    ).toMatchObject({
      closed_at: "2026-11-13T13:00:00.000Z",
    });
    house.clock.advance(-days(2));
    expect(await crm.write("/crm/opportunities", deal({ external_id: "O2", stage: "closed_won" }))).toMatchObject({
      closed_at: at(0),
    });
    const stages = await crm.rows("opportunity_stage_events", "occurred_at, to_stage");
    expect(stages.map(({ from_stage, to_stage }) => `${from_stage}>${to_stage}`).toSorted()).toEqual(
      [
        "null>proposal",
        "null>closed_won",
        "proposal>closed_won",
        "closed_won>closed_lost",
        "closed_lost>proposal",
        "proposal>closed_won",
      ].toSorted(),
    );
    await crm.expectSettled();
  });

  it("moves to another lead with its sales and their refunds; what was won stays credited to the touches that won it", async () => {
    const crm = await aCrmWithLeads();
    await crm.write("/crm/opportunities", [deal({ stage: "closed_won" }), deal({ external_id: "O2" })]);
    await crm.write("/crm/sales", [
      { external_id: "S1", opportunity_external_id: "O1", amount: "100", transaction_date: "2026-11-20" },
      { external_id: "R1", kind: "refund", parent_external_id: "S1", amount: "30", transaction_date: "2026-11-21" },
    ]);
    const moved = await crm.write("/crm/opportunities", deal({ lead_external_id: "L2", stage: "closed_won" }));
    expect(moved).toMatchObject({ lead_external_id: "L2", attribution: { credits: [{ campaign_id: "c1" }] } });
    const leadIds = new Set((await crm.rows("sales_transactions")).map((sale) => sale["lead_id"]));
    expect([...leadIds]).toEqual([moved["lead_id"]]);
    const revenue = (await crm.outcomes()).filter(
      ({ level, sales, refunds }) => level === "campaign" && (sales !== 0 || refunds !== 0),
    );
    expect(revenue).toMatchObject([
      { entity_id: "c1", sales: 100 },
      { entity_id: "c1", refunds: -30 },
    ]);
    const open = await crm.change("/crm/opportunities/external:O2", { lead_external_id: "L2" });
    expect(open["attribution"]["credits"].map((credit: Json) => credit["campaign_id"])).not.toContain("c1");
    await crm.expectSettled();
  });

  it("that was won, moved and opened again is credited to the touches of its new lead, and to no others", async () => {
    const crm = await aCrmWithLeads();
    const touchpoints = [{ occurred_at: "2026-11-12T10:00:00Z", channel: "ctwa", ad_id: "a2", campaign_id: "c2" }];
    await crm.write("/crm/leads", { external_id: "L2", touchpoints });
    await crm.write("/crm/opportunities", deal({ stage: "closed_won" }));
    await crm.change("/crm/opportunities/external:O1", { lead_external_id: "L2" });
    const open = await crm.change("/crm/opportunities/external:O1", { stage: "proposal" });
    expect(open["attribution"]["credits"]).toMatchObject([{ campaign_id: "c2", weight: 1 }]);
    await crm.expectSettled();
  });

  it("needs a lead, a name, a value and a stage, and a currency where the tenant has none", async () => {
    const crm = await aCrmWithLeads({ currency: null });
    const answer = await crm.post("/crm/opportunities", [deal(), { external_id: "O2", currency: "USD" }]);
    expect(answer).toMatchObject({ status: 422, error: { code: "request.invalid" } });
    expect(answer["error"]["details"]["problems"].map(({ index, field }: Json) => [index, field])).toEqual([
      [0, "currency"],
      [1, "lead_id"],
      [1, "name"],
      [1, "value"],
      [1, "stage"],
    ]);
    expect(await crm.rows("opportunities")).toEqual([]);
  });

  test.each([
    { value: -1 },
    { value: "1,5" },
    { value: 0.1 + 0.2 },
    { value: "1.0000001" },
    { currency: "PESOS" },
    { currency: "ars" },
    { currency: "ZZZ" },
    { probability: 101 },
    { probability: -1 },
    { stage: "" },
    { expected_close_date: "2026-02-30" },
    { closed_at: "2026-02-03" },
    { custom_fields: [] },
    { lead_id: "L1" },
    { tenant_id: 7 },
  ])("refuses %j", async (wrong) => {
    const crm = await aCrmWithLeads();
    expect(await crm.post("/crm/opportunities", deal(wrong))).toMatchObject({
      status: 422,
      error: { code: "request.invalid" },
    });
  });

  it("a neighbour's lead or opportunity is as one that does not exist", async () => {
    const [crm, neighbour] = [await aCrmWithLeads(), await aCrmWithLeads()];
    const { id, lead_id } = await neighbour.write("/crm/opportunities", deal());
    for (const unknown of [lead_id, crypto.randomUUID()]) {
      const answer = await crm.post("/crm/opportunities", [
        deal(),
        deal({ external_id: "O2", lead_external_id: undefined, lead_id: unknown }),
      ]);
      expect(answer).toMatchObject({
        status: 422,
        error: { details: { problems: [{ index: 1, field: "lead_id", problem: "no existe" }] } },
      });
    }
    for (const path of [id, "external:O1", crypto.randomUUID()])
      expect(await crm.patch(`/crm/opportunities/${path}`, { name: "X" })).toMatchObject({
        status: 404,
        error: { code: "opportunity.not_found" },
      });
    expect(await crm.rows("opportunities")).toEqual([]);
    expect(await neighbour.rows("opportunities")).toMatchObject([{ name: "Implante" }]);
  });

  it("takes 500 at once, again as changes, and simultaneous first ones end as one", async () => {
    const crm = await aCrmWithLeads();
    const many = Array.from({ length: 500 }, (_, index) => deal({ external_id: `O${index}`, value: index }));
    const startedAt = performance.now();
    expect(await crm.post("/crm/opportunities", { opportunities: many })).toMatchObject({ status: 201, created: 500 });
    console.log(`500 opportunities: ${Math.round(performance.now() - startedAt)} ms`);
    expect(await crm.post("/crm/opportunities", many.toReversed())).toMatchObject({
      status: 200,
      created: 0,
      updated: 500,
    });
    const client = as(house, await aPerson(house, { tenantId: crm.tenantId, role: "closer" }));
    const twins = await Promise.all(
      Array.from({ length: 6 }, () => client.post("/crm/opportunities", deal({ external_id: "T" }))),
    );
    expect(twins.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 201]);
    expect(await crm.rows("opportunities")).toHaveLength(501);
    await crm.expectSettled();
  });

  it("is for those who write to the CRM", async () => {
    const viewer = as(house, await aPerson(house, { role: "viewer" }));
    expect((await viewer.post("/crm/opportunities", deal())).status).toBe(403);
    expect((await viewer.patch("/crm/opportunities/external:O1", { name: "X" })).status).toBe(403);
  });
});
