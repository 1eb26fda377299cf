// The hub's card on the wire: one function, so that it is the same wherever it stands.
import { describeCampaign } from "../campaigns/campaign-answer.ts";
import type { CampaignFigures } from "../campaigns/campaign-figures.ts";
import { isRemainder } from "../campaigns/remainder.ts";
import { describeCompleteness } from "../facts/frame-answer.ts";
import { numberOrNull, numberOrZero, percent } from "../facts/measures.ts";
import { compare, type Decimal, subtract, sum, toNumber, ZERO } from "../../lib/money.ts";
import type { Snapshot } from "./analytics.service.ts";

export function describeRoi({ frame, totals: { sums, measures, money }, campaigns }: Snapshot) {
  return {
    total_spend: numberOrZero(sums.spend),
    total_revenue: numberOrZero(sums.revenue),
    currency: frame.currency,
    leads: sums.leads,
    meta_leads: sums.metaLeads,
    opportunities: sums.opportunities,
    won: sums.won,
    converted_leads: sums.won,
    leads_converted: sums.won,
    patients_converted: sums.won,
    roi: numberOrZero(measures.roiFraction),
    roi_percentage: numberOrZero(measures.roiPercentage),
    roi_defined: measures.roiPercentage !== null,
    average_roi: numberOrZero(frame.coverage.isRoiTrusted ? averageRoi(campaigns, frame.currency) : null),
    roas: numberOrNull(measures.roas),
    cpa: numberOrNull(measures.cpl),
    cpl: numberOrNull(measures.cpl),
    cost_per_opportunity: numberOrNull(measures.cpo),
    cac: numberOrNull(measures.cac),
    conversion_rate: frame.basis === "cohort" ? numberOrNull(measures.conversionRate) : null,
    match_rate: numberOrNull(measures.matchRate),
    meta_cpl: numberOrNull(measures.metaCpl),
    gross_revenue: toNumber(sums.gross),
    refunds: toNumber(sums.refunds),
    pipeline_value: toNumber(sums.openValue),
    pipeline_weighted_value: toNumber(sums.weightedValue),
    basis: frame.basis,
    model: frame.model,
    is_connected: frame.isMetaConnected,
    meta_connected: frame.isMetaConnected,
    ad_account_id: frame.connected[0]?.accountId ?? null,
    time_range: frame.window.preset,
    time_period: frame.window.preset,
    ...describeCompleteness(frame, money),
  };
}

/** The card and its campaigns. */
export const describeRoiWithCampaigns = (snapshot: Snapshot) => ({
  ...describeRoi(snapshot),
  campaigns: snapshot.campaigns.map(describeCampaign),
});

/** Return on all that campaigns spent in `currency`, of those that spent: weighted by spend, remainders left out. */
export function averageRoi(campaigns: readonly CampaignFigures[], currency: string | null): Decimal | null {
  const spending = campaigns.flatMap((campaign) => {
    const { spend, revenue } = campaign.sums;
    const counts =
      campaign.currency === currency && !isRemainder(campaign) && spend !== null && compare(spend, ZERO) > 0;
    return counts ? [{ spend, revenue }] : [];
  });
  const spend = sum(spending.map((one) => one.spend));
  return percent(subtract(sum(spending.map(({ revenue }) => revenue)), spend), spend);
}
