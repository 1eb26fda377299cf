// The worked example by ad and by day, under linear, on cash basis; computed by hand.
import { afterAll, beforeAll, expect, it } from "vitest";
import { insertBusinesses } from "../../oracle/insert-business.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aPerson, as } from "../../support/people.ts";
import { clinic } from "./worked-example-clinic.ts";
import type { Json } from "../../support/json.ts";

const TENANT = 7;
let house: House;
beforeAll(async () => {
  house = await aHouse();
  await insertBusinesses(house.sql, [{ tenantId: TENANT, business: clinic }]);
  await house.sql(
    "UPDATE sync_coverage SET covered = '{[2020-01-01,2026-11-15),[2026-11-16,2027-01-01)}' WHERE tenant_id = $1 AND account_id = '111'",
    [TENANT],
  );
});
afterAll(() => house.stop());

async function read(path: string): Promise<Json> {
  const client = as(house, await aPerson(house, { tenantId: TENANT }));
  const answer = await client.get(`/crm/marketing/${path}?since=2026-11-10&until=2026-11-19&model=linear`);
  expect(answer.status, await answer.clone().text()).toBe(200);
  return ((await answer.json()) as { data: Json }).data;
}

it("each ad has its part of the lead that saw two", async () => {
  const { campaigns } = await read("stats");
  const ads = campaigns.creatives.map(({ ad_id, campaign_name, leads, won, revenue }: Json) => [
    ad_id,
    campaign_name,
    leads,
    won,
    revenue,
  ]);
  expect(ads.sort()).toEqual([
    // Half of lead 1: 50 000.01 − 15 000.
    ["a1", "Primavera", 0.5, 0.5, 35_000.01],
    // A third of lead 3, which has bought nothing.
    ["a2", "Verano", 0.333333, 0, 0],
    // The other half of lead 1, 50 000 − 15 000, and lead 4's 48 000 − 12 000.
    ["a3", "Otoño", 0.5, 0.5, 71_000],
  ]);
});

const daysOf = async (id: string) => {
  const { insights } = await read(`campaigns/${id}/insights`);
  return insights
    .map(({ date, spend, leads, opportunities, won, revenue }: Json) => [
      date.slice(8),
      spend,
      leads,
      opportunities,
      won,
      revenue,
    ])
    .filter(([, ...figures]: unknown[]) => figures.some((figure) => figure !== 0));
};

it("each day has what was spent and what happened on it; one that was not synced has no spend", async () => {
  expect(await daysOf("c1")).toEqual([
    // Lead 1 came on the 10th, its opportunity on the 12th; won and sold on the 14th, given back on the 17th.
    ["10", 30_000, 0.5, 0, 0, 0],
    ["12", 0, 0, 0.5, 0, 0],
    ["14", 0, 0, 0, 0.5, 50_000.01],
    ["15", null, 0, 0, 0, 0],
    ["17", 0, 0, 0, 0, -15_000],
  ]);
  expect(await daysOf("c3")).toEqual([
    ["10", 0, 0.5, 0, 0, 0],
    // 20 USD at the 10th's 1 000, 10 USD at the 13th's 1 100.
    ["12", 20_000, 0, 0.5, 0, 0],
    ["13", 11_000, 0, 0, 0, 0],
    ["14", 0, 0, 0, 0.5, 50_000],
    ["17", 0, 0, 0, 0, -15_000],
    // Lead 4's 40 USD at 1 200; 10 of them given back at the same 1 200, whatever the 19th's.
    ["18", 0, 0, 0, 0, 48_000],
    ["19", 0, 0, 0, 0, -12_000],
  ]);
});
