import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { systemCtx } from "../../../src/context.ts";
import { receiveLeadgen } from "../../../src/features/lead-ads/receive.ts";
import { hours, minutes } from "../../support/clock.ts";
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
  it("becomes a lead, defect 127, defect 128, defect 130: with its form, campaign, platform, answers and consents, dated when it was made", async () => {
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
    expect((found?.["occurred_at"] as Date).getTime()).toBe(house.clock.now() - hours(3));
  });

  it("ten times over, is one lead and one touch, and Meta is asked once", async () => {
    const { lead } = await house.meta.submitLead({ ...someone, email: "uno@example.com", phone_number: "" }, untold);
    for (let time = 0; time < 10; time += 1) await tell(lead.id);
    expect(await leadsOf(lead.id)).toHaveLength(1);
    const asked = house.meta.recorder.requests().filter(({ path }) => path === `/${lead.id}`);
    expect(asked).toHaveLength(1);
  });
});

describe("a lead whose webhook never came", () => {
  it("is there within the hour", async () => {
    const { lead } = await house.meta.submitLead({ full_name: "Perdida", email: "perdida@example.com" }, untold);
    await pass(hours(1) + minutes(1), minutes(5));
    expect(await leadsOf(lead.id)).toHaveLength(1);
  });
});
