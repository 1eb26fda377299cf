/** The names by which the demo CRM (leads, opportunities, sales) refers to the demo business. */

export const demoAccountIds = {
  clinic: "784512093311001",
  miami: "784512093311002",
  optics: "912034556677003",
} as const;

export const demoPortfolioIds = { health: "2329417887457253", retail: "1894550231177842" } as const;

/** Owns the Miami account and belongs to an agency none of the demo people can see. */
export const agencyPortfolioId = "1700998877665544";

export const demoPageIds = { clinic: "102290129340398", miami: "104455667788990", optics: "108877665544332" } as const;

export const demoFormIds = {
  clinic: "172036835026334",
  clinicOld: "172036835026335",
  miami: "172036835026336",
  optics: "172036835026337",
} as const;

export const demoWabaIds = { clinic: "114455667788001", optics: "114455667788002" } as const;

export const demoPhoneNumberIds = {
  clinic: "106540352242922",
  clinicSecond: "106540352242923",
  optics: "106540352242924",
} as const;

export const demoPersonIds = {
  /** Sees everything. */
  owner: "10215241773831025",
  /** Sees no business, account or page. */
  stranger: "10229876543210987",
  /** Sees the Chilean side and declines business_management and leads_retrieval. */
  reserved: "10233344455566677",
} as const;

/** Who a never-expiring token of the business stands for. */
export const demoSystemUserId = "61550011223344556";

export const demoCampaignIds = {
  implants: "120210471111000001",
  whitening: "120210471111000002",
  whatsappShifts: "120210471111000003",
  orthodontics: "120210471111000004",
  legacyForms: "120210471111000005",
  brandVideo: "120210471111000006",
  childrenMonth: "120210471111000007",
  testAudience: "120210471111000008",
  rejectedPromo: "120210471111000009",
  miamiSmile: "120210471112000001",
  miamiWhatsapp: "120210471112000002",
  miamiTraffic: "120210471112000003",
  miamiSpring: "120210471112000004",
  catalogSales: "120210471113000001",
  eyeExam: "120210471113000002",
  progressiveLenses: "120210471113000003",
  contactLenses: "120210471113000004",
  fatherDay: "120210471113000005",
  storeReach: "120210471113000006",
} as const;

const childId = (campaignId: string, kind: 2 | 3 | 4, place: number): string =>
  `${campaignId.slice(0, 12)}${kind}${campaignId.slice(-3)}${String(place).padStart(2, "0")}`;

export const demoAdsetId = (campaignId: string, adset: number): string => childId(campaignId, 2, adset);
export const demoAdId = (campaignId: string, ad: number): string => childId(campaignId, 3, ad);
export const demoCreativeId = (campaignId: string, ad: number): string => childId(campaignId, 4, ad);
