// The four answers that show the same figures, and what is wrong with them. stats, stats/roi and combined-stats are three
// descriptions of one reading; campaigns reads for itself.
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
import { aPerson, as } from "../../support/people.ts";

const ctxOf = (house: House, tenantId: number) =>
  userCtx(house.tools, { tenantId, requestId: "r", userId: "u", role: "ceo" });

/** `query` as it would stand in the address. */
export async function ask(house: House, tenantId: number, query: Record<string, string>) {
  const [snapshot, list] = await Promise.all([
    readSnapshot(ctxOf(house, tenantId), { ...statsQuery().parse(query), withCreatives: true }),
    askCampaigns(house, tenantId, query),
  ]);
  return {
    stats: describeStats(snapshot),
    roi: describeRoiWithCampaigns(snapshot),
    combined: describeCombined(snapshot),
    ...list,
  };
}

export async function askCampaigns(house: House, tenantId: number, query: Record<string, string>) {
  const list = await listCampaigns(ctxOf(house, tenantId), listQuery().parse({ ...query, limit: "200" }));
  return { campaigns: list.campaigns.map(describeCampaign), totals: describeTotals(list.frame, list.totals) };
}

/** The same from the four routes. */
export async function askByHttp(house: House, tenantId: number, query: Record<string, string>): Promise<Answers> {
  const client = as(house, await aPerson(house, { tenantId }));
  const get = async (path: string) => {
    const answer = await client.get(`/crm/marketing/${path}?${new URLSearchParams(query).toString()}`);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { data: never; totals: never };
  };
  const [stats, roi, combined] = await Promise.all([get("stats"), get("stats/roi"), get("combined-stats")]);
  const { data: campaigns, totals } = await get("campaigns");
  return { stats: stats.data, roi: roi.data, combined: combined.data, campaigns, totals };
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

const sums = ["spend", "revenue", "leads", "opportunities", "won"] as const;

type Row = Record<(typeof sums)[number], number> & {
  roi: number;
  roi_defined: boolean;
  cpl: number | null;
  currency: string | null;
  fx_missing: { currency: string; measure: string; amount: number }[];
};

function deviationsOf(where: string, expected: Figures, row: Row): string[] {
  const found = sums
    .filter((name) => !isNear(row[name], expected[name]))
    .map((name) => `${where}.${name}: ${row[name]} should be ${expected[name]}`);
  const missing = row.fx_missing
    .filter(({ amount }) => amount !== 0)
    .map(({ currency, measure, amount }) => `${measure} ${currency} ${amount}`)
    .sort();
  found.push(...unequal(where, { currency: expected.currency, missing: expected.missing }, { ...row, missing }));
  if (Math.abs(expected.spend) < 1) return found;
  const ratios = [
    ["roi", row.roi_defined ? row.roi : null, expected.roi],
    ["cpl", row.cpl, expected.cpl],
  ] as const;
  for (const [name, is, should] of ratios) {
    if (should === undefined) continue;
    const isRight = is === null || should === null ? is === should : isNearRatio(is, should);
    if (!isRight) found.push(`${where}.${name}: ${is} should be ${should}`);
  }
  return found;
}

/** What the answers say and the oracle does not. */
export function deviations({ stats, campaigns, totals }: Answers, expected: ExpectedAnswers): string[] {
  const rows = new Map(campaigns.filter(({ id }) => !id.startsWith("historical_other")).map((row) => [row.id, row]));
  const ofOutside = (["organic", "other_paid", "unattributed"] as const).flatMap((kind) => {
    const nothingSpent = { spend: 0, roi: 0, roi_defined: false, cpl: null, currency: totals.currency };
    return deviationsOf(kind, expected.outside[kind], { ...stats.outside[kind], ...nothingSpent });
  });
  return [
    ...deviationsOf("total", expected.total, totals),
    ...ofOutside,
    ...unequal("campaigns", { ids: [...expected.campaigns.keys()].sort() }, { ids: [...rows.keys()].sort() }),
    ...[...expected.campaigns].flatMap(([id, figures]) => {
      const row = rows.get(id);
      return row ? deviationsOf(id, figures, row) : [];
    }),
  ];
}
