import type { Day } from "../../src/lib/dates.ts";
import type { Decimal } from "../../src/lib/money.ts";
import type { Business } from "./business.ts";
import { toDecimal } from "./fraction.ts";
import { nothing, placeKey, revenueOf, roiOf, sumsOf } from "./totals.ts";

export type CampaignRoi = {
  name: string;
  spend: Decimal;
  revenue: Decimal;
  leads: Decimal;
  opportunities: Decimal;
  roiPercentage: Decimal | null;
};

/** Cash basis, the tenant's own view, the ad account's currency. Undefined for a campaign that is not there. */
export function calculateCampaignRoi(
  business: Business,
  campaignId: string,
  since: Day,
  until: Day,
): CampaignRoi | undefined {
  const campaign = business.campaigns.find(({ id }) => id === campaignId);
  const account = business.accounts.find(({ id }) => id === campaign?.accountId);
  if (!campaign || !account) return undefined;
  const { currency } = account;
  const sums = sumsOf(business, { since, until, currency, basis: "cash", view: business.defaultView });
  const own = sums.get(placeKey({ level: "campaign", entityId: campaignId, accountId: account.id })) ?? nothing();
  return {
    name: campaign.name,
    spend: toDecimal(own.spend, 6),
    revenue: toDecimal(revenueOf(own), 6),
    leads: toDecimal(own.leads, 6),
    opportunities: toDecimal(own.opportunities, 6),
    roiPercentage: roiOf(own),
  };
}
