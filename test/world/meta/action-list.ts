import type { Counts } from "./ad-day.ts";
import { majorText } from "./currency.ts";

export interface ActionCount {
  action_type: string;
  value: string;
}

/** Every lead once: what a correct count over the row's `actions` must find (§E.3). */
export const leadCount = ({ formLeads, pixelLeads, legacyLeads }: Counts): number =>
  formLeads + pixelLeads + legacyLeads;

/**
 * The row's `actions`, with Meta's overlaps: `lead` beside its own components, three names for one conversation
 * funnel, and composite metrics that merely have "lead" in their name.
 */
export const actionList = (counts: Counts): ActionCount[] => {
  const { linkClicks, formLeads, pixelLeads, rolledLeads, legacyLeads, conversations, purchases, contentViews } =
    counts;
  const leads = leadCount(counts);
  const named: [string, number][] = [
    ["link_click", linkClicks],
    ["landing_page_view", contentViews],
    ["post_engagement", linkClicks * 2],
    ["page_engagement", linkClicks * 2 + 1],
    ["lead", rolledLeads > 0 ? leads : 0],
    ["onsite_conversion.lead_grouped", formLeads],
    ["offsite_conversion.fb_pixel_lead", pixelLeads],
    ["onsite_web_lead", rolledLeads > 0 ? pixelLeads : 0],
    ["leadgen_grouped", rolledLeads > 0 ? 0 : legacyLeads],
    ["offsite_content_view_add_meta_leads", leads > 0 ? contentViews + leads : 0],
    ["offsite_search_add_meta_leads", leads > 0 ? Math.floor(contentViews / 3) + leads : 0],
    ["offsite_lead_add_20s_calls", pixelLeads],
    ["onsite_conversion.messaging_conversation_started_7d", conversations],
    ["onsite_conversion.messaging_first_reply", Math.ceil(conversations * 0.7)],
    ["onsite_conversion.total_messaging_connection", conversations * 2],
    ["purchase", purchases],
    ["omni_purchase", purchases],
    ["offsite_conversion.fb_pixel_purchase", purchases],
  ];
  return named
    .filter(([type, value]) => value > 0 && (type !== "page_engagement" || linkClicks > 0))
    .map(([action_type, value]) => ({ action_type, value: String(value) }));
};

/** Money per action, in major units. */
export const actionValueList = ({ purchaseMinor }: Counts, offset: 1 | 100): ActionCount[] =>
  purchaseMinor === 0
    ? []
    : ["purchase", "omni_purchase", "offsite_conversion.fb_pixel_purchase"].map((action_type) => ({
        action_type,
        value: majorText(purchaseMinor, offset),
      }));
