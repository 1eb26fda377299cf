import * as z from "zod";
import { type Day, isDay } from "../../lib/dates.ts";
import { normaliseAccountId } from "./accounts.ts";
import { effectiveStatuses } from "./ads.ts";
import { protocolError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import { amount, count, countOrNull, metaId, requireId, text } from "./shapes.ts";

export type InsightsLevel = "account" | "campaign" | "adset" | "ad";

/** Days are the account's own (its zone), both ends included. */
export type InsightsWindow = { accountId: string; level: InsightsLevel; since: Day; until: Day };

export type InsightsInput = InsightsWindow & {
  /** Rows per page; halve it when the error says `splitBy: "page"`. */
  limit: number;
  campaignIds?: readonly string[] | undefined;
};

const action = z
  .object({ action_type: z.string(), value: z.union([z.string(), z.number().transform(String)]) })
  .transform(({ action_type, value }) => ({ type: action_type, value }));

export const insightsRow = z.object({
  account_id: metaId,
  account_name: text,
  account_currency: z.string(),
  campaign_id: metaId.optional(),
  campaign_name: text,
  adset_id: metaId.optional(),
  adset_name: text,
  ad_id: metaId.optional(),
  ad_name: text,
  spend: amount,
  impressions: count,
  clicks: count,
  inline_link_clicks: count,
  reach: countOrNull,
  actions: z.array(action).nullish(),
  action_values: z.array(action).nullish(),
  attribution_setting: text,
  date_start: z.string().refine(isDay),
  date_stop: z.string(),
});

type MetaRow = z.output<typeof insightsRow>;

const toRow = (found: MetaRow, level: InsightsLevel) => {
  const entityId = found[`${level}_id`];
  if (entityId === undefined) throw protocolError("unexpected_shape", { path: `${level}_id` });
  return {
    entityId,
    /** The name it had when Meta answered; empty when Meta gives none. */
    entityName: found[`${level}_name`] ?? "",
    ...(found.campaign_id !== undefined && { campaignId: found.campaign_id }),
    ...(found.adset_id !== undefined && { adsetId: found.adset_id }),
    /** A day of the ad account's zone, as Meta wrote it. */
    date: found.date_start,
    currency: found.account_currency,
    /** Decimal in major units. */
    spend: found.spend as string,
    impressions: found.impressions,
    clicks: found.clicks,
    inlineLinkClicks: found.inline_link_clicks,
    /** Not additive, and null when Meta withholds it. */
    reach: found.reach,
    /** As Meta counts them, overlapping: see the lead tiers before adding any up (§E.3). */
    actions: found.actions ?? [],
    actionValues: found.action_values ?? [],
    attributionSetting: found.attribution_setting ?? "default",
  };
};

export type InsightsRow = ReturnType<typeof toRow>;

/** Meta's rows as ours: one per entity and day (the last wins), nothing from outside the window. */
export const toRows = (found: MetaRow[], { accountId, level, since, until }: InsightsWindow): InsightsRow[] => {
  const rows = new Map<string, InsightsRow>();
  for (const one of found) {
    if (one.date_start !== one.date_stop) throw protocolError("not_daily", { path: "date_stop" });
    if (one.account_id !== normaliseAccountId(accountId)) throw protocolError("other_account", { path: "account_id" });
    if (one.date_start < since || one.date_start > until) continue;
    const ours = toRow(one, level);
    rows.set(`${ours.entityId} ${ours.date}`, ours);
  }
  return [...rows.values()];
};

const MEASURES =
  "account_id,account_currency,spend,impressions,reach,clicks,inline_link_clicks,actions,action_values,attribution_setting,date_start,date_stop";

const names: Record<InsightsLevel, string> = {
  account: "account_name",
  campaign: "campaign_id,campaign_name",
  adset: "campaign_id,adset_id,adset_name",
  ad: "campaign_id,adset_id,ad_id,ad_name",
};

/** Daily rows with the numbers that Ads Manager shows. */
export const insightsParams = ({ level, since, until, campaignIds }: Omit<InsightsInput, "limit">) => {
  const filtering = [
    // Without it the rows of deleted campaigns, and their spend, stay out (§D.4).
    ...(level === "account"
      ? []
      : [{ field: `${level}.effective_status`, operator: "IN", value: effectiveStatuses[level] }]),
    ...(campaignIds ? [{ field: "campaign.id", operator: "IN", value: campaignIds.map(requireId) }] : []),
  ];
  return {
    level,
    fields: `${MEASURES},${names[level]}`,
    time_range: { since, until },
    time_increment: 1,
    use_unified_attribution_setting: true,
    filtering: filtering.length > 0 ? filtering : undefined,
  };
};

/**
 * Every daily row of the window, all pages, or an error. A day or entity without delivery has no row. On
 * meta.too_much_data (and cut answers, meta.protocol) `details.splitBy` says what to shrink: `days` or `page`.
 */
export const fetchInsights = async (graph: Graph, token: string, input: InsightsInput): Promise<InsightsRow[]> => {
  const path = `act_${normaliseAccountId(input.accountId)}/insights`;
  const params = { ...insightsParams(input), limit: input.limit };
  return toRows(await graph.list({ path, params, auth: { token }, schema: insightsRow }), input);
};
