/** Variables of a house that asks Meta for everything there is. */
export const everyFeature = { META_FEATURES: "insights,leads,whatsapp,conversions" } as const;
