import { systemCtx, type Ctx } from "../../../src/context.ts";
import { insertMessages, type NewMessage } from "../../../src/features/messages/outbox.queries.ts";
import type { House } from "../../support/house.ts";
import { aPerson, aTenant, type Person } from "../../support/people.ts";

export const PHONE_NUMBER = "106540352242922";
export const WABA = "102290129340398";

let serial = 0;
/** Phones and numbers are nobody else's. */
const next = () => (serial += 1);

/** A tenant whose connection may send, with a number at Meta and an approved template. */
export async function aSender(
  house: House,
  { scopes = ["whatsapp_business_messaging", "ads_read", "business_management"] } = {},
) {
  const tenantId = await aTenant(house);
  const person: Person = await aPerson(house, { tenantId });
  const personId = `9${String(tenantId).padStart(12, "0")}`;
  const { id: owner } = house.meta.state.business.people[0] ?? { id: personId };
  const { value: token } = house.meta.issueToken({ scopes, personId: owner });
  const connectionId = crypto.randomUUID();
  const sealed = await house.tools.vault.seal(token, { tenantId, connectionId, kind: "user" });
  await house.sql(
    `INSERT INTO connections (tenant_id, id, kind, status, meta_user_id, token_sealed, granted_scopes, connected_by, issued_at, expires_at)
     VALUES ($1, $2, 'user', 'active', $3, $4, $5, 'test', $6, $7)`,
    [
      tenantId,
      connectionId,
      owner,
      sealed,
      scopes,
      new Date(house.clock.now()),
      new Date(house.clock.now() + 50 * 86_400_000),
    ],
  );
  const phoneNumberId = `${PHONE_NUMBER}${tenantId}`;
  const waba = `${WABA}${tenantId}`;
  house.meta.whatsapp.levers.wabaOf.set(phoneNumberId, waba);
  await house.sql(
    `INSERT INTO meta_assets (tenant_id, kind, asset_id, parent_id, name) VALUES ($1, 'waba', $2, NULL, 'WABA'), ($1, 'phone_number', $3, $2, '+54 11')`,
    [tenantId, waba, phoneNumberId],
  );
  const [template] = await house.sql<{ id: string }>(
    `INSERT INTO meta_templates (tenant_id, meta_template_id, waba_id, name, category, language, status, components)
     VALUES ($1, '920070352646140', $2, 'turno', 'MARKETING', 'es_AR', 'APPROVED', $3) RETURNING id`,
    [
      tenantId,
      waba,
      JSON.stringify([{ type: "BODY", text: "Hola {{1}}, te esperamos.", example: { body_text: [["Ana"]] } }]),
    ],
  );
  const ctx = (): Ctx => systemCtx(house.tools, { tenantId, requestId: "test", job: "message.send" });
  const templateId = template?.id ?? "";
  return {
    tenantId,
    person,
    phoneNumberId,
    waba,
    templateId,
    ctx,
    /** A planned message to a phone of its own; answers its id. */
    plan: async (more: Partial<NewMessage> = {}): Promise<{ id: string; phone: string }> => {
      const phone = `+54911${String(20_000_000 + (tenantId % 1000) * 10_000 + next())}`;
      const id = crypto.randomUUID();
      const here = ctx();
      await here.db.one(
        insertMessages(here, [
          {
            id,
            occurrenceKey: id,
            dueAt: new Date(house.clock.now()),
            template: { id: templateId, name: "turno", language: "es_AR", category: "MARKETING" },
            components: [{ type: "body", parameters: [{ type: "text", text: "Ana" }] }],
            recipient: { phone },
            ...more,
          },
        ]),
      );
      return { id, phone };
    },
    row: async (id: string) =>
      (await house.sql<Row>("SELECT * FROM messages WHERE tenant_id = $1 AND id = $2", [tenantId, id]))[0],
    attempts: (id: string) =>
      house.sql<{ number: number; outcome: string | null; error_code: number | null; reason: string | null }>(
        "SELECT * FROM message_attempts WHERE tenant_id = $1 AND message_id = $2 ORDER BY number",
        [tenantId, id],
      ),
    log: async (id: string) =>
      (
        await house.sql<{
          status: string;
          error_message: string | null;
          lead_name: string | null;
          template_name: string;
        }>("SELECT * FROM automation_logs WHERE tenant_id = $1 AND id = $2", [tenantId, id])
      )[0],
    counts: async () =>
      (
        await house.sql<{
          sent_count: number;
          delivered_count: number;
          read_count: number;
          replied_count: number;
          status: string;
        }>("SELECT * FROM meta_templates WHERE tenant_id = $1 AND id = $2", [tenantId, templateId])
      )[0],
  };
}

export type Sender = Awaited<ReturnType<typeof aSender>>;

type Row = {
  state: string;
  attempts: number;
  reason: string | null;
  provider_message_id: string | null;
  wa_id: string | null;
  due_at: Date;
  error_code: number | null;
  error_text: string | null;
  cost: string | null;
  cost_currency: string | null;
  [column: string]: unknown;
};
