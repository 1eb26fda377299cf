import { afterAll, beforeAll, describe, expect, it, onTestFinished, test, vi } from "vitest";
import { intake } from "../../../src/features/leads/intake.contract.ts";
import { howTheyCame } from "../../../src/features/leads/intake-touch.ts";
import { aHouse, type House } from "../../support/house.ts";
import type { Json } from "../../support/json.ts";
import { aPerson, as } from "../../support/people.ts";
import { aCrm } from "./crm.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

async function aSite() {
  const crm = await aCrm(house);
  await house.sql("UPDATE tenant_settings SET country = 'AR' WHERE tenant_id = $1", [crm.tenantId]);
  const owner = as(house, await aPerson(house, { tenantId: crm.tenantId }));
  const read = async (answer: Response) => ({ ...((await answer.json()) as Json), status: answer.status }) as Json;
  const made = (await read(await owner.post("/crm/marketing/intake/keys", { name: "Landing" })))["data"] as Json;
  const send = async (body: unknown, { key = String(made["key"]), ...headers }: Record<string, string> = {}) =>
    read(
      await house.request("/leads/intake", {
        method: "POST",
        headers: { "content-type": "application/json", "x-intake-key": key, ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    );
  const payloads = async () => (await read(await owner.get("/crm/marketing/intake/payloads")))["data"] as Json[];
  return { crm, owner, made, send, payloads, read };
}

const ana = {
  first_name: "Ana",
  phone: "11 15 2345-6789",
  utm_source: "facebook",
  utm_medium: "paid_social",
  utm_campaign: "leads",
  campaign_id: "c1",
  fbclid: "f1",
  gclid: "",
  answers: { "¿cuándo?": "mañana" },
};

describe("POST /leads/intake", () => {
  it("L13: takes a lead with how they came and what they answered; sent again it is the same lead and touch", async () => {
    const { crm, send, payloads, made } = await aSite();
    const first = await send(ana);
    expect(first).toMatchObject({ status: 201, data: { created: true } });
    const { lead_id } = first["data"] as Json;
    house.clock.advance(1_000);
    expect(await send(ana)).toMatchObject({ status: 200, data: { lead_id, created: false } });
    expect(await crm.rows("leads")).toMatchObject([
      { id: lead_id, phone_number: "+5491123456789", lead_source: "META_ADS", answers: { "¿cuándo?": "mañana" } },
    ]);
    expect(await crm.rows("touchpoints")).toMatchObject([
      {
        channel: "utm_paid",
        is_paid: true,
        source_detail: "facebook / paid_social / leads",
        campaign_id: "c1",
        fbclid: "f1",
      },
    ]);
    expect(await payloads()).toMatchObject([
      { outcome: "known", lead_id, key_id: made["id"] },
      { outcome: "created", lead_id, payload: { first_name: "Ana" } },
    ]);
    const told = (await crm.rows("audit_log")).filter(({ action }) => action === "lead.receive");
    expect(told).toMatchObject([{ actor: `system:intake:${String(made["id"])}`, diff: { created: true } }]);
    expect(JSON.stringify(await crm.rows("audit_log"))).not.toMatch(/2345|Ana/);
    await crm.expectSettled();
  });

  it("is the lead that the CRM knows, and one external_id is one touch", async () => {
    const { crm, send } = await aSite();
    const { id } = await crm.write("/crm/leads", { external_id: "1", email: "ana@b.co" });
    const visit = { email: "ANA@b.co", external_id: "form-7" };
    expect(await send(visit)).toMatchObject({ status: 200, data: { lead_id: id } });
    expect(await send({ ...visit, first_name: "Ana" })).toMatchObject({ status: 200, data: { lead_id: id } });
    expect(await crm.rows("touchpoints")).toHaveLength(1);
  });

  it("acts once for an Idempotency-Key, and answers the same again", async () => {
    const { crm, send } = await aSite();
    const answers = [await send(ana, { "idempotency-key": "k" }), await send(ana, { "idempotency-key": "k" })];
    expect(answers).toMatchObject([{ status: 201 }, { status: 201, data: answers[0]?.["data"] }]);
    expect(await send({ ...ana, first_name: "Eva" }, { "idempotency-key": "k" })).toMatchObject({ status: 422 });
    expect(await crm.rows("leads")).toHaveLength(1);
  });

  test.each([
    ["nobody to know again", { first_name: "Ana" }, 422, "request.invalid"],
    ["a word that it does not know", { email: "a@b.co", tenant_id: 1 }, 422, "request.invalid"],
    ["no JSON", "{", 422, "request.invalid"],
    ["a list", [ana], 422, "request.invalid"],
    [
      "levels without end",
      `{"email":"a@b.co","answers":${"[".repeat(9000)}${"]".repeat(9000)}}`,
      422,
      "request.invalid",
    ],
    ["what is too large", { ...ana, answers: { a: "x".repeat(40_000) } }, 413, "request.too_large"],
  ])("refuses %s, stores no lead, and shows it to whoever connects the form", async (_, body, status, code) => {
    const { crm, send, payloads } = await aSite();
    expect(await send(body)).toMatchObject({ status, error: { code } });
    expect(await crm.rows("leads")).toHaveLength(0);
    expect((await payloads()).map(({ outcome }) => outcome)).toEqual(status === 413 ? [] : [code]);
  });

  it("asks for a key that holds: not another's, not a revoked one, not the hash of one", async () => {
    const { crm, send, made, owner, read } = await aSite();
    const [kept] = await crm.rows("intake_keys");
    expect(JSON.stringify(kept)).not.toContain(made["key"]);
    for (const key of ["", "x", String(kept?.["key_hash"]), `${String(made["key"]).slice(0, 42)}_`])
      expect(await send(ana, { key })).toMatchObject({ status: 401, error: { code: "intake.key_invalid" } });
    expect(await send(ana, { "content-type": "text/plain" })).toMatchObject({ status: 415 });
    const path = `/crm/marketing/intake/keys/${String(made["id"])}`;
    const neighbour = as(house, await aPerson(house));
    expect((await neighbour.delete(path)).status).toBe(404);
    expect(await read(await owner.delete(path))).toMatchObject({
      status: 200,
      data: { revoked_at: expect.any(String) },
    });
    expect(await send(ana)).toMatchObject({ status: 401 });
    expect(await crm.rows("leads")).toHaveLength(0);
  });

  it("counts by key: the sixty-first of a minute waits", async () => {
    const { send } = await aSite();
    // The limiter's library reads Date: on a slow machine a new minute would begin on the way.
    vi.useFakeTimers({ toFake: ["Date"], now: house.clock.now() });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const answers = [];
    for (let n = 0; n < 61; n += 1) answers.push((await send("x", { "content-type": "text/plain" }))["status"]);
    expect(answers.filter((status) => status === 429).length).toBeGreaterThanOrEqual(1);
    expect(answers.slice(0, 60)).toEqual(Array.from({ length: 60 }, () => 415));
  });

  it("keeps the last fifty payloads", async () => {
    const { send, payloads, crm } = await aSite();
    await house.sql(
      `INSERT INTO intake_payloads (tenant_id, key_id, received_at, payload, outcome)
       SELECT $1, gen_random_uuid(), '2026-01-01'::timestamptz + n * interval '1 minute', '{}', 'known' FROM generate_series(1, 80) n`,
      [crm.tenantId],
    );
    await send(ana);
    expect([(await payloads()).length, (await crm.rows("intake_payloads")).length]).toEqual([50, 50]);
    expect((await payloads())[0]).toMatchObject({ outcome: "created" });
  });
});

describe("a key", () => {
  it("is told once, by name, and not again to whoever repeats the request", async () => {
    const { owner, read, made } = await aSite();
    expect(made["key"]).toMatch(/^[\w-]{43}$/);
    const again = { "idempotency-key": "k" };
    const first = await read(await owner.post("/crm/marketing/intake/keys", { name: "Web" }, again));
    const second = await read(await owner.post("/crm/marketing/intake/keys", { name: "Web" }, again));
    expect([first["status"], second["status"], second["data"]]).toEqual([201, 201, null]);
    const listed = await read(await owner.get("/crm/marketing/intake/keys"));
    expect(listed["data"]).toMatchObject([{ revoked_at: null }, { revoked_at: null }]);
    expect(JSON.stringify(listed)).not.toContain("key_hash");
    const { key } = first["data"] as Json;
    expect(JSON.stringify(await house.sql("SELECT * FROM idempotency_keys"))).not.toContain(key);
    expect(JSON.stringify(await house.sql("SELECT * FROM audit_log"))).not.toContain(key);
    expect(house.logs.join()).not.toContain(key);
  });
});

test.each<[string, Json, string, string, boolean]>([
  ["an ad of Meta, by its id", { ad_id: "1" }, "utm_paid", "META_ADS", true],
  ["an ad of Meta, by its words", { utm_source: "ig", utm_medium: "paid_social" }, "utm_paid", "META_ADS", true],
  ["an ad of Google", { gclid: "g" }, "utm_paid", "GOOGLE_ADS", true],
  ["another ad", { utm_source: "tiktok", utm_medium: "cpc" }, "utm_paid", "OTHER_ADS", true],
  ["a mail", { utm_source: "news", utm_medium: "email" }, "email", "EMAIL", false],
  ["a search", { utm_source: "google", utm_medium: "organic" }, "organic", "ORGANIC", false],
  ["a link in a post, which has a click id too", { fbclid: "f" }, "referral", "REFERRAL", false],
  ["a page of somebody's", { referrer: "https://blog.example" }, "referral", "REFERRAL", false],
  ["nothing said", {}, "direct", "WEBSITE", false],
])("who came by %s", (_, sent, channel, leadSource, isPaid) => {
  const parsed = intake().parse({ email: "a@b.co", ...sent });
  expect(howTheyCame(parsed)).toMatchObject({ channel, leadSource, is_paid: isPaid });
});
