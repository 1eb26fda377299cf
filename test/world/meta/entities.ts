/** What a business owns on Meta. Plain data: statuses shown, budgets left and numbers are computed from it. */

export type ConfiguredStatus = "ACTIVE" | "PAUSED" | "ARCHIVED" | "DELETED";

/** What an ad or campaign is bought for; decides which actions its days show. */
export type Goal = "form_leads" | "pixel_leads" | "all_leads" | "whatsapp" | "sales" | "traffic" | "awareness";

/**
 * How the row names its leads (§E.3): `rolled` has `lead` beside its components, `components` only the
 * components, `legacy` only `leadgen_grouped`.
 */
export type LeadNaming = "rolled" | "components" | "legacy";

export interface Ad {
  id: string;
  name: string;
  status: ConfiguredStatus;
  review?: "DISAPPROVED" | "PENDING_REVIEW" | "PREAPPROVED" | "PENDING_BILLING_INFO";
  creativeId: string;
  /** Part of the campaign's daily spend; 0 never delivered. */
  share: number;
  updatedAt: number;
}

export interface AdSet {
  id: string;
  name: string;
  status: ConfiguredStatus;
  /** Minor units. */
  dailyBudget?: number;
  optimizationGoal: string;
  attributionSetting: string;
  ads: Ad[];
  updatedAt: number;
}

export interface Campaign {
  id: string;
  name: string;
  objective: string;
  status: ConfiguredStatus;
  condition?: "IN_PROCESS" | "WITH_ISSUES";
  issues?: { level: string; error_code: number; error_summary: string; error_message: string; error_type: string }[];
  goal: Goal;
  leadNaming: LeadNaming;
  /** Minor units. */
  dailyBudget?: number;
  lifetimeBudget?: number;
  /** Major units, before noise. */
  dailySpend: number;
  bidStrategy: string;
  specialAdCategories: string[];
  /** Days of the account's zone, inclusive. */
  startedOn: string;
  endedOn?: string;
  /** Whether the planned end is shown as stop_time; a paused campaign has none. */
  stopPlanned?: boolean;
  pauses: { from: string; until?: string }[];
  /** False for a permanently deleted campaign: no edge and no row names it, the account's totals still hold its spend. */
  listed: boolean;
  createdAt: number;
  updatedAt: number;
  adsets: AdSet[];
}

export interface AdAccount {
  /** Without the act_ prefix. */
  id: string;
  name: string;
  currency: string;
  timezoneName: string;
  timezoneId: number;
  accountStatus: number;
  disableReason: number;
  ownerPortfolioId: string;
  clientPortfolioIds: string[];
  userTasks: string[];
  /** Minor units; 0 is no cap. */
  spendCap: number;
  createdAt: number;
  campaigns: Campaign[];
}

export interface Portfolio {
  id: string;
  name: string;
  verificationStatus: string;
  timezoneId: number;
  createdAt: number;
}

export interface LeadForm {
  id: string;
  name: string;
  status: "ACTIVE" | "ARCHIVED" | "DRAFT";
  locale: string;
  questions: { key: string; label: string; type: string; options?: { key: string; value: string }[] }[];
}

export interface Page {
  id: string;
  name: string;
  category: string;
  /** What the people who see it may do there. */
  tasks: string[];
  forms: LeadForm[];
}

export interface PhoneNumber {
  id: string;
  displayPhoneNumber: string;
  verifiedName: string;
  qualityRating: "GREEN" | "YELLOW" | "RED" | "UNKNOWN";
  status: string;
}

/** A WhatsApp Business account. */
export interface Waba {
  id: string;
  name: string;
  currency: string;
  timezoneId: string;
  ownerPortfolioId: string;
  clientPortfolioIds: string[];
  phoneNumbers: PhoneNumber[];
}

export interface Person {
  id: string;
  name: string;
  portfolioIds: string[];
  accountIds: string[];
  pageIds: string[];
  /** Scopes this person leaves unticked in the dialog. */
  declines: string[];
}

export interface Business {
  /** Whom never-expiring tokens of the business stand for; one of `people`. */
  systemUserId?: string;
  portfolios: Portfolio[];
  accounts: AdAccount[];
  pages: Page[];
  wabas: Waba[];
  people: Person[];
}

/** Where something stands in an account's tree; `adset` and `ad` are absent above their level. */
export interface Place {
  account: AdAccount;
  campaign: Campaign;
  adset?: AdSet;
  ad?: Ad;
}
