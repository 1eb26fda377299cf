import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { rebuildFacts } from "../../drizzle/rebuild.ts";
import { aHouse, type House } from "../support/house.ts";
import { aTenant } from "../support/people.ts";
import { aConnection, aLead, anAccount } from "../features/facts/scene.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const factsOf = (tenantId: number) =>
  Promise.all(
    ["daily_spend", "daily_outcomes", "attribution_credits"].map((table) =>
      house.sql(`SELECT * FROM ${table} t WHERE tenant_id = $1 ORDER BY t::text`, [tenantId]),
    ),
  );

it("facts:rebuild makes lost and wrong figures what they were, for every tenant", async () => {
  const tenants = [await aTenant(house), await aTenant(house)];
  for (const tenantId of tenants) {
    await anAccount(house.sql, tenantId, await aConnection(house.sql, tenantId), {
      id: "111",
      campaigns: [{ id: "c1" }],
      ads: [{ id: "a1", campaign: "c1" }],
      insights: [{ day: "2026-11-20", spend: "100", ad: "a1" }],
    });
    await aLead(house.sql, tenantId, {
      at: "2026-11-20T15:00:00Z",
      ad: "a1",
      sales: [{ day: "2026-11-21", amount: "7" }],
    });
    await house.sql("SELECT refresh_daily_spend($1, '2026-01-01', '2026-12-31')", [tenantId]);
    await house.sql("SELECT settle_outcomes($1)", [tenantId]);
  }
  const before = await Promise.all(tenants.map(factsOf));
  expect(before.flat().every((rows) => rows.length > 0)).toBe(true);

  await house.sql("UPDATE daily_outcomes SET sales = sales + 1");
  await house.sql("DELETE FROM daily_spend");
  await house.sql("INSERT INTO outcome_changes (tenant_id, day) VALUES ($1, '2026-11-21')", [tenants[0]]);
  const database = await house.sql<{ name: string }>("SELECT current_database() AS name");
  expect(await rebuildFacts(inject("superuserUrl") + (database[0]?.name ?? ""))).toBe(2);

  expect(await Promise.all(tenants.map(factsOf))).toEqual(before);
  expect(await house.sql("SELECT FROM outcome_changes")).toEqual([]);
});
