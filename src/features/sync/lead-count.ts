// Meta's `actions` overlap: `lead` already holds its components, and other types merely have "lead" in their name. So one
// tier is counted, by exact names: the first that is present. https://developers.facebook.com/docs/marketing-api/insights
// (meta-graph-api §E.3)

export type Action = { type: string; value: string };

const leadTiers: readonly (readonly string[])[] = [
  ["omni_lead"],
  ["lead"],
  // Mutually exclusive channels: these two may be added up.
  ["onsite_conversion.lead_grouped", "offsite_conversion.fb_pixel_lead"],
  ["leadgen_grouped"],
  ["leadgen.other"],
];

const CONVERSATION = "onsite_conversion.messaging_conversation_started_7d";

/** Leads as Meta counts them on the row's attribution setting. */
export function countLeads(actions: readonly Action[]): number {
  const tier = leadTiers.find((names) => actions.some(({ type }) => names.includes(type)));
  return tier ? total(actions, tier) : 0;
}

/** New messaging conversations; they are never inside `lead`. */
export const countConversations = (actions: readonly Action[]): number => total(actions, [CONVERSATION]);

function total(actions: readonly Action[], names: readonly string[]): number {
  return actions
    .filter(({ type }) => names.includes(type))
    .reduce((sum, { value }) => sum + Math.round(Number(value) || 0), 0);
}
