// What was written is corrected: a sale moves to another lead, fails, or is given back in parts.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aBusinessWith, amount } from "../../oracle/by-hand.ts";
import type { Business, Opportunity, Sale, Touch } from "../../oracle/business.ts";
import { instant } from "../../oracle/clock.ts";
import { insertBusinesses } from "../../oracle/insert-business.ts";
import { difference } from "../../oracle/read-credits.ts";
import {
  expectedDailyOutcomes,
  expectedOutcomes,
  readDailyOutcomes,
  readOutcomes,
} from "../../oracle/read-outcomes.ts";
import { aDatabase, type Database } from "../../support/database.ts";

let db: Database;
let lastTenant = 0;
beforeAll(async () => {
  db = await aDatabase();
});
afterAll(() => db.stop());

const id = (kind: number, which: number) => `00000000-000${kind}-4000-8000-00000000000${which}`;
const march = (day: number) => instant(`2026-03-0${day}T12:00:00Z`);

const touch = (which: number, of: number, at: number): Touch => ({
  id: id(2, which),
  leadId: id(1, of),
  at: march(at),
  channel: "ctwa",
  isPaid: true,
  campaignId: `c${which}`,
  adSetId: null,
  adId: null,
  leadgenId: null,
  ctwaClid: null,
});

const sale: Sale = {
  id: id(4, 1),
  leadId: id(1, 1),
  opportunityId: null,
  amount: amount("100"),
  currency: "ARS",
  day: "2026-03-08",
  soldAt: null,
  status: "completed",
};

const deal: Opportunity = {
  id: id(3, 1),
  leadId: id(1, 1),
  stage: "closed_won",
  value: amount("100"),
  currency: "ARS",
  probability: null,
  createdAt: march(4),
  closedAt: march(8),
};

/** Two leads, the first with three touches and all that is sold. */
const business = aBusinessWith({
  defaultView: { model: "linear", window: null },
  leads: [1, 2].map((which) => ({
    id: id(1, which),
    createdAt: march(1),
    source: "ORGANIC",
    campaignId: null,
    adId: null,
  })),
  touches: [touch(1, 1, 1), touch(2, 1, 2), touch(3, 1, 3), touch(4, 2, 2)],
  sales: [sale],
  refunds: [
    { id: id(5, 1), kind: "refund", saleId: sale.id, amount: amount("50"), day: "2026-03-09" },
    { id: id(5, 2), kind: "refund", saleId: sale.id, amount: amount("50"), day: "2026-03-10" },
  ],
});

async function aTenantWith(business: Business): Promise<number> {
  const tenantId = (lastTenant += 1);
  await insertBusinesses(db.sql, [{ tenantId, business }]);
  return tenantId;
}

/** Changes rows as the main CRM would, settles, and expects what the oracle says of `cash` and of `cohort`. */
async function expectAfter(
  change: (tenantId: number) => Promise<unknown>,
  { before, cash, cohort }: { before: Business; cash: Business; cohort: Business },
) {
  const tenantId = await aTenantWith(before);
  await change(tenantId);
  await db.sql("SELECT settle_outcomes($1)", [tenantId]);
  const [daily = []] = await readDailyOutcomes(db.sql, [{ tenantId, business: cash }]);
  expect(difference(expectedDailyOutcomes(cash), daily)).toBeUndefined();
  const asked = { since: "2026-01-01", until: "2026-12-31", view: cohort.defaultView, basis: "cohort" as const };
  const [outcomes = []] = await readOutcomes(db.sql, [{ tenantId, business: cohort, ...asked }]);
  expect(difference(expectedOutcomes(cohort, asked), outcomes)).toBeUndefined();
}

describe("a correction", () => {
  it("a sale given back in two halves leaves nothing at any campaign", async () => {
    const tenantId = await aTenantWith(business);
    const left = await db.sql<{ campaign: string; left: string }>(
      `SELECT entity_id AS campaign, trim_scale(sum(sales + refunds)) AS left FROM daily_outcomes
       WHERE tenant_id = $1 AND level = 'campaign' AND sales + refunds <> 0 GROUP BY entity_id ORDER BY entity_id`,
      [tenantId],
    );
    expect(left).toEqual(["c1", "c2", "c3"].map((campaign) => ({ campaign, left: "0" })));
    const halves = await db.sql<{ day: string; parts: string[] }>(
      `SELECT day::text, array_agg(trim_scale(refunds)::text ORDER BY entity_id) AS parts FROM daily_outcomes
       WHERE tenant_id = $1 AND level = 'campaign' AND refunds <> 0 GROUP BY day ORDER BY day`,
      [tenantId],
    );
    // Of the whole 33.34, 33.33, 33.33: the first half takes 16.67, 16.67, 16.66, the second the rest.
    expect(halves).toEqual([
      { day: "2026-03-09", parts: ["-16.67", "-16.67", "-16.66"] },
      { day: "2026-03-10", parts: ["-16.67", "-16.66", "-16.67"] },
    ]);
  });

  it("a sale that failed after all takes its refunds with it", async () => {
    const failed = { ...business, sales: [{ ...sale, status: "failed" as const }] };
    const fail = (tenantId: number) =>
      db.sql("UPDATE sales_transactions SET payment_status = 'failed' WHERE tenant_id = $1 AND parent_id IS NULL", [
        tenantId,
      ]);
    await expectAfter(fail, { before: business, cash: failed, cohort: failed });
  });

  // Whose merit a win or a sale was is frozen (cash); the cohort is that of the lead it belongs to now.
  it("an opportunity that is another lead's after all takes its win, its sale and the refunds into that lead's cohort", async () => {
    const before = { ...business, opportunities: [deal], sales: [{ ...sale, opportunityId: deal.id }] };
    const after = { ...before, opportunities: [{ ...deal, leadId: id(1, 2) }] };
    const move = (tenantId: number) =>
      db.sql("UPDATE opportunities SET lead_id = $2 WHERE tenant_id = $1", [tenantId, id(1, 2)]);
    await expectAfter(move, { before, cash: before, cohort: after });
  });

  it("a sale that is another lead's after all takes its refunds into that lead's cohort", async () => {
    const after = { ...business, sales: [{ ...sale, leadId: id(1, 2) }] };
    const move = (tenantId: number) =>
      db.sql("UPDATE sales_transactions SET lead_id = $2 WHERE tenant_id = $1 AND parent_id IS NULL", [
        tenantId,
        id(1, 2),
      ]);
    await expectAfter(move, { before: business, cash: business, cohort: after });
  });
});
