// A worked example (worked-example-clinic.ts). Every figure is computed by hand, in the comments beside it.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { insertBusinesses } from "../../oracle/insert-business.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aPerson, as } from "../../support/people.ts";
import { clinic } from "./worked-example-clinic.ts";
import type { Json } from "../../support/json.ts";

const TENANT = 7;
let house: House;
beforeAll(async () => {
  house = await aHouse();
  await insertBusinesses(house.sql, [{ tenantId: TENANT, business: clinic }]);
  await house.sql(
    "UPDATE sync_coverage SET covered = '{[2020-01-01,2026-11-15),[2026-11-16,2027-01-01)}' WHERE tenant_id = $1 AND account_id = '111'",
    [TENANT],
  );
});
afterAll(() => house.stop());

/** Leads, opportunities, won, revenue, return in percent, cost per lead, value of what is open. */
type Row = [number, number, number, number, number, number | null, number];
type Expected = {
  c1: Row;
  c2: Row;
  c3: Row;
  total: Row;
  /** Leads, opportunities, revenue; never a win here. */
  organic: [number, number, number];
  otherPaid: [number, number, number];
  unattributed: [number, number, number];
};

// Spend, whatever the model: c1 30 000. c2 20 000. c3 20 USD on the 12th, at the 10th's 1 000 = 20 000, and 10 USD on the
// 13th at 1 100 = 11 000: 31 000. With the 1 000 that no campaign explains, 82 000.
const spend = { c1: 30_000, c2: 20_000, c3: 31_000, historical_other: 1_000, total: 82_000 };

// What was sold. Lead 1: 100 000.01, 30 000 of it given back: 70 000.01. Lead 2: 50 USD on the 11th, at the 10th's 1 000:
// 50 000, before any touch: unattributed under every model. Lead 4: 40 USD on the 18th at 1 200 = 48 000, and 10 USD given
// back on the 19th at the sale's 1 200, not the day's 1 300: −12 000; 36 000, all c3's: its only touch. The pending 999: none.
// Cash: 70 000.01 + 36 000 = 106 000.01 for campaigns, (106 000.01 − 82 000) / 82 000 = 29.27 %.
// Lead 2 is unattributed and lead 5 came by an ad elsewhere, under every model.
const outside = { otherPaid: [1, 0, 0], unattributed: [1, 0, 50_000] } satisfies Partial<Expected>;

const cash: Record<string, Expected> = {
  // Lead 1 and all it brought: c1's, (70 000.01 − 30 000) / 30 000 = 133.33 %. Lead 3 came by itself first. c3 has lead 4's
  // sale only: (36 000 − 31 000) / 31 000 = 16.13 %.
  first_touch: {
    c1: [1, 1, 1, 70_000.01, 133.33, 30_000, 0],
    c2: [0, 0, 0, 0, -100, null, 0],
    c3: [0, 0, 0, 36_000, 16.13, null, 0],
    total: [1, 1, 1, 106_000.01, 29.27, 82_000, 0],
    organic: [1, 1, 0],
    ...outside,
  },
  // Lead 1's last touch before it was won is c3's: 70 000.01 + 36 000, (106 000.01 − 31 000) / 31 000 = 241.94 %. Lead 3 came by
  // itself last.
  last_touch: {
    c1: [0, 0, 0, 0, -100, null, 0],
    c2: [0, 0, 0, 0, -100, null, 0],
    c3: [1, 1, 1, 106_000.01, 241.94, 31_000, 0],
    total: [1, 1, 1, 106_000.01, 29.27, 82_000, 0],
    organic: [1, 1, 0],
    ...outside,
  },
  // Lead 3's last touch that was paid is c2's, with the 80 000.01 that are open: 20 000 for one lead. 82 000 / 2 = 41 000.
  last_paid_touch: {
    c1: [0, 0, 0, 0, -100, null, 0],
    c2: [1, 1, 0, 0, -100, 20_000, 80_000.01],
    c3: [1, 1, 1, 106_000.01, 241.94, 31_000, 0],
    total: [2, 2, 1, 106_000.01, 29.27, 41_000, 80_000.01],
    organic: [0, 0, 0],
    ...outside,
  },
  // Lead 1 halves: of 100 000.01 the odd cent is the earlier one's, 50 000.01 and 50 000.00; each gives back 15 000.
  // c1: 35 000.01, (35 000.01 − 30 000) / 30 000 = 16.67 %, 30 000 / 0.5 = 60 000 for a lead.
  // c3: 35 000.00 + 36 000 = 71 000, (71 000 − 31 000) / 31 000 = 129.03 %, 31 000 / 0.5 = 62 000.
  // Lead 3 in thirds: itself 0.333334 + 0.333333 = 0.666667, c2 0.333333, 20 000 / 0.333333 = 60 000.06. Of the 8 000 001
  // cents c2 has 2 666 664.33, rounded down; the cent left over goes to 0.333334, the larger fraction. 26 666.64.
  // Together 1.333333 leads, 82 000 / 1.333333 = 61 500.015375.
  linear: {
    c1: [0.5, 0.5, 0.5, 35_000.01, 16.67, 60_000, 0],
    c2: [0.333333, 0.333333, 0, 0, -100, 60_000.06, 26_666.64],
    c3: [0.5, 0.5, 0.5, 71_000, 129.03, 62_000, 0],
    total: [1.333333, 1.333333, 1, 106_000.01, 29.27, 61_500.015375, 26_666.64],
    organic: [0.666667, 0.666667, 0],
    ...outside,
  },
  // Lead 1 has two touches: halves, as above. Lead 3 has three: itself 0.4 + 0.4, c2 0.2, 20 000 / 0.2 = 100 000. Of
  // 8 000 001 cents c2 has 1 600 000.2, rounded down; the cent left over goes to 0.4. 1.2 leads, 82 000 / 1.2 = 68 333.333333.
  position: {
    c1: [0.5, 0.5, 0.5, 35_000.01, 16.67, 60_000, 0],
    c2: [0.2, 0.2, 0, 0, -100, 100_000, 16_000],
    c3: [0.5, 0.5, 0.5, 71_000, 129.03, 62_000, 0],
    total: [1.2, 1.2, 1, 106_000.01, 29.27, 68_333.333333, 16_000],
    organic: [0.8, 0.8, 0],
    ...outside,
  },
};

// Cohort: the same leads, whose touches are all in the window, but lead 4's on the 8th, so its 36 000 are not of it.
// Together 70 000.01: (70 000.01 − 82 000) / 82 000 = −14.63 %.
const cohort: Record<string, Expected> = {
  first_touch: {
    ...(cash["first_touch"] as Expected),
    c3: [0, 0, 0, 0, -100, null, 0],
    total: [1, 1, 1, 70_000.01, -14.63, 82_000, 0],
  },
  // c3: (70 000.01 − 31 000) / 31 000 = 125.81 %.
  last_touch: {
    ...(cash["last_touch"] as Expected),
    c3: [1, 1, 1, 70_000.01, 125.81, 31_000, 0],
    total: [1, 1, 1, 70_000.01, -14.63, 82_000, 0],
  },
  last_paid_touch: {
    ...(cash["last_paid_touch"] as Expected),
    c3: [1, 1, 1, 70_000.01, 125.81, 31_000, 0],
    total: [2, 2, 1, 70_000.01, -14.63, 41_000, 80_000.01],
  },
  // c3: (35 000 − 31 000) / 31 000 = 12.90 %.
  linear: {
    ...(cash["linear"] as Expected),
    c3: [0.5, 0.5, 0.5, 35_000, 12.9, 62_000, 0],
    total: [1.333333, 1.333333, 1, 70_000.01, -14.63, 61_500.015375, 26_666.64],
  },
  position: {
    ...(cash["position"] as Expected),
    c3: [0.5, 0.5, 0.5, 35_000, 12.9, 62_000, 0],
    total: [1.2, 1.2, 1, 70_000.01, -14.63, 68_333.333333, 16_000],
  },
};

async function ask(query: string) {
  const client = as(house, await aPerson(house, { tenantId: TENANT }));
  const get = async (path: string) => {
    const answer = await client.get(`/crm/marketing/${path}?since=2026-11-10&until=2026-11-19&${query}`);
    expect(answer.status, await answer.clone().text()).toBe(200);
    return (await answer.json()) as { data: Json; totals: Json };
  };
  const [stats, roi, combined, campaigns] = await Promise.all(
    ["stats", "stats/roi", "combined-stats", "campaigns"].map(get),
  );
  return {
    stats: stats?.data ?? {},
    roi: roi?.data ?? {},
    combined: combined?.data ?? {},
    campaigns: campaigns?.data as Json[],
    totals: campaigns?.totals ?? {},
  };
}

type Answers = Awaited<ReturnType<typeof ask>>;

function expectAnswers({ stats, roi, combined, campaigns, totals }: Answers, expected: Expected): void {
  const byId = (rows: Json[]) => Object.fromEntries(rows.map((row) => [row["id"], row]));
  for (const id of ["c1", "c2", "c3"] as const) {
    const [leads, opportunities, won, revenue, percent, cpl, open] = expected[id];
    const row = { spend: spend[id], leads, opportunities, won, revenue, cpl, currency: "ARS", roi_defined: true };
    for (const rows of [campaigns, roi["campaigns"]])
      expect(byId(rows)[id], id).toMatchObject({ ...row, roi: percent, pipeline_value: open });
    for (const { campaigns: rows } of [stats["meta"].campaigns, combined["meta"].campaigns]) {
      expect(byId(rows)[id], id).toMatchObject({ ...row, roi_percentage: percent });
      expect(byId(rows)[id].roi, id).toBeCloseTo(percent / 100, 6);
    }
  }
  const [leads, opportunities, won, revenue, percent, cpl, open] = expected.total;
  const card = {
    total_spend: spend.total,
    total_revenue: revenue,
    leads,
    opportunities,
    won,
    roi_percentage: percent,
    cpl,
  };
  for (const one of [stats["roi"], roi, combined["roi"], combined["meta"].roi])
    expect(one).toMatchObject({ ...card, cpa: cpl, patients_converted: won, pipeline_value: open, currency: "ARS" });
  expect(stats).toMatchObject({ marketing_spend: spend.total, sales_revenue: revenue, leads, opportunities, cpa: cpl });
  expect(combined["combined"]).toMatchObject({ total_spend: spend.total, total_leads: leads, weighted_roi: percent });
  expect(totals).toMatchObject({ spend: spend.total, revenue, leads, opportunities, won, roi: percent, cpl });
  for (const rows of [campaigns, roi["campaigns"], combined["meta"].campaigns.campaigns])
    expect(byId(rows)["historical_other"]).toMatchObject({
      spend: spend.historical_other,
      revenue: 0,
      roi_defined: false,
    });
  for (const [kind, [leads, opportunities, revenue]] of [
    ["organic", expected.organic],
    ["other_paid", expected.otherPaid],
    ["unattributed", expected.unattributed],
  ] as const)
    expect(stats["outside"][kind], kind).toMatchObject({ leads, opportunities, won: 0, revenue, fx_missing: [] });
}

describe("a clinic with three campaigns, two currencies, a refund, and a day that was not synced", () => {
  it.each(Object.entries(cash))("on cash basis under %s", async (model, expected) => {
    const answers = await ask(`model=${model}&basis=cash`);
    expectAnswers(answers, expected);
    // What was won and what came were not the same people: no rate.
    expect(answers.roi).toMatchObject({ model, basis: "cash", conversion_rate: null });
  });

  // Lead 1 was won, of 1, 1, 2, 1.333333 and 1.2 leads.
  const rates: Record<string, number> = {
    first_touch: 1,
    last_touch: 1,
    last_paid_touch: 0.5,
    linear: 0.75,
    position: 0.833333,
  };

  it.each(Object.entries(cohort))("on cohort basis under %s", async (model, expected) => {
    const answers = await ask(`model=${model}&basis=cohort`);
    expectAnswers(answers, expected);
    expect(answers.roi).toMatchObject({ model, basis: "cohort", conversion_rate: rates[model] });
  });

  it("by itself it answers on cash basis, under the last paid touch, over a lead's whole life", async () => {
    const answers = await ask("");
    expectAnswers(answers, cash["last_paid_touch"] as Expected);
    expect(answers.roi["attribution"]).toEqual({ model: "last_paid_touch", window: "lifetime", basis: "cash" });
  });

  it("says what is beside the figures", async () => {
    const { stats, roi, combined, totals } = await ask("");
    for (const one of [stats, roi, combined, totals, stats["roi"], combined["roi"]]) {
      expect(one).toMatchObject({
        // One day of ten, of one of two accounts: too few to withhold the return.
        spend_complete: false,
        missing_days: ["2026-11-15"],
        missing_days_count: 1,
        partial: true,
        fx_missing: [],
        currency_mixed: true,
        // What the campaigns cost and brought as it was: 31 000 + 20 000 and 70 000.01; 20 + 10 and 40 − 10.
        by_currency: [
          { currency: "ARS", spend: 51_000, revenue: 70_000.01 },
          { currency: "USD", spend: 30, revenue: 30 },
        ],
      });
    }
    // 100 000.01 + 48 000 and 30 000 + 12 000. Half of 80 000.01 is likely.
    expect(roi).toMatchObject({ gross_revenue: 148_000.01, refunds: -42_000, pipeline_weighted_value: 40_000.005 });
    // All ROI that campaigns had, without the 1 000: (106 000.01 − 81 000) / 81 000 = 30.86 %. 82 000 / 2 opportunities, / 1 win.
    expect(roi).toMatchObject({ average_roi: 30.86, cost_per_opportunity: 41_000, cac: 82_000, roas: 1.292683 });
  });

  it("seven days before its sale lead 4 had no touch any more", async () => {
    // c3 keeps 70 000.01; the 36 000 are unattributed, beside the 50 000. (70 000.01 − 82 000) / 82 000 = −14.63 %.
    expectAnswers(await ask("window=7"), {
      ...(cash["last_paid_touch"] as Expected),
      c3: [1, 1, 1, 70_000.01, 125.81, 31_000, 0],
      total: [2, 2, 1, 70_000.01, -14.63, 41_000, 80_000.01],
      unattributed: [1, 0, 86_000],
    });
    expectAnswers(await ask("window=28"), cash["last_paid_touch"] as Expected);
  });

  it("in dollars, pesos are divided by the rate of the same days", async () => {
    const { roi, campaigns, totals, stats } = await ask("currency=USD");
    // c1 30 000 / 1 000 = 30. c2 20 000 / 1 100 = 18.181818. c3 20 + 10. The rest 1. Together 79.181818.
    // c3 70 000.01 / 1 100 = 63.636373, and 40 − 10 = 30: 93.636373. (93.636373 − 79.181818) / 79.181818 = 18.25 %.
    const rows = new Map(campaigns.map((row) => [row["id"], row]));
    expect(rows.get("c1")).toMatchObject({ spend: 30, revenue: 0, currency: "USD" });
    expect(rows.get("c2")).toMatchObject({ spend: 18.181818, cpl: 18.181818 });
    expect(rows.get("c3")).toMatchObject({ spend: 30, revenue: 93.636373, roi: 212.12 });
    expect(rows.get("historical_other")).toMatchObject({ spend: 1, currency: "USD" });
    expect(roi).toMatchObject({
      total_spend: 79.181818,
      total_revenue: 93.636373,
      roi_percentage: 18.25,
      currency: "USD",
    });
    expect(totals).toMatchObject({ spend: 79.181818, revenue: 93.636373, roi: 18.25, currency: "USD" });
    expect(stats["outside"].unattributed).toMatchObject({ revenue: 50 });
  });

  it("in a currency without rates it adds nothing and names everything", async () => {
    const { roi, totals } = await ask("currency=EUR");
    for (const one of [roi, totals]) {
      expect(one["fx_missing"]).toEqual([
        { currency: "ARS", measure: "revenue", amount: 70_000.01, count: 2 },
        { currency: "ARS", measure: "spend", amount: 51_000, count: 2 },
        { currency: "USD", measure: "revenue", amount: 30, count: 2 },
        { currency: "USD", measure: "spend", amount: 30, count: 2 },
      ]);
    }
    expect(roi).toMatchObject({ total_spend: 0, total_revenue: 0, roi_defined: false, leads: 2, won: 1 });
  });
});
