// What the demo campaigns brought: plain constants, so that a test can add them up by hand. Days are counted back from the
// day of the seeding. Amounts are in the ad account's currency unless a sale says otherwise.
import { demoCampaignIds as ids } from "./meta/demo-ids.ts";

export type DemoSale = {
  daysAgo: number;
  amount: string;
  /** Another than the ad account's. */
  currency?: string;
  /** Completed when absent. */
  status?: "pending" | "failed";
  /** Paid back five days later. */
  refunded?: string;
};

/** One campaign's leads: one for each sale, the rest spread evenly from `from` to `until` days ago. */
export type DemoCampaign = {
  campaignId: string;
  currency: "ARS" | "USD" | "CLP";
  from: number;
  until: number;
  leads: number;
  /** Of those leads, the sales' own included. */
  opportunities: number;
  sales: readonly DemoSale[];
};

export const sonrisaCampaigns: readonly DemoCampaign[] = [
  {
    campaignId: ids.implants,
    currency: "ARS",
    from: 100,
    until: 2,
    leads: 26,
    opportunities: 13,
    sales: [
      { daysAgo: 71, amount: "1850000" },
      { daysAgo: 58, amount: "2400000.50" },
      { daysAgo: 44, amount: "1250000" },
      { daysAgo: 29, amount: "3100000" },
      { daysAgo: 9, amount: "980000.25" },
      { daysAgo: 4, amount: "2200000", status: "pending" },
    ],
  },
  {
    campaignId: ids.whitening,
    currency: "ARS",
    from: 94,
    until: 1,
    leads: 22,
    opportunities: 11,
    sales: [
      { daysAgo: 80, amount: "385000" },
      { daysAgo: 66, amount: "410000" },
      { daysAgo: 52, amount: "385000" },
      { daysAgo: 37, amount: "460000" },
      { daysAgo: 25, amount: "385000" },
      { daysAgo: 12, amount: "520000", refunded: "120000" },
    ],
  },
  {
    campaignId: ids.whatsappShifts,
    currency: "ARS",
    from: 99,
    until: 0,
    leads: 20,
    opportunities: 9,
    sales: [
      { daysAgo: 62, amount: "240000" },
      { daysAgo: 41, amount: "185000" },
      { daysAgo: 20, amount: "310000" },
      { daysAgo: 6, amount: "95000", status: "failed" },
    ],
  },
  {
    campaignId: ids.orthodontics,
    currency: "ARS",
    from: 59,
    until: 11,
    leads: 10,
    opportunities: 5,
    sales: [
      { daysAgo: 38, amount: "1900000" },
      { daysAgo: 22, amount: "1200", currency: "USD" },
      { daysAgo: 7, amount: "1750000" },
    ],
  },
  { campaignId: ids.legacyForms, currency: "ARS", from: 100, until: 71, leads: 5, opportunities: 1, sales: [] },
  { campaignId: ids.brandVideo, currency: "ARS", from: 100, until: 85, leads: 2, opportunities: 0, sales: [] },
  {
    campaignId: ids.rejectedPromo,
    currency: "ARS",
    from: 38,
    until: 3,
    leads: 5,
    opportunities: 3,
    sales: [
      { daysAgo: 15, amount: "68000", status: "failed" },
      { daysAgo: 3, amount: "72000", status: "pending" },
    ],
  },
  {
    campaignId: ids.miamiSmile,
    currency: "USD",
    from: 98,
    until: 2,
    leads: 14,
    opportunities: 7,
    sales: [
      { daysAgo: 74, amount: "3200" },
      { daysAgo: 49, amount: "4800.40" },
      { daysAgo: 26, amount: "5600", refunded: "800" },
    ],
  },
  {
    campaignId: ids.miamiWhatsapp,
    currency: "USD",
    from: 73,
    until: 4,
    leads: 8,
    opportunities: 4,
    sales: [
      { daysAgo: 33, amount: "1900" },
      { daysAgo: 16, amount: "2450.75" },
    ],
  },
  { campaignId: ids.miamiTraffic, currency: "USD", from: 96, until: 35, leads: 3, opportunities: 1, sales: [] },
  {
    campaignId: ids.catalogSales,
    currency: "CLP",
    from: 97,
    until: 1,
    leads: 12,
    opportunities: 6,
    sales: [
      { daysAgo: 68, amount: "4890000" },
      { daysAgo: 45, amount: "3150000" },
      { daysAgo: 18, amount: "6290000" },
    ],
  },
  {
    campaignId: ids.eyeExam,
    currency: "CLP",
    from: 95,
    until: 3,
    leads: 11,
    opportunities: 4,
    sales: [
      { daysAgo: 55, amount: "289000" },
      { daysAgo: 31, amount: "342000" },
    ],
  },
  {
    campaignId: ids.progressiveLenses,
    currency: "CLP",
    from: 48,
    until: 5,
    leads: 6,
    opportunities: 3,
    sales: [{ daysAgo: 14, amount: "1190000" }],
  },
];

/** What the neighbour earned with campaigns of the same ids. */
export const andesCampaigns: readonly DemoCampaign[] = [
  {
    campaignId: ids.implants,
    currency: "ARS",
    from: 60,
    until: 5,
    leads: 6,
    opportunities: 3,
    sales: [
      { daysAgo: 30, amount: "111111" },
      { daysAgo: 10, amount: "222222" },
    ],
  },
  {
    campaignId: ids.eyeExam,
    currency: "CLP",
    from: 50,
    until: 5,
    leads: 4,
    opportunities: 1,
    sales: [{ daysAgo: 8, amount: "77000" }],
  },
];

/** Leads that no campaign brought: most by recommendation, the last ones say Meta but not which campaign. */
export const withoutCampaign = { organic: 12, unattributed: 4, organicSales: ["450000", "1300000"] } as const;

/** The sales of one of the demo tenant's campaigns. */
export const demoSalesOf = (campaignId: string): readonly DemoSale[] =>
  sonrisaCampaigns.find((campaign) => campaign.campaignId === campaignId)?.sales ?? [];
