// Which campaigns, and in which order.
import { compare, type Decimal, parseDecimal } from "../../lib/money.ts";
import type { CampaignFigures } from "./campaign-figures.ts";

export const sortKeys = ["name", "spend", "leads", "revenue", "roi"] as const;

export type Sort = { by: (typeof sortKeys)[number]; direction: "asc" | "desc" };

export type CampaignFilter = { status?: string | undefined; search?: string | undefined };

/** `status` fits the configured or the effective one; `search` a part of the name, or the whole id. */
export function filterCampaigns(
  campaigns: readonly CampaignFigures[],
  { status, search }: CampaignFilter,
): CampaignFigures[] {
  const wanted = status?.toUpperCase();
  const words = search === undefined ? undefined : plain(search.trim());
  return campaigns.filter((campaign) => {
    const fitsStatus = wanted === undefined || campaign.status === wanted || campaign.effectiveStatus === wanted;
    return fitsStatus && (!words || plain(campaign.name).includes(words) || campaign.id === search?.trim());
  });
}

const plain = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Undefined values come last in both directions; ties by id, so that pages never overlap. */
export function sortCampaigns(campaigns: readonly CampaignFigures[], { by, direction }: Sort): CampaignFigures[] {
  const sign = direction === "asc" ? 1 : -1;
  return campaigns.toSorted((a, b) => {
    const order =
      by === "name"
        ? sign * a.name.localeCompare(b.name, "es")
        : compareNullsLast(valueOf(a, by), valueOf(b, by), sign);
    return order || (a.id < b.id ? -1 : 1);
  });
}

function valueOf({ sums, measures }: CampaignFigures, by: Exclude<Sort["by"], "name">): Decimal | null {
  if (by === "roi") return measures.roiPercentage;
  return by === "leads" ? parseDecimal(String(sums.leads)) : sums[by];
}

function compareNullsLast(a: Decimal | null, b: Decimal | null, sign: number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return sign * compare(a, b);
}
