import { dayNumber, dayText } from "./calendar.ts";
import { demoAdId, demoAdsetId, demoCreativeId } from "./demo-ids.ts";
import type { Ad, AdSet, Campaign, ConfiguredStatus, Goal } from "./entities.ts";

const DAY_MS = 86_400_000;

/** A campaign in one breath; what is absent takes the ordinary value. */
export interface CampaignPlan extends Partial<Omit<Campaign, "adsets" | "startedOn" | "endedOn">> {
  id: string;
  name: string;
  objective: string;
  goal: Goal;
  dailySpend: number;
  startedDaysAgo: number;
  endedDaysAgo?: number;
  adsets: AdSetPlan[];
}

export interface AdSetPlan {
  name: string;
  status?: ConfiguredStatus;
  dailyBudget?: number;
  attributionSetting?: string;
  /** Part of the campaign's spend; shared equally among its delivering ads. */
  share: number;
  ads: AdPlan[];
}

interface AdPlan {
  name: string;
  status?: ConfiguredStatus;
  review?: NonNullable<Ad["review"]>;
  /** False for an ad that never ran. */
  delivers?: boolean;
}

const OPTIMIZATION: Record<Goal, string> = {
  form_leads: "LEAD_GENERATION",
  pixel_leads: "OFFSITE_CONVERSIONS",
  all_leads: "OFFSITE_CONVERSIONS",
  whatsapp: "CONVERSATIONS",
  sales: "OFFSITE_CONVERSIONS",
  traffic: "LINK_CLICKS",
  awareness: "REACH",
};

export const buildCampaign = (plan: CampaignPlan, anchor: string): Campaign => {
  const { startedDaysAgo, endedDaysAgo, adsets, ...own } = plan;
  const first = dayNumber(anchor) - startedDaysAgo;
  const createdAt = (first - 1) * DAY_MS + 21 * 3_600_000 + 662_000;
  const updatedAt = (dayNumber(anchor) - (endedDaysAgo ?? 3)) * DAY_MS + 13 * 3_600_000 + 944_000;
  let adPlace = 0;

  const buildAd = (ad: AdPlan, share: number): Ad => {
    adPlace += 1;
    return {
      id: demoAdId(plan.id, adPlace),
      name: ad.name,
      status: ad.status ?? "ACTIVE",
      ...(ad.review && { review: ad.review }),
      creativeId: demoCreativeId(plan.id, adPlace),
      share: ad.delivers === false ? 0 : share,
      updatedAt,
    };
  };

  const buildAdset = (adset: AdSetPlan, place: number): AdSet => {
    const delivering = adset.ads.filter(({ delivers }) => delivers !== false).length;
    return {
      id: demoAdsetId(plan.id, place + 1),
      name: adset.name,
      status: adset.status ?? "ACTIVE",
      ...(adset.dailyBudget && { dailyBudget: adset.dailyBudget }),
      optimizationGoal: OPTIMIZATION[plan.goal],
      attributionSetting: adset.attributionSetting ?? "7d_click_1d_view",
      ads: adset.ads.map((ad) => buildAd(ad, adset.share / Math.max(1, delivering))),
      updatedAt,
    };
  };

  return {
    status: "ACTIVE",
    leadNaming: "rolled",
    bidStrategy: "LOWEST_COST_WITHOUT_CAP",
    specialAdCategories: [],
    pauses: [],
    listed: true,
    createdAt,
    updatedAt,
    ...own,
    startedOn: dayText(first),
    ...(endedDaysAgo !== undefined && { endedOn: dayText(dayNumber(anchor) - endedDaysAgo) }),
    adsets: adsets.map(buildAdset),
  };
};
