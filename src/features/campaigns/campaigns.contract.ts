import * as z from "zod";
import { completeness, fxMissing, timeRangeQuery, toTimeRangeInput } from "../facts/facts.contract.ts";

const accountId = z
  .string()
  .regex(/^(act_)?\d{1,32}$/, "debe ser el id de una cuenta publicitaria")
  .transform((id) => id.replace("act_", ""));

export const listQuery = timeRangeQuery
  .extend({
    status: z
      .string()
      .regex(/^[A-Za-z_]{2,40}$/)
      .optional()
      .describe("Configured or effective status, any case, e.g. ACTIVE."),
    account_id: accountId.optional().describe("With or without act_."),
    search: z.string().max(100).optional().describe("Part of a name, or a whole id."),
    sort: z.enum(["name", "spend", "leads", "revenue", "roi"]).default("spend"),
    direction: z.enum(["asc", "desc"]).optional().describe("Default: asc by name, desc by figures."),
    limit: z.coerce.number().int().min(1).max(200).default(100),
    offset: z.coerce.number().int().min(0).default(0),
  })
  .transform(({ status, account_id, search, sort, direction, limit, offset, ...range }) => ({
    timeRange: toTimeRangeInput(range),
    filter: { status, search },
    accountId: account_id,
    sort: { by: sort, direction: direction ?? (sort === "name" ? ("asc" as const) : ("desc" as const)) },
    limit,
    offset,
  }));

export const rangeQuery = timeRangeQuery.transform((query) => ({ timeRange: toTimeRangeInput(query) }));

export const campaignParam = z.object({ id: z.string().min(1).max(64) });

const ratio = z.number().nullable();

export const figures = z.object({
  spend: z.number().describe("Major units of `currency`; 0 also where it is unknown (see spend_complete)."),
  revenue: z.number().describe("Completed sales less refunds, by transaction date, whatever the age of the lead."),
  impressions: z.number(),
  clicks: z.number(),
  meta_leads: z.number().describe("Leads as Meta reports them; no ratio uses them."),
  leads: z.number().describe("Leads in the CRM, by their last touch."),
  opportunities: z.number(),
  won: z.number(),
  roi_defined: z
    .boolean()
    .describe("False where nothing was spent, or too little of the spend is known: `roi` is then 0."),
  roas: ratio.describe("revenue / spend"),
  cpa: ratio.describe("Cost per lead (the older name of cpl)."),
  cpl: ratio.describe("spend / leads"),
  cost_per_opportunity: ratio,
  cac: ratio.describe("spend / won"),
  ctr: ratio.describe("clicks / impressions, percent"),
  cpc: ratio,
  cpm: ratio,
});

export const campaign = figures.extend({
  id: z.string().describe("Meta's id, or historical_other for what the account spent beyond its campaigns."),
  name: z.string().min(1),
  status: z.string().describe("Upper case; UNKNOWN for a campaign that only leads speak of."),
  effective_status: z.string(),
  level: z.literal("campaign"),
  objective: z.string().nullable(),
  account_id: z.string().nullable(),
  currency: z.string().nullable(),
  roi: z.number().describe("Percent: 400 is four times the spend on top of it."),
  fx_missing: z.array(fxMissing),
});

export const campaignList = z.array(campaign);

/** Stands beside the list. */
export const listTotals = figures
  .extend({ roi: z.number().describe("Percent, over the sums."), currency: z.string().nullable() })
  .extend(completeness.shape);

const budgets = {
  daily_budget: z.number().nullable().describe("Major units."),
  lifetime_budget: z.number().nullable(),
};

const adSet = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  effective_status: z.string(),
  optimization_goal: z.string().nullable(),
  ...budgets,
});

export const campaignDetails = z
  .object({
    id: z.string(),
    name: z.string().min(1),
    objective: z.string().nullable(),
    status: z.string(),
    effective_status: z.string(),
    account_id: z.string().nullable(),
    currency: z.string().nullable(),
    buying_type: z.string().nullable(),
    bid_strategy: z.string().nullable(),
    ...budgets,
    start_time: z.iso.datetime().nullable(),
    end_time: z.iso.datetime().nullable(),
    targeting: z.record(z.string(), z.unknown()),
    performance: figures.extend({ roi_percentage: z.number() }),
    ad_sets: z.array(adSet),
  })
  .extend(completeness.shape);

const insightDay = z.object({
  date: z.iso.date(),
  spend: z
    .number()
    .nullable()
    .describe("Null on a day that was not read from Meta; 0 on a day known without delivery."),
  impressions: z.number().nullable(),
  clicks: z.number().nullable(),
  leads: z.number(),
  opportunities: z.number(),
  won: z.number(),
  revenue: z.number(),
  cpa: ratio,
  cpc: ratio,
  cpm: ratio,
  ctr: ratio,
  partial: z.boolean().describe("Unknown, or not over."),
});

export const campaignInsights = z
  .object({
    id: z.string(),
    name: z.string().min(1),
    currency: z.string().nullable(),
    insights: z.array(insightDay),
    time_range: z.string(),
    attribution_window: z.string().describe("Meta's attribution setting of its own figures."),
  })
  .extend(completeness.shape);
