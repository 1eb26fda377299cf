// A tenant that tells Meta what became of its leads.
import { expect } from "vitest";
import { days } from "../../support/clock.ts";
import type { House } from "../../support/house.ts";
import type { Json } from "../../support/json.ts";
import { aConnectedTenant, as } from "../../support/people.ts";

let serial = 0;
/** Ids of Meta's that no other test has. */
export const aMetaId = () => `23337004${String(1_000_000 + (serial += 1))}`;

export type Teller = Awaited<ReturnType<typeof aTeller>>;

export async function aTeller(house: House, settings: Json = {}) {
  const person = await aConnectedTenant(house);
  const client = as(house, person);
  const datasetId = aMetaId();
  const ask = async (answer: Response): Promise<Json> => {
    const body = (await answer.json()) as Json;
    expect(answer.status, JSON.stringify(body)).toBeLessThan(300);
    return body;
  };
  const configure = async (more: Json = {}) =>
    ask(
      await client.put("/crm/marketing/conversions/settings", {
        enabled: true,
        dataset_id: datasetId,
        require_consent: false,
        ...settings,
        ...more,
      }),
    );
  await configure();
  const write = async (path: string, body: Json) => (await ask(await client.post(path, body)))["data"] as Json;
  const at = (agoMs = 0) => new Date(house.clock.now() - agoMs).toISOString();
  return {
    ...person,
    client,
    datasetId,
    ask,
    configure,
    write,
    at,
    /** A lead of a form, unless its touch says otherwise; answers its id. */
    lead: async ({ agoMs = 0, touch = {}, ...more }: Json & { agoMs?: number; touch?: Json | null } = {}) => {
      const own = { occurred_at: at(agoMs), channel: "meta_lead_form", leadgen_id: aMetaId(), ...touch };
      const made = await write("/crm/leads", {
        first_name: "Ana",
        email: `ana${(serial += 1)}@correo.example`,
        created_at: at(agoMs),
        touchpoints: touch === null ? [] : [own],
        ...more,
      });
      return String(made["id"]);
    },
    /** Cron and queue, often enough for what happened to be told. */
    tell: async () => {
      for (let round = 0; round < 3; round += 1) {
        await house.tick();
        while ((await house.queue.deliverDue()) > 0);
      }
    },
    /** What Meta counted, test events aside. */
    counted: () => house.meta.conversions.received.filter((one) => one.datasetId === datasetId && !one.isTest),
    log: async (query = "") =>
      (await ask(await client.get(`/crm/marketing/conversions/events${query}`)))["data"] as Json[],
    oldest: days(7),
  };
}
