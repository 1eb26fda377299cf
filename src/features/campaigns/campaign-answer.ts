// Campaigns on the wire.
import { describeCompleteness, describeFxMissing } from "../facts/frame-answer.ts";
import type { Frame, Totals } from "../facts/frame.ts";
import { numberOrNull, numberOrZero } from "../facts/measures.ts";
import { parseDecimal, toNumber } from "../../lib/money.ts";
import { type CampaignFigures, statusOf } from "./campaign-figures.ts";
import type { getCampaign, getCampaignInsights } from "./campaigns.service.ts";

/** The `figures` of campaigns.contract.ts. */
const describeFigures = ({ sums, measures }: Totals) => ({
  spend: numberOrZero(sums.spend),
  revenue: numberOrZero(sums.revenue),
  gross_revenue: toNumber(sums.gross),
  refunds: toNumber(sums.refunds),
  impressions: sums.impressions,
  clicks: sums.clicks,
  meta_leads: sums.metaLeads,
  leads: sums.leads,
  opportunities: sums.opportunities,
  won: sums.won,
  pipeline_value: toNumber(sums.openValue),
  pipeline_weighted_value: toNumber(sums.weightedValue),
  match_rate: numberOrNull(measures.matchRate),
  roi_defined: measures.roiPercentage !== null,
  roas: numberOrNull(measures.roas),
  cpa: numberOrNull(measures.cpl),
  cpl: numberOrNull(measures.cpl),
  cost_per_opportunity: numberOrNull(measures.cpo),
  cac: numberOrNull(measures.cac),
  meta_cpl: numberOrNull(measures.metaCpl),
  ctr: numberOrNull(measures.ctr),
  cpc: numberOrNull(measures.cpc),
  cpm: numberOrNull(measures.cpm),
});

/** A row of the list: here `roi` is percent. */
export const describeCampaign = (campaign: CampaignFigures) => ({
  id: campaign.id,
  name: campaign.name,
  status: campaign.status,
  effective_status: campaign.effectiveStatus,
  level: "campaign" as const,
  objective: campaign.objective,
  account_id: campaign.accountId,
  currency: campaign.currency,
  ...describeFigures(campaign),
  roi: numberOrZero(campaign.measures.roiPercentage),
  fx_missing: describeFxMissing(campaign.money.fxMissing),
});

/** Totals of the list. */
export const describeTotals = (frame: Frame, totals: Totals) => ({
  ...describeFigures(totals),
  roi: numberOrZero(totals.measures.roiPercentage),
  currency: frame.currency,
  ...describeCompleteness(frame, totals.money),
});

export function describeDetails({ frame, campaign, figures, adSets, ads }: Awaited<ReturnType<typeof getCampaign>>) {
  return {
    id: figures.id,
    name: figures.name,
    objective: figures.objective,
    status: figures.status,
    effective_status: figures.effectiveStatus,
    account_id: figures.accountId,
    currency: figures.currency,
    buying_type: campaign?.buyingType ?? null,
    bid_strategy: campaign?.bidStrategy ?? null,
    ...describeBudgets(campaign),
    start_time: campaign?.startTime?.toISOString() ?? null,
    end_time: campaign?.endTime?.toISOString() ?? null,
    targeting: (campaign?.targeting ?? {}) as Record<string, unknown>,
    performance: describePerformance(figures),
    ad_sets: adSets.map((adSet) => {
      const { status, effectiveStatus } = statusOf(adSet);
      const { id, name, optimizationGoal } = adSet;
      const budgets = describeBudgets(adSet);
      const performance = describePerformance(adSet);
      return {
        id,
        name,
        status,
        effective_status: effectiveStatus,
        optimization_goal: optimizationGoal,
        ...budgets,
        performance,
      };
    }),
    ads: ads.map((ad) => {
      const { status, effectiveStatus } = statusOf(ad);
      const { id, name, adSetId } = ad;
      return {
        id,
        name,
        ad_set_id: adSetId,
        status,
        effective_status: effectiveStatus,
        performance: describePerformance(ad),
      };
    }),
    ...describeCompleteness(frame, figures.money),
  };
}

const describePerformance = (totals: Totals) => ({
  ...describeFigures(totals),
  currency: totals.currency,
  roi_percentage: numberOrZero(totals.measures.roiPercentage),
});

const describeBudgets = (of: { dailyBudget: string | null; lifetimeBudget: string | null } | undefined) => ({
  daily_budget: of?.dailyBudget ? toNumber(parseDecimal(of.dailyBudget)) : null,
  lifetime_budget: of?.lifetimeBudget ? toNumber(parseDecimal(of.lifetimeBudget)) : null,
});

export const describeInsights = ({
  frame,
  figures,
  days,
  attributionSetting,
}: Awaited<ReturnType<typeof getCampaignInsights>>) => ({
  id: figures.id,
  name: figures.name,
  currency: figures.currency,
  insights: days.map(({ day, sums, measures, isKnown, isPartial }) => ({
    date: day,
    spend: numberOrNull(sums.spend),
    impressions: isKnown ? sums.impressions : null,
    clicks: isKnown ? sums.clicks : null,
    leads: sums.leads,
    opportunities: sums.opportunities,
    won: sums.won,
    revenue: toNumber(sums.revenue),
    cpa: numberOrNull(measures.cpl),
    cpc: numberOrNull(measures.cpc),
    cpm: numberOrNull(measures.cpm),
    ctr: numberOrNull(measures.ctr),
    partial: isPartial,
  })),
  time_range: frame.window.preset,
  attribution_window: attributionSetting,
  ...describeCompleteness(frame, figures.money),
});
