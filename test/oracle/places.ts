// Where a touch counts: at a campaign with its account, ad set and ad, or outside of all of them.
import type { Business, Touch } from "./business.ts";
import { touchesOf } from "./touches.ts";

export const levels = ["account", "campaign", "ad_set", "ad", "outside"] as const;
export type Level = (typeof levels)[number];

export type Place = { level: Level; entityId: string; accountId: string };

const others = new Set(["utm_paid", "referral", "email", "other"]);

/** Of an ad, Meta knows better than the touch where it belongs; one it never told of belongs to no account. */
export function placesOf(business: Business, touch: Touch | null, leadId: string | null): Place[] {
  if (!touch) return [{ level: "outside", entityId: outsideWithoutTouch(business, leadId), accountId: "" }];
  const ad = business.ads.find(({ id }) => id === touch.adId);
  const campaignId = ad?.campaignId ?? touch.campaignId;
  const adSetId = ad?.adSetId ?? touch.adSetId;
  const campaign = business.campaigns.find(({ id }) => id === campaignId);
  const accountId = ad?.accountId ?? campaign?.accountId ?? "";
  const ofAd = { accountId: ad?.accountId ?? "" };
  const places: Place[] = [];
  if (campaignId === null) places.push({ level: "outside", entityId: outsideOf(touch), accountId: "" });
  else {
    places.push({ level: "account", entityId: accountId, accountId });
    places.push({ level: "campaign", entityId: campaignId, accountId });
  }
  if (adSetId !== null) places.push({ level: "ad_set", entityId: adSetId, ...ofAd });
  if (touch.adId !== null) places.push({ level: "ad", entityId: touch.adId, ...ofAd });
  return places;
}

function outsideOf({ isPaid, channel }: Touch): string {
  if (!isPaid) return "organic";
  return others.has(channel) ? "other_paid" : "unattributed";
}

// A lead that no touch is known of is where its columns say it came from; one that was touched, only not in time, is not.
function outsideWithoutTouch(business: Business, leadId: string | null): string {
  const lead = business.leads.find(({ id }) => id === leadId);
  if (!lead || touchesOf(business, lead.id).length > 0) return "unattributed";
  if (lead.source === "META_ADS") return "unattributed";
  return lead.source === "GOOGLE_ADS" ? "other_paid" : "organic";
}
