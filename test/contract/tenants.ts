// Whose answers the contract tests read: a shop with figures known to the last peso, a tenant that came through Meta's
// consent page and was synced, and one that never connected.
import { demoAccountIds, demoAdId, demoCampaignIds } from "../world/meta/demo-ids.ts";
import type { House } from "../support/house.ts";
import { aConnectedTenant, aPerson, as, aTenant, type Person } from "../support/people.ts";
import { aConnection, aLead, anAccount, refreshFacts } from "../features/facts/scene.ts";
import { type Business, shop } from "../features/facts/shop.ts";
import type { Client } from "./views.ts";
import type { Json } from "../support/json.ts";

export type Tenant = { client: Client; person: Person };

export async function aShop(
  house: House,
  { accounts = [], leads = [], status = "active", ...settings }: Business = shop,
): Promise<Tenant> {
  const tenantId = await aTenant(house, settings);
  if (accounts.length > 0) {
    const connection = await aConnection(house.sql, tenantId, { status });
    for (const account of accounts) await anAccount(house.sql, tenantId, connection, account);
  }
  for (const lead of leads) await aLead(house.sql, tenantId, lead);
  await refreshFacts(house.sql, tenantId);
  const person = await aPerson(house, { tenantId });
  return { person, client: as(house, person) };
}

export async function aStranger(house: House): Promise<Tenant> {
  const person = await aPerson(house);
  return { person, client: as(house, person) };
}

/** The Miami account in dollars, synced, with one sale of 1 000 that its smile campaign brought ten days ago. */
export async function aSyncedTenant(house: House): Promise<Tenant> {
  const person = await aConnectedTenant(house);
  const client = as(house, person);
  await client.post("/crm/marketing/connect", { account_id: demoAccountIds.miami });
  await house.settle();
  await aLead(house.sql, person.tenantId, {
    at: "2026-11-13T15:00:00Z",
    campaign: demoCampaignIds.miamiSmile,
    ad: demoAdId(demoCampaignIds.miamiSmile, 1),
    wonAt: "2026-11-13T18:00:00Z",
    sales: [{ day: "2026-11-13", amount: "1000", currency: "USD" }],
  });
  await refreshFacts(house.sql, person.tenantId);
  return { person, client };
}

/** The whole body of an answer, which must be a success. */
export async function read(client: Client, path: string): Promise<Json> {
  const answer = await client.get(path);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as Json;
}
