// A business as plain data: what the tables hold, without the tables.
import type { Day } from "../../src/lib/dates.ts";

/** Epoch microseconds, as PostgreSQL keeps them. */
export type Instant = number;

/** Money in millionths of a currency's major unit. */
export type Amount = bigint;

export type Channel =
  | "meta_lead_form"
  | "ctwa"
  | "utm_paid"
  | "organic"
  | "referral"
  | "direct"
  | "manual"
  | "import"
  | "email"
  | "other";

export type Touch = {
  id: string;
  leadId: string;
  at: Instant;
  channel: Channel;
  isPaid: boolean;
  campaignId: string | null;
  adSetId: string | null;
  adId: string | null;
  leadgenId: string | null;
  ctwaClid: string | null;
};

/** The columns are what older writers say of where a lead came from. */
export type Lead = {
  id: string;
  createdAt: Instant;
  source: string;
  campaignId: string | null;
  adId: string | null;
};

export type Opportunity = {
  id: string;
  leadId: string;
  stage: string;
  value: Amount;
  currency: string;
  /** Percent. */
  probability: number | null;
  createdAt: Instant;
  closedAt: Instant | null;
};

export type Sale = {
  id: string;
  leadId: string | null;
  opportunityId: string | null;
  amount: Amount;
  currency: string;
  day: Day;
  soldAt: Instant | null;
  status: "completed" | "pending" | "failed";
};

/** A part of a sale given back; its amount is positive here. Everything else is its sale's. */
export type Refund = { id: string; kind: "refund" | "chargeback"; saleId: string; amount: Amount; day: Day };

export type Insight = {
  level: "account" | "campaign" | "ad";
  entityId: string;
  accountId: string;
  day: Day;
  spend: Amount;
};

/** What one `base` costs in `quote`, as a decimal. */
export type Rate = { base: string; quote: string; day: Day; rate: string };

export type Business = {
  timezone: string;
  reportingCurrency: string | null;
  defaultView: View;
  wonStages: string[];
  lostStages: string[];
  /** The first is the primary one. */
  accounts: { id: string; currency: string }[];
  campaigns: { id: string; accountId: string; name: string }[];
  ads: { id: string; accountId: string; campaignId: string; adSetId: string }[];
  insights: Insight[];
  rates: Rate[];
  leads: Lead[];
  touches: Touch[];
  opportunities: Opportunity[];
  sales: Sale[];
  refunds: Refund[];
};

export const models = ["first_touch", "last_touch", "last_paid_touch", "linear", "position"] as const;
/** Days; null is the lead's whole life. */
export const windows = [7, 28, 90, null] as const;

export type View = { model: (typeof models)[number]; window: (typeof windows)[number] };

export const views: View[] = models.flatMap((model) => windows.map((window) => ({ model, window })));
