import type { Settings } from "../../context.ts";

/** What each feature that META_FEATURES names asks Meta for, and no more. */
const asked: Record<Settings["metaFeatures"][number], readonly string[]> = {
  insights: ["ads_read", "business_management"],
  leads: ["leads_retrieval", "pages_show_list", "pages_read_engagement", "pages_manage_metadata", "pages_manage_ads"],
  whatsapp: ["whatsapp_business_management", "whatsapp_business_messaging"],
  conversions: ["ads_management", "whatsapp_business_manage_events"],
};

/** The scopes that the dialog asks for. */
export const requestedScopes = ({ metaFeatures }: Pick<Settings, "metaFeatures">): string[] => [
  ...new Set(metaFeatures.flatMap((feature) => asked[feature])),
];

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

/** What the granted scopes (not the requested ones) allow. */
export function capabilitiesOf(granted: readonly string[]) {
  const missingFor = (capability: Capability): string[] =>
    needs[capability].filter((any) => !any.some((scope) => granted.includes(scope))).map(([first]) => first);
  const missing = Object.fromEntries(capabilities.map((name) => [name, missingFor(name)])) as Record<
    Capability,
    string[]
  >;
  return { can: (capability: Capability) => missing[capability].length === 0, missing };
}

/** What was asked for and is needed, and was not granted. */
export function missingScopes(granted: readonly string[], settings: Pick<Settings, "metaFeatures">): string[] {
  const requested = requestedScopes(settings);
  return [...new Set(Object.values(capabilitiesOf(granted).missing).flat())].filter((scope) =>
    requested.includes(scope),
  );
}
