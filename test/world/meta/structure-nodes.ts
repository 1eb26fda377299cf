import { dayNumber, dayNumberIn, metaTime, startOfDay } from "./calendar.ts";
import type { SimContext } from "./context.ts";
import type { Place } from "./entities.ts";
import { adsetStatus, adStatus, campaignStatus } from "./statuses.ts";

const fieldSet = (csv: string): ReadonlySet<string> => new Set(csv.split(","));

const CAMPAIGN = {
  name: "Campaign",
  fields: fieldSet(
    "account_id,adlabels,advantage_state_info,bid_strategy,budget_rebalance_flag,budget_remaining,buying_type,campaign_group_active_time,can_use_spend_cap,configured_status,created_time,daily_budget,effective_status,is_adset_budget_sharing_enabled,is_budget_schedule_enabled,is_direct_send_campaign,is_message_campaign,issues_info,lifetime_budget,name,objective,pacing_type,primary_attribution,promoted_object,recommendations,smart_promotion_type,source_campaign_id,special_ad_categories,special_ad_category_country,spend_cap,start_time,status,stop_time,topline_id,updated_time,adsets,ads",
  ),
};

const ADSET = {
  name: "AdSet",
  fields: fieldSet(
    "account_id,attribution_spec,bid_amount,bid_strategy,billing_event,budget_remaining,campaign,campaign_id,configured_status,created_time,daily_budget,destination_type,effective_status,end_time,issues_info,lifetime_budget,name,optimization_goal,promoted_object,start_time,status,targeting,updated_time,ads",
  ),
};

const AD = {
  name: "Ad",
  fields: fieldSet(
    "account_id,ad_review_feedback,adset,adset_id,bid_amount,campaign,campaign_id,configured_status,conversion_domain,created_time,creative,effective_status,issues_info,name,preview_shareable_link,source_ad_id,status,tracking_specs,updated_time",
  ),
};

const money = (minor: number | undefined): string | undefined => (minor === undefined ? undefined : String(minor));

const campaignNode = ({ model, clock }: SimContext, { account, campaign }: Place): Record<string, unknown> => {
  const zone = account.timezoneName;
  return {
    id: campaign.id,
    account_id: account.id,
    name: campaign.name,
    objective: campaign.objective,
    status: campaign.status,
    configured_status: campaign.status,
    effective_status: campaignStatus(campaign),
    buying_type: "AUCTION",
    bid_strategy: campaign.dailyBudget || campaign.lifetimeBudget ? campaign.bidStrategy : undefined,
    daily_budget: money(campaign.dailyBudget),
    lifetime_budget: money(campaign.lifetimeBudget),
    get budget_remaining() {
      const today = dayNumberIn(zone, clock.now());
      const first = campaign.lifetimeBudget ? dayNumber(campaign.startedOn) : today;
      const spent = model.spendMinor(account, { first, last: today }, (leaf) => leaf.campaign.id === campaign.id);
      return String(Math.max(0, (campaign.lifetimeBudget ?? campaign.dailyBudget ?? 0) - spent));
    },
    special_ad_categories: campaign.specialAdCategories,
    issues_info: campaign.issues,
    start_time: metaTime(zone, startOfDay(zone, dayNumber(campaign.startedOn))),
    stop_time:
      campaign.stopPlanned && campaign.endedOn
        ? metaTime(zone, startOfDay(zone, dayNumber(campaign.endedOn) + 1))
        : undefined,
    created_time: metaTime(zone, campaign.createdAt),
    updated_time: metaTime(zone, campaign.updatedAt),
  };
};

const adsetNode = ({ account, campaign, adset }: Omit<Required<Place>, "ad">): Record<string, unknown> => {
  const zone = account.timezoneName;
  return {
    id: adset.id,
    account_id: account.id,
    campaign_id: campaign.id,
    campaign: { id: campaign.id, name: campaign.name },
    name: adset.name,
    status: adset.status,
    configured_status: adset.status,
    effective_status: adsetStatus(campaign, adset),
    daily_budget: money(adset.dailyBudget),
    bid_strategy: adset.dailyBudget ? campaign.bidStrategy : undefined,
    billing_event: "IMPRESSIONS",
    optimization_goal: adset.optimizationGoal,
    start_time: metaTime(zone, startOfDay(zone, dayNumber(campaign.startedOn))),
    created_time: metaTime(zone, campaign.createdAt),
    updated_time: metaTime(zone, adset.updatedAt),
  };
};

const adNode = ({ account, campaign, adset, ad }: Required<Place>): Record<string, unknown> => {
  const zone = account.timezoneName;
  const isRejected = ad.review === "DISAPPROVED";
  return {
    id: ad.id,
    account_id: account.id,
    campaign_id: campaign.id,
    adset_id: adset.id,
    campaign: { id: campaign.id, name: campaign.name },
    adset: { id: adset.id, name: adset.name },
    name: ad.name,
    status: ad.status,
    configured_status: ad.status,
    effective_status: adStatus(campaign, adset, ad),
    // What people read under the picture; Meta tells it of most ads.
    creative: { id: ad.creativeId, title: campaign.name, body: `${ad.name}. Dejanos tus datos y te llamamos.` },
    ad_review_feedback: isRejected ? { global: { PERSONAL_ATTRIBUTES: "Atributos personales" } } : undefined,
    created_time: metaTime(zone, campaign.createdAt),
    updated_time: metaTime(zone, ad.updatedAt),
  };
};

export type Noun = "campaign" | "adset" | "ad";

export const typeOf = { campaign: CAMPAIGN, adset: ADSET, ad: AD };

export const nounOf = ({ adset, ad }: Place): Noun => (ad ? "ad" : adset ? "adset" : "campaign");

export const nodeOf = (sim: SimContext, place: Place): Record<string, unknown> => {
  const { account, campaign, adset, ad } = place;
  if (adset && ad) return adNode({ account, campaign, adset, ad });
  return adset ? adsetNode({ account, campaign, adset }) : campaignNode(sim, place);
};
