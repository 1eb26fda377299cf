// Who and what the examples are about: a shop with figures, and an owner who is connected with Meta.
import { aLog } from "../features/automation/scene.ts";
import { aBusiness, shop } from "../features/facts/shop.ts";
import { aTemplate } from "../features/templates/scene.ts";
import type { House } from "../support/house.ts";
import { sampleIds } from "../world/meta/webhook-samples.ts";
import { aConnectedTenant, aPerson } from "../support/people.ts";

export type People = Awaited<ReturnType<typeof setTheScene>>;

export async function setTheScene(house: House) {
  await aBusiness(house, shop);
  const [made] = await house.sql<{ tenant_id: number }>(
    "UPDATE tenants SET name = 'Clínica Sonrisas' RETURNING tenant_id",
  );
  const tenantId = Number(made?.tenant_id);
  await aTemplate(house, tenantId);
  await aLog(house, tenantId);
  await house.sql("INSERT INTO meta_assets (tenant_id, kind, asset_id, name) VALUES ($1, 'waba', $2, 'Sonrisas')", [
    tenantId,
    sampleIds.waba,
  ]);
  return { shop: await aPerson(house, { tenantId }), owner: await aConnectedTenant(house) };
}
