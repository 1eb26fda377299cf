import { expect } from "vitest";
import type { House } from "../../support/house.ts";
import { aPerson, as, aTenant } from "../../support/people.ts";
import { type Account, aConnection, aLead, anAccount, type Lead, refreshFacts } from "./scene.ts";
import type { Json } from "../../support/json.ts";

const everything = "{[2023-10-24,2026-11-23)}";
export const synced = { account: everything, campaign: everything, ad: everything, completeThrough: "2026-11-22" };

export type Business = {
  accounts?: Account[];
  leads?: Lead[];
  timezone?: string;
  currency?: string | null;
  status?: string;
};

/** Reads in the name of a person of a new tenant; an answer other than 200 fails the test. */
export async function aBusiness(house: House, { accounts = [], leads = [], status = "active", ...settings }: Business) {
  const tenantId = await aTenant(house, settings);
  if (accounts.length > 0) {
    const connection = await aConnection(house.sql, tenantId, { status });
    for (const account of accounts) await anAccount(house.sql, tenantId, connection, account);
  }
  for (const lead of leads) await aLead(house.sql, tenantId, lead);
  await refreshFacts(house.sql, tenantId);
  const client = as(house, await aPerson(house, { tenantId }));
  const whole = async (path: string): Promise<{ data: Json; beside: Json }> => {
    const answer = await client.get(`/crm/marketing/${path}`);
    expect(answer.status, await answer.clone().text()).toBe(200);
    const { data, ...beside } = (await answer.json()) as { data: Json };
    return { data, beside };
  };
  return Object.assign(async (path: string) => (await whole(path)).data, { whole });
}

/** 100 spent on one campaign that brought 500, in the last thirty days; 50 and 150 in the thirty before. */
export const shop: Business = {
  accounts: [
    {
      id: "111",
      isPrimary: true,
      campaigns: [{ id: "c1", name: "Primavera" }],
      ads: [{ id: "a1", campaign: "c1", name: "Video" }],
      insights: [
        { day: "2026-11-20", spend: "100", metaLeads: 9 },
        { day: "2026-11-20", spend: "100", campaign: "c1", impressions: 1000, clicks: 10 },
        { day: "2026-11-20", spend: "100", ad: "a1" },
        { day: "2026-10-01", spend: "50" },
        { day: "2026-10-01", spend: "50", campaign: "c1" },
      ],
      covered: synced,
    },
  ],
  leads: [
    {
      at: "2026-11-20T15:00:00Z",
      campaign: "c1",
      ad: "a1",
      wonAt: "2026-11-21T15:00:00Z",
      sales: [
        { day: "2026-11-21", amount: "600" },
        { day: "2026-11-22", amount: "-100" },
        { day: "2026-11-22", amount: "77", status: "pending" },
      ],
    },
    { at: "2026-11-20T15:00:00Z", sales: [{ day: "2026-11-21", amount: "900" }] },
    { at: "2026-10-01T15:00:00Z", campaign: "c1", sales: [{ day: "2026-10-02", amount: "150" }] },
  ],
};
