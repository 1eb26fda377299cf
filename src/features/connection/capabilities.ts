/** What we ask Meta for: only what the features that exist need. */
export const requestedScopes = ["ads_read", "business_management"] as const;

/** Each feature and the scopes that make it work; a row of alternatives is satisfied by any of them. */
const needs = {
  insights: [["ads_read", "ads_management"]],
  portfolios: [["business_management"]],
} as const satisfies Record<string, readonly (readonly string[])[]>;

export type Capability = keyof typeof needs;

/** What the granted scopes (not the requested ones) allow, and what is missing for the rest. */
export function capabilitiesOf(granted: readonly string[]) {
  const missingFor = (capability: Capability): string[] =>
    needs[capability].filter((any) => !any.some((scope) => granted.includes(scope))).map(([first]) => first);
  const missing: Record<Capability, string[]> = {
    insights: missingFor("insights"),
    portfolios: missingFor("portfolios"),
  };
  return {
    can: (capability: Capability) => missing[capability].length === 0,
    missing,
    missingScopes: Object.values(missing).flat(),
  };
}
