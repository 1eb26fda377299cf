import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { campaignList } from "../campaigns/campaigns.contract.ts";
import { completeness, fxMissing, questionQuery, toQuestion } from "../facts/facts.contract.ts";
import { bases, models } from "../facts/view.ts";

export const statsQuery = once(() => questionQuery().transform(toQuestion));

export const combinedQuery = once(() =>
  questionQuery()
    .extend({
      google_date_range: z.string().optional().describe(onPaper("Taken and ignored: Google is not connected.")),
    })
    .transform(toQuestion),
);

const ratio = z.number().nullable();

const hubRow = once(() =>
  z.object({
    id: z.string(),
    name: z.string().min(1),
    campaign_name: z.string().min(1),
    status: z.string().describe(onPaper("Lower case: active, paused, archived, deleted, unknown…")),
    effective_status: z.string().describe(onPaper("Upper case, as Meta has it.")),
    currency: z.string().nullable(),
    spend: z.number(),
    revenue: z.number(),
    leads: z.number(),
    opportunities: z.number(),
    won: z.number(),
    roi: z.number().describe(onPaper("A fraction: 4 is 400 %. 0 where roi_defined is false.")),
    roi_percentage: z.number(),
    roi_defined: z.boolean(),
    cpl: ratio,
    cpa: ratio.describe(onPaper("Cost per lead (the older name of cpl).")),
  }),
);

const campaignRow = once(() => hubRow().extend({ level: z.literal("campaign") }));

const creativeRow = once(() =>
  hubRow().extend({
    level: z.literal("ad"),
    ad_id: z.string(),
    ad_name: z.string().min(1),
    campaign_id: z.string().nullable(),
    thumbnail_url: z.string().nullable(),
  }),
);

/** The hub's card. */
export const roi = once(() =>
  z
    .object({
      total_spend: z.number().describe(onPaper("Spend in Meta, in `currency`.")),
      total_revenue: z
        .number()
        .describe(
          onPaper("Revenue from leads of Meta's campaigns, in `currency`; what came otherwise is in `outside`."),
        ),
      currency: z.string().nullable(),
      leads: z.number().describe(onPaper("Leads of the CRM that campaigns brought.")),
      meta_leads: z.number().describe(onPaper("Leads as Meta reports them; no ratio uses them.")),
      opportunities: z.number(),
      won: z.number(),
      converted_leads: z.number().describe(onPaper("The same as won.")),
      leads_converted: z.number().describe(onPaper("The same as won.")),
      patients_converted: z.number().describe(onPaper("The same as won.")),
      roi: z.number().describe(onPaper("A fraction: 4 is 400 %. 0 where roi_defined is false.")),
      roi_percentage: z.number(),
      roi_defined: z
        .boolean()
        .describe(onPaper("False where nothing was spent, or more than a fifth of the days is unknown.")),
      average_roi: z
        .number()
        .describe(onPaper("Percent, over the sums of the campaigns with spend (never a mean of ratios).")),
      roas: ratio,
      cpa: ratio.describe(onPaper("Cost per lead (the older name of cpl).")),
      cpl: ratio,
      cost_per_opportunity: ratio,
      cac: ratio.describe(onPaper("Cost per won customer.")),
      conversion_rate: ratio.describe(
        onPaper("won / leads, 1 is all; on cohort basis only, where both are the same people."),
      ),
      match_rate: ratio.describe(onPaper("Leads of the CRM that Meta knows by id / meta_leads; 1 is all.")),
      meta_cpl: ratio.describe(onPaper("spend / meta_leads: Meta's own count, in no other ratio.")),
      gross_revenue: z.number(),
      refunds: z.number().describe(onPaper("Zero or less; total_revenue is gross_revenue + refunds.")),
      pipeline_value: z.number().describe(onPaper("Value of the opportunities that are still open.")),
      pipeline_weighted_value: z.number().describe(onPaper("The same, by their probability.")),
      basis: z.enum(bases),
      model: z.enum(models),
      is_connected: z.boolean(),
      meta_connected: z.boolean(),
      ad_account_id: z.string().nullable(),
      time_range: z.string(),
      time_period: z.string(),
    })
    .extend(completeness().shape),
);

/** stats/roi: the card and its campaigns, where `roi` is percent. */
export const roiWithCampaigns = once(() => roi().extend({ campaigns: campaignList() }));

const change = once(() =>
  z.object({
    value: z.number().nullable().describe(onPaper("Difference in the measure's unit; percentage points for roi.")),
    pct: z.number().nullable(),
    reason: z
      .enum(["new", "no_previous", "partial_day", "incomplete", "undefined"])
      .nullable()
      .describe(onPaper("Why there is no number.")),
  }),
);

const outside = once(() =>
  z.object({
    leads: z.number(),
    opportunities: z.number(),
    won: z.number(),
    revenue: z.number(),
    fx_missing: z.array(fxMissing()),
  }),
);

const tables = once(() =>
  z.object({
    campaigns: z.array(campaignRow()),
    creatives: z.array(creativeRow()).describe(onPaper("Ads, the 200 that spent most.")),
    account_total_spend: z.number(),
  }),
);

const meta = once(() =>
  z.object({
    roi: roi(),
    campaigns: tables(),
    currency: z.string().nullable(),
    meta_connected: z.boolean(),
  }),
);

export const stats = once(() =>
  z
    .object({
      leads: z.number(),
      leads_change: z.number().describe(onPaper("Percent against the window before; 0 where `changes` has none.")),
      opportunities: z.number(),
      opportunities_change: z.number(),
      sales_revenue: z.number(),
      revenue_change: z.number(),
      marketing_spend: z.number(),
      spend_change: z.number(),
      roi_percentage: z.number(),
      roi_change: z.number().describe(onPaper("Percentage points.")),
      cpa: ratio,
      currency: z.string().nullable(),
      meta_connected: z.boolean(),
      connect_url: z.string().optional().describe(onPaper("Where to begin when meta_connected is false.")),
      changes: z.object({
        leads: change(),
        opportunities: change(),
        revenue: change(),
        spend: change(),
        roi: change(),
      }),
      outside: z
        .object({ organic: outside(), other_paid: outside(), unattributed: outside() })
        .describe(onPaper("What no campaign brought: with it, the whole CRM.")),
      roi: roi(),
      meta: meta(),
      campaigns: tables().describe(onPaper("The same as meta.campaigns.")),
    })
    .extend(completeness().shape),
);

export const combined = once(() =>
  z
    .object({
      meta: meta(),
      google: z.object({
        connected: z.literal(false),
        campaigns: z.array(z.never()),
        metrics: z.object({}),
        customer_ids: z.array(z.never()),
      }),
      combined: z.object({
        meta_connected: z.boolean(),
        google_connected: z.literal(false),
        total_platforms: z.number().describe(onPaper("How many are connected: 0 or 1.")),
        total_spend: z.number(),
        total_leads: z.number(),
        total_conversions: z.number().describe(onPaper("Customers won.")),
        weighted_roi: z.number().describe(onPaper("Percent, over the sums; 0 where roi.roi_defined is false.")),
      }),
      roi: roi(),
      meta_connected: z.boolean(),
      currency: z.string().nullable(),
    })
    .extend(completeness().shape),
);
