import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { hours } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aPerson, as } from "../../support/people.ts";
import { aCrm, type Crm } from "../leads/crm.ts";
import type { Json } from "../../support/json.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const sale = (more: Json = {}) => ({
  external_id: "S1",
  lead_external_id: "L1",
  amount: "100",
  transaction_date: "2026-11-20",
  ...more,
});
const refund = (more: Json = {}) => ({
  external_id: "R1",
  kind: "refund",
  parent_external_id: "S1",
  amount: "40",
  transaction_date: "2026-11-21",
  ...more,
});
const over = { status: 422, error: { code: "sale.over_refunded" } };
const invalid = (field: string, index = 0) => ({
  status: 422,
  error: { code: "request.invalid", details: { problems: [{ index, field }] } },
});

async function aCrmWithLeads(options: Parameters<typeof aCrm>[1] = {}) {
  const crm = await aCrm(house, options);
  const touchpoints = [{ occurred_at: "2026-11-10T10:00:00Z", channel: "ctwa", ad_id: "a1", campaign_id: "c1" }];
  await crm.write("/crm/leads", [
    { external_id: "L1", touchpoints },
    { external_id: "L2", created_at: "2026-11-01T10:00:00Z" },
  ]);
  return crm;
}

/** What a campaign brought in, by day. */
const revenueOf = async (crm: Crm, level = "campaign") =>
  (await crm.outcomes())
    .filter((row) => row["level"] === level && (row["sales"] !== 0 || row["refunds"] !== 0))
    .map(({ day, sales, refunds, currency, rate_on }) => ({ day, sales, refunds, currency, rate_on }));

describe("POST /crm/sales", () => {
  it("stores a sale, answers the record with its attribution, and counts it on its day", async () => {
    const crm = await aCrmWithLeads();
    expect(await crm.post("/crm/sales", sale({ amount: 100.5, payment_method: "card" }))).toMatchObject({
      status: 201,
      data: {
        external_id: "S1",
        kind: "sale",
        parent_id: null,
        lead_external_id: "L1",
        amount: "100.5",
        currency: "ARS",
        payment_status: "completed",
        refunded: "0",
        created: true,
        attribution: { credits: [{ campaign_id: "c1", weight: 1 }], frozen_at: expect.any(String) },
      },
    });
    expect(await revenueOf(crm)).toEqual([
      { day: "2026-11-20", sales: 100.5, refunds: 0, currency: "ARS", rate_on: "2026-11-20" },
    ]);
    await crm.expectSettled();
  });

  it("defect 61: a refund has its own day and leaves the day of the sale as it was; parts of it too", async () => {
    const crm = await aCrmWithLeads();
    await crm.write("/crm/sales", sale());
    await crm.write("/crm/sales", refund());
    await crm.write(
      "/crm/sales",
      refund({ external_id: "R2", kind: "chargeback", amount: "60", transaction_date: "2026-11-22" }),
    );
    expect(await revenueOf(crm)).toEqual([
      { day: "2026-11-20", sales: 100, refunds: 0, currency: "ARS", rate_on: "2026-11-20" },
      { day: "2026-11-21", sales: 0, refunds: -40, currency: "ARS", rate_on: "2026-11-20" },
      { day: "2026-11-22", sales: 0, refunds: -60, currency: "ARS", rate_on: "2026-11-20" },
    ]);
    expect(await crm.post("/crm/sales", refund({ external_id: "R3", amount: "0.01" }))).toMatchObject(over);
    await crm.expectSettled();
  });

  it("defect 61: a status that becomes refunded is a refund row of what is left, dated that day where the tenant lives", async () => {
    const crm = await aCrmWithLeads({ timezone: "Pacific/Kiritimati" });
    await crm.write("/crm/sales", [sale(), refund({ amount: "30" })]);
    // 11 in the evening UTC: there it is tomorrow afternoon.
    house.clock.advance(hours(8));
    const told = await crm.change("/crm/sales/external:S1", { payment_status: "refunded" });
    expect(told).toMatchObject({
      payment_status: "completed",
      amount: "100",
      refunded: "100",
      transaction_date: "2026-11-20",
    });
    expect(await crm.write("/crm/sales", sale({ payment_status: "refunded" }))).toMatchObject({
      refunded: "100",
      created: false,
    });
    house.clock.advance(-hours(8));
    const rows = await crm.rows("sales_transactions", "amount");
    expect(rows).toMatchObject([
      {
        kind: "refund",
        amount: "-70.000000",
        parent_id: told["id"],
        payment_status: "completed",
        lead_id: told["lead_id"],
      },
      { kind: "refund", amount: "-30.000000" },
      { kind: "sale", amount: "100.000000" },
    ]);
    expect((await revenueOf(crm)).at(-1)).toEqual({
      day: "2026-11-24",
      sales: 0,
      refunds: -70,
      currency: "ARS",
      rate_on: "2026-11-20",
    });
    await crm.expectSettled();
  });

  it("a sale that arrives refunded was a sale and a refund of the same day; one that never was paid counts nothing", async () => {
    const crm = await aCrmWithLeads();
    expect(await crm.write("/crm/sales", sale({ payment_status: "refunded" }))).toMatchObject({
      payment_status: "completed",
      refunded: "100",
    });
    await crm.write("/crm/sales", sale({ external_id: "S2", payment_status: "pending" }));
    expect(await crm.change("/crm/sales/external:S2", { payment_status: "refunded" })).toMatchObject({
      payment_status: "refunded",
      refunded: "0",
    });
    expect(await revenueOf(crm)).toEqual([
      { day: "2026-11-20", sales: 100, refunds: -100, currency: "ARS", rate_on: "2026-11-20" },
    ]);
    await crm.expectSettled();
  });

  it("refunds of one request are counted together, with those that are there", async () => {
    const crm = await aCrmWithLeads();
    await crm.write("/crm/sales", [sale(), refund()]);
    const answer = await crm.post("/crm/sales", [
      refund({ external_id: "R2", amount: "50" }),
      sale({ external_id: "S9" }),
      refund({ external_id: "R3", amount: "10.01" }),
      refund({ external_id: "R4", amount: "100.01", parent_external_id: "S9" }),
    ]);
    expect(answer).toMatchObject({
      ...over,
      error: {
        details: {
          problems: [
            { index: 2, field: "amount" },
            { index: 3, field: "amount" },
          ],
        },
      },
    });
    expect(await crm.rows("sales_transactions")).toHaveLength(2);
    await crm.write("/crm/sales", [
      refund({ external_id: "R2", amount: "50" }),
      refund({ external_id: "R1", amount: "50" }),
    ]);
    expect((await crm.change("/crm/sales/external:S1", { notes: "x" }))["refunded"]).toBe("100");
  });

  it("two refunds at once never give back more than there was", async () => {
    const crm = await aCrmWithLeads();
    await crm.write("/crm/sales", sale());
    const client = as(house, await aPerson(house, { tenantId: crm.tenantId }));
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        client.post("/crm/sales", refund({ external_id: `R${index}`, amount: "30" })),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 201, 422, 422, 422]);
    expect((await crm.change("/crm/sales/external:S1", { notes: "x" }))["refunded"]).toBe("90");
    await crm.expectSettled();
  });

  it("a refund takes lead, opportunity and currency of its sale, and only a completed sale has one", async () => {
    const crm = await aCrmWithLeads();
    await crm.write("/crm/sales", sale({ currency: "USD" }));
    expect(await crm.write("/crm/sales", refund({ lead_external_id: "L2" }))).toMatchObject({
      lead_external_id: "L1",
      currency: "USD",
      amount: "-40",
    });
    expect(await crm.post("/crm/sales", refund({ external_id: "R2", currency: "ARS" }))).toMatchObject(
      invalid("currency"),
    );
    await crm.write("/crm/sales", sale({ external_id: "S2", payment_status: "pending" }));
    expect(await crm.post("/crm/sales", refund({ external_id: "R2", parent_external_id: "S2" }))).toMatchObject(
      invalid("parent_external_id"),
    );
    expect(await crm.post("/crm/sales", refund({ external_id: "R2", parent_external_id: "R1" }))).toMatchObject(
      invalid("parent_external_id"),
    );
    expect(await crm.post("/crm/sales", refund({ external_id: "R2", parent_external_id: undefined }))).toMatchObject(
      invalid("parent_id"),
    );
    expect(await crm.post("/crm/sales", sale({ external_id: "S3", parent_external_id: "S1" }))).toMatchObject(
      invalid("parent_external_id"),
    );
    expect(await crm.post("/crm/sales", sale({ kind: "chargeback" }))).toMatchObject(invalid("kind"));
    await crm.expectSettled();
  });

  it("changes what was sent, and nothing else; amount and currency of a paid sale too, not below its refunds", async () => {
    const crm = await aCrmWithLeads();
    const first = await crm.write("/crm/sales", sale({ notes: "a", invoice_number: "F1" }));
    expect(await crm.write("/crm/sales", { external_id: "S1", notes: "b", invoice_number: null })).toMatchObject({
      id: first["id"],
      created: false,
      amount: "100",
      notes: "b",
      invoice_number: null,
    });
    expect(await crm.change(`/crm/sales/${first["id"]}`, { amount: 80, currency: "USD" })).toMatchObject({
      amount: "80",
      currency: "USD",
    });
    await crm.write("/crm/sales", refund());
    expect(await crm.change("/crm/sales/external:S1", { amount: "40" })).toMatchObject({
      amount: "40",
      refunded: "40",
    });
    expect(await crm.patch("/crm/sales/external:S1", { amount: "39.99" })).toMatchObject(over);
    expect(await crm.patch("/crm/sales/external:S1", { currency: "ARS" })).toMatchObject(invalid("currency"));
    expect(await crm.patch("/crm/sales/external:R1", { amount: "41" })).toMatchObject(over);
    expect(await crm.change("/crm/sales/external:R1", { amount: "12", transaction_date: "2026-11-22" })).toMatchObject({
      amount: "-12",
    });
    expect(await crm.patch("/crm/sales/external:R1", { payment_status: "refunded" })).toMatchObject(
      invalid("payment_status"),
    );
    expect(await revenueOf(crm)).toHaveLength(2);
    await crm.change("/crm/sales/external:S1", { payment_status: "cancelled" });
    await crm.change("/crm/sales/external:R1", { notes: "x" });
    expect(await crm.patch("/crm/sales/external:R1", { amount: "13" })).toMatchObject(invalid("parent_id"));
    expect(await revenueOf(crm)).toEqual([]);
    await crm.expectSettled();
  });

  it("may get another external_id, but not one that is taken; a currency must fit the amount", async () => {
    const crm = await aCrmWithLeads();
    const { id } = await crm.write("/crm/sales", sale({ amount: "100.5" }));
    await crm.write("/crm/sales", sale({ external_id: "S2" }));
    expect(await crm.change("/crm/sales/external:S1", { external_id: "S9" })).toMatchObject({ id, external_id: "S9" });
    expect(await crm.change("/crm/sales/external:S9", { notes: "x" })).toMatchObject({ id, notes: "x" });
    expect(await crm.patch("/crm/sales/external:S9", { external_id: "S2" })).toMatchObject({
      status: 409,
      error: { code: "database.conflict" },
    });
    expect(await crm.patch("/crm/sales/external:S9", { currency: "JPY" })).toMatchObject(invalid("amount"));
  });

  it("an hour says the day where the tenant lives; a new day without an hour forgets the old one", async () => {
    const crm = await aCrmWithLeads({ timezone: "America/New_York" });
    const first = await crm.write("/crm/sales", sale({ transaction_date: undefined, sold_at: "2026-11-20T02:00:00Z" }));
    expect(first).toMatchObject({ transaction_date: "2026-11-19", sold_at: "2026-11-20T02:00:00.000Z" });
    expect(await crm.change("/crm/sales/external:S1", { transaction_date: "2026-11-19" })).toMatchObject({
      sold_at: "2026-11-20T02:00:00.000Z",
    });
    expect(await crm.change("/crm/sales/external:S1", { transaction_date: "2026-11-18" })).toMatchObject({
      transaction_date: "2026-11-18",
      sold_at: null,
    });
    expect(await crm.change("/crm/sales/external:S1", { sold_at: "2026-11-21T05:00:00Z" })).toMatchObject({
      transaction_date: "2026-11-21",
    });
    await crm.expectSettled();
  });

  it("may have no lead, or get one later with its refunds, and belongs to the lead of its opportunity", async () => {
    const crm = await aCrmWithLeads();
    await crm.write("/crm/sales", [sale({ lead_external_id: undefined }), refund()]);
    expect(await revenueOf(crm, "outside")).toHaveLength(2);
    const given = await crm.change("/crm/sales/external:S1", { lead_external_id: "L1" });
    expect(given).toMatchObject({ lead_external_id: "L1", attribution: { credits: [{ campaign_id: "c1" }] } });
    expect(await revenueOf(crm)).toHaveLength(2);
    const opportunity = { external_id: "O1", lead_external_id: "L2", name: "x", value: 1, stage: "open" };
    const { id } = await crm.write("/crm/opportunities", opportunity);
    expect(
      await crm.write("/crm/sales", sale({ external_id: "S2", lead_external_id: undefined, opportunity_id: id })),
    ).toMatchObject({ lead_external_id: "L2" });
    expect(await crm.post("/crm/sales", sale({ external_id: "S3", opportunity_id: id }))).toMatchObject(
      invalid("lead_id"),
    );
    expect(await crm.patch("/crm/sales/external:S2", { lead_external_id: "L1" })).toMatchObject(invalid("lead_id"));
    expect(await crm.change("/crm/sales/external:S1", { opportunity_external_id: "O1" })).toMatchObject({
      lead_external_id: "L2",
    });
    expect(await revenueOf(crm)).toHaveLength(2);
    await crm.expectSettled();
  });

  it("a sale without lead that gets another day takes the rate day of its refunds along", async () => {
    const crm = await aCrmWithLeads();
    await crm.write("/crm/sales", [sale({ lead_external_id: undefined }), refund()]);
    await crm.change("/crm/sales/external:S1", { transaction_date: "2026-11-05" });
    expect(await revenueOf(crm, "outside")).toMatchObject([
      { day: "2026-11-05" },
      { day: "2026-11-21", rate_on: "2026-11-05" },
    ]);
    await crm.expectSettled();
  });

  it("an adjustment may go either way, of a sale or of nothing", async () => {
    const crm = await aCrmWithLeads();
    await crm.write("/crm/sales", [
      sale(),
      { kind: "adjustment", parent_external_id: "S1", amount: "-10", transaction_date: "2026-11-21" },
      { kind: "adjustment", amount: 7, transaction_date: "2026-11-22" },
    ]);
    expect(await crm.post("/crm/sales", refund({ amount: "90.01" }))).toMatchObject(over);
    expect(await crm.post("/crm/sales", refund({ amount: "90" }))).toMatchObject({ status: 201 });
    await crm.expectSettled();
  });

  test.each([
    [{ amount: "0" }, "amount"],
    [{ amount: "-1" }, "amount"],
    [{ amount: "1.001" }, "amount"],
    [{ amount: "1.5", currency: "JPY" }, "amount"],
    [{ amount: undefined }, "amount"],
    [{ transaction_date: undefined }, "transaction_date"],
    [{ transaction_date: "2026-13-01" }, "transaction_date"],
    [{ sold_at: "2026-11-20" }, "sold_at"],
    [{ payment_status: "paid" }, "payment_status"],
    [{ kind: "gift" }, "kind"],
    [{ lead_external_id: "nobody" }, "lead_external_id"],
    [{ opportunity_id: "00000000-0000-4000-8000-000000000000" }, "opportunity_id"],
    [{ kind: "refund", parent_external_id: "nobody" }, "parent_external_id"],
    [{ currency: "XYZ" }, "currency"],
  ])("refuses %j by name", async (wrong, field) => {
    const crm = await aCrmWithLeads();
    expect(await crm.post("/crm/sales", [sale({ external_id: "S0" }), sale(wrong)])).toMatchObject(invalid(field, 1));
    expect(await crm.rows("sales_transactions")).toEqual([]);
  });

  it("yen have no decimals, dinars three, and a tenant without currency must say one", async () => {
    const crm = await aCrmWithLeads({ currency: null });
    expect(await crm.post("/crm/sales", sale())).toMatchObject(invalid("currency"));
    expect(await crm.post("/crm/sales", sale({ currency: "JPY", amount: "5" }))).toMatchObject({ status: 201 });
    expect(await crm.post("/crm/sales", sale({ external_id: "S2", currency: "KWD", amount: "5.125" }))).toMatchObject({
      status: 201,
    });
  });

  it("a neighbour's sale, lead and opportunity are as ones that do not exist", async () => {
    const [crm, neighbour] = [await aCrmWithLeads(), await aCrmWithLeads()];
    const { id, lead_id } = await neighbour.write("/crm/sales", sale());
    const unknown = crypto.randomUUID();
    for (const lead of [lead_id, unknown])
      expect(await crm.post("/crm/sales", sale({ lead_external_id: undefined, lead_id: lead }))).toMatchObject(
        invalid("lead_id"),
      );
    for (const parent_id of [id, unknown])
      expect(await crm.post("/crm/sales", refund({ parent_external_id: undefined, parent_id }))).toMatchObject(
        invalid("parent_id"),
      );
    for (const path of [id, unknown, "external:S1"]) {
      expect(await crm.patch(`/crm/sales/${path}`, { notes: "X" })).toMatchObject({
        status: 404,
        error: { code: "sale.not_found" },
      });
      expect(await crm.post(`/crm/sales/${path}/refund`, {})).toMatchObject({
        status: 404,
        error: { code: "sale.not_found" },
      });
    }
    expect(await crm.rows("sales_transactions")).toEqual([]);
    expect(await neighbour.rows("sales_transactions")).toMatchObject([{ notes: null }]);
  });

  it("takes 500 at once with their refunds, again as changes, and simultaneous first ones end as one", async () => {
    const crm = await aCrmWithLeads();
    const many = Array.from({ length: 250 }, (_, index) => [
      refund({ external_id: `R${index}`, parent_external_id: `S${index}` }),
      sale({ external_id: `S${index}`, transaction_date: `2026-11-${10 + (index % 9)}` }),
    ]).flat();
    const startedAt = performance.now();
    expect(await crm.post("/crm/sales", { sales: many })).toMatchObject({ status: 201, created: 500 });
    console.log(`250 sales and 250 refunds: ${Math.round(performance.now() - startedAt)} ms`);
    expect(await crm.post("/crm/sales", many)).toMatchObject({ status: 200, created: 0, updated: 500 });
    const client = as(house, await aPerson(house, { tenantId: crm.tenantId, role: "closer" }));
    const twins = await Promise.all(
      Array.from({ length: 6 }, () => client.post("/crm/sales", sale({ external_id: "T" }))),
    );
    expect(twins.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 201]);
    expect(await crm.rows("sales_transactions")).toHaveLength(501);
    await crm.expectSettled();
  });
});

describe("POST /crm/sales/:id/refund", () => {
  it("gives back a part, then what is left, then nothing", async () => {
    const crm = await aCrmWithLeads();
    await crm.write("/crm/sales", sale());
    const part = await crm.post("/crm/sales/external:S1/refund", {
      amount: "30.25",
      kind: "chargeback",
      date: "2026-11-21",
    });
    expect(part).toMatchObject({
      status: 201,
      data: { kind: "chargeback", amount: "-30.25", transaction_date: "2026-11-21", created: true },
    });
    expect(await crm.post("/crm/sales/external:S1/refund", { amount: "69.76" })).toMatchObject(over);
    const rest = await crm.post("/crm/sales/external:S1/refund", { external_id: "R9" });
    expect(rest).toMatchObject({
      status: 201,
      data: { kind: "refund", amount: "-69.75", transaction_date: "2026-11-23" },
    });
    expect(await crm.post("/crm/sales/external:S1/refund", { external_id: "R9" })).toMatchObject({
      status: 200,
      data: { amount: "-69.75", created: false },
    });
    expect(await crm.post("/crm/sales/external:S1/refund", {})).toMatchObject(over);
    await crm.expectSettled();
  });

  it("acts once for one Idempotency-Key", async () => {
    const crm = await aCrmWithLeads();
    await crm.write("/crm/sales", sale());
    const send = () => crm.post("/crm/sales/external:S1/refund", { amount: "30" }, { "Idempotency-Key": "once" });
    expect([(await send())["status"], (await send())["status"]]).toEqual([201, 201]);
    expect(await crm.rows("sales_transactions")).toHaveLength(2);
  });

  it("is of completed sales only, and for those who write to the CRM", async () => {
    const crm = await aCrmWithLeads();
    await crm.write("/crm/sales", [sale(), refund(), sale({ external_id: "S2", payment_status: "pending" })]);
    expect(await crm.post("/crm/sales/external:S2/refund", {})).toMatchObject(invalid("id"));
    expect(await crm.post("/crm/sales/external:R1/refund", {})).toMatchObject(invalid("id"));
    expect(await crm.post("/crm/sales/external:S1/refund", { amount: 0 })).toMatchObject(invalid("amount"));
    for (const role of ["viewer", "secretary"]) {
      const reader = as(house, await aPerson(house, { tenantId: crm.tenantId, role }));
      expect((await reader.post("/crm/sales/external:S1/refund", {})).status).toBe(403);
      expect((await reader.post("/crm/sales", sale())).status).toBe(403);
      expect((await reader.patch("/crm/sales/external:S1", { notes: "x" })).status).toBe(403);
    }
  });
});
