import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { days, hours, minutes } from "../../support/clock.ts";
import { everyFeature } from "../../support/features.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aPerson, as } from "../../support/people.ts";
import { aMetaId, aTeller } from "./scene.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse({ variables: everyFeature });
});
afterAll(() => house.stop());
afterEach(() => {
  house.meta.faults.clear();
  house.queue.lose();
});

const EVENTS = /\d+\/events$/;
const sha = (text: string) => createHash("sha256").update(text).digest("hex");
const byId = (rows: readonly Record<string, unknown>[]) =>
  Object.fromEntries(rows.map((row) => [String(row["event_id"]), row]));

describe("what becomes of a lead", () => {
  it("defect 30: is told to Meta, each stage once, in its form, and the log says so", async () => {
    const own = await aTeller(house, { stages: { "En espera": null } });
    const leadgenId = aMetaId();
    const lead = await own.lead({
      agoMs: hours(1),
      email: " Ana@Correo.example ",
      phone_number: "+54 9 11 2233-4455",
      touch: { leadgen_id: leadgenId },
    });
    const opportunity = await own.write("/crm/opportunities", {
      lead_id: lead,
      name: "Implante",
      value: "900.00",
      currency: "ARS",
      stage: "En espera",
    });
    const change = (stage: string) =>
      own.client.patch(`/crm/opportunities/${String(opportunity["id"])}`, { stage }).then(own.ask);
    await change("proposal");
    await change("closed_won");
    const sale = await own.write("/crm/sales", {
      opportunity_id: opportunity["id"],
      amount: "900.50",
      currency: "ARS",
      sold_at: own.at(),
    });
    await own.tell();
    await own.write(`/crm/sales/${String(sale["id"])}/refund`, { amount: "100.00", date: "2026-11-23" });
    await change("proposal");
    await change("closed_won");
    await own.tell();

    const counted = own.counted();
    expect(counted.map(({ event, times }) => [event["event_name"], event["event_id"], times])).toEqual([
      ["Lead", `lead:${lead}:created`, 1],
      ["proposal", `lead:${lead}:stage:proposal`, 1],
      ["won", `lead:${lead}:won`, 1],
      ["Purchase", `sale:${String(sale["id"])}`, 1],
    ]);
    const [first] = counted;
    expect(first?.event).toEqual({
      event_name: "Lead",
      event_time: Math.floor(Date.parse(own.at(hours(1))) / 1000),
      event_id: `lead:${lead}:created`,
      action_source: "system_generated",
      user_data: {
        lead_id: Number(leadgenId),
        em: [sha("ana@correo.example")],
        ph: [sha("5491122334455")],
        fn: [sha("ana")],
        external_id: [sha(lead)],
      },
      custom_data: { event_source: "crm", lead_event_source: "Marketing Hub CRM" },
    });
    expect(counted[3]?.event["custom_data"]).toMatchObject({ value: 900.5, currency: "ARS" });
    const log = await own.log("?limit=2");
    expect(log).toHaveLength(2);
    expect(await own.log(`?lead_id=${lead}&state=sent&event_name=Purchase`)).toMatchObject([
      {
        event_id: `sale:${String(sale["id"])}`,
        value: 900.5,
        attempts: 1,
        reason: null,
        dataset_id: own.datasetId,
        fbtrace_id: expect.stringMatching(/^A/),
      },
    ]);
    expect(house.logs.join("\n")).not.toMatch(/correo\.example|2233-?4455/);
  });

  it("of a click to WhatsApp goes to its account's dataset by the click, each name once for it", async () => {
    const own = await aTeller(house);
    const waba = aMetaId();
    const refused = await own.client.put("/crm/marketing/conversions/settings", { waba_id: waba });
    expect(refused.status).toBe(422);
    await house.sql("INSERT INTO meta_assets (tenant_id, kind, asset_id, name) VALUES ($1, 'waba', $2, 'W')", [
      own.tenantId,
      waba,
    ]);
    const shown = (await own.configure({ waba_id: waba }))["data"] as Record<string, unknown>;
    const lead = await own.lead({ touch: { channel: "ctwa", leadgen_id: undefined, ctwa_clid: "Aff-1" } });
    const sell = () =>
      own.write("/crm/sales", { lead_id: lead, amount: "15000.00", currency: "ARS", sold_at: own.at() });
    const first = await sell();
    await own.tell();
    await sell();
    await own.client.patch(`/crm/leads/${lead}`, { status: "qualified" }).then(own.ask);
    await own.client.patch(`/crm/leads/${lead}`, { status: "lost" }).then(own.ask);
    await own.tell();
    const counted = house.meta.conversions.received.filter(({ datasetId }) => datasetId === shown["ctwa_dataset_id"]);
    expect(counted.map(({ event }) => [event["event_name"], event["event_id"]])).toEqual([
      ["LeadSubmitted", `lead:${lead}:created`],
      ["Purchase", `sale:${String(first["id"])}`],
      ["QualifiedLead", `lead:${lead}:qualified`],
    ]);
    expect(counted[1]?.event).toMatchObject({
      action_source: "business_messaging",
      messaging_channel: "whatsapp",
      user_data: { whatsapp_business_account_id: waba, ctwa_clid: "Aff-1" },
      custom_data: { value: 15000, currency: "ARS" },
    });
    expect(own.counted()).toEqual([]);
  });

  it("is told of no test, of no lead that was another one, of nothing too old, and the log says why not", async () => {
    const own = await aTeller(house);
    const old = await own.lead({ agoMs: days(8) });
    const [kept, same, tried, nobody] = [
      await own.lead(),
      await own.lead(),
      await own.lead(),
      await own.lead({ touch: null, email: null }),
    ];
    await house.sql("UPDATE leads SET is_test = true WHERE id = $1", [tried]);
    await own.write(`/crm/leads/${same}/merge`, { into: kept });
    await own.tell();
    expect(own.counted().map(({ event }) => event["event_id"])).toEqual([`lead:${kept}:created`]);
    const log = byId(await own.log());
    expect(log[`lead:${old}:created`]).toMatchObject({
      state: "expired",
      reason: "older_than_seven_days",
      attempts: 1,
    });
    expect(log[`lead:${nobody}:created`]).toMatchObject({ state: "excluded", reason: "nothing_to_match" });
    expect(log[`lead:${tried}:created`]).toBeUndefined();
    expect(log[`lead:${same}:created`]).toBeUndefined();
  });

  it("waits for the lead's word, and never goes against it", async () => {
    const own = await aTeller(house, { require_consent: true });
    const [yes, no, silent] = [await own.lead(), await own.lead(), await own.lead()];
    const say = (lead: string, granted: boolean) =>
      own.client.put(`/crm/leads/${lead}/consents`, { granted, source: "formulario" }).then(own.ask);
    await say(no, false);
    await own.tell();
    expect(own.counted()).toEqual([]);
    expect(byId(await own.log())[`lead:${yes}:created`]).toMatchObject({
      state: "pending",
      reason: "no_consent",
      attempts: 0,
    });
    await say(yes, true);
    await own.tell();
    expect(own.counted().map(({ event }) => event["event_id"])).toEqual([`lead:${yes}:created`]);
    house.clock.advance(days(8));
    await own.tell();
    const log = byId(await own.log());
    expect(log[`lead:${no}:created`]).toMatchObject({ state: "no_consent", reason: "refused" });
    expect(log[`lead:${silent}:created`]).toMatchObject({ state: "no_consent", reason: "missing" });
    const stranger = await aPerson(house);
    const asked = await as(house, stranger).put(`/crm/leads/${yes}/consents`, { granted: false, source: "x" });
    expect(asked.status).toBe(404);
  });
});

describe("a batch", () => {
  it("with a bad event is sent without it, and it alone is refused", async () => {
    const own = await aTeller(house);
    const leads = [await own.lead(), await own.lead(), await own.lead()];
    house.meta.faults.add({ match: EVENTS, fault: { kind: "graph-error", code: 4, minutesToWait: 5 }, times: 1 });
    await own.tell();
    expect(own.counted()).toEqual([]);
    const [, bad = ""] = leads;
    // As nothing of ours would be: Meta wants names for its events.
    await house.sql("UPDATE conversion_outbox SET event_name = '' WHERE event_id = $1", [`lead:${bad}:created`]);
    house.clock.advance(minutes(20));
    await own.tell();
    const counted = own.counted();
    expect(counted.map(({ times }) => times)).toEqual([1, 1]);
    expect(new Set(counted.map(({ event }) => event["event_id"]))).toEqual(
      new Set([`lead:${leads[0]}:created`, `lead:${leads[2]}:created`]),
    );
    expect(byId(await own.log())[`lead:${bad}:created`]).toMatchObject({ state: "refused", reason: "refused_by_meta" });
  });

  it("whose answer is lost is sent again under the same ids, and counts once; after two days nobody asks again", async () => {
    const own = await aTeller(house);
    const lead = await own.lead();
    house.meta.faults.add({ match: EVENTS, times: 1, fault: { kind: "reset-after-execute" } });
    await own.tell();
    expect(await own.log()).toMatchObject([{ state: "pending", reason: "meta.transient", attempts: 1 }]);
    house.clock.advance(minutes(2));
    await own.tell();
    expect(own.counted().map(({ event, times }) => [event["event_id"], times])).toEqual([[`lead:${lead}:created`, 2]]);
    expect(await own.log()).toMatchObject([{ state: "sent", attempts: 2 }]);

    const lost = await own.lead();
    house.meta.faults.add({ match: EVENTS, times: 1, fault: { kind: "reset-after-execute" } });
    await own.tell();
    house.clock.advance(hours(49));
    await own.tell();
    expect(byId(await own.log())[`lead:${lost}:created`]).toMatchObject({ state: "unknown", reason: "never_answered" });
    expect(own.counted()).toHaveLength(2);
  });

  it("waits while sending is off, and goes when it is on again", async () => {
    const own = await aTeller(house);
    await own.lead();
    house.meta.faults.add({ match: EVENTS, times: 1, fault: { kind: "reset" } });
    await own.tell();
    await own.configure({ enabled: false });
    house.clock.advance(hours(2));
    await own.tell();
    expect(own.counted()).toEqual([]);
    expect(await own.log()).toMatchObject([{ state: "pending", reason: "disabled" }]);
    await own.configure();
    await own.tell();
    expect(own.counted()).toHaveLength(1);
  });
});

describe("a test event", () => {
  it("goes to Meta's page of tests, and counts nowhere", async () => {
    const own = await aTeller(house);
    const without = await own.client.post("/crm/marketing/conversions/test");
    expect(without.status).toBe(422);
    const sent = await own.write("/crm/marketing/conversions/test", { test_event_code: "TEST1" });
    expect(sent).toMatchObject({ dataset_id: own.datasetId, events_received: 1 });
    expect(own.counted()).toEqual([]);
    const tests = house.meta.conversions.received.filter(({ datasetId }) => datasetId === own.datasetId);
    expect(tests).toMatchObject([{ isTest: true, event: { event_id: sent["event_id"] } }]);
  });

  it("is what all are while a code is set", async () => {
    const own = await aTeller(house, { test_event_code: "TEST1" });
    await own.lead();
    await own.tell();
    expect(own.counted()).toEqual([]);
    expect(await own.log()).toMatchObject([{ state: "sent" }]);
  });
});
