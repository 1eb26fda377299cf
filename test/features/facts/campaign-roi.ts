// calculate_campaign_roi once more, in plain TypeScript over arrays: what the SQL function is held against.
import { dayIn } from "../../../src/lib/dates.ts";
import { type Decimal, multiply, parseDecimal, ratio, subtract, sum } from "../../../src/lib/money.ts";

export type Business = {
  timezone: string;
  accounts: { id: string; currency: string }[];
  campaigns: { id: string; accountId: string; name: string }[];
  ads: { id: string; campaignId: string }[];
  insights: {
    level: "account" | "campaign" | "ad";
    entityId: string;
    accountId: string;
    day: string;
    spend: Decimal;
  }[];
  leads: { id: string; campaignId: string | null; adId: string | null; createdAt: number }[];
  opportunities: { id: string; leadId: string; createdAt: number }[];
  sales: {
    leadId: string | null;
    opportunityId: string | null;
    day: string;
    amount: Decimal;
    currency: string;
    status: string;
  }[];
};

export type CampaignRoi = {
  name: string;
  spend: Decimal;
  revenue: Decimal;
  leads: number;
  opportunities: number;
  roiPercentage: Decimal | null;
};

/** Undefined for a campaign that is not there. */
export function calculateCampaignRoi(
  business: Business,
  campaignId: string,
  since: string,
  until: string,
): CampaignRoi | undefined {
  const campaign = business.campaigns.find(({ id }) => id === campaignId);
  const account = business.accounts.find(({ id }) => id === campaign?.accountId);
  if (!campaign || !account) return undefined;
  const isInside = (day: string) => day >= since && day <= until;
  const happened = ({ createdAt }: { createdAt: number }) => isInside(dayIn(business.timezone, createdAt));
  const campaignOfAd = new Map(business.ads.map((ad) => [ad.id, ad.campaignId]));
  const leads = business.leads.filter((lead) => (lead.campaignId ?? campaignOfAd.get(lead.adId ?? "")) === campaignId);
  const leadIds = new Set(leads.map(({ id }) => id));
  const opportunities = business.opportunities.filter(({ leadId }) => leadIds.has(leadId));
  const leadOfOpportunity = new Map(business.opportunities.map(({ id, leadId }) => [id, leadId]));
  const spend = sum(
    business.insights
      .filter(
        ({ level, entityId, accountId }) => level === "campaign" && entityId === campaignId && accountId === account.id,
      )
      .flatMap(({ day, spend: spent }) => (isInside(day) ? [spent] : [])),
  );
  const revenue = sum(
    business.sales
      .filter(({ leadId, opportunityId }) => leadIds.has(leadId ?? leadOfOpportunity.get(opportunityId ?? "") ?? ""))
      .filter(({ status, currency, day }) => status === "completed" && currency === account.currency && isInside(day))
      .map(({ amount }) => amount),
  );
  const roiPercentage = ratio(multiply(subtract(revenue, spend), parseDecimal("100")), spend, 2);
  return {
    name: campaign.name,
    spend,
    revenue,
    leads: leads.filter(happened).length,
    opportunities: opportunities.filter(happened).length,
    roiPercentage,
  };
}
