// Assets of a tenant, and what Meta tells of them.
import type { House } from "../../support/house.ts";
import { aPerson, type Person } from "../../support/people.ts";
import type { Notification } from "../../world/meta/webhook-body.ts";

let serial = 0;

/** Ids that no other test has. */
export const someId = () =>
  `8${String(Math.floor(Math.random() * 1e9)).padStart(9, "0")}${String((serial += 1)).padStart(6, "0")}`;

export type Owner = Person & { page: string; waba: string; number: string };

export async function anOwner(house: House): Promise<Owner> {
  const person = await aPerson(house);
  const owner = { ...person, page: someId(), waba: someId(), number: someId() };
  await house.sql(
    `INSERT INTO meta_assets (tenant_id, kind, asset_id, parent_id, name)
     VALUES ($1, 'page', $2, NULL, 'Page'), ($1, 'waba', $3, NULL, 'WhatsApp'), ($1, 'phone_number', $4, $3, 'Number')`,
    [owner.tenantId, owner.page, owner.waba, owner.number],
  );
  return owner;
}

/** Somebody has rules: what happens is written down. */
export const aListener = (house: House, { tenantId }: Person) =>
  house.sql(
    `INSERT INTO automation_rules (tenant_id, name, trigger_type, trigger_conditions, action_type, action_config)
     VALUES ($1, 'r', 'lead_created', '{}', 'send_hsm', '{}')`,
    [tenantId],
  );

/** An event of ours: it leaves exactly one trace, a happening with its own key. */
export const anAccountEvent = (waba: string, time: number, event = "ACCOUNT_RESTRICTION"): Notification => ({
  object: "whatsapp_business_account",
  entry: [{ id: waba, time, changes: [{ field: "account_update", value: { event } }] }],
});

export type Stored = {
  id: string;
  state: string;
  tries: number;
  last_error: string | null;
  topic: string;
  payload: string | null;
  is_late: boolean;
};

export const inboxOf = (house: House, { tenantId }: Person) =>
  house.sql<Stored>("SELECT * FROM webhook_inbox WHERE tenant_id = $1 ORDER BY received_at, id", [tenantId]);

export const effectsOf = async (house: House, { tenantId }: Person): Promise<number> =>
  (await house.sql("SELECT FROM happenings WHERE tenant_id = $1", [tenantId])).length;
