import * as z from "zod";
import { isAppError } from "../../errors.ts";
import { normaliseAccountId } from "./accounts.ts";
import type { Graph } from "./graph.ts";
import { budgetIn, integer, metaId, text, time } from "./shapes.ts";

export type ListingInput = {
  /** The account's: budgets come in its minor units. */
  currency: string;
  updatedSince?: Date | undefined;
};

const OF_CAMPAIGN = ["ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "IN_PROCESS", "WITH_ISSUES"];
const OF_AD = ["ADSET_PAUSED", "DISAPPROVED", "PENDING_REVIEW", "PENDING_BILLING_INFO", "PREAPPROVED"];

/** Naming every status is what makes Meta list the archived and the deleted (§D.4). */
export const effectiveStatuses = {
  campaign: OF_CAMPAIGN,
  adset: [...OF_CAMPAIGN, "CAMPAIGN_PAUSED"],
  ad: [...OF_CAMPAIGN, "CAMPAIGN_PAUSED", ...OF_AD],
};

/** Wide rows on a big page make Meta refuse or cut the answer: the listing starts again with smaller pages. */
const PAGE_SIZES = [100, 50, 25];

const isTooWide = (thrown: unknown): boolean =>
  isAppError(thrown, "meta.too_much_data", "meta.protocol") && thrown.details["splitBy"] !== undefined;

type Level = keyof typeof effectiveStatuses;

const listEdge = async <Row>(
  graph: Graph,
  {
    token,
    accountId,
    level,
    updatedSince,
  }: { token: string; accountId: string; level: Level; updatedSince?: Date | undefined },
  fields: string,
  schema: z.ZodType<Row>,
): Promise<Row[]> => {
  const params = {
    fields,
    effective_status: effectiveStatuses[level],
    // `updated_since` does not exist on campaigns; `filtering` works on all three (§D.1).
    filtering: updatedSince && [
      { field: `${level}.updated_time`, operator: "GREATER_THAN", value: Math.floor(updatedSince.getTime() / 1000) },
    ],
  };
  const path = `act_${normaliseAccountId(accountId)}/${level}s`;
  for (const limit of PAGE_SIZES.slice(0, -1)) {
    try {
      return await graph.list({ path, params: { ...params, limit }, auth: { token }, schema });
    } catch (thrown) {
      if (!isTooWide(thrown)) throw thrown;
    }
  }
  return graph.list({ path, params: { ...params, limit: PAGE_SIZES.at(-1) }, auth: { token }, schema });
};

const common = {
  id: metaId,
  name: text,
  status: text,
  configured_status: text,
  effective_status: text,
  created_time: time,
  updated_time: time,
};

const commonFields = "id,name,status,configured_status,effective_status,created_time,updated_time";

const toCommon = (found: z.output<z.ZodObject<typeof common>>) => ({
  id: found.id,
  name: found.name ?? found.id,
  /** What its owner set; `effectiveStatus` is what really happens. Text: Meta adds values. */
  status: found.status,
  configuredStatus: found.configured_status,
  effectiveStatus: found.effective_status,
  createdAt: found.created_time,
  updatedAt: found.updated_time,
});

const issue = z
  .object({ level: text, error_code: integer.nullish(), error_summary: text })
  .transform(({ level, error_code, error_summary }) => ({ level, code: error_code ?? null, summary: error_summary }));

const campaignIn = (currency: string) =>
  z
    .object({
      ...common,
      objective: text,
      buying_type: text,
      bid_strategy: text,
      daily_budget: budgetIn(currency),
      lifetime_budget: budgetIn(currency),
      budget_remaining: budgetIn(currency),
      spend_cap: budgetIn(currency),
      special_ad_categories: z.array(z.string()).nullish(),
      start_time: time,
      stop_time: time,
      issues_info: z.array(issue).nullish(),
    })
    .transform((found) => ({
      ...toCommon(found),
      objective: found.objective,
      buyingType: found.buying_type,
      bidStrategy: found.bid_strategy,
      /** Budgets are decimals in major units, null when unset (the budget may live on the ad sets). */
      dailyBudget: found.daily_budget,
      lifetimeBudget: found.lifetime_budget,
      budgetRemaining: found.budget_remaining,
      spendCap: found.spend_cap,
      specialAdCategories: found.special_ad_categories ?? [],
      startAt: found.start_time,
      stopAt: found.stop_time,
      issues: found.issues_info ?? [],
    }));

const adSetIn = (currency: string) =>
  z
    .object({
      ...common,
      campaign_id: metaId,
      optimization_goal: text,
      bid_strategy: text,
      daily_budget: budgetIn(currency),
      lifetime_budget: budgetIn(currency),
      budget_remaining: budgetIn(currency),
      start_time: time,
      end_time: time,
    })
    .transform((found) => ({
      ...toCommon(found),
      campaignId: found.campaign_id,
      optimizationGoal: found.optimization_goal,
      bidStrategy: found.bid_strategy,
      dailyBudget: found.daily_budget,
      lifetimeBudget: found.lifetime_budget,
      budgetRemaining: found.budget_remaining,
      startAt: found.start_time,
      endAt: found.end_time,
    }));

const ad = z
  .object({
    ...common,
    campaign_id: metaId,
    adset_id: metaId,
    creative: z.object({ thumbnail_url: text, title: text, body: text }).nullish(),
  })
  .transform((found) => ({
    ...toCommon(found),
    campaignId: found.campaign_id,
    adsetId: found.adset_id,
    /** A signed link that stops working after some days. */
    thumbnailUrl: found.creative?.thumbnail_url ?? null,
    title: found.creative?.title ?? null,
    body: found.creative?.body ?? null,
  }));

export type Campaign = z.output<ReturnType<typeof campaignIn>>;
export type AdSet = z.output<ReturnType<typeof adSetIn>>;
export type Ad = z.output<typeof ad>;

/** Every campaign of the account, archived and deleted ones too. */
export const listCampaigns = (
  graph: Graph,
  token: string,
  accountId: string,
  { currency, updatedSince }: ListingInput,
): Promise<Campaign[]> => {
  const fields = `${commonFields},objective,buying_type,bid_strategy,daily_budget,lifetime_budget,budget_remaining,spend_cap,special_ad_categories,start_time,stop_time,issues_info`;
  return listEdge(graph, { token, accountId, level: "campaign", updatedSince }, fields, campaignIn(currency));
};

/** Every ad set of the account, archived and deleted ones too. */
export const listAdSets = (
  graph: Graph,
  token: string,
  accountId: string,
  { currency, updatedSince }: ListingInput,
): Promise<AdSet[]> => {
  const fields = `${commonFields},campaign_id,optimization_goal,bid_strategy,daily_budget,lifetime_budget,budget_remaining,start_time,end_time`;
  return listEdge(graph, { token, accountId, level: "adset", updatedSince }, fields, adSetIn(currency));
};

/** Every ad of the account with its creative's preview, archived and deleted ones too. */
export const listAds = (
  graph: Graph,
  token: string,
  accountId: string,
  { updatedSince }: { updatedSince?: Date | undefined } = {},
): Promise<Ad[]> => {
  const fields = `${commonFields},campaign_id,adset_id,creative{thumbnail_url,title,body}`;
  return listEdge(graph, { token, accountId, level: "ad", updatedSince }, fields, ad);
};
