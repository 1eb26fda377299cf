import type { AdAccount, Business, Place } from "./entities.ts";
import type { InsightQuery } from "./insight-query.ts";

/** Everything the simulated Meta remembers, and the switches of its awkward sides. Tests may set any of it. */

export type TokenKind = "USER" | "SYSTEM_USER" | "PAGE" | "APP";

export interface Token {
  value: string;
  serial: number;
  appId: string;
  kind: TokenKind;
  personId: string;
  scopes: string[];
  /** Unix seconds; 0 never. */
  issuedAt: number;
  expiresAt: number;
  dataAccessExpiresAt: number;
  isLongLived: boolean;
  /** Assets the scopes are limited to (granular scopes); absent means all. */
  accountIds?: string[];
  wabaIds?: string[];
  pageId?: string;
  /** Set once the token is dead before its time: 458 removed, 460 password changed… */
  invalidSubcode?: number;
}

export interface Code {
  value: string;
  redirectUri: string;
  issuedAt: number;
  isUsed: boolean;
  personId: string;
  scopes: string[];
  configuration?: LoginConfiguration;
}

/** A Facebook Login for Business configuration: replaces `scope`, all or nothing (§B.1). */
export interface LoginConfiguration {
  id: string;
  scopes: string[];
  tokenKind: "USER" | "SYSTEM_USER";
  neverExpires: boolean;
}

export type ReportOutcome = "complete" | "fail" | "skip";

export interface Report {
  id: string;
  accountId: string;
  query: InsightQuery;
  createdAt: number;
  polls: number;
  outcome: ReportOutcome;
}

export interface Settings {
  appId: string;
  appSecret: string;
  appName: string;
  redirectUris: string[];
  configurations: LoginConfiguration[];
  /** Who is logged in to Facebook when the dialog opens. */
  personId: string;
  /** Dead Marketing versions answer 2635 instead of being upgraded (§A.2). */
  strictVersions: boolean;
  requireAppSecretProof: boolean;
  /** What a login code buys: an hour, sixty days, or a token without expiry. */
  codeGrant: "short" | "long" | "never";
  exchangeMode: "renew" | "no-expires-in" | "same-token" | "unchanged-expiry";
  /** Accounts that new tokens are limited to; undefined means all of the person's. */
  grantedAccountIds: string[] | undefined;
  /** WhatsApp accounts that new tokens are limited to; undefined means all of the person's portfolios. */
  grantedWabaIds: string[] | undefined;
  /** Says that it subscribed an app, and does not. */
  forgetsSubscriptions: boolean;
  /** `next` also on the last full page, leading to an empty one (§D.6). */
  emptyLastPage: boolean;
  /** Pages are cut before filtering, so they may hold fewer rows than the limit, even none (§D.6). */
  sliceBeforeFilter: boolean;
  /** Sync insights with more rows answer 100/1487534; a larger `limit` answers HTTP 500 code 1 (§E.5). */
  maxSyncRows: number;
  maxReportRows: number;
  maxPageSize: number;
  /** How many items at the end of a batch come back as null: not finished, ask again (§F.5). */
  unfinishedInBatch: number;
  reports: {
    /** The first poll answers 100/33 (§E.4). */
    firstPollRace: boolean;
    /** A report moves one stage per poll and one per this many milliseconds, whichever is further. */
    stageMs: number;
    advanceByPolls: boolean;
    /** Outcomes of the next reports, in order; complete when empty. */
    nextOutcomes: ReportOutcome[];
  };
  quota: {
    /** Calls per hour. */
    insightsPerAccount: number;
    managementPerAccount: number;
    app: number;
    /** `score` throttles as 17/2446079, the older form of 80004/80000. */
    throttleForm: "business-use-case" | "score";
    tier: "standard_access" | "development_access";
  };
}

/** What somebody filled in. */
export interface SimLead {
  id: string;
  formId: string;
  pageId: string;
  createdAt: number;
  /** Absent for what came without an ad. */
  adId?: string;
  platform: string;
  answers: { name: string; values: string[] }[];
  consents: { checkbox_key: string; is_checked: string }[];
  isTest: boolean;
}

export interface MetaState extends Settings {
  business: Business;
  /** Grows whenever the business changes. */
  revision: number;
  serial: number;
  tokens: Map<string, Token>;
  codes: Map<string, Code>;
  /** Person → scope → status. */
  grants: Map<string, Map<string, "granted" | "declined">>;
  runs: Map<string, Report>;
  leads: Map<string, SimLead>;
  /** Page or WhatsApp account → the fields that the app is sent. */
  subscriptions: Map<string, string[]>;
  /** Pages whose leads the Leads Access Manager keeps from us, and how Meta says so (§H). */
  noLeadAccess: Map<string, "100/33" | "10" | "200">;
  bucket: Map<string, { points: number; at: number; blockedUntil: number }>;
}

export const defaultSettings: Settings = {
  appId: "138483919580948",
  appSecret: "5f1c2e7a9b3d4c6e8f0a1b2c3d4e5f60",
  appName: "CRM Hub",
  redirectUris: ["http://localhost:8787/crm/auth/meta/callback", "https://app.example/cb"],
  configurations: [
    {
      id: "700100200300400",
      scopes: ["ads_read", "business_management", "public_profile"],
      tokenKind: "SYSTEM_USER",
      neverExpires: true,
    },
    {
      id: "700100200300401",
      scopes: ["ads_read", "ads_management", "business_management", "public_profile"],
      tokenKind: "USER",
      neverExpires: false,
    },
  ],
  personId: "",
  strictVersions: false,
  requireAppSecretProof: false,
  codeGrant: "short",
  exchangeMode: "renew",
  grantedAccountIds: undefined,
  grantedWabaIds: undefined,
  forgetsSubscriptions: false,
  emptyLastPage: false,
  sliceBeforeFilter: false,
  maxSyncRows: 20_000,
  maxReportRows: 1_000_000,
  maxPageSize: 5_000,
  unfinishedInBatch: 0,
  reports: { firstPollRace: false, stageMs: 15_000, advanceByPolls: true, nextOutcomes: [] },
  quota: {
    insightsPerAccount: 100_000,
    managementPerAccount: 100_000,
    app: 100_000,
    throttleForm: "business-use-case",
    tier: "standard_access",
  },
};

export const freshState = (business: Business, settings: Partial<Settings>): MetaState => ({
  ...structuredClone({ ...defaultSettings, personId: business.people[0]?.id ?? "" }),
  ...structuredClone(settings),
  business: structuredClone(business),
  revision: 0,
  serial: 0,
  tokens: new Map(),
  codes: new Map(),
  grants: new Map(),
  runs: new Map(),
  leads: new Map(),
  subscriptions: new Map(),
  noLeadAccess: new Map(),
  bucket: new Map(),
});

export const findAccount = (state: MetaState, id: string): AdAccount | undefined =>
  state.business.accounts.find((account) => account.id === id);

/** The campaign, ad set or ad with this id and what stands above it; permanently deleted ones are not found. */
export const findPlace = (state: MetaState, id: string): Place | undefined => {
  for (const account of state.business.accounts) {
    for (const campaign of account.campaigns) {
      if (!campaign.listed) continue;
      if (campaign.id === id) return { account, campaign };
      for (const adset of campaign.adsets) {
        if (adset.id === id) return { account, campaign, adset };
        const ad = adset.ads.find((candidate) => candidate.id === id);
        if (ad) return { account, campaign, adset, ad };
      }
    }
  }
  return undefined;
};
