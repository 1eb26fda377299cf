import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { systemCtx } from "../../../src/context.ts";
import { findLeadByIdentity, receiveLead, type ReceivedLead } from "../../../src/features/leads/receive-lead.ts";
import { phoneKey, toE164 } from "../../../src/lib/phone.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aCrm, type Crm } from "./crm.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const ctxOf = ({ tenantId }: Crm) => systemCtx(house.tools, { tenantId, requestId: "r", job: "webhook" });

const aForm = (more: Partial<ReceivedLead> = {}): ReceivedLead => ({
  identities: [{ kind: "leadgen_id", value: "233370042045345" }],
  occurredAt: "2026-11-20T14:05:44+0000",
  firstName: "Ana",
  email: " Ana@Correo.example ",
  phoneNumber: "011 15 2345-6789",
  leadSource: "META_ADS",
  answers: { "¿qué_buscas?": "implantes", optin: true },
  attribution: { campaignId: "c1", adId: "a1", headline: "Sonreí" },
  touch: { channel: "meta_lead_form", is_paid: true, form_id: "f1", leadgen_id: "233370042045345" },
  ...more,
});

async function aShop() {
  const crm = await aCrm(house);
  await house.sql("UPDATE tenant_settings SET country = 'AR' WHERE tenant_id = $1", [crm.tenantId]);
  return crm;
}

describe("a lead that comes by a channel", () => {
  it("defect 130, defect 131: is made once with its touch, its answers and its identities, dated when it happened, and counted; nothing is made up", async () => {
    const crm = await aShop();
    const first = await receiveLead(ctxOf(crm), aForm());
    expect(first.isNew).toBe(true);
    expect(await receiveLead(ctxOf(crm), aForm())).toEqual({ leadId: first.leadId, isNew: false });
    expect(await crm.rows("leads")).toMatchObject([
      {
        id: first.leadId,
        first_name: "Ana",
        email: "Ana@Correo.example",
        phone_number: "+5491123456789",
        lead_source: "META_ADS",
        meta_campaign_id: "c1",
        meta_ad_id: "a1",
        meta_ad_headline: "Sonreí",
        meta_ad_body: null,
        answers: { "¿qué_buscas?": "implantes", optin: true },
        created_at: new Date("2026-11-20T14:05:44Z"),
      },
    ]);
    expect(await crm.rows("touchpoints")).toMatchObject([{ campaign_id: "c1", ad_id: "a1", form_id: "f1" }]);
    expect(await crm.rows("lead_identities", "kind")).toMatchObject([
      { kind: "email", value: "ana@correo.example" },
      { kind: "leadgen_id", value: "233370042045345" },
      { kind: "phone", value: "+541123456789" },
    ]);
    expect(await crm.outcomes()).toContainEqual(
      expect.objectContaining({ level: "campaign", entity_id: "c1", leads: 1 }),
    );
    expect((await crm.rows("audit_log")).filter(({ action }) => action === "lead.receive")).toMatchObject([
      { diff: { created: true, other_leads: 0 } },
    ]);
    await crm.expectSettled();
  });

  test.each<[string, ReceivedLead["identities"], Partial<ReceivedLead>]>([
    ["defect 127: an e-mail alone", [], { email: "solo@correo.example", phoneNumber: undefined }],
    ["nothing but a BSUID", [{ kind: "bsuid", value: "US.13491208655302741918" }], {}],
    ["a WhatsApp phone of a country we do not look into", [{ kind: "wa_id", value: "79123456789" }], {}],
    ["defect 129: nothing at all", [], {}],
  ])("%s is enough to be a lead", async (_, identities, more) => {
    const crm = await aShop();
    const bare = aForm({ identities, email: undefined, phoneNumber: undefined, ...more });
    const { leadId } = await receiveLead(ctxOf(crm), { ...bare, touch: undefined, attribution: undefined });
    expect(await crm.rows("leads")).toMatchObject([{ id: leadId }]);
  });

  it("defect 133, defect 134: is the lead whom the CRM knows by phone or e-mail, however it is written; names stay", async () => {
    const crm = await aShop();
    const known = await crm.write("/crm/leads", {
      external_id: "1",
      first_name: "Ana María",
      phone_number: "11 2345-6789",
    });
    const { leadId } = await receiveLead(ctxOf(crm), aForm());
    expect(leadId).toBe(known["id"]);
    const later = {
      ...aForm({ identities: [{ kind: "wa_id", value: "541123456789" }] }),
      email: undefined,
      touch: undefined,
    };
    expect(await receiveLead(ctxOf(crm), later)).toEqual({ leadId, isNew: false });
    expect(await crm.rows("leads")).toMatchObject([
      { first_name: "Ana María", phone_number: "11 2345-6789", email: "Ana@Correo.example" },
    ]);
    const find = (kind: "phone" | "email" | "wa_id", value: string) => findLeadByIdentity(ctxOf(crm), { kind, value });
    expect(await Promise.all([find("phone", "0 11 15 2345 6789"), find("email", "ANA@correo.example")])).toEqual([
      leadId,
      leadId,
    ]);
    expect(await find("wa_id", "5491199999999")).toBeUndefined();
  });

  it("defect 135: is one lead, whoever tells of it first and however many at once, and what each adds is kept", async () => {
    const crm = await aShop();
    const told = await Promise.all([
      ...Array.from({ length: 8 }, () => receiveLead(ctxOf(crm), aForm())),
      ...Array.from({ length: 4 }, (_, n) =>
        receiveLead(
          ctxOf(crm),
          aForm({ identities: [{ kind: "bsuid", value: `AR.${n}` }], touch: undefined, answers: { [`q${n}`]: n } }),
        ),
      ),
    ]);
    expect(new Set(told.map(({ leadId }) => leadId)).size).toBe(1);
    expect(told.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect((await crm.rows("leads"))[0]?.["answers"]).toMatchObject({ optin: true, q0: 0, q1: 1, q2: 2, q3: 3 });
    expect([await crm.rows("leads"), await crm.rows("touchpoints")]).toMatchObject([{ length: 1 }, { length: 1 }]);
    await crm.expectSettled();
  });

  it("is the lead of the strongest identity where two are meant, and the audit says that there are two", async () => {
    const crm = await aShop();
    const [one, two] = (await crm.write("/crm/leads", {
      leads: [
        { external_id: "1", phone_number: "+5491123456789" },
        { external_id: "2", email: "ana@correo.example" },
      ],
    })) as unknown as { id: string }[];
    expect(await receiveLead(ctxOf(crm), aForm())).toEqual({ leadId: one?.id, isNew: false });
    expect(await crm.rows("leads")).toHaveLength(2);
    expect((await crm.rows("audit_log", "seq")).at(-1)).toMatchObject({
      action: "lead.receive",
      diff: { other_leads: 1 },
    });
    expect(await findLeadByIdentity(ctxOf(crm), { kind: "email", value: "ana@correo.example" })).toBe(two?.id);
  });

  it("is the lead whose touch has the same leadgen_id, though its person was told otherwise", async () => {
    const crm = await aShop();
    const known = await crm.write("/crm/leads", {
      external_id: "1",
      touchpoints: [{ occurred_at: "2026-11-20T14:00:00Z", channel: "meta_lead_form", leadgen_id: "233370042045345" }],
    });
    expect(await receiveLead(ctxOf(crm), aForm())).toEqual({ leadId: known["id"], isNew: false });
    expect(await crm.rows("touchpoints")).toHaveLength(1);
  });

  it("a real lead stays apart from the test that had its leadgen_id", async () => {
    const crm = await aShop();
    const rehearsal = await receiveLead(ctxOf(crm), aForm({ isTest: true }));
    const real = await receiveLead(ctxOf(crm), aForm());
    expect([rehearsal.isNew, real.isNew, rehearsal.leadId === real.leadId]).toEqual([true, true, false]);
    expect(await receiveLead(ctxOf(crm), aForm())).toEqual({ ...real, isNew: false });
  });

  it("keeps what PostgreSQL cannot keep out, and the rest of it in", async () => {
    const crm = await aShop();
    await receiveLead(ctxOf(crm), aForm({ firstName: "A\0na", answers: { "a\0b": "x\uD800y\0", n: ["\0"] } }));
    expect(await crm.rows("leads")).toMatchObject([{ first_name: "Ana", answers: { ab: "x\uFFFDy", n: [""] } }]);
  });
});

it("the trigger knows a phone that is written internationally as lib/phone.ts does", async () => {
  const phones = fc.sample(
    fc.oneof(
      fc.stringMatching(/^\+54 ?9?(11|2966|341)-?[2-9][0-9]{6,7}$/),
      fc.stringMatching(/^(\+|00)52 ?1? ?[2-9][0-9]{9}$/),
      fc.stringMatching(/^\+55 \([1-9]{2}\) (9?[6-9]|[2-5])[0-9]{7}$/),
      fc.stringMatching(/^\+(569|346|1213|7912)[2-9][0-9]{6,7}$/),
    ),
    400,
  );
  const rows = await house.sql<{ phone: string; key: string | null }>(
    "SELECT phone, lead_phone_key(phone) AS key FROM unnest($1::text[]) AS phone",
    [phones],
  );
  const known = rows.flatMap(({ phone, key }) => {
    const e164 = toE164(phone);
    return e164 === undefined ? [] : [[phone, key, phoneKey(e164)]];
  });
  expect(known.length).toBeGreaterThan(200);
  for (const [phone, theirs, ours] of known) expect([phone, theirs]).toEqual([phone, ours]);
});

describe("two leads of the CRM with one phone", () => {
  it("stay two, and the first keeps it", async () => {
    const crm = await aShop();
    const first = await crm.write("/crm/leads", {
      external_id: "1",
      phone_number: "(011) 15 2345-6789",
      email: "a@b.co",
    });
    await crm.write("/crm/leads", { external_id: "2", phone_number: "+54 9 11 2345 6789" });
    await crm.change("/crm/leads/external:2", { email: "A@B.co " });
    expect(await crm.rows("leads")).toHaveLength(2);
    expect(await crm.rows("lead_identities", "kind")).toMatchObject([
      { kind: "email", value: "a@b.co", lead_id: first["id"] },
      { kind: "phone", value: "+541123456789", lead_id: first["id"] },
    ]);
  });

  it("a phone that is changed is known too, written as at home", async () => {
    const crm = await aShop();
    const { id } = await crm.write("/crm/leads", { external_id: "1", first_name: "Ana" });
    await crm.change("/crm/leads/external:1", { phone_number: "11 2345 6789" });
    expect(await findLeadByIdentity(ctxOf(crm), { kind: "wa_id", value: "5491123456789" })).toBe(id);
  });
});
