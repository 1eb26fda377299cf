// The four answers that show the same figures, each read by itself, and what is wrong with them.
import { userCtx } from "../../../src/context.ts";
import { statsQuery } from "../../../src/features/analytics/analytics.contract.ts";
import { readSnapshot } from "../../../src/features/analytics/analytics.service.ts";
import { describeCombined } from "../../../src/features/analytics/combined-answer.ts";
import { describeRoiWithCampaigns } from "../../../src/features/analytics/roi-answer.ts";
import { describeStats } from "../../../src/features/analytics/stats-answer.ts";
import { describeCampaign, describeTotals } from "../../../src/features/campaigns/campaign-answer.ts";
import { listCampaigns } from "../../../src/features/campaigns/campaigns.service.ts";
import { listQuery } from "../../../src/features/campaigns/campaigns.contract.ts";
import type { ExpectedAnswers, Figures } from "../../oracle/answers.ts";
import type { House } from "../../support/house.ts";

/** `query` as it would stand in the address. */
export async function ask(house: House, tenantId: number, query: Record<string, string>) {
  const question = statsQuery.parse(query);
  const ctx = userCtx(house.tools, { tenantId, requestId: "r", userId: "u", role: "ceo" });
  const [snapshot, smaller, hub, list] = await Promise.all([
    readSnapshot(ctx, { ...question, withCreatives: true }),
    readSnapshot(ctx, { ...question, withCreatives: false }),
    readSnapshot(ctx, { ...question, withCreatives: true }),
    listCampaigns(ctx, listQuery.parse({ ...query, limit: "200" })),
  ]);
  return {
    stats: describeStats(snapshot),
    roi: describeRoiWithCampaigns(smaller),
    combined: describeCombined(hub),
    campaigns: list.campaigns.map(describeCampaign),
    totals: describeTotals(list.frame, list.totals),
  };
}

export type Answers = Awaited<ReturnType<typeof ask>>;

type Comparable = Record<string, unknown>;

/** One line for each field that is not the same. */
const unequal = (where: string, expected: Comparable, actual: Comparable): string[] =>
  Object.keys(expected)
    .filter((key) => JSON.stringify(expected[key]) !== JSON.stringify(actual[key]))
    .map((key) => `${where}.${key}: ${JSON.stringify(expected[key])} is not ${JSON.stringify(actual[key])}`);

/** What one of the answers says and another does not. */
export function disagreements({ stats, roi, combined, campaigns, totals }: Answers): string[] {
  const { campaigns: rows, ...card } = roi;
  const { total_spend: spend, total_revenue: revenue, leads, opportunities, won, roi_percentage: percent, cpl } = card;
  const beside = { gross_revenue: card.gross_revenue, refunds: card.refunds, fx_missing: card.fx_missing };
  const hub = (all: readonly Comparable[]) =>
    Object.fromEntries(
      all.map(({ id, spend, revenue, leads, won, currency }) => [id, { spend, revenue, leads, won, currency }]),
    );
  return [
    ...unequal("stats.roi", card, stats.roi),
    ...unequal("combined.roi", card, combined.roi),
    ...unequal("stats.meta", stats.meta, combined.meta),
    ...unequal("campaigns.totals", { spend, revenue, leads, opportunities, won, roi: percent, cpl, ...beside }, totals),
    ...unequal("stats", { marketing_spend: spend, sales_revenue: revenue, leads, opportunities, cpa: cpl }, stats),
    ...unequal("combined", { total_spend: spend, total_leads: leads, weighted_roi: percent }, combined.combined),
    ...unequal("campaigns", { rows }, { rows: campaigns }),
    ...unequal("hub rows", hub(campaigns), hub(stats.meta.campaigns.campaigns)),
  ];
}

const isNear = (actual: number, expected: number) => Math.abs(actual - expected) <= 1e-5 + Math.abs(expected) * 1e-9;

// Converted sums are rounded to a millionth before they are divided; below one unit of spend that shows.
const isNearRatio = (actual: number, expected: number) =>
  Math.abs(actual - expected) <= 0.0101 + Math.abs(expected) * 1e-5;

type Row = { spend: number; revenue: number; leads: number; opportunities: number; won: number; cpl: number | null };

function deviationsOf(where: string, expected: Figures, actual: Row & { roi: number | null }, currency: string | null) {
  const found = (["spend", "revenue", "leads", "opportunities", "won"] as const)
    .filter((name) => !isNear(actual[name], expected[name]))
    .map((name) => `${where}.${name}: ${actual[name]} should be ${expected[name]}`);
  if (currency !== expected.currency) found.push(`${where}: in ${currency}, should be in ${expected.currency}`);
  if (expected.spend < 1 && expected.spend > -1) return found;
  for (const name of ["roi", "cpl"] as const) {
    const [is, should] = [actual[name], expected[name]];
    if (should === undefined) continue;
    if (is === null || should === null ? is !== should : !isNearRatio(is, should))
      found.push(`${where}.${name}: ${is} should be ${should}`);
  }
  return found;
}

const missingOf = (missing: readonly { currency: string; measure: string; amount: number }[]) =>
  missing
    .filter(({ amount }) => amount !== 0)
    .map(({ currency, measure, amount }) => `${measure} ${currency} ${amount}`);

const missingShould = ({ missing }: Figures) =>
  Object.entries(missing)
    .filter(([, amount]) => amount !== 0)
    .map(([name, amount]) => `${name} ${amount}`);

/** What the answers say and the oracle does not. */
export function deviations({ stats, roi, campaigns, totals }: Answers, expected: ExpectedAnswers): string[] {
  const whole = { ...totals, roi: totals.roi_defined ? totals.roi : null };
  const rows = new Map(campaigns.filter(({ id }) => !id.startsWith("historical_other")).map((row) => [row.id, row]));
  const outside = Object.entries(expected.outside).flatMap(
    ([kind, { revenue, leads, opportunities, won, ...figures }]) => {
      const actual = stats.outside[kind as keyof typeof stats.outside];
      const should = { revenue, leads, opportunities, won };
      return [
        ...Object.entries(should)
          .filter(([name, value]) => !isNear(actual[name as keyof typeof should], value))
          .map(([name, value]) => `outside.${kind}.${name}: ${actual[name as keyof typeof should]} should be ${value}`),
        ...unequal(
          `outside.${kind}`,
          { missing: missingShould({ ...figures, revenue, leads, opportunities, won }).sort() },
          { missing: missingOf(actual.fx_missing).sort() },
        ),
      ];
    },
  );
  return [
    ...deviationsOf("total", expected.total, whole, roi.currency),
    ...unequal(
      "total",
      { missing: missingShould(expected.total).sort() },
      { missing: missingOf(roi.fx_missing).sort() },
    ),
    ...outside,
    ...unequal("campaigns", { ids: [...expected.campaigns.keys()].sort() }, { ids: [...rows.keys()].sort() }),
    ...[...expected.campaigns].flatMap(([id, figures]) => {
      const row = rows.get(id);
      return row ? deviationsOf(id, figures, { ...row, roi: row.roi_defined ? row.roi : null }, row.currency) : [];
    }),
  ];
}
