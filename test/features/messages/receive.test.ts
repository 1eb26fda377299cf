import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { systemCtx } from "../../../src/context.ts";
import { deliver } from "../../../src/features/messages/deliver.ts";
import {
  receiveMessage,
  receiveNumberEvent,
  receivePreference,
  receiveStatus,
} from "../../../src/features/messages/receive.ts";
import { hours } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import type { SentMessage } from "../../world/meta/whatsapp.ts";
import { aSender, type Sender } from "./scene.ts";

let house: House;
let its: Sender;

/** What the room of webhooks does with a notification: each change to whom it concerns. */
type Change = { field: string; value: { metadata?: { phone_number_id: string }; messages?: unknown[] } };
const tenants = new Map<string, number>();
async function take(body: string): Promise<void> {
  const { entry } = JSON.parse(body) as { entry: { id: string; changes: Change[] }[] };
  for (const { id, changes } of entry)
    for (const { field, value } of changes) {
      const tenantId = tenants.get(id) ?? 0;
      const ctx = systemCtx(house.tools, { tenantId, requestId: "test", job: "webhook" });
      const receive =
        field === "user_preferences"
          ? receivePreference
          : field === "messages"
            ? value.messages
              ? receiveMessage
              : receiveStatus
            : receiveNumberEvent;
      await receive(ctx, { field, assetId: id, at: new Date(house.clock.now()).toISOString(), value });
    }
}

beforeAll(async () => {
  house = await aHouse({
    meta: {
      webhooks: {
        url: "https://api.crm.test/webhooks/meta",
        send: async (_, init) => {
          await take(String(init.body));
          return new Response("", { status: 200 });
        },
      },
    },
  });
  its = await aTenant();
});
afterAll(() => house.stop());

async function aTenant() {
  const made = await aSender(house);
  tenants.set(made.waba, made.tenantId);
  await house.sql(
    `INSERT INTO automation_rules (tenant_id, name, trigger_type, trigger_conditions, action_type, action_config) VALUES ($1, 'r', 'x', '{}', 'x', '{}')`,
    [made.tenantId],
  );
  return made;
}

const happenings = (kind: string, tenantId = its.tenantId) =>
  house.sql<{ key: string; lead_id: string | null; details: Record<string, unknown> }>(
    "SELECT key, lead_id, details FROM happenings WHERE tenant_id = $1 AND kind = $2 ORDER BY id",
    [tenantId, kind],
  );

async function aSent(
  more: Parameters<Sender["plan"]>[0] = {},
): Promise<{ id: string; phone: string; sent: SentMessage }> {
  const planned = await its.plan(more);
  expect(await deliver(its.ctx(), planned.id)).toBe("accepted");
  const sent = house.meta.whatsapp.sent.find(({ reference }) => reference === planned.id);
  if (!sent) throw new Error("Nothing was sent.");
  return { ...planned, sent };
}

describe("statuses", () => {
  test.each([
    ["in order", ["sent", "delivered", "read"]],
    ["backwards", ["read", "delivered", "sent"]],
    ["with delivered left out", ["read", "sent"]],
    ["each twice", ["sent", "sent", "read", "delivered", "read", "delivered"]],
    ["with a failure afterwards", ["read", "failed", "sent"]],
    ["with a failure first", ["failed", "read"]],
  ])("%s end in read, counted once (defect 136)", async (_, words) => {
    const before = await its.counts();
    const { id, sent } = await aSent();
    for (const word of words) await house.meta.whatsapp.tellStatus(sent, word);
    expect(await its.row(id)).toMatchObject({ state: "read", pricing_category: "marketing", billable: true });
    expect(await its.log(id)).toMatchObject({ status: "read" });
    const after = await its.counts();
    for (const name of ["sent_count", "delivered_count", "read_count"] as const)
      expect((after?.[name] ?? 0) - (before?.[name] ?? 0), name).toBe(1);
    expect((await its.row(id))?.error_code).toBe(words.includes("failed") ? 131000 : null);
  });

  it("a failure ends what has not arrived, once, with a text for people", async () => {
    const { id, phone, sent } = await aSent();
    house.meta.whatsapp.script(phone.slice(1), { laterCode: 131026 });
    await house.meta.whatsapp.tellStatus(sent, "failed", { copies: 3 });
    await house.meta.whatsapp.tellStatus(sent, "sent");
    expect(await its.row(id)).toMatchObject({ state: "failed", error_code: 131026 });
    expect(await its.log(id)).toMatchObject({ status: "failed", error_message: expect.stringContaining("WhatsApp") });
    expect((await happenings("message.failed")).filter(({ key }) => key === id)).toHaveLength(1);
  });

  it("131049 waits a day and is tried once more, as an attempt of its own", async () => {
    const { id, phone, sent } = await aSent();
    house.meta.whatsapp.script(phone.slice(1), { laterCode: 131049 });
    await house.meta.whatsapp.tellStatus(sent, "failed", { copies: 2 });
    const row = await its.row(id);
    expect(row).toMatchObject({ state: "planned", reason: "wait_day" });
    expect(row?.due_at.getTime()).toBe(house.clock.now() + hours(24));
    // Told late, of the attempt that is over.
    await house.meta.whatsapp.tellStatus(sent, "sent");
    expect((await its.row(id))?.state).toBe("planned");
    expect(await deliver(its.ctx(), id)).toBe("accepted");
    await house.meta.whatsapp.tellStatus(sent, "failed");
    expect((await its.row(id))?.state).toBe("accepted");
    const again = house.meta.whatsapp.sent.findLast(({ reference }) => reference === id);
    if (again) await house.meta.whatsapp.tellStatus(again, "failed");
    expect((await its.row(id))?.state).toBe("failed");
    expect(await its.attempts(id)).toMatchObject([
      { number: 1, outcome: "failed" },
      { number: 2, outcome: "failed" },
    ]);
  });

  it("resolve what is unknown, by our reference alone", async () => {
    const { id } = await its.plan();
    house.meta.faults.add({ match: /messages$/, times: 1, fault: { kind: "reset-after-execute" } });
    expect(await deliver(its.ctx(), id)).toBe("unknown");
    const sent = house.meta.whatsapp.sent.find(({ reference }) => reference === id);
    if (!sent) throw new Error("Nothing was sent.");
    await house.meta.whatsapp.tellStatus(sent, "sent");
    expect(await its.row(id)).toMatchObject({ state: "accepted", provider_message_id: sent.id, reason: null });
    expect(await its.log(id)).toMatchObject({ status: "sent", error_message: null });
  });

  it("of messages sent elsewhere, of words that are not known and of a neighbour change nothing; nonsense is refused", async () => {
    const { id, sent } = await aSent();
    const change = (value: unknown) => ({ field: "messages", assetId: its.waba, at: new Date().toISOString(), value });
    const status = house.meta.whatsapp.statusOf(sent, "read", house.clock.now());
    const other = await aTenant();
    await receiveStatus(other.ctx(), change({ statuses: [status] }));
    await receiveStatus(its.ctx(), change({ statuses: [{ ...status, status: "warning" }] }));
    await receiveStatus(
      its.ctx(),
      change({ statuses: [{ ...status, id: "wamid.other", biz_opaque_callback_data: "rule:42" }] }),
    );
    expect((await its.row(id))?.state).toBe("accepted");
    await expect(receiveStatus(its.ctx(), change({ statuses: [] }))).rejects.toMatchObject({ code: "request.invalid" });
  });

  it("cost what the rate of that day says for where the phone is, and nothing where they are not billed", async () => {
    await house.sql(
      `INSERT INTO message_rates (tenant_id, market, category, effective_on, rate, currency) VALUES
       ($1, '*', 'marketing', '2020-01-01', 0.01, 'USD'), ($1, '54', 'marketing', '2020-01-01', 0.05, 'USD'),
       ($1, '54', 'marketing', '2026-11-01', 0.0618, 'USD'), ($1, '54', 'marketing', '2027-01-01', 9, 'USD')`,
      [its.tenantId],
    );
    const { id, sent } = await aSent();
    await house.meta.whatsapp.tellStatus(sent, "sent");
    expect(await its.row(id)).toMatchObject({ cost: "0.061800", cost_currency: "USD" });
    const free = await aSent();
    const status = {
      ...house.meta.whatsapp.statusOf(free.sent, "sent", house.clock.now()),
      pricing: { billable: false, type: "free_customer_service" },
    };
    await receiveStatus(its.ctx(), { field: "messages", assetId: its.waba, at: "", value: { statuses: [status] } });
    expect(await its.row(free.id)).toMatchObject({
      cost: "0.000000",
      billable: false,
      pricing_type: "free_customer_service",
    });
  });
});

describe("a person writes", () => {
  let serial = 0;
  const aNumber = () => `54911${String(30_000_000 + (its.tenantId % 1000) * 1000 + (serial += 1))}`;
  const chatOf = async (waId: string) =>
    (
      await house.sql<Record<string, unknown>>("SELECT * FROM conversations WHERE tenant_id = $1 AND wa_id = $2", [
        its.tenantId,
        waId,
      ])
    )[0];

  it("becomes a lead and a chat, once, without a word of what was said (defect 133)", async () => {
    const from = aNumber();
    const writing = {
      phoneNumberId: its.phoneNumberId,
      from,
      bsuid: `AR.${from}`,
      name: "Ana Paz",
      username: `ana.${from}`,
      text: "secreto de Ana",
    };
    await house.meta.whatsapp.write(writing, { copies: 3 });
    await house.meta.whatsapp.write({ ...writing, text: "otra cosa", at: house.clock.now() + 5_000 });
    const leads = await house.sql(
      "SELECT first_name, last_name, phone_number, lead_source FROM leads WHERE tenant_id = $1 AND phone_number = $2",
      [its.tenantId, `+${from}`],
    );
    expect(leads).toEqual([{ first_name: "Ana", last_name: "Paz", phone_number: `+${from}`, lead_source: "WHATSAPP" }]);
    expect(await chatOf(from)).toMatchObject({ bsuid: `AR.${from}`, last_inbound_type: "text" });
    const { lead_id: leadId } = (await chatOf(from)) ?? {};
    const told = (await happenings("message.received")).filter((one) => one.lead_id === leadId);
    expect(told.map(({ details }) => details["is_first"])).toEqual([true, false]);
    const dump = await house.sql<{ all: string }>(
      "SELECT (SELECT string_agg(m::text, '') FROM conversations m) || (SELECT coalesce(string_agg(h::text, ''), '') FROM happenings h) AS all",
    );
    expect(dump[0]?.all).not.toContain("secreto");
  });

  it("from an ad is a paid touch of its campaign with its click id, and the first ad stays (defect 132)", async () => {
    const from = aNumber();
    await house.sql(
      "INSERT INTO connections (tenant_id, kind, status, connected_by) VALUES ($1, 'other', 'active', 't')",
      [its.tenantId],
    );
    await house.sql(
      `INSERT INTO ad_accounts (tenant_id, account_id, connection_id, name, currency, timezone_name, account_status)
       SELECT tenant_id, '77', id, 'A', 'ARS', 'America/Argentina/Buenos_Aires', 1 FROM connections WHERE tenant_id = $1 AND kind = 'other'`,
      [its.tenantId],
    );
    await house.sql(
      "INSERT INTO ads (tenant_id, ad_id, account_id, campaign_id, ad_set_id, name) VALUES ($1, '120226305854810726', '77', '5001', '5002', 'Ad')",
      [its.tenantId],
    );
    const first = { source_id: "120226305854810726", ctwa_clid: "Aff-1", headline: "Implantes", body: "Escribinos" };
    await house.meta.whatsapp.write({ phoneNumberId: its.phoneNumberId, from, referral: first }, { copies: 2 });
    await house.meta.whatsapp.write({
      phoneNumberId: its.phoneNumberId,
      from,
      text: "hola de nuevo",
      at: house.clock.now() + 9_000,
      referral: { source_id: "999", ctwa_clid: "Aff-2" },
    });
    const touches = await house.sql(
      `SELECT channel, is_paid, campaign_id, ad_set_id, ad_id, ctwa_clid, headline FROM touchpoints t JOIN leads l ON l.tenant_id = t.tenant_id AND l.id = t.lead_id
       WHERE l.tenant_id = $1 AND l.phone_number = $2 ORDER BY t.occurred_at`,
      [its.tenantId, `+${from}`],
    );
    expect(touches).toEqual([
      {
        channel: "ctwa",
        is_paid: true,
        campaign_id: "5001",
        ad_set_id: "5002",
        ad_id: "120226305854810726",
        ctwa_clid: "Aff-1",
        headline: "Implantes",
      },
      expect.objectContaining({ channel: "ctwa", ad_id: "999", ctwa_clid: "Aff-2", campaign_id: null }),
    ]);
    expect(await chatOf(from)).toMatchObject({
      first_referral: { ctwa_clid: "Aff-1" },
      last_referral: { ctwa_clid: "Aff-2" },
    });
    const [lead] = await house.sql(
      "SELECT meta_campaign_id, lead_source FROM leads WHERE tenant_id = $1 AND phone_number = $2",
      [its.tenantId, `+${from}`],
    );
    expect(lead).toEqual({ meta_campaign_id: "5001", lead_source: "META_ADS" });
  });

  it("who answers an ad's click within a day chats free for three", async () => {
    const from = aNumber();
    await house.meta.whatsapp.write({ phoneNumberId: its.phoneNumberId, from, referral: { source_id: "1" } });
    await aSent({ recipient: { phone: `+${from}` } });
    expect((await chatOf(from))?.["free_entry_until"]).toEqual(new Date(house.clock.now() + hours(72)));
  });

  it("in answer to a template counts as its reply, once", async () => {
    const { id, phone, sent } = await aSent();
    const before = (await its.counts())?.replied_count ?? 0;
    await house.meta.whatsapp.write(
      { phoneNumberId: its.phoneNumberId, from: phone.slice(1), button: "Sí, quiero", contextId: sent.id },
      { copies: 2 },
    );
    expect((await its.counts())?.replied_count).toBe(before + 1);
    const told = (await happenings("message.received")).find(({ details }) => details["message_id"] === id);
    expect(told?.details).toMatchObject({ is_reply: true, template_id: its.templateId });
  });

  it("with the word that stops gets nothing more, also as another lead, until the word that starts; what comes late changes nothing", async () => {
    const from = aNumber();
    const write = (text: string, at: number, id?: string) =>
      house.meta.whatsapp.write({ phoneNumberId: its.phoneNumberId, from, text, at, ...(id && { id }) });
    const t = house.clock.now();
    const tryIt = async () => {
      const { id } = await its.plan({ recipient: { phone: `+${from}` } });
      return deliver(its.ctx(), id);
    };
    await write("stop, o Zé não vem", t);
    expect(await tryIt()).toBe("accepted");
    await write("BAJA 🙏", t + 1_000, "wamid.stop");
    expect(await tryIt()).toBe("suppressed");
    await write("alta", t + 2_000);
    expect(await tryIt()).toBe("accepted");
    await write("BAJA 🙏", t + 1_000, "wamid.stop");
    expect(await tryIt()).toBe("accepted");
  });

  it("stopped at WhatsApp itself gets no promotions, but what is useful", async () => {
    const from = aNumber();
    const say = (value: string, at: number) =>
      receivePreference(its.ctx(), {
        field: "user_preferences",
        assetId: its.waba,
        at: "",
        value: {
          user_preferences: [
            { wa_id: from, category: "marketing_messages", value, detail: "x", timestamp: Math.floor(at / 1000) },
          ],
        },
      });
    await say("stop", house.clock.now());
    const template = { id: its.templateId, name: "turno", language: "es_AR", category: "UTILITY" };
    const [promotion, useful] = [
      await its.plan({ recipient: { phone: `+${from}` } }),
      await its.plan({ recipient: { phone: `+${from}` }, template }),
    ];
    expect(await deliver(its.ctx(), promotion.id)).toBe("suppressed");
    expect(await deliver(its.ctx(), useful.id)).toBe("accepted");
    await say("resume", house.clock.now() + 1_000);
    const { id } = await its.plan({ recipient: { phone: `+${from}` } });
    expect(await deliver(its.ctx(), id)).toBe("accepted");
  });

  it("under a new number is the same lead, who still wants nothing", async () => {
    const [from, to] = [aNumber(), aNumber()];
    await house.meta.whatsapp.write({ phoneNumberId: its.phoneNumberId, from, text: "STOP" });
    const system = {
      from,
      id: `wamid.sys${from}`,
      timestamp: String(Math.floor(house.clock.now() / 1000)),
      type: "system",
      system: { type: "user_changed_number", wa_id: to, body: "User A changed" },
    };
    await receiveMessage(its.ctx(), {
      field: "messages",
      assetId: its.waba,
      at: "",
      value: { metadata: { phone_number_id: its.phoneNumberId }, messages: [system] },
    });
    await house.meta.whatsapp.write({ phoneNumberId: its.phoneNumberId, from: to, text: "hola" });
    const leads = await house.sql(
      "SELECT DISTINCT lead_id FROM conversations WHERE tenant_id = $1 AND wa_id IN ($2, $3)",
      [its.tenantId, from, to],
    );
    expect(leads).toHaveLength(1);
    expect(
      await house.sql("SELECT FROM leads WHERE tenant_id = $1 AND phone_number IN ($2, $3)", [
        its.tenantId,
        `+${from}`,
        `+${to}`,
      ]),
    ).toHaveLength(1);
    const { id } = await its.plan({ recipient: { phone: `+${to}` } });
    expect(await deliver(its.ctx(), id)).toBe("suppressed");
  });

  it("without a phone, by BSUID alone, is one lead too, and is known again when the phone comes", async () => {
    const from = aNumber();
    const bsuid = `AR.only${from}`;
    await house.meta.whatsapp.write({ phoneNumberId: its.phoneNumberId, bsuid, text: "hola" });
    await house.meta.whatsapp.write({
      phoneNumberId: its.phoneNumberId,
      bsuid,
      from,
      text: "soy yo",
      at: house.clock.now() + 1_000,
    });
    expect(
      await house.sql("SELECT wa_id FROM conversations WHERE tenant_id = $1 AND bsuid = $2", [its.tenantId, bsuid]),
    ).toEqual([{ wa_id: from }]);
  });
});

it("what Meta says of a number is kept with it, the newest last", async () => {
  const say = (event: string, minute: number) =>
    receiveNumberEvent(its.ctx(), {
      field: "phone_number_quality_update",
      assetId: its.waba,
      at: new Date(house.clock.now() + minute * 60_000).toISOString(),
      value: { display_phone_number: "54 11", event, current_limit: "TIER_1K" },
    });
  await say("FLAGGED", 5);
  await say("UNFLAGGED", 1);
  const [number] = await house.sql("SELECT details FROM meta_assets WHERE asset_id = $1", [its.phoneNumberId]);
  expect(number).toMatchObject({ details: { event: "FLAGGED", messaging_limit: "TIER_1K" } });
});
