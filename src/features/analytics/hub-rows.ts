// Rows of the hub's two tables: here `roi` is a fraction and `status` lower case.
import type { CampaignFigures } from "../campaigns/campaign-figures.ts";
import type { Totals } from "../facts/frame.ts";
import { numberOrNull, numberOrZero } from "../facts/measures.ts";
import type { AdFigures } from "./ad-figures.ts";

type Row = Totals & Pick<AdFigures, "id" | "name" | "currency" | "status" | "effectiveStatus">;

// The configured status, and where that runs, whether Meta lets it: ACTIVE in a paused account is not "active".
const hubStatus = ({ status, effectiveStatus }: Row): string => {
  const shown = status !== "ACTIVE" ? status : effectiveStatus;
  return (shown.endsWith("PAUSED") ? "PAUSED" : shown).toLowerCase();
};

const rowOf = (row: Row) => ({
  id: row.id,
  name: row.name,
  status: hubStatus(row),
  effective_status: row.effectiveStatus,
  currency: row.currency,
  spend: numberOrZero(row.sums.spend),
  revenue: numberOrZero(row.sums.revenue),
  leads: row.sums.leads,
  opportunities: row.sums.opportunities,
  won: row.sums.won,
  roi: numberOrZero(row.measures.roiFraction),
  roi_percentage: numberOrZero(row.measures.roiPercentage),
  roi_defined: row.measures.roiPercentage !== null,
  cpl: numberOrNull(row.measures.cpl),
  cpa: numberOrNull(row.measures.cpl),
});

/** Without ad_id and ad_name: the hub would show them instead of the campaign's. */
export const campaignRow = (campaign: CampaignFigures) => ({
  ...rowOf(campaign),
  campaign_name: campaign.name,
  level: "campaign" as const,
});

export const creativeRow = (ad: AdFigures) => ({
  ...rowOf(ad),
  ad_id: ad.id,
  ad_name: ad.name,
  campaign_id: ad.campaignId,
  campaign_name: ad.campaignName,
  thumbnail_url: ad.thumbnailUrl,
  level: "ad" as const,
});
