// An ad (the hub's "creative") and what it brought in a window.
import { nameOfUnknown, statusOf } from "../campaigns/campaign-figures.ts";
import type { KnownCampaign } from "../campaigns/campaigns.queries.ts";
import type { CurrencySums } from "../facts/currencies.ts";
import { type Frame, type Totals, totalsOf } from "../facts/frame.ts";
import type { KnownAd } from "../facts/sums.queries.ts";

export type AdFigures = Totals & {
  id: string;
  name: string;
  campaignId: string | null;
  campaignName: string;
  status: string;
  effectiveStatus: string;
  thumbnailUrl: string | null;
};

type AdFacts = CurrencySums & { entityId: string; accountId: string; ad: KnownAd | null };

/** In the order of the facts: what spent most comes first. */
export function listAds(frame: Frame, campaigns: readonly KnownCampaign[], facts: readonly AdFacts[]): AdFigures[] {
  const nameOfCampaign = new Map(campaigns.map(({ id, name }) => [id, name.trim()]));
  const currencyOf = new Map(frame.accounts.map(({ accountId, currency }) => [accountId, currency]));
  return [...Map.groupBy(facts, ({ entityId }) => entityId)].map(([id, rows]) => {
    const ad = rows[0]?.ad ?? null;
    const accountId = rows.find((fact) => fact.accountId !== "")?.accountId ?? "";
    const own = currencyOf.get(accountId);
    const isSpendKnown = ad !== null && frame.coverage.isKnown;
    return {
      id,
      name: ad?.name.trim() || `Anuncio ${id}`,
      campaignId: ad?.campaignId ?? null,
      campaignName: ad ? nameOfCampaign.get(ad.campaignId) || nameOfUnknown(ad.campaignId) : "Campaña desconocida",
      thumbnailUrl: ad?.thumbnailUrl ?? null,
      ...statusOf(ad ?? {}),
      ...totalsOf(frame, rows, { ...(own && { own }), isSpendKnown }),
    };
  });
}
