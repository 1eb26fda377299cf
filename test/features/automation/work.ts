// A tenant that sends, its rules and leads, and the minutes in which rules are at work.
import { runHappenings } from "../../../src/features/happenings/happenings.jobs.ts";
import { minutes } from "../../support/clock.ts";
import type { House } from "../../support/house.ts";
import type { Json } from "../../support/json.ts";
import { as } from "../../support/people.ts";
import { aSender } from "../messages/scene.ts";

const RULES = "/crm/marketing/automation/rules";
let phones = 0;

export async function aWorkplace(house: House) {
  const sender = await aSender(house);
  const { tenantId, templateId } = sender;
  const ask = as(house, sender.person);
  const read = async (asked: Promise<Response>): Promise<[number, Json]> => {
    const answer = await asked;
    return [answer.status, (await answer.json()) as Json];
  };
  const handle = () => runHappenings(sender.ctx());
  const minute = async () => {
    await handle();
    await house.tick();
    while ((await house.queue.deliverDue()) > 0);
  };
  const aRule = async (change: Json = {}): Promise<string> => {
    const [status, body] = await read(
      ask.post(RULES, {
        name: `Regla ${crypto.randomUUID()}`,
        trigger_type: "lead_created",
        action_type: "send_hsm",
        template_id: templateId,
        ...change,
      }),
    );
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body["data"][0].id as string;
  };
  const aLead = async (change: Json = {}): Promise<{ id: string; phone: string }> => {
    phones += 1;
    const phone = `+549112${String(3_000_000 + phones)}`;
    const fields = { first_name: "Ana", phone_number: phone, created_at: new Date(house.clock.now()), ...change };
    const names = Object.keys(fields);
    const [row] = await house.sql<{ id: string }>(
      `INSERT INTO leads (tenant_id, ${names.join(", ")}) VALUES ($1, ${names.map((_, index) => `$${index + 2}`).join(", ")}) RETURNING id`,
      [tenantId, ...Object.values(fields)],
    );
    return { id: row?.id ?? "", phone };
  };
  return {
    ...sender,
    ...ask,
    read,
    handle,
    minute,
    aRule,
    aLead,
    /** Time goes by without cron; then two minutes of it. */
    pass: async (ms: number) => {
      house.clock.advance(ms - minutes(1));
      await minute();
      house.clock.advance(minutes(1));
      await minute();
    },
    messages: (leadId: string) =>
      house.sql<{
        id: string;
        state: string;
        reason: string | null;
        due_at: Date;
        accepted_at: Date | null;
        components: Json[];
      }>("SELECT * FROM messages WHERE tenant_id = $1 AND lead_id = $2 ORDER BY created_at, id", [tenantId, leadId]),
    executions: (leadId: string) =>
      house.sql<{ id: string; state: string; step: number; reason: string | null; due_at: Date }>(
        "SELECT * FROM automation_executions WHERE tenant_id = $1 AND lead_id = $2 ORDER BY created_at, id",
        [tenantId, leadId],
      ),
    rule: async (id: string): Promise<Json> => (await read(ask.get(`${RULES}/${id}`)))[1]["data"],
    timesSent: (phone: string) =>
      house.meta.whatsapp.sent.filter(({ recipient }) => recipient === phone.slice(1) || recipient === phone).length,
    settings: (change: Json) =>
      house.sql(
        `UPDATE tenant_settings SET ${Object.keys(change)
          .map((name, index) => `${name} = $${index + 2}`)
          .join(", ")} WHERE tenant_id = $1`,
        [tenantId, ...Object.values(change)],
      ),
    /** Somebody writes to us. */
    answer: (leadId: string, phone: string) =>
      house.sql(
        `INSERT INTO conversations (tenant_id, phone_number_id, wa_id, phone, lead_id, first_inbound_at, last_inbound_at, last_inbound_id, last_inbound_type)
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7, 'text')`,
        [
          tenantId,
          sender.phoneNumberId,
          phone.slice(1),
          phone,
          leadId,
          new Date(house.clock.now()),
          crypto.randomUUID(),
        ],
      ),
  };
}
