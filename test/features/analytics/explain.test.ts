import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aHouse, type House } from "../../support/house.ts";
import { as, aPerson, aTenant } from "../../support/people.ts";
import { aBusiness, shop } from "../facts/shop.ts";
import { aLead } from "../facts/scene.ts";

let house: House;
let read: Awaited<ReturnType<typeof aBusiness>>;

beforeAll(async () => {
  house = await aHouse();
  read = await aBusiness(house, shop);
});
afterAll(() => house.stop());

type Line = { event: string; amount: number; counted: number | null; touch: { ad_id: string | null } | null };

describe("the explanation of a figure", () => {
  it("names the sale and the refund behind a campaign's revenue, each with its touch", async () => {
    const { data, beside } = await read.whole("explain?campaign_id=c1&measure=revenue");
    expect(data).toMatchObject({ measure: "revenue", total: 500, currency: "ARS", attribution: { basis: "cash" } });
    expect((data["lines"] as Line[]).map(({ event, counted }) => [event, counted])).toEqual([
      ["sale", 600],
      ["refund", -100],
    ]);
    expect((data["lines"] as Line[])[0]).toMatchObject({
      weight: 1,
      rate: 1,
      frozen_at: expect.any(String),
      touch: { channel: "import", is_paid: true, campaign_id: "c1", ad_id: "a1" },
    });
    expect(beside).toMatchObject({ total: 2, next_cursor: null });
  });

  it.each(["spend", "revenue", "leads", "opportunities", "won"])(
    "of %s comes to the figure of the card, in every model, window and basis",
    async (measure) => {
      for (const view of ["", "&model=linear&window=28", "&basis=cohort", "&model=first_touch&basis=cohort&window=7"]) {
        const card = await read(`stats/roi?time_range=last_90d${view}`);
        const { total } = await read(`explain?time_range=last_90d&measure=${measure}${view}`);
        const figure = measure === "spend" || measure === "revenue" ? `total_${measure}` : measure;
        expect([view, total]).toEqual([view, card[figure]]);
      }
    },
  );

  it("of what no campaign brought comes to what stands outside", async () => {
    const { outside } = await read("stats");
    expect((await read("explain?outside=organic&measure=revenue"))["total"]).toBe(outside.organic.revenue);
    expect((await read("explain?outside=organic&measure=leads"))["total"]).toBe(outside.organic.leads);
  });

  it("is paged, and its total is that of all pages", async () => {
    const first = await read.whole("explain?campaign_id=c1&limit=1");
    const second = await read.whole(`explain?campaign_id=c1&limit=1&cursor=${String(first.beside["next_cursor"])}`);
    expect([first.data["total"], second.data["total"]]).toEqual([500, 500]);
    expect([first, second].flatMap(({ data }) => (data["lines"] as Line[]).map(({ event }) => event))).toEqual([
      "sale",
      "refund",
    ]);
    expect(second.beside["next_cursor"]).toBeNull();
  });

  it("names an amount without a rate, and counts it nowhere", async () => {
    const tenantId = await aTenant(house, { currency: "ARS" });
    await aLead(house.sql, tenantId, {
      at: "2026-11-20T15:00:00Z",
      campaign: "c1",
      sales: [{ day: "2026-11-21", amount: "10", currency: "USD" }],
    });
    await house.sql("SELECT settle_outcomes($1)", [tenantId]);
    const client = as(house, await aPerson(house, { tenantId }));
    const ask = async () =>
      ((await (await client.get("/crm/marketing/explain?campaign_id=c1")).json()) as { data: Record<string, unknown> })
        .data;
    expect(await ask()).toMatchObject({
      total: 0,
      lines: [{ amount: 10, currency: "USD", rate: null, counted: null }],
    });
    await house.sql(
      "INSERT INTO fx_rates (tenant_id, base, quote, day, rate, source) VALUES ($1, 'USD', 'ARS', '2026-11-19', 1450.5, 'x')",
      [tenantId],
    );
    await house.sql("SELECT renew_answers($1)", [tenantId]);
    expect(await ask()).toMatchObject({
      total: 14_505,
      lines: [{ rate: 1450.5, rate_on: "2026-11-21", counted: 14_505 }],
    });
  });

  it("of two cells at once is refused", async () => {
    const client = as(house, await aPerson(house));
    expect((await client.get("/crm/marketing/explain?campaign_id=c1&ad_id=a1")).status).toBe(422);
  });
});
