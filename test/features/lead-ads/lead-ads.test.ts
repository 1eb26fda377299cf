import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { systemCtx } from "../../../src/context.ts";
import { receiveLeadgen } from "../../../src/features/lead-ads/receive.ts";
import { hours, minutes } from "../../support/clock.ts";
import type { Json } from "../../support/json.ts";
import { everyFeature } from "../../support/features.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aConnectedTenant, as, type Person } from "../../support/people.ts";
import { demoAdId, demoCampaignIds, demoFormIds, demoPageIds } from "../../world/meta/demo-ids.ts";

let house: House;
let person: Person;

beforeAll(async () => {
  house = await aHouse({ variables: everyFeature });
  person = await aConnectedTenant(house);
  await pass(minutes(2));
});
afterAll(() => house.stop());
afterEach(() => {
  house.meta.faults.clear();
  house.meta.denyLeads(demoPageIds.clinic, undefined);
});

/** Time goes by, minute for minute, with its cron and queue. */
async function pass(ms: number, step = minutes(1)): Promise<void> {
  for (const end = house.clock.now() + ms; house.clock.now() < end; house.clock.advance(step)) {
    await house.tick();
    while ((await house.queue.deliverDue()) > 0);
  }
}

const ctx = () => systemCtx(house.tools, { tenantId: person.tenantId, requestId: "test-request", job: "webhook" });

type LeadRow = Record<string, unknown> & { id: string };

const leadsOf = async (leadgenId: string): Promise<LeadRow[]> =>
  house.sql(
    `SELECT l.*, t.channel, t.is_paid, t.form_id, t.ad_id, t.ad_set_id, t.campaign_id, t.headline, t.body,
      t.source_detail, t.occurred_at FROM touchpoints t JOIN leads l ON (l.tenant_id, l.id) = (t.tenant_id, t.lead_id)
      WHERE t.tenant_id = $1 AND t.leadgen_id = $2`,
    [person.tenantId, leadgenId],
  );

const receipt = async (leadgenId: string) =>
  (
    await house.sql("SELECT status, problem, attempts FROM lead_receipts WHERE tenant_id = $1 AND leadgen_id = $2", [
      person.tenantId,
      leadgenId,
    ])
  )[0];

const pageProblem = async (): Promise<unknown> =>
  (
    await house.sql("SELECT problem FROM meta_assets WHERE tenant_id = $1 AND asset_id = $2", [
      person.tenantId,
      demoPageIds.clinic,
    ])
  )[0]?.["problem"];

const tell = (leadgenId: string, rest: object = {}) =>
  receiveLeadgen(ctx(), {
    field: "leadgen",
    assetId: demoPageIds.clinic,
    at: new Date(house.clock.now()).toISOString(),
    value: {
      leadgen_id: leadgenId,
      page_id: demoPageIds.clinic,
      form_id: demoFormIds.clinic,
      created_time: 1,
      ...rest,
    },
  });

const someone = {
  full_name: "Ana María Pérez García",
  email: "ana@example.com",
  phone_number: "+54 9 11 2233-4455",
  "¿qué_tratamiento_buscas?": "implantes",
};

const untold = { isTold: false };

describe("a lead that a webhook tells of", () => {
  it("defect 15, defect 128, defect 130: becomes a lead with its form, campaign, platform, answers and consents, dated when it was made", async () => {
    const adId = demoAdId(demoCampaignIds.whitening, 1);
    const { lead } = await house.meta.submitLead(someone, { ...untold, adId, at: house.clock.now() - hours(3) });
    await tell(lead.id);
    const [found] = await leadsOf(lead.id);
    expect(BigInt(lead.id)).toBeGreaterThan(2n ** 53n);
    expect(found).toMatchObject({
      first_name: "Ana María",
      last_name: "Pérez García",
      email: "ana@example.com",
      phone_number: "+5491122334455",
      lead_source: "META_ADS",
      is_test: false,
      meta_ad_id: adId,
      meta_campaign_id: demoCampaignIds.whitening,
      answers: { "¿qué_tratamiento_buscas?": "implantes", "consent:optin": true },
      channel: "meta_lead_form",
      is_paid: true,
      form_id: demoFormIds.clinic,
      source_detail: "ig",
    });
    expect(found?.["occurred_at"]).toEqual(new Date(house.clock.now() - hours(3)));
  });

  it("ten times over, is one lead and one touch, and Meta is asked once", async () => {
    const { lead } = await house.meta.submitLead({ ...someone, email: "uno@example.com", phone_number: "" }, untold);
    for (let time = 0; time < 10; time += 1) await tell(lead.id);
    expect(await leadsOf(lead.id)).toHaveLength(1);
    const asked = house.meta.recorder.requests().filter(({ path }) => path === `/${lead.id}`);
    expect(asked).toHaveLength(1);
  });

  it("defect 127: is kept without a phone, without a mail, without anything", async () => {
    for (const answers of [{ email: "solo@example.com" }, { full_name: "Solo Nombre" }, {}]) {
      const { lead } = await house.meta.submitLead(answers as Record<string, string>, untold);
      await tell(lead.id);
      expect(await leadsOf(lead.id)).toHaveLength(1);
    }
  });

  it("defect 131: shows the ad's own words where they were synced, and none where they were not", async () => {
    const adId = demoAdId(demoCampaignIds.whitening, 1);
    const unknown = await house.meta.submitLead({ email: "sin@example.com" }, { ...untold, adId });
    await tell(unknown.lead.id);
    expect((await leadsOf(unknown.lead.id))[0]).toMatchObject({ headline: null, body: null, meta_ad_headline: null });

    const owner = as(house, person);
    expect((await owner.post("/crm/marketing/connect", { account_id: "784512093311001" })).status).toBe(200);
    await house.settle({ upTo: hours(1) });
    // Figures are not what is asked about here.
    await house.sql("DELETE FROM sync_schedule");
    const known = await house.meta.submitLead({ email: "con@example.com" }, { ...untold, adId });
    await tell(known.lead.id);
    const [ad] = await house.sql("SELECT title, body FROM ads WHERE tenant_id = $1 AND ad_id = $2", [
      person.tenantId,
      adId,
    ]);
    expect(ad?.["title"]).toMatch(/./);
    expect((await leadsOf(known.lead.id))[0]).toMatchObject({ headline: ad?.["title"], body: ad?.["body"] });
  });

  it("without an ad is nobody's spend: organic, not paid, of no campaign", async () => {
    const { lead } = await house.meta.submitLead({ email: "libre@example.com" }, { ...untold, adId: null });
    await tell(lead.id, { ad_id: "0", adgroup_id: "444444444444" });
    expect((await leadsOf(lead.id))[0]).toMatchObject({
      is_paid: false,
      ad_id: null,
      campaign_id: null,
      lead_source: "ORGANIC",
    });
  });

  it("of Meta's own samples is flagged", async () => {
    const sample = { full_name: "<test lead: dummy data for full_name>", email: "test@fb.com" };
    const { lead } = await house.meta.submitLead(sample, { ...untold, isTest: true });
    await tell(lead.id);
    expect((await leadsOf(lead.id))[0]).toMatchObject({ is_test: true, first_name: null });
  });

  it("that does not exist, as the dashboard's Test button tells of, is accepted and dropped", async () => {
    const before = house.meta.recorder.count(/./);
    await tell("444444444444");
    expect(house.meta.recorder.count(/./)).toBe(before);
    expect(await receipt("444444444444")).toBeUndefined();
  });

  it("is thrown back where Meta is away, and written down where Meta refuses", async () => {
    const { lead } = await house.meta.submitLead({ email: "luego@example.com" }, untold);
    house.meta.faults.add({ match: new RegExp(lead.id), times: 1, fault: { kind: "graph-error", code: 2 } });
    await expect(tell(lead.id)).rejects.toMatchObject({ code: "meta.transient" });
    expect(await receipt(lead.id)).toBeUndefined();
    await tell(lead.id);
    expect(await receipt(lead.id)).toMatchObject({ status: "done" });
  });

  it("with an id that is no id, or of a page that is not ours, is refused", async () => {
    await expect(tell("no-id")).rejects.toMatchObject({ code: "request.invalid" });
    const change = { field: "leadgen", assetId: "999", at: "2026-11-23T15:00:00.000Z", value: { leadgen_id: "123" } };
    await expect(receiveLeadgen(ctx(), change)).rejects.toMatchObject({ code: "asset.not_found" });
  });
});

it("a webhook of Meta's own, signed and with a number beyond 2^53, brings its lead within the minute", async () => {
  const { lead, told } = await house.meta.submitLead({ full_name: "Eva Ruiz", email: "eva@example.com" });
  expect(told?.status).toBe(200);
  await pass(minutes(2));
  expect(await leadsOf(lead.id)).toMatchObject([{ first_name: "Eva", last_name: "Ruiz" }]);
});

describe("a lead that we are kept from", () => {
  it("by any of Meta's three ways to say so is told of, with what to do, and is there an hour after it is given back", async () => {
    const denied: string[] = [];
    for (const how of ["100/33", "10", "200"] as const) {
      house.meta.denyLeads(demoPageIds.clinic, how);
      const { lead } = await house.meta.submitLead({ email: `negado-${denied.length}@example.com` }, untold);
      await tell(lead.id);
      expect(await receipt(lead.id)).toMatchObject({ status: "failed" });
      expect(await pageProblem()).toBe("lead.no_access");
      const { data: test } = (await (await as(house, person).get("/crm/auth/meta/test-connection")).json()) as Json;
      expect(test.checks).toContainEqual({
        name: "lead_access",
        status: "fail",
        hint: expect.stringMatching(/Leads Access Manager/),
      });
      denied.push(lead.id);
    }
    // The look that finds the same wall leaves the checkpoint where it is.
    await pass(hours(1), minutes(30));
    for (const id of denied) expect(await leadsOf(id)).toEqual([]);
    house.meta.denyLeads(demoPageIds.clinic, undefined);
    await pass(hours(1) + minutes(1), minutes(30));
    for (const id of denied) {
      expect(await leadsOf(id)).toHaveLength(1);
      expect(await receipt(id)).toMatchObject({ status: "done", problem: null });
    }
    expect(await pageProblem()).toBeNull();
  });
});

describe("a lead whose webhook never came", () => {
  it("is there within the hour, and once", async () => {
    const { lead } = await house.meta.submitLead({ full_name: "Perdida", email: "perdida@example.com" }, untold);
    await pass(hours(1) + minutes(1), minutes(30));
    expect(await leadsOf(lead.id)).toHaveLength(1);
    await pass(hours(2), minutes(30));
    expect(await leadsOf(lead.id)).toHaveLength(1);
  });

  it("is there although the look was away for hours, with all the others of that time", async () => {
    house.meta.faults.add({ match: /leadgen_forms|\/leads$/, fault: { kind: "graph-error", code: 2 } });
    const made = [];
    for (let count = 0; count < 8; count += 1)
      made.push(
        (
          await house.meta.submitLead(
            { email: `n${count}@example.com` },
            { ...untold, at: house.clock.now() - count * 1000 },
          )
        ).lead,
      );
    await pass(hours(3), minutes(30));
    house.meta.faults.clear();
    await pass(hours(1) + minutes(1), minutes(30));
    const [row] = await house.sql(
      "SELECT count(*)::integer AS there FROM touchpoints WHERE tenant_id = $1 AND leadgen_id = ANY ($2)",
      [person.tenantId, made.map(({ id }) => id)],
    );
    expect(row).toEqual({ there: 8 });
  });

  it("is not passed by: while one fails, the checkpoint waits for it", async () => {
    const checkpoint = async (): Promise<number> => {
      const [form] = await house.sql<{ checkpoint: Date }>(
        "SELECT checkpoint FROM lead_forms WHERE tenant_id = $1 AND form_id = $2",
        [person.tenantId, demoFormIds.clinic],
      );
      return form?.checkpoint.getTime() ?? Number.NaN;
    };
    const { lead } = await house.meta.submitLead({ email: "dura@example.com" }, untold);
    await house.sql(
      `CREATE FUNCTION refuse_dura() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.leadgen_id = '${lead.id}' THEN RAISE EXCEPTION 'no' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$`,
    );
    await house.sql(
      "CREATE TRIGGER refuse_dura BEFORE INSERT ON touchpoints FOR EACH ROW EXECUTE FUNCTION refuse_dura()",
    );
    const madeAt = house.clock.now();
    house.clock.advance(minutes(5));
    const after = await house.meta.submitLead({ email: "siguiente@example.com" }, untold);
    await pass(hours(2), minutes(30));
    expect(await leadsOf(after.lead.id)).toHaveLength(1);
    expect(await receipt(lead.id)).toMatchObject({ status: "failed", problem: "request.invalid" });
    expect(await checkpoint()).toBeLessThanOrEqual(madeAt);
    await house.sql("DROP TRIGGER refuse_dura ON touchpoints");
    await pass(hours(1) + minutes(1), minutes(30));
    expect(await leadsOf(lead.id)).toHaveLength(1);
    expect(await checkpoint()).toBeGreaterThan(madeAt);
  });
});

describe("a form's mapping", () => {
  it("is shown by name, decided by people, and holds from the next lead on", async () => {
    const owner = as(house, person);
    const { data: forms } = (await (await owner.get("/crm/marketing/lead-forms")).json()) as Json;
    const form = forms.find(({ id }: Json) => id === demoFormIds.clinic);
    expect(form.fields).toContainEqual({
      key: "phone_number",
      label: "Número de teléfono",
      type: "PHONE",
      target: "phone_number",
      decided: false,
    });
    const path = `/crm/marketing/lead-forms/${demoFormIds.clinic}/mapping`;
    const answer = await owner.put(path, {
      mapping: { "¿qué_tratamiento_buscas?": "last_name", full_name: "first_name" },
    });
    expect(answer.status).toBe(200);
    const { lead } = await house.meta.submitLead({ ...someone, email: "mapa@example.com", phone_number: "" }, untold);
    await tell(lead.id);
    expect((await leadsOf(lead.id))[0]).toMatchObject({ first_name: "Ana María Pérez García", last_name: "implantes" });
    expect((await owner.put(path, { mapping: { full_name: "sideways" } })).status).toBe(422);
    expect((await owner.put("/crm/marketing/lead-forms/1/mapping", { mapping: {} })).status).toBe(404);
    expect((await owner.put(path, { mapping: {} })).status).toBe(200);
  });
});
