/** What we ask Meta for: only what the features that exist need. */
export const requestedScopes = ["ads_read", "business_management"] as const;

/** Each feature and the scopes that make it work; a row of alternatives is satisfied by any of them. */
const needs = {
  insights: [["ads_read", "ads_management"]],
  portfolios: [["business_management"]],
  leads: [["leads_retrieval"], ["pages_show_list"], ["pages_read_engagement"], ["pages_manage_metadata"]],
  templates: [["whatsapp_business_management"]],
  messages: [["whatsapp_business_messaging"]],
  conversions: [["ads_management", "whatsapp_business_manage_events"]],
} as const satisfies Record<string, readonly (readonly string[])[]>;

export type Capability = keyof typeof needs;

const capabilities = Object.keys(needs) as Capability[];

/** What the granted scopes (not the requested ones) allow, and what is missing of those that were asked for. */
export function capabilitiesOf(granted: readonly string[]) {
  const missingFor = (capability: Capability): string[] =>
    needs[capability].filter((any) => !any.some((scope) => granted.includes(scope))).map(([first]) => first);
  const missing = Object.fromEntries(capabilities.map((name) => [name, missingFor(name)])) as Record<
    Capability,
    string[]
  >;
  const requested: readonly string[] = requestedScopes;
  return {
    can: (capability: Capability) => missing[capability].length === 0,
    missing,
    missingScopes: Object.values(missing)
      .flat()
      .filter((scope) => requested.includes(scope)),
  };
}
