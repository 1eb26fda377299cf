import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { pageQuery, placeCursor } from "../../lib/page.ts";
import { completeness, fxMissing, questionQuery, toQuestion } from "../facts/facts.contract.ts";

const accountId = once(() =>
  z
    .string()
    .regex(/^(act_)?\d{1,32}$/, "debe ser el id de una cuenta publicitaria")
    .transform((id) => id.replace("act_", "")),
);

/** The name of the list in its cursors. */
export const CAMPAIGN_LIST = "campaigns";

export const listQuery = once(() =>
  questionQuery()
    .extend({
      status: z
        .string()
        .regex(/^[A-Za-z_]{2,40}$/)
        .optional()
        .describe(onPaper("Configured or effective status, any case, e.g. ACTIVE.")),
      account_id: accountId().optional().describe(onPaper("With or without act_.")),
      search: z.string().max(100).optional().describe(onPaper("Part of a name, or a whole id.")),
      sort: z.enum(["name", "spend", "leads", "revenue", "roi"]).default("spend"),
      direction: z.enum(["asc", "desc"]).optional().describe(onPaper("Default: asc by name, desc by figures.")),
      ...pageQuery(100, placeCursor(CAMPAIGN_LIST)),
    })
    .transform(({ status, account_id, search, sort, direction, limit, offset, cursor, ...range }) => ({
      ...toQuestion(range),
      filter: { status, search },
      accountId: account_id,
      sort: { by: sort, direction: direction ?? (sort === "name" ? ("asc" as const) : ("desc" as const)) },
      page: { limit, offset, cursor },
    })),
);

export const rangeQuery = once(() => questionQuery().transform(toQuestion));

export type ListQuery = z.output<ReturnType<typeof listQuery>>;
export type RangeQuery = z.output<ReturnType<typeof rangeQuery>>;

export const campaignParam = once(() => z.object({ id: z.string().min(1).max(64) }));

const ratio = z.number().nullable();

export const figures = once(() =>
  z.object({
    spend: z.number().describe(onPaper("Major units of `currency`; 0 also where it is unknown (see spend_complete).")),
    revenue: z.number().describe(onPaper("Completed sales less refunds: gross_revenue + refunds.")),
    gross_revenue: z.number(),
    refunds: z.number().describe(onPaper("Zero or less.")),
    impressions: z.number(),
    clicks: z.number(),
    meta_leads: z.number().describe(onPaper("Leads as Meta reports them; no ratio uses them.")),
    leads: z.number().describe(onPaper("Leads of the CRM; shares of leads under models that credit several touches.")),
    opportunities: z.number(),
    won: z.number(),
    pipeline_value: z.number().describe(onPaper("Value of the opportunities that are still open.")),
    pipeline_weighted_value: z.number().describe(onPaper("The same, by their probability.")),
    match_rate: ratio.describe(onPaper("Leads of the CRM that Meta knows by id / meta_leads; 1 is all.")),
    roi_defined: z
      .boolean()
      .describe(onPaper("False where nothing was spent, or too little of the spend is known: `roi` is then 0.")),
    roas: ratio.describe(onPaper("revenue / spend")),
    cpa: ratio.describe(onPaper("Cost per lead (the older name of cpl).")),
    cpl: ratio.describe(onPaper("spend / leads")),
    cost_per_opportunity: ratio,
    cac: ratio.describe(onPaper("spend / won")),
    meta_cpl: ratio.describe(onPaper("spend / meta_leads: Meta's own count, in no other ratio.")),
    ctr: ratio.describe(onPaper("clicks / impressions, percent")),
    cpc: ratio,
    cpm: ratio,
  }),
);

export const campaign = once(() =>
  figures().extend({
    id: z.string().describe(onPaper("Meta's id, or historical_other for what the account spent beyond its campaigns.")),
    name: z.string().min(1),
    status: z.string().describe(onPaper("Upper case; UNKNOWN for a campaign that only leads speak of.")),
    effective_status: z.string(),
    level: z.literal("campaign"),
    objective: z.string().nullable(),
    account_id: z.string().nullable(),
    currency: z.string().nullable(),
    roi: z.number().describe(onPaper("Percent: 400 is four times the spend on top of it.")),
    fx_missing: z.array(fxMissing()),
  }),
);

export const campaignList = once(() => z.array(campaign()));

/** Stands beside the list. */
export const listTotals = once(() =>
  figures()
    .extend({ roi: z.number().describe(onPaper("Percent, over the sums.")), currency: z.string().nullable() })
    .extend(completeness().shape),
);

export const listBeside = once(() =>
  z.object({
    total: z.number().describe(onPaper("Of all pages.")),
    next_cursor: z.string().nullable().describe(onPaper("Null on the last page.")),
    totals: listTotals(),
  }),
);

const budgets = {
  daily_budget: z.number().nullable().describe(onPaper("Major units.")),
  lifetime_budget: z.number().nullable(),
};

const performance = once(() => figures().extend({ currency: z.string().nullable(), roi_percentage: z.number() }));

const ad = once(() =>
  z.object({
    id: z.string(),
    name: z.string(),
    ad_set_id: z.string(),
    status: z.string(),
    effective_status: z.string(),
    performance: performance(),
  }),
);

const adSet = once(() =>
  z.object({
    id: z.string(),
    name: z.string(),
    status: z.string(),
    effective_status: z.string(),
    optimization_goal: z.string().nullable(),
    ...budgets,
    performance: performance(),
  }),
);

export const campaignDetails = once(() =>
  z
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
      performance: performance(),
      ad_sets: z.array(adSet()).describe(onPaper("Their spend is that of their ads.")),
      ads: z.array(ad()),
    })
    .extend(completeness().shape),
);

const insightDay = once(() =>
  z.object({
    date: z.iso.date(),
    spend: z
      .number()
      .nullable()
      .describe(onPaper("Null on a day that was not read from Meta; 0 on a day known without delivery.")),
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
    partial: z.boolean().describe(onPaper("Unknown, or not over.")),
  }),
);

export const campaignInsights = once(() =>
  z
    .object({
      id: z.string(),
      name: z.string().min(1),
      currency: z.string().nullable(),
      insights: z.array(insightDay()),
      time_range: z.string(),
      attribution_window: z.string().describe(onPaper("Meta's attribution setting of its own figures.")),
    })
    .extend(completeness().shape),
);
