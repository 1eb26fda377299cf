// What makes money, from end to end: an ad brings a lead, a rule answers on WhatsApp, it becomes a sale, the campaign shows
// what it earned, and Meta hears of it. Every step goes through the doors it has in production.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { days, minutes } from "../support/clock.ts";
import { everyFeature } from "../support/features.ts";
import { aHouse, type House } from "../support/house.ts";
import type { Json } from "../support/json.ts";
import { aConnectedTenant, as, type Person } from "../support/people.ts";
import { demoAccountIds, demoAdId, demoCampaignIds, demoPhoneNumberIds, demoWabaIds } from "../world/meta/demo-ids.ts";

const DATASET = "900100200300400";
const BROUGHT = 850_000.5;

let house: House;
let person: Person;
let ask: ReturnType<typeof as>;

/** Minutes go by, each with its cron and everything that is due. */
async function pass(ms: number, step = minutes(1)): Promise<void> {
  for (const end = house.clock.now() + ms; house.clock.now() < end; house.clock.advance(step)) {
    await house.tick();
    while ((await house.queue.deliverDue()) > 0);
  }
}

async function done(asked: Promise<Response>): Promise<Json> {
  const answer = await asked;
  const body = (await answer.json()) as Json;
  if (answer.status >= 300) throw new Error(`${answer.status} ${JSON.stringify(body)}`);
  return body;
}

const rows = <Row extends Json>(text: string, ...values: unknown[]): Promise<Row[]> =>
  house.sql<Row>(text, [person.tenantId, ...values]);
const campaign = async (id: string): Promise<Json> =>
  (await done(ask.get(`/crm/marketing/campaigns/${id}?time_range=last_30d&include_today=true`)))["data"]["performance"];
const told = (leadId: string): Json[] =>
  house.meta.conversions.received
    .map(({ event }) => event as Json)
    .filter(({ event_id: id }) => String(id).includes(leadId) || String(id).startsWith("sale:"));

/** An opportunity that is won and paid, as the main CRM tells it. */
async function sell(leadId: string, name: string): Promise<void> {
  const opportunity = { external_id: name, lead_id: leadId, name, value: BROUGHT, currency: "ARS" };
  await done(ask.post("/crm/opportunities", { ...opportunity, stage: "qualified" }));
  await pass(minutes(2));
  await done(ask.patch(`/crm/opportunities/external:${name}`, { stage: "closed_won" }));
  const today = new Date(house.clock.now()).toISOString().slice(0, 10);
  await done(
    ask.post("/crm/sales", {
      external_id: `paid-${name}`,
      opportunity_external_id: name,
      amount: BROUGHT,
      currency: "ARS",
      transaction_date: today,
      payment_status: "completed",
    }),
  );
  await pass(minutes(2));
}

beforeAll(async () => {
  house = await aHouse({ variables: everyFeature });
  person = await aConnectedTenant(house);
  ask = as(house, person);
  await done(ask.patch("/crm/marketing/settings", { country: "AR", qualified_stages: ["qualified"] }));
  await done(ask.post("/crm/marketing/connect", { account_id: demoAccountIds.clinic, account_name: "Clínica" }));
  await house.settle({ upTo: minutes(20) });
  // Written here, submitted, and approved by Meta's review.
  const draft = await done(
    ask.post("/admin/core/crm/hsm-templates", {
      name: "saludo_de_prueba",
      category: "MARKETING",
      language: "es_AR",
      body_text: "Hola {{1}}, gracias por escribirnos.",
      example: { body_text: ["Ana"] },
    }),
  );
  const templateId = String(draft["data"].id);
  await done(ask.post(`/crm/marketing/hsm/templates/${templateId}/submit`, { waba_id: demoWabaIds.clinic }));
  const atMeta = house.meta.templates.all.find(({ name }) => name === "saludo_de_prueba");
  await house.meta.templates.approve(atMeta?.id ?? "");
  while ((await house.queue.deliverDue()) > 0);
  await done(
    ask.put("/crm/marketing/conversions/settings", {
      enabled: true,
      dataset_id: DATASET,
      waba_id: demoWabaIds.clinic,
      require_consent: false,
    }),
  );
  const greet = { action_type: "send_hsm", template_id: templateId };
  const rule = { ...greet, conditions: [{ field: "lead_source", op: "eq", value: "META_ADS" }], stop_on: ["reply"] };
  await done(
    ask.post("/crm/marketing/automation/rules", {
      rules: [
        {
          ...rule,
          name: "Bienvenida",
          trigger_type: "lead_created",
          steps: [greet, { ...greet, wait: { value: 1, unit: "days" } }],
        },
      ],
    }),
  );
}, 60_000);
afterAll(() => house.stop());

describe.each([
  {
    way: "an ad's lead form",
    phone: "+5491122334455",
    campaignId: demoCampaignIds.implants,
    arrive: (adId: string) =>
      house.meta.submitLead(
        { full_name: "Ana Pérez", email: "ana@example.com", phone_number: "011 15-2233-4455" },
        { adId },
      ),
    touch: { channel: "meta_lead_form", is_paid: true },
    event: { action_source: "system_generated" },
    names: ["Lead", "Purchase", "qualified_lead", "won"],
  },
  {
    way: "a click to WhatsApp",
    phone: "+5491166778899",
    campaignId: demoCampaignIds.whatsappShifts,
    arrive: (adId: string) =>
      house.meta.whatsapp.write({
        phoneNumberId: demoPhoneNumberIds.clinic,
        from: "5491166778899",
        name: "Bruno",
        text: "Hola, vi el anuncio",
        referral: { source_id: adId, ctwa_clid: "Aff-bruno", headline: "Turnos hoy", body: "Escribinos" },
      }),
    touch: { channel: "ctwa", is_paid: true, ctwa_clid: "Aff-bruno", headline: "Turnos hoy", body: "Escribinos" },
    event: { action_source: "business_messaging", messaging_channel: "whatsapp" },
    names: ["LeadSubmitted", "Purchase", "QualifiedLead"],
  },
])("by $way", ({ phone, campaignId, arrive, touch, event, names }) => {
  const adId = demoAdId(campaignId, 1);
  let leadId: string;
  let before: Json;
  const messages = () => rows<Json>("SELECT * FROM messages WHERE tenant_id = $1 AND lead_id = $2", leadId);
  const sent = () => house.meta.whatsapp.sent.filter(({ recipient }) => recipient === phone.slice(1));

  it("a lead comes in with the ad that brought it", async () => {
    before = await campaign(campaignId);
    await arrive(adId);
    while ((await house.queue.deliverDue()) > 0);
    const found = await rows<Json>("SELECT * FROM leads WHERE tenant_id = $1 AND phone_number = $2", phone);
    expect(found).toMatchObject([{ lead_source: "META_ADS", meta_campaign_id: campaignId, meta_ad_id: adId }]);
    leadId = String(found[0]?.["id"]);
    expect(await rows("SELECT * FROM touchpoints WHERE tenant_id = $1 AND lead_id = $2", leadId)).toMatchObject([
      { ...touch, campaign_id: campaignId, ad_id: adId },
    ]);
  });

  it("a rule answers it on WhatsApp within minutes, and what becomes of the message is known", async () => {
    await pass(minutes(3));
    expect(sent()).toHaveLength(1);
    await house.meta.whatsapp.tellAll();
    while ((await house.queue.deliverDue()) > 0);
    expect(await messages()).toMatchObject([{ state: "read", pricing_category: "marketing", billable: true }]);
    const log = await done(ask.get("/crm/marketing/automation-logs"));
    const line = (log["data"] as Json[]).find(({ lead_id: id }) => id === leadId);
    expect(line).toMatchObject({ status: "read", template_name: "saludo_de_prueba", trigger_type: "lead_created" });
  });

  it("a reply ends the rule: nothing more is sent", async () => {
    await pass(minutes(2));
    const [first] = sent();
    await house.meta.whatsapp.write({
      phoneNumberId: demoPhoneNumberIds.clinic,
      from: phone.slice(1),
      text: "Dale, ¿cuánto sale?",
      ...(first && { contextId: first.id }),
    });
    house.clock.advance(days(2));
    await pass(minutes(3));
    expect(sent()).toHaveLength(1);
    expect(
      await rows("SELECT state, reason FROM automation_executions WHERE tenant_id = $1 AND lead_id = $2", leadId),
    ).toEqual([{ state: "stopped", reason: "stopped_by_reply" }]);
  });

  it("its sale is what the campaign earned", async () => {
    await sell(leadId, `trato-${phone.slice(-4)}`);
    const after = await campaign(campaignId);
    const more = (name: string) => Number(after[name]) - Number(before[name]);
    expect([more("leads"), more("opportunities"), more("revenue")]).toEqual([1, 1, BROUGHT]);
    const { revenue, spend, roi_percentage: roi } = after as Record<string, number>;
    expect(roi).toBeCloseTo(((Number(revenue) - Number(spend)) / Number(spend)) * 100, 1);
  });

  it("Meta hears of each stage once, and of the sale with its value", async () => {
    const events = told(leadId).filter(
      (one) => one["action_source"] === event.action_source && names.includes(String(one["event_name"])),
    );
    expect(events.map((one) => one["event_name"]).toSorted()).toEqual(names);
    for (const one of events) expect(one).toMatchObject(event);
    expect(events.find((one) => one["event_name"] === "Purchase")).toMatchObject({
      custom_data: { value: BROUGHT, currency: "ARS" },
    });
    expect(house.meta.conversions.received.every(({ times }) => times === 1)).toBe(true);
  });
});
