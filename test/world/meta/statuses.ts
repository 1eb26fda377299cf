import type { Ad, AdSet, Campaign, Place } from "./entities.ts";

const GONE = new Set(["DELETED", "ARCHIVED"]);

export const campaignStatus = (campaign: Campaign): string =>
  GONE.has(campaign.status) ? campaign.status : (campaign.condition ?? campaign.status);

export const adsetStatus = (campaign: Campaign, adset: AdSet): string => {
  if (GONE.has(adset.status)) return adset.status;
  if (GONE.has(campaign.status)) return campaign.status;
  if (adset.status === "PAUSED") return "PAUSED";
  return campaign.status === "PAUSED" ? "CAMPAIGN_PAUSED" : "ACTIVE";
};

export const adStatus = (campaign: Campaign, adset: AdSet, ad: Ad): string => {
  if (GONE.has(ad.status)) return ad.status;
  const above = adsetStatus(campaign, adset);
  if (GONE.has(above)) return above;
  if (ad.review) return ad.review;
  if (ad.status === "PAUSED") return "PAUSED";
  if (above === "PAUSED") return "ADSET_PAUSED";
  return above;
};

/** The effective_status (§D.3) of the deepest thing the place names. */
export const effectiveStatus = ({ campaign, adset, ad }: Place): string => {
  if (!adset) return campaignStatus(campaign);
  return ad ? adStatus(campaign, adset, ad) : adsetStatus(campaign, adset);
};

const DELIVERY: Record<string, string> = {
  ACTIVE: "active",
  ARCHIVED: "archived",
  DELETED: "deleted",
  IN_PROCESS: "pending_review",
  PENDING_REVIEW: "pending_review",
  WITH_ISSUES: "not_delivering",
  DISAPPROVED: "rejected",
};

/** The vocabulary of the `delivery_info` filter (§D.4), which is not that of effective_status. */
export const deliveryInfo = (place: Place): string => {
  const status = effectiveStatus(place);
  if (status === "ACTIVE" && place.campaign.endedOn) return "completed";
  return DELIVERY[status] ?? "inactive";
};
