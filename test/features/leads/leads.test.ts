import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { days } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aPerson, as } from "../../support/people.ts";
import { aCrm } from "./crm.ts";
import type { Json } from "../../support/json.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const touch = (more: Json = {}) => ({
  occurred_at: "2026-11-20T10:00:00-03:00",
  channel: "ctwa",
  ad_id: "a1",
  ...more,
});

describe("POST /crm/leads", () => {
  it("stores a lead with its touches, answers the record, and counts it on its day", async () => {
    const crm = await aCrm(house);
    const answer = await crm.post("/crm/leads", {
      external_id: "L1",
      first_name: "Ana",
      email: "ana@correo.example",
      touchpoints: [
        touch({ campaign_id: "c1", leadgen_id: "g1" }),
        touch({ occurred_at: "2026-11-19T23:30:00-03:00", ad_id: "a2" }),
      ],
      tags: ["vip"],
      external_ids: { whatsapp: "549" },
    });
    expect(answer).toMatchObject({
      status: 201,
      data: {
        external_id: "L1",
        first_name: "Ana",
        status: "new",
        lead_source: "META_ADS",
        meta_campaign_id: "c1",
        meta_ad_id: "a1",
        created: true,
        created_at: "2026-11-20T02:30:00.000Z",
        tags: ["vip"],
        attribution: {
          touchpoints: 2,
          first_touch: { ad_id: "a2", is_paid: true },
          last_touch: { ad_id: "a1", channel: "ctwa", occurred_at: "2026-11-20T13:00:00.000Z" },
          credits: [{ ad_id: "a1", campaign_id: "c1", weight: 1 }],
          frozen_at: null,
        },
      },
    });
    expect(await crm.outcomes()).toMatchObject([
      { level: "account", leads: 1 },
      { level: "ad", entity_id: "a1", day: "2026-11-19", leads: 1, matched_leads: 1 },
      { level: "campaign", entity_id: "c1", day: "2026-11-19", leads: 1 },
    ]);
    await crm.expectSettled();
  });

  it("changes what was sent of a lead that is there, and nothing else; never when it was created", async () => {
    const crm = await aCrm(house);
    const first = await crm.write("/crm/leads", {
      external_id: "L1",
      first_name: "Ana",
      phone_number: "1",
      status: "hot",
      email: "a@b.c",
    });
    house.clock.advance(days(1));
    const second = await crm.post("/crm/leads", {
      external_id: "L1",
      last_name: "Paz",
      phone_number: null,
      created_at: "2020-01-01T00:00:00Z",
    });
    house.clock.advance(-days(1));
    expect(second).toMatchObject({
      status: 200,
      data: { created: false, id: first["id"], first_name: "Ana", last_name: "Paz" },
    });
    expect(second["data"]).toMatchObject({
      phone_number: null,
      email: "a@b.c",
      status: "hot",
      created_at: first["created_at"],
    });
    expect(await crm.rows("leads")).toHaveLength(1);
  });

  it("defect 65: neither a message's touch nor an empty name overwrites the name an agent typed", async () => {
    const crm = await aCrm(house);
    await crm.write("/crm/leads", { external_id: "L1", first_name: "Ana María", last_name: "Paz" });
    await crm.write("/crm/leads", { external_id: "L1", first_name: "", last_name: null, touchpoints: [touch()] });
    await crm.change("/crm/leads/external:L1", { first_name: "  ", status: "hot" });
    await crm.write("/crm/leads/external:L1/touchpoints", touch({ ad_id: "a2" }));
    expect(await crm.rows("leads")).toMatchObject([{ first_name: "Ana María", last_name: "Paz", status: "hot" }]);
  });

  it("defect 63: a referral without campaign, or an empty column, never takes the campaign a lead has", async () => {
    const crm = await aCrm(house);
    await crm.write("/crm/leads", { external_id: "L1", meta_campaign_id: "c1", meta_ad_headline: "Sonrisas" });
    await crm.write("/crm/leads", {
      external_id: "L1",
      meta_campaign_id: null,
      meta_ad_id: "",
      meta_ad_headline: null,
    });
    const lead = await crm.change("/crm/leads/external:L1", { meta_campaign_id: null, status: "x" });
    await crm.write("/crm/leads/external:L1/touchpoints", {
      occurred_at: "2026-11-23T16:00:00Z",
      channel: "ctwa",
      ctwa_clid: "w",
    });
    expect(lead).toMatchObject({ meta_campaign_id: "c1", meta_ad_headline: "Sonrisas" });
    expect(await crm.rows("leads")).toMatchObject([{ meta_campaign_id: "c1", meta_ad_headline: "Sonrisas" }]);
  });

  it("defect 62: the last touch does not overwrite the first, all of them stay", async () => {
    const crm = await aCrm(house);
    await crm.write("/crm/leads", { external_id: "L1", touchpoints: [touch()] });
    for (const [day, ad_id] of [
      ["21", "a2"],
      ["22", "a3"],
    ] as const)
      await crm.write("/crm/leads/external:L1/touchpoints", touch({ ad_id, occurred_at: `2026-11-${day}T10:00:00Z` }));
    const { data } = await crm.patch("/crm/leads/external:L1", { status: "x" });
    expect(data).toMatchObject({
      meta_ad_id: "a3",
      attribution: { touchpoints: 3, first_touch: { ad_id: "a1" }, last_touch: { ad_id: "a3" } },
    });
    await crm.expectSettled();
  });

  it("defect 64: a referral from an organic post is not counted as a paid ad", async () => {
    const crm = await aCrm(house);
    const post = {
      occurred_at: "2026-11-20T10:00:00Z",
      channel: "referral",
      source_detail: "post",
      headline: "Gracias",
      body: "…",
    };
    const { data } = await crm.post("/crm/leads", { external_id: "L1", touchpoints: [post] });
    expect(data).toMatchObject({ lead_source: "ORGANIC", attribution: { last_touch: { is_paid: false } } });
    expect(await crm.outcomes()).toMatchObject([{ level: "outside", entity_id: "organic", leads: 1 }]);
  });

  it("defect 66: the source a lead has stays when it is not sent, and when an unpaid touch follows", async () => {
    const crm = await aCrm(house);
    await crm.write("/crm/leads", { external_id: "L1", lead_source: "REFERRAL" });
    await crm.write("/crm/leads", { external_id: "L1", status: "hot", lead_source: null });
    await crm.write("/crm/leads/external:L1/touchpoints", {
      occurred_at: "2026-11-23T16:00:00Z",
      channel: "email",
      campaign_id: "news",
    });
    expect(await crm.rows("leads")).toMatchObject([{ lead_source: "REFERRAL", status: "hot" }]);
  });

  it("defect 67: simultaneous first messages of a person end as one lead with every touch", async () => {
    const crm = await aCrm(house);
    const person = await aPerson(house, { tenantId: crm.tenantId, role: "crm" });
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        as(house, person).post("/crm/leads", {
          external_id: "L1",
          touchpoints: [touch({ leadgen_id: `g${index % 4}`, occurred_at: `2026-11-20T1${index % 4}:00:00Z` })],
        }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array.from({ length: 11 }, () => 200), 201]);
    expect(await crm.rows("leads")).toHaveLength(1);
    expect(await crm.rows("touchpoints")).toHaveLength(4);
    await crm.expectSettled();
  });

  it("defect 38: external_ids stay one object, whatever was there and however often they are merged", async () => {
    const crm = await aCrm(house);
    await crm.write("/crm/leads", { external_id: "L1", external_ids: { a: "1" } });
    await crm.write("/crm/leads", { external_id: "L1", external_ids: { b: { c: 2 } } });
    expect(await crm.rows("leads")).toMatchObject([{ external_ids: { a: "1", b: { c: 2 } } }]);
    await house.sql("UPDATE leads SET external_ids = $2 WHERE tenant_id = $1", [
      crm.tenantId,
      JSON.stringify([{}, "x"]),
    ]);
    expect(await crm.change("/crm/leads/external:L1", { external_ids: { d: 3 } })).toMatchObject({
      external_ids: { d: 3 },
    });
    for (const external_ids of [["a"], '{"a":1}', 7])
      expect(await crm.post("/crm/leads", { external_id: "L1", external_ids })).toMatchObject({ status: 422 });
  });

  it("the columns of a sender without touches become a touch; sent again they are the same one", async () => {
    const crm = await aCrm(house);
    const lead = {
      external_id: "L1",
      meta_campaign_id: "c1",
      meta_ad_id: "a1",
      meta_ad_headline: "H",
      lead_source: "META_ADS",
    };
    await crm.write("/crm/leads", lead);
    await crm.write("/crm/leads", lead);
    expect(await crm.rows("touchpoints")).toMatchObject([
      { campaign_id: "c1", ad_id: "a1", is_paid: true, headline: "H" },
    ]);
    await crm.write("/crm/leads", {
      external_id: "L2",
      meta_ad_id: "a9",
      touchpoints: [touch({ ad_id: "a9", leadgen_id: "g" })],
    });
    expect(await crm.rows("touchpoints", "ad_id")).toHaveLength(2);
    await crm.expectSettled();
  });

  it("is the same lead for itself, another for a neighbour with the same external_id", async () => {
    const [crm, neighbour] = [await aCrm(house), await aCrm(house)];
    const lead = {
      external_id: "L1",
      first_name: "Ana",
      touchpoints: [touch({ leadgen_id: "g1", external_id: "t1" })],
    };
    expect((await crm.post("/crm/leads", lead))["status"]).toBe(201);
    expect((await neighbour.post("/crm/leads", { ...lead, first_name: "Eva" }))["status"]).toBe(201);
    expect(await crm.rows("leads")).toMatchObject([{ first_name: "Ana" }]);
  });

  it("without an external_id every POST is a new lead", async () => {
    const crm = await aCrm(house);
    for (let time = 0; time < 2; time += 1)
      expect((await crm.post("/crm/leads", { first_name: "Ana" }))["status"]).toBe(201);
    expect(await crm.rows("leads")).toHaveLength(2);
  });
});

describe("many leads at once", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      external_id: `L${index}`,
      first_name: `Nombre ${index}`,
      touchpoints: [touch({ leadgen_id: `g${index}`, ad_id: `a${index % 7}` })],
    }));

  it("are 500 in one transaction of two round trips, as a list or under their name, and are told apart from those there", async () => {
    const crm = await aCrm(house);
    const before = house.neon.requests();
    const startedAt = performance.now();
    const answer = await crm.post("/crm/leads", { leads: many(500) });
    console.log(`500 leads with a touch each: ${Math.round(performance.now() - startedAt)} ms`);
    // Membership, look, write, audit, and a person of the test's.
    expect(house.neon.requests() - before).toBeLessThanOrEqual(4);
    expect(answer).toMatchObject({ status: 201, created: 500, updated: 0 });
    expect(answer["data"]).toHaveLength(500);
    const again = await crm.post("/crm/leads", many(501).slice(1));
    expect(again).toMatchObject({ status: 201, created: 1, updated: 499 });
    expect(again["data"][499]).toMatchObject({ index: 499, external_id: "L500", created: true });
    expect(await crm.rows("touchpoints")).toHaveLength(501);
    expect((await crm.rows("leads")).map((lead) => lead["id"])).toContain(again["data"][3]["id"]);
    await crm.expectSettled();
  });

  it("are all taken or none: every item that does not fit is named, its values are not", async () => {
    const crm = await aCrm(house);
    const answer = await crm.post("/crm/leads", {
      leads: [
        { external_id: "ok" },
        { external_id: "L2", email: 7, touchpoints: [{ channel: "carta-secreta", occurred_at: "ayer-secreto" }] },
        { external_id: "L3", secreto: 1 },
      ],
    });
    expect(answer).toMatchObject({ status: 422, error: { code: "request.invalid", details: { total: 4 } } });
    expect(answer["error"]["details"]["problems"].map(({ index, field }: Json) => [index, field])).toEqual([
      [1, "email"],
      [1, "touchpoints.0.occurred_at"],
      [1, "touchpoints.0.channel"],
      [2, ""],
    ]);
    expect(JSON.stringify(answer)).not.toMatch(/carta-secreta|ayer-secreto/);
    expect(house.logs.join("")).not.toMatch(/carta-secreta|ayer-secreto/);
    expect(await crm.rows("leads")).toEqual([]);
  });

  it("one lead twice in a request, or one form answer under two leads, is refused", async () => {
    const crm = await aCrm(house);
    const twice = await crm.post("/crm/leads", [{ external_id: "L1" }, { external_id: "L2" }, { external_id: "L1" }]);
    expect(twice).toMatchObject({
      status: 422,
      error: { details: { problems: [{ index: 2, field: "external_id" }] } },
    });
    const shared = await crm.post(
      "/crm/leads",
      ["L1", "L2"].map((external_id) => ({ external_id, touchpoints: [touch({ leadgen_id: "g1" })] })),
    );
    expect(shared).toMatchObject({
      status: 422,
      error: { details: { problems: [{ index: 1, field: "touchpoints.0.leadgen_id" }] } },
    });
    expect(await crm.rows("leads")).toEqual([]);
  });

  test.each([
    [[]],
    [{ leads: [] }],
    [{ leads: many(501) }],
    [{ leads: many(1), more: 1 }],
    [{}],
    [{ leads: {} }],
    ["x"],
    [{ external_id: "L\0" }],
  ])("a request that is no list of 1 to 500 is refused (%#)", async (body) => {
    const crm = await aCrm(house);
    expect(await crm.post("/crm/leads", body)).toMatchObject({ status: 422 });
  });

  it("have 2000 touches together at most", async () => {
    const crm = await aCrm(house);
    const touchpoints = Array.from({ length: 100 }, () => touch());
    const leads = Array.from({ length: 21 }, (_, index) => ({ external_id: `L${index}`, touchpoints }));
    expect(await crm.post("/crm/leads", leads)).toMatchObject({
      status: 422,
      error: { details: { problems: [{ index: 20, field: "touchpoints" }] } },
    });
  });

  it("two batches with the same leads in opposite order do not wait for each other forever", async () => {
    const crm = await aCrm(house);
    const person = await aPerson(house, { tenantId: crm.tenantId, role: "crm" });
    const bodies = [many(120), many(120).toReversed(), many(120), many(120).toReversed()];
    const answers = await Promise.all(bodies.map((leads) => as(house, person).post("/crm/leads", { leads })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 201]);
    expect(await crm.rows("leads")).toHaveLength(120);
  });
});

describe("PATCH /crm/leads/:id", () => {
  it("changes a lead by our id or the CRM's, and may give it another external_id", async () => {
    const crm = await aCrm(house);
    const { id } = await crm.write("/crm/leads", { external_id: "L 1/ñ", first_name: "Ana" });
    expect(await crm.change(`/crm/leads/${id}`, { status: "hot" })).toMatchObject({
      id,
      status: "hot",
      first_name: "Ana",
    });
    const byTheirs = `/crm/leads/${encodeURIComponent("external:L 1/ñ")}`;
    expect(await crm.change(byTheirs, { external_id: "L2", email: "" })).toMatchObject({ id, external_id: "L2" });
    await crm.write("/crm/leads", { external_id: "L3" });
    expect(await crm.patch(`/crm/leads/${id}`, { external_id: "L3" })).toMatchObject({ status: 409 });
    expect(await crm.patch(`/crm/leads/${id}`, {})).toMatchObject({ status: 422 });
    expect(await crm.patch(`/crm/leads/${id}`, { created_at: "2020-01-01T00:00:00Z" })).toMatchObject({ status: 422 });
  });

  it("a neighbour's lead is as one that does not exist", async () => {
    const [crm, neighbour] = [await aCrm(house), await aCrm(house)];
    const { id } = await neighbour.write("/crm/leads", { external_id: "L1", first_name: "Eva" });
    for (const path of [id, "external:L1", crypto.randomUUID(), "external:nobody"]) {
      expect(await crm.patch(`/crm/leads/${path}`, { first_name: "X" })).toMatchObject({
        status: 404,
        error: { code: "lead.not_found" },
      });
      expect(await crm.post(`/crm/leads/${path}/touchpoints`, touch())).toMatchObject({
        status: 404,
        error: { code: "lead.not_found" },
      });
    }
    expect(await crm.patch("/crm/leads/7", { first_name: "X" })).toMatchObject({ status: 422 });
    expect(await neighbour.rows("leads")).toMatchObject([{ first_name: "Eva" }]);
    expect(await crm.rows("outcome_changes")).toEqual([]);
  });
});

describe("POST /crm/leads/:id/touchpoints", () => {
  test.each(["leadgen_id", "external_id"])(
    "the same %s again changes nothing; another lead's is a conflict",
    async (name) => {
      const crm = await aCrm(house);
      await crm.write("/crm/leads", [{ external_id: "L1" }, { external_id: "L2" }]);
      const path = (lead: string) => `/crm/leads/external:${lead}/touchpoints`;
      const first = await crm.post(path("L1"), touch({ [name]: "x" }));
      expect(first).toMatchObject({ status: 201, data: { created: true, [name]: "x" } });
      const again = await crm.post(path("L1"), touch({ [name]: "x", ad_id: "other" }));
      expect(again).toMatchObject({ status: 200, data: { created: false, id: first["data"]["id"], ad_id: "a1" } });
      const foreign = {
        status: 409,
        error: { code: "request.conflict", details: { problems: [{ index: 0, field: name }] } },
      };
      expect(await crm.post(path("L2"), touch({ [name]: "x" }))).toMatchObject(foreign);
      const byLead = await crm.post("/crm/leads", [
        { external_id: "L9" },
        { external_id: "L2", touchpoints: [touch({ [name]: "x" })] },
      ]);
      expect(byLead).toMatchObject({
        status: 409,
        error: { details: { problems: [{ index: 1, field: `touchpoints.0.${name}` }] } },
      });
      expect(await crm.rows("leads")).toHaveLength(2);
      await crm.expectSettled();
    },
  );

  it("many at once, the same one among them twice, are stored once each", async () => {
    const crm = await aCrm(house);
    await crm.write("/crm/leads", { external_id: "L1" });
    const touches = [
      touch({ leadgen_id: "g1" }),
      touch(),
      touch({ leadgen_id: "g1" }),
      touch(),
      touch({ ad_id: "a2" }),
    ];
    const answer = await crm.post("/crm/leads/external:L1/touchpoints", { touchpoints: touches });
    expect(answer).toMatchObject({ status: 201, created: 3, updated: 2 });
    expect(answer["data"].map(({ index, created }: Json) => [index, created])).toEqual([
      [0, true],
      [1, true],
      [2, false],
      [3, false],
      [4, true],
    ]);
    expect((await crm.post("/crm/leads/external:L1/touchpoints", touches))["created"]).toBe(0);
    await crm.expectSettled();
  });

  it("what is paid follows from the channel unless it is said", async () => {
    const crm = await aCrm(house);
    await crm.write("/crm/leads", { external_id: "L1" });
    const paid = new Set(["meta_lead_form", "ctwa", "utm_paid"]);
    for (const channel of [
      "meta_lead_form",
      "ctwa",
      "utm_paid",
      "organic",
      "referral",
      "direct",
      "manual",
      "import",
      "email",
      "other",
    ]) {
      const stored = await crm.write("/crm/leads/external:L1/touchpoints", {
        occurred_at: "2026-11-20T10:00:00Z",
        channel,
      });
      expect([channel, stored["is_paid"]]).toEqual([channel, paid.has(channel)]);
    }
    const said = await crm.write("/crm/leads/external:L1/touchpoints", touch({ is_paid: false }));
    expect(said["is_paid"]).toBe(false);
  });
});

describe("whoever writes leads", () => {
  test.each([
    ["crm", 201],
    ["setter", 201],
    ["closer", 201],
    ["marketing", 201],
    ["ceo", 201],
    ["secretary", 403],
    ["viewer", 403],
  ])("as %s gets %i", async (role, status) => {
    const client = as(house, await aPerson(house, { role }));
    expect((await client.post("/crm/leads", { external_id: "L1" })).status).toBe(status);
    expect((await client.patch("/crm/leads/external:L1", { status: "x" })).status).toBe(status === 201 ? 200 : 403);
  });

  it("may send the same request again with its Idempotency-Key: it acts once", async () => {
    const crm = await aCrm(house);
    const key = { "Idempotency-Key": "k1" };
    const first = await crm.post("/crm/leads", { first_name: "Ana" }, key);
    const again = await crm.post("/crm/leads", { first_name: "Ana" }, key);
    expect(again).toMatchObject({ status: 201, data: first["data"] });
    expect((again["headers"] as Headers).get("idempotent-replayed")).toBe("true");
    expect(await crm.post("/crm/leads", { first_name: "Eva" }, key)).toMatchObject({
      status: 422,
      error: { code: "idempotency.mismatch" },
    });
    expect(await crm.rows("leads")).toHaveLength(1);
  });

  it("leaves no name, number or address in the log or the audit", async () => {
    const crm = await aCrm(house);
    await crm.write("/crm/leads", {
      external_id: "L1",
      first_name: "Zulema",
      phone_number: "5491155501234",
      email: "zulema@correo.example",
    });
    await crm.post("/crm/leads", { external_id: "L1", first_name: "Zulema", email: ["zulema@correo.example"] });
    const left = house.logs.join("") + JSON.stringify(await crm.rows("audit_log"));
    expect(left).not.toMatch(/zulema|5491155501234/i);
  });
});
