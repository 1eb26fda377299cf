// Campaigns, and the days of one, as files. An empty cell is what is unknown or undefined: neither is zero.
import type { Needs } from "../../context.ts";
import { numberOrNull, type Measures, type Sums } from "../facts/measures.ts";
import { preambleOf } from "../facts/report-preamble.ts";
import { toNumber } from "../../lib/money.ts";
import type { getCampaignInsights, listCampaigns } from "./campaigns.service.ts";

type Cell = string | number | boolean | null;
type Columns<Row> = Readonly<Record<string, (row: Row) => Cell>>;

type Figures = { sums: Sums; measures: Measures };

const figureColumns: Columns<Figures> = {
  spend: ({ sums }) => numberOrNull(sums.spend),
  revenue: ({ sums }) => toNumber(sums.revenue),
  gross_revenue: ({ sums }) => toNumber(sums.gross),
  refunds: ({ sums }) => toNumber(sums.refunds),
  leads: ({ sums }) => sums.leads,
  opportunities: ({ sums }) => sums.opportunities,
  won: ({ sums }) => sums.won,
  roi_percentage: ({ measures }) => numberOrNull(measures.roiPercentage),
  roas: ({ measures }) => numberOrNull(measures.roas),
  cpl: ({ measures }) => numberOrNull(measures.cpl),
  cac: ({ measures }) => numberOrNull(measures.cac),
  ctr: ({ measures }) => numberOrNull(measures.ctr),
  cpc: ({ measures }) => numberOrNull(measures.cpc),
  cpm: ({ measures }) => numberOrNull(measures.cpm),
};

type Listed = Awaited<ReturnType<typeof listCampaigns>>;
type Insights = Awaited<ReturnType<typeof getCampaignInsights>>;

const campaignColumns: Columns<Listed["campaigns"][number]> = {
  name: ({ name }) => name,
  status: ({ status }) => status,
  effective_status: ({ effectiveStatus }) => effectiveStatus,
  objective: ({ objective }) => objective,
  account_id: ({ accountId }) => accountId,
  currency: ({ currency }) => currency,
  impressions: ({ sums }) => sums.impressions,
  clicks: ({ sums }) => sums.clicks,
  meta_leads: ({ sums }) => sums.metaLeads,
  ...figureColumns,
};

const dayColumns: Columns<Insights["days"][number]> = {
  impressions: ({ isKnown, sums }) => (isKnown ? sums.impressions : null),
  clicks: ({ isKnown, sums }) => (isKnown ? sums.clicks : null),
  ...figureColumns,
  partial: ({ isPartial }) => isPartial,
};

export const campaignsFile = (ctx: Needs<"now">, { frame, campaigns }: Listed) => ({
  filename: `campaigns-${frame.window.since}-${frame.window.until}.csv`,
  preamble: preambleOf(ctx, "campaigns", frame),
  header: ["id", ...Object.keys(campaignColumns)],
  rows: linesOf(campaigns, ({ id }) => id, campaignColumns),
});

export const insightsFile = (ctx: Needs<"now">, { frame, figures, days }: Insights) => ({
  filename: `campaign-${figures.id}-${frame.window.since}-${frame.window.until}.csv`,
  preamble: {
    ...preambleOf(ctx, "campaign insights", frame),
    campaign_id: figures.id,
    campaign_name: figures.name,
    currency: figures.currency,
  },
  header: ["date", ...Object.keys(dayColumns)],
  rows: linesOf(days, ({ day }) => day, dayColumns),
});

function* linesOf<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  columns: Columns<Row>,
): Generator<[string, ...Cell[]]> {
  for (const row of rows) yield [keyOf(row), ...Object.values(columns).map((cell) => cell(row))];
}
