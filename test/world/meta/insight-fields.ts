import type { ActionCount } from "./action-list.ts";
import type { AdAccount, Place } from "./entities.ts";
import { invalidParameter } from "./envelope.ts";
import type { Level, ModelRow, Slot } from "./model.ts";

const KNOWN = new Set(
  "account_id,account_name,account_currency,campaign_id,campaign_name,adset_id,adset_name,ad_id,ad_name,objective,optimization_goal,buying_type,spend,impressions,reach,frequency,clicks,unique_clicks,inline_link_clicks,inline_link_click_ctr,cost_per_inline_link_click,outbound_clicks,ctr,cpc,cpm,cpp,actions,action_values,conversions,conversion_values,conversion_leads,cost_per_action_type,cost_per_conversion,purchase_roas,website_purchase_roas,results,cost_per_result,objective_results,attribution_setting,quality_ranking,video_play_actions,created_time,updated_time,date_start,date_stop".split(
    ",",
  ),
);

/** Fields removed in v19 are unknown here too, although the SDK still lists them (§A.3). */
export const checkInsightFields = (fields: string[]): void => {
  const unknown = fields.find((field) => !KNOWN.has(field));
  if (unknown !== undefined) {
    throw invalidParameter(
      `${unknown} is not valid for fields param. please check https://developers.facebook.com/docs/marketing-api/reference/ads-insights/ for all valid values`,
    );
  }
};

const SHARE_OF_WINDOW: Record<string, number> = {
  "1d_click": 0.6,
  "7d_click": 0.85,
  "28d_click": 0.95,
  "1d_view": 0.15,
  "1d_ev": 0.05,
};

/** Per-window keys stand beside `value` only when windows were asked for (§E.2). */
const withWindows = (actions: ActionCount[], windows: string[]): Record<string, string>[] | undefined => {
  if (actions.length === 0) return undefined;
  return actions.map(({ action_type, value }) => ({
    action_type,
    value,
    ...Object.fromEntries(
      windows
        .map((window): [string, number] => [window, Math.floor(Number(value) * (SHARE_OF_WINDOW[window] ?? 0))])
        .filter(([, share]) => share > 0)
        .map(([window, share]) => [window, String(share)]),
    ),
  }));
};

const ratio = (top: number, bottom: number): string | undefined =>
  bottom === 0 ? undefined : (top / bottom).toFixed(6);

type Metric = (row: ModelRow, spend: number, windows: string[]) => unknown;

const unlessZero = (count: number): string | undefined => (count === 0 ? undefined : String(count));

const METRICS: Record<string, Metric> = {
  spend: ({ spend }) => spend,
  impressions: ({ impressions }) => String(impressions),
  reach: ({ reach }) => String(reach),
  frequency: ({ impressions, reach }) => ratio(impressions, reach),
  clicks: ({ clicks }) => unlessZero(clicks),
  inline_link_clicks: ({ linkClicks }) => unlessZero(linkClicks),
  inline_link_click_ctr: ({ linkClicks, impressions }) => ratio(linkClicks * 100, impressions),
  cost_per_inline_link_click: ({ linkClicks }, spend) => ratio(spend, linkClicks),
  ctr: ({ clicks, impressions }) => (clicks === 0 ? undefined : ratio(clicks * 100, impressions)),
  cpc: ({ clicks }, spend) => ratio(spend, clicks),
  cpm: ({ impressions }, spend) => ratio(spend * 1_000, impressions),
  cpp: ({ reach }, spend) => ratio(spend * 1_000, reach),
  actions: ({ actions }, _, windows) => withWindows(actions, windows),
  action_values: ({ actionValues }, _, windows) => withWindows(actionValues, windows),
  cost_per_action_type: ({ actions }, spend) =>
    actions.length === 0
      ? undefined
      : actions.map(({ action_type, value }) => ({ action_type, value: ratio(spend, Number(value)) })),
  purchase_roas: ({ actionValues }, spend) => {
    const purchases = actionValues.find(({ action_type }) => action_type === "omni_purchase");
    return purchases && spend > 0
      ? [{ action_type: "omni_purchase", value: ratio(Number(purchases.value), spend) }]
      : undefined;
  },
  attribution_setting: ({ attributionSetting }) => attributionSetting,
};

const entityFields = (account: AdAccount, level: Level, leaf: Required<Place>): Record<string, unknown> => {
  const { campaign, adset, ad } = leaf;
  const isBelow = (...levels: Level[]) => levels.includes(level);
  return {
    account_id: account.id,
    account_name: account.name,
    account_currency: account.currency,
    ...(level !== "account" && {
      campaign_id: campaign.id,
      campaign_name: campaign.name,
      objective: campaign.objective,
      buying_type: "AUCTION",
    }),
    ...(isBelow("adset", "ad") && {
      adset_id: adset.id,
      adset_name: adset.name,
      optimization_goal: adset.optimizationGoal,
    }),
    ...(level === "ad" && { ad_id: ad.id, ad_name: ad.name }),
  };
};

/** The row as Graph shows it: asked fields, every metric a string, the days always, nothing empty (§E.2). */
export const showInsight = (
  slot: Slot,
  row: ModelRow,
  fields: string[],
  windows: string[],
): Record<string, unknown> => {
  const [leaf] = slot.leaves;
  const entity = leaf ? entityFields(slot.account, slot.level, leaf) : {};
  const shown: Record<string, unknown> = {};
  for (const field of fields) {
    const value = METRICS[field]?.(row, Number(row.spend), windows) ?? entity[field];
    if (value !== undefined) shown[field] = value;
  }
  return { ...shown, date_start: row.dateStart, date_stop: row.dateStop };
};
