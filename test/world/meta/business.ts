import { chileCampaigns, clinicCampaigns, miamiCampaigns } from "./business-campaigns.ts";
import { buildCampaign } from "./business-builder.ts";
import {
  agencyPortfolioId,
  demoAccountIds,
  demoAdId,
  demoAdsetId,
  demoCampaignIds,
  demoFormIds,
  demoPageIds,
  demoPersonIds,
  demoPhoneNumberIds,
  demoPortfolioIds,
  demoSystemUserId,
  demoWabaIds,
} from "./demo-ids.ts";
import { demoPages, demoWabas } from "./demo-assets.ts";
import type { AdAccount, Business, Person } from "./entities.ts";

/** The day the demo's past is counted back from; active campaigns go on delivering after it. */
export const demoAnchor = "2026-11-23";

const MANAGER = ["DRAFT", "ANALYZE", "ADVERTISE", "MANAGE"];

const accounts = (anchor: string): AdAccount[] => [
  {
    id: demoAccountIds.clinic,
    name: "Clínica Dental Aurora — Buenos Aires",
    currency: "ARS",
    timezoneName: "America/Argentina/Buenos_Aires",
    timezoneId: 24,
    accountStatus: 1,
    disableReason: 0,
    ownerPortfolioId: demoPortfolioIds.health,
    clientPortfolioIds: [],
    userTasks: MANAGER,
    spendCap: 0,
    createdAt: Date.UTC(2023, 2, 22, 1, 33, 56),
    campaigns: clinicCampaigns.map((plan) => buildCampaign(plan, anchor)),
  },
  {
    id: demoAccountIds.miami,
    name: "Aurora Smile Miami",
    currency: "USD",
    timezoneName: "America/New_York",
    timezoneId: 7,
    accountStatus: 1,
    disableReason: 0,
    ownerPortfolioId: agencyPortfolioId,
    clientPortfolioIds: [demoPortfolioIds.health],
    userTasks: ["DRAFT", "ANALYZE"],
    spendCap: 500_000,
    createdAt: Date.UTC(2024, 7, 5, 15, 2, 11),
    campaigns: miamiCampaigns.map((plan) => buildCampaign(plan, anchor)),
  },
  {
    id: demoAccountIds.optics,
    name: "Óptica Andina Chile",
    currency: "CLP",
    timezoneName: "America/Santiago",
    timezoneId: 32,
    accountStatus: 9,
    disableReason: 0,
    ownerPortfolioId: demoPortfolioIds.retail,
    clientPortfolioIds: [],
    userTasks: MANAGER,
    spendCap: 0,
    createdAt: Date.UTC(2022, 10, 14, 12, 0, 0),
    campaigns: chileCampaigns.map((plan) => buildCampaign(plan, anchor)),
  },
];

const everything = {
  portfolioIds: Object.values(demoPortfolioIds),
  accountIds: Object.values(demoAccountIds),
  pageIds: Object.values(demoPageIds),
  declines: [],
};

const people: Person[] = [
  { id: demoPersonIds.owner, name: "Lucía Fernández", ...everything },
  { id: demoPersonIds.stranger, name: "Pablo Vega", portfolioIds: [], accountIds: [], pageIds: [], declines: [] },
  {
    id: demoPersonIds.reserved,
    name: "Martina Ríos",
    portfolioIds: [demoPortfolioIds.retail],
    accountIds: [demoAccountIds.optics],
    pageIds: [demoPageIds.optics],
    declines: ["business_management", "leads_retrieval"],
  },
  { id: demoSystemUserId, name: "CRM Hub (usuario del sistema)", ...everything },
];

/** A dental group in Argentina and Miami and an optician's chain in Chile, with 120 days of past at the anchor. */
export const createDemoBusiness = ({ anchor = demoAnchor }: { anchor?: string } = {}): Business => ({
  systemUserId: demoSystemUserId,
  portfolios: [
    {
      id: demoPortfolioIds.health,
      name: "Grupo Aurora Salud",
      verificationStatus: "verified",
      timezoneId: 24,
      createdAt: Date.UTC(2023, 2, 20, 14, 0, 0),
    },
    {
      id: demoPortfolioIds.retail,
      name: "Andina Retail SpA",
      verificationStatus: "not_verified",
      timezoneId: 32,
      createdAt: Date.UTC(2022, 10, 10, 14, 0, 0),
    },
  ],
  accounts: accounts(anchor),
  pages: demoPages(),
  wabas: demoWabas(),
  people: structuredClone(people),
});

const business = createDemoBusiness();

const idsUnder = (campaignId: string) => {
  const campaign = business.accounts.flatMap((account) => account.campaigns).find(({ id }) => id === campaignId);
  const adsets = campaign?.adsets ?? [];
  return { adsetIds: adsets.map(({ id }) => id), adIds: adsets.flatMap(({ ads }) => ads.map(({ id }) => id)) };
};

/** The demo business with its ids by name. */
export const demoBusiness = {
  business,
  anchor: demoAnchor,
  accountIds: demoAccountIds,
  portfolioIds: demoPortfolioIds,
  pageIds: demoPageIds,
  formIds: demoFormIds,
  wabaIds: demoWabaIds,
  phoneNumberIds: demoPhoneNumberIds,
  personIds: demoPersonIds,
  systemUserId: demoSystemUserId,
  campaignIds: demoCampaignIds,
  adsetId: demoAdsetId,
  adId: demoAdId,
  idsUnder,
} as const;
