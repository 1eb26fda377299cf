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
  const owner = await aConnectedTenant(house);
  await someAssets(house, owner.tenantId);
  return { shop: await aPerson(house, { tenantId }), owner };
}

/** A page with a form, and a WhatsApp account with a number. */
async function someAssets(house: House, tenantId: number): Promise<void> {
  const at = new Date(house.clock.now()).toISOString();
  await house.sql(
    `INSERT INTO meta_assets (tenant_id, kind, asset_id, parent_id, name, details, subscribed_at, checked_at) VALUES
      ($1, 'page', '102290129340398', NULL, 'Clínica Dental Aurora', '{"category":"Dentist"}', $2, $2),
      ($1, 'waba', '114455667788001', NULL, 'Clínica Dental Aurora', '{"currency":"ARS"}', $2, $2),
      ($1, 'phone_number', '106540352242922', '114455667788001', 'Aurora Turnos',
        '{"display_phone_number":"+54 9 11 5555-0101","quality_rating":"GREEN"}', NULL, NULL)`,
    [tenantId, at],
  );
  await house.sql("INSERT INTO asset_schedule (tenant_id, task, next_due_at) VALUES ($1, 'bind', $2)", [tenantId, at]);
  await house.sql(
    `INSERT INTO lead_forms (tenant_id, form_id, page_id, name, status, locale, questions, checkpoint, checked_at)
      VALUES ($1, '172036835026334', '102290129340398', 'Implantes', 'ACTIVE', 'es_LA', $3, $2, $2)`,
    [
      tenantId,
      at,
      JSON.stringify([
        { key: "full_name", label: "Nombre completo", type: "FULL_NAME" },
        { key: "¿qué_tratamiento_buscas?", label: "¿Qué tratamiento buscás?", type: "CUSTOM" },
      ]),
    ],
  );
}
