// What was read, in the shape of the API that it is measured against.
import type { AccountSpend, Ad, Campaign, EntitySpend, Outcome, Spend, Sums, Tenant, Window } from "./questions.ts";

export type Figures = {
  tenant: Tenant;
  window: Window;
  campaigns: Campaign[];
  spend: EntitySpend[];
  accounts: AccountSpend[];
  ads: Ad[];
  outcomes: Outcome[];
};

const PAGE = 100;

const noSums: Sums = { leads: 0, opportunities: 0, won: 0, revenue: 0 };
const noSpend: Spend = { spend: 0, impressions: 0, clicks: 0, metaLeads: 0 };

const round = (value: number, decimals = 2) => Math.round(value * 10 ** decimals) / 10 ** decimals;
const per = (amount: number, count: number, decimals = 6) => (count === 0 ? null : round(amount / count, decimals));
const roiOf = ({ revenue, spend }: Sums & Spend) => (spend === 0 ? null : round(((revenue - spend) / spend) * 100));

const addUp = (outcomes: readonly Outcome[]): Sums =>
  outcomes.reduce(
    (sums, { leads, opportunities, won, revenue }) => ({
      leads: sums.leads + leads,
      opportunities: sums.opportunities + opportunities,
      won: sums.won + won,
      revenue: round(sums.revenue + revenue),
    }),
    noSums,
  );

const measuresOf = (sums: Sums & Spend) => ({
  spend: sums.spend,
  revenue: sums.revenue,
  impressions: sums.impressions,
  clicks: sums.clicks,
  meta_leads: sums.metaLeads,
  leads: sums.leads,
  opportunities: sums.opportunities,
  won: sums.won,
  roi_defined: roiOf(sums) !== null,
  roas: per(sums.revenue, sums.spend),
  cpa: per(sums.spend, sums.leads),
  cpl: per(sums.spend, sums.leads),
  cost_per_opportunity: per(sums.spend, sums.opportunities),
  cac: per(sums.spend, sums.won),
  ctr: per(sums.clicks * 100, sums.impressions, 2),
  cpc: per(sums.spend, sums.clicks),
  cpm: per(sums.spend * 1000, sums.impressions),
});

const isOurs = ({ bucket }: Outcome) => bucket === "campaign";

/** Campaigns with what they cost and brought, those that spent most first. */
const withFigures = ({ campaigns, spend, outcomes }: Figures) => {
  const spendOf = new Map(spend.map((row) => [row.id, row]));
  const outcomesOf = Map.groupBy(
    outcomes.filter(({ isCurrent }) => isCurrent),
    ({ campaignId }) => campaignId,
  );
  return campaigns
    .map((campaign) => {
      const { id: _, ...spent } = spendOf.get(campaign.id) ?? { id: "", ...noSpend };
      return { ...campaign, ...spent, ...addUp(outcomesOf.get(campaign.id) ?? []) };
    })
    .toSorted((a, b) => b.spend - a.spend || (a.id < b.id ? -1 : 1));
};

/** The account's spend with what its campaigns brought. */
const totalsOf = ({ accounts, outcomes }: Figures, isCurrent: boolean): Sums & Spend => ({
  ...(accounts.find((row) => row.isCurrent === isCurrent) ?? noSpend),
  ...addUp(outcomes.filter((row) => isOurs(row) && row.isCurrent === isCurrent)),
});

const periodOf = ({ window, tenant }: Figures) => ({
  preset: "last_30d",
  since: window.since,
  until: window.until,
  previous: { since: window.previousSince, until: window.previousUntil },
  timezone: tenant.timezone,
});

const hubRow = (
  row: Sums & Spend & { id: string; name: string; status: string; effectiveStatus: string },
  tenant: Tenant,
) => {
  const roi = roiOf(row);
  return {
    id: row.id,
    name: row.name,
    status: row.status.toLowerCase(),
    effective_status: row.effectiveStatus,
    currency: tenant.currency,
    spend: row.spend,
    revenue: row.revenue,
    leads: row.leads,
    opportunities: row.opportunities,
    won: row.won,
    roi: (roi ?? 0) / 100,
    roi_percentage: roi ?? 0,
    roi_defined: roi !== null,
    cpl: per(row.spend, row.leads),
    cpa: per(row.spend, row.leads),
  };
};

export const describeCampaigns = (figures: Figures) => {
  const { tenant } = figures;
  const all = withFigures(figures);
  const totals = totalsOf(figures, true);
  return {
    data: all.slice(0, PAGE).map((campaign) => ({
      id: campaign.id,
      name: campaign.name,
      status: campaign.status,
      effective_status: campaign.effectiveStatus,
      level: "campaign",
      objective: campaign.objective,
      account_id: campaign.accountId,
      currency: campaign.currency,
      ...measuresOf(campaign),
      roi: roiOf(campaign) ?? 0,
    })),
    total: all.length,
    totals: { ...measuresOf(totals), roi: roiOf(totals) ?? 0, currency: tenant.currency, period: periodOf(figures) },
  };
};

export const describeStats = (figures: Figures) => {
  const { tenant, ads, outcomes } = figures;
  const [now, before] = [totalsOf(figures, true), totalsOf(figures, false)];
  const change = (of: (totals: Sums & Spend) => number) => {
    const value = round(of(now) - of(before));
    return { value, pct: per(value * 100, Math.abs(of(before)), 2), reason: null };
  };
  const outside = (bucket: Outcome["bucket"]) =>
    addUp(outcomes.filter((row) => row.isCurrent && row.bucket === bucket));
  const all = withFigures(figures);
  const nameOf = new Map(all.map(({ id, name }) => [id, name]));
  const outcomesOfAd = Map.groupBy(
    outcomes.filter(({ isCurrent }) => isCurrent),
    ({ adId }) => adId,
  );
  const tables = {
    campaigns: all.map((row) => ({ ...hubRow(row, tenant), campaign_name: row.name, level: "campaign" })),
    creatives: ads.map((ad) => ({
      ...hubRow({ ...ad, ...addUp(outcomesOfAd.get(ad.id) ?? []) }, tenant),
      ad_id: ad.id,
      ad_name: ad.name,
      campaign_id: ad.campaignId,
      campaign_name: nameOf.get(ad.campaignId) ?? "",
      thumbnail_url: ad.thumbnailUrl,
      level: "ad",
    })),
    account_total_spend: now.spend,
  };
  const changes = {
    leads: change(({ leads }) => leads),
    opportunities: change(({ opportunities }) => opportunities),
    revenue: change(({ revenue }) => revenue),
    spend: change(({ spend }) => spend),
    roi: { value: round((roiOf(now) ?? 0) - (roiOf(before) ?? 0)), pct: null, reason: null },
  };
  const roi = {
    ...measuresOf(now),
    total_spend: now.spend,
    total_revenue: now.revenue,
    currency: tenant.currency,
    roi: (roiOf(now) ?? 0) / 100,
    roi_percentage: roiOf(now) ?? 0,
    meta_connected: tenant.isConnected,
    ad_account_id: tenant.accountId,
    period: periodOf(figures),
  };
  return {
    leads: now.leads,
    leads_change: changes.leads.pct ?? 0,
    opportunities: now.opportunities,
    opportunities_change: changes.opportunities.pct ?? 0,
    sales_revenue: now.revenue,
    revenue_change: changes.revenue.pct ?? 0,
    marketing_spend: now.spend,
    spend_change: changes.spend.pct ?? 0,
    roi_percentage: roi.roi_percentage,
    roi_change: changes.roi.value,
    cpa: roi.cpa,
    currency: tenant.currency,
    meta_connected: tenant.isConnected,
    changes,
    outside: { organic: outside("organic"), unattributed: outside("unattributed") },
    roi,
    meta: { roi, campaigns: tables, currency: tenant.currency, meta_connected: tenant.isConnected },
    campaigns: tables,
    period: periodOf(figures),
  };
};
