import { dayNumber, dayText } from "./calendar.ts";
import { agencyPortfolioId, demoPersonIds, demoPortfolioIds } from "./demo-ids.ts";
import type { Business, Campaign, Goal } from "./entities.ts";

const GOALS: Goal[] = ["form_leads", "all_leads", "whatsapp", "sales", "traffic"];

const OBJECTIVES: Record<Goal, string> = {
  form_leads: "OUTCOME_LEADS",
  pixel_leads: "OUTCOME_LEADS",
  all_leads: "OUTCOME_LEADS",
  whatsapp: "OUTCOME_ENGAGEMENT",
  sales: "OUTCOME_SALES",
  traffic: "OUTCOME_TRAFFIC",
  awareness: "OUTCOME_AWARENESS",
};

export const largeAccountId = "990011223344550";

const idOf = (kind: number, place: number): string => `1202109${kind}${String(place).padStart(10, "0")}`;

/** One account of the size asked for; its numbers are computed when asked, none are stored. */
export const largeBusiness = ({
  campaigns,
  days,
  adsPerCampaign = 3,
  until = "2026-11-23",
  currency = "ARS",
  timezoneName = "America/Argentina/Buenos_Aires",
}: {
  campaigns: number;
  days: number;
  adsPerCampaign?: number;
  until?: string;
  currency?: string;
  timezoneName?: string;
}): Business => {
  const startedOn = dayText(dayNumber(until) - days);
  const createdAt = (dayNumber(startedOn) - 1) * 86_400_000;

  const campaign = (place: number): Campaign => {
    const goal = GOALS[place % GOALS.length] ?? "traffic";
    return {
      id: idOf(1, place),
      name: `Campaña ${place + 1}`,
      objective: OBJECTIVES[goal],
      status: "ACTIVE",
      goal,
      leadNaming: "rolled",
      dailyBudget: 5_000_000,
      dailySpend: 8_000 + (place % 17) * 2_500,
      bidStrategy: "LOWEST_COST_WITHOUT_CAP",
      specialAdCategories: [],
      startedOn,
      pauses: [],
      listed: true,
      createdAt,
      updatedAt: createdAt,
      adsets: [
        {
          id: idOf(2, place),
          name: `Conjunto ${place + 1}`,
          status: "ACTIVE",
          optimizationGoal: "LEAD_GENERATION",
          attributionSetting: "7d_click_1d_view",
          updatedAt: createdAt,
          ads: Array.from({ length: adsPerCampaign }, (_, ad) => ({
            id: idOf(3, place * adsPerCampaign + ad),
            name: `Anuncio ${place + 1}.${ad + 1}`,
            status: "ACTIVE",
            creativeId: idOf(4, place * adsPerCampaign + ad),
            share: 1 / adsPerCampaign,
            updatedAt: createdAt,
          })),
        },
      ],
    };
  };

  return {
    portfolios: [
      { id: demoPortfolioIds.health, name: "Grupo Grande", verificationStatus: "verified", timezoneId: 24, createdAt },
    ],
    accounts: [
      {
        id: largeAccountId,
        name: "Cuenta grande",
        currency,
        timezoneName,
        timezoneId: 24,
        accountStatus: 1,
        disableReason: 0,
        ownerPortfolioId: agencyPortfolioId,
        clientPortfolioIds: [demoPortfolioIds.health],
        userTasks: ["ANALYZE"],
        spendCap: 0,
        createdAt,
        campaigns: Array.from({ length: campaigns }, (_, place) => campaign(place)),
      },
    ],
    pages: [],
    wabas: [],
    people: [
      {
        id: demoPersonIds.owner,
        name: "Lucía Fernández",
        portfolioIds: [demoPortfolioIds.health],
        accountIds: [largeAccountId],
        pageIds: [],
        declines: [],
      },
    ],
  };
};
