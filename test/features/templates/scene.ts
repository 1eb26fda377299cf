import type { House } from "../../support/house.ts";
import { aPerson, as } from "../../support/people.ts";
import type { Json } from "../../support/json.ts";

/** Somebody of a tenant of their own, and what they may ask. */
export async function aMarketer(house: House, role = "marketing") {
  const person = await aPerson(house, { role });
  const ask = as(house, person);
  const read = async (asked: Promise<Response>): Promise<[status: number, body: Json]> => {
    const answer = await asked;
    return [answer.status, (await answer.json()) as Json];
  };
  return { ...ask, tenantId: person.tenantId, read };
}

type Template = {
  name?: string;
  status?: string;
  category?: string;
  language?: string;
  body?: string;
  components?: unknown;
  waba?: string;
};

/** A template as a sync with Meta leaves it. */
export async function aTemplate(
  house: House,
  tenantId: number,
  {
    name = "turno",
    status = "APPROVED",
    category = "UTILITY",
    language = "es_AR",
    body = "Hola {{1}}, te esperamos.",
    components = [{ type: "BODY", text: body, example: { body_text: [["Ana"]] } }],
    waba = "102290129340398",
  }: Template = {},
): Promise<string> {
  const [row] = await house.sql<{ id: string }>(
    `INSERT INTO meta_templates (tenant_id, meta_template_id, waba_id, name, category, language, status, components, sent_count, last_synced_at)
     VALUES ($1, '920070352646140', $2, $3, $4, $5, $6, $7, 3, '2026-11-23T14:00:00Z') RETURNING id`,
    [tenantId, waba, name, category, language, status, JSON.stringify(components)],
  );
  return row?.id ?? "";
}
