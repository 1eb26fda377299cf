// Templates between us and Meta: read, submitted, changed, deleted, and what Meta decides about them.
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { systemCtx } from "../../../src/context.ts";
import { receiveTemplateEvent } from "../../../src/features/templates/receive.ts";
import { seconds } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import type { Json } from "../../support/json.ts";
import { as } from "../../support/people.ts";
import { aSender } from "../messages/scene.ts";

let house: House;

beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const list = "/crm/marketing/hsm/templates";
const panel = "/admin/core/crm/hsm-templates";
const scopes = ["whatsapp_business_messaging", "whatsapp_business_management", "ads_read", "business_management"];
const draft = {
  name: "bienvenida",
  category: "UTILITY",
  language: "es_AR",
  body_text: "Hola {{1}}, usá {{2}} hoy.",
  footer: "Clínica Sonrisa",
  example: { body_text: ["Ana", "25OFF"] },
};

/** A tenant with an account at Meta of its own, empty or with these. */
async function aManager({ seeds = [] as Parameters<House["meta"]["templates"]["open"]>[1] } = {}) {
  const sender = await aSender(house, { scopes });
  const { tenantId, waba, person } = sender;
  await house.sql("DELETE FROM meta_templates WHERE tenant_id = $1", [tenantId]);
  const made = house.meta.templates.open(waba, seeds);
  const ask = as(house, person);
  const read = async (asked: Promise<Response>): Promise<[number, Json]> => {
    const answer = await asked;
    return [answer.status, (await answer.json()) as Json];
  };
  const ctx = () => systemCtx(house.tools, { tenantId, requestId: "test", job: "webhook" });
  const rows = () =>
    house.sql<{ id: string; name: string; language: string; status: string; [column: string]: unknown }>(
      "SELECT * FROM meta_templates WHERE tenant_id = $1 ORDER BY name, language",
      [tenantId],
    );
  return {
    ...ask,
    ...sender,
    ctx,
    made,
    read,
    rows,
    atMeta: () => house.meta.templates.all.filter((one) => one.wabaId === waba),
    words: async () => (await rows()).map(({ name, language, status }) => `${name} ${language} ${status}`),
    sync: async () => {
      house.clock.advance(1_000);
      expect((await ask.post(`${list}/sync`, {})).status).toBe(202);
      await house.queue.deliverDue();
    },
    keep: async (more: Json = {}): Promise<string> => {
      const [, { data }] = await read(ask.post(panel, { ...draft, ...more }));
      return data["id"] as string;
    },
    tell: (field: string, value: object, at = house.clock.now(), assetId = waba) =>
      receiveTemplateEvent(ctx(), { field, assetId, at: new Date(at).toISOString(), value }),
    happened: () =>
      house.sql<{ kind: string; details: Json }>(
        "SELECT kind, details FROM happenings WHERE tenant_id = $1 AND kind = 'template.stopped' ORDER BY id",
        [tenantId],
      ),
    listen: () =>
      house.sql(
        `INSERT INTO automation_rules (tenant_id, name, trigger_type, trigger_conditions, action_type, action_config, is_active)
         VALUES ($1, 'r', 'lead_created', '{}', 'send_hsm', '{}', true)`,
        [tenantId],
      ),
  };
}

const seed = (name: string, more: object = {}) => ({
  name,
  language: "es_AR",
  status: "APPROVED",
  category: "UTILITY",
  components: [{ type: "BODY", text: "Hola {{1}}, te esperamos.", example: { body_text: [["Ana"]] } }],
  ...more,
});

const told = (one: { id: string } | undefined, event: string) => ({
  event,
  message_template_id: one?.id,
  reason: null,
});

describe("reading Meta's list", () => {
  it("defect 148, defect 149: takes every page over, as Meta says it, whatever words and parts it has", async () => {
    const many = Array.from({ length: 103 }, (_, index) => seed(`t${String(index).padStart(3, "0")}`));
    const odd = seed("zz", { status: "A_WORD_OF_NEXT_YEAR", components: [{ type: "SMELL", rose: 1 }] });
    const { sync, rows, get, read } = await aManager({ seeds: [...many, odd, ...house.meta.templates.seeds] });
    await sync();
    expect(await rows()).toHaveLength(107);
    const [, { data }] = await read(get(`${list}?search=seasonal`));
    expect(data[0]).toMatchObject({
      status: "APPROVED",
      meta_status: "APPROVED",
      submission: "submitted",
      quality_score: "GREEN",
      rejected_reason: null,
      cost_warning: null,
    });
    const [, odds] = await read(get(`${list}?search=zz`));
    expect(odds["data"][0]).toMatchObject({ status: "PAUSED", meta_status: "A_WORD_OF_NEXT_YEAR" });
    const [, state] = await read(get(`${list}/sync`));
    expect(state["data"]["accounts"]).toMatchObject([{ problem: null, synced_at: expect.any(String) }]);
  });

  it("marks what is gone, keeps drafts apart, and twice is once", async () => {
    const { sync, words, keep, made } = await aManager({ seeds: [seed("a"), seed("b")] });
    await keep({ name: "a" });
    await sync();
    await sync();
    Object.assign(made[0] ?? {}, { status: "DELETED" });
    await sync();
    expect(await words()).toEqual(["a es_AR DRAFT", "a es_AR DELETED", "b es_AR APPROVED"].toSorted());
  });

  it("changes nothing where a page fails, and says so", async () => {
    const { sync, words, made, waba, get, read } = await aManager({
      seeds: Array.from({ length: 102 }, (_, index) => seed(`t${index}`)),
    });
    await sync();
    const before = await words();
    Object.assign(made[0] ?? {}, { status: "DELETED" });
    for (const fault of [
      { kind: "truncate" },
      { kind: "graph-error", code: 2, status: 500 },
      { kind: "graph-error", code: 4 },
    ] as const) {
      const match = ({ url }: Request) => url.includes(waba) && url.includes("after=");
      house.meta.faults.add({ match, fault, times: 1 });
      await sync();
      const [, state] = await read(get(`${list}/sync`));
      expect([await words(), state["data"]["accounts"][0]["problem"]]).toEqual([
        before,
        expect.stringMatching(/^meta\./),
      ]);
    }
    await sync();
    expect(await words()).toContain("t0 es_AR DELETED");
  });

  it("is due hourly, by cron, once for each account; a lost connection is told and changes nothing", async () => {
    const { tenantId, words, waba } = await aManager({ seeds: [seed("a")] });
    await house.tick();
    await house.queue.deliverDue({ copies: 2 });
    expect(await words()).toEqual(["a es_AR APPROVED"]);
    const [row] = await house.sql<{ due_at: Date }>("SELECT * FROM template_syncs WHERE tenant_id = $1", [tenantId]);
    const minutes = (Number(row?.due_at) - house.clock.now()) / 60_000;
    expect(minutes).toBeGreaterThanOrEqual(54);
    expect(minutes).toBeLessThanOrEqual(66);
    await house.tick();
    expect(house.queue.waiting().filter(({ body }) => JSON.stringify(body).includes(waba))).toEqual([]);
  });
});

describe("what Meta decides", () => {
  it("stops at once, is told once however often and late it comes, and is taken back", async () => {
    const { sync, listen, made, tell, words, happened } = await aManager({ seeds: [seed("a")] });
    await listen();
    await sync();
    const names = house.meta.templates.namesOf(made[0] as never);
    const event = (word: string, title?: string) => ({
      event: word,
      ...names,
      message_template_id: Number(names.message_template_id),
      ...(title && { other_info: { title } }),
      reason: null,
    });
    const t = house.clock.now();
    const paused = event("PAUSED", "FIRST_PAUSE");
    await Promise.all([
      tell("message_template_status_update", paused, t),
      tell("message_template_status_update", paused, t),
    ]);
    await tell("message_template_status_update", event("APPROVED"), t - seconds(5));
    expect(await words()).toEqual(["a es_AR PAUSED"]);
    expect(await happened()).toMatchObject([{ details: { status: "PAUSED" } }]);
    await tell("message_template_status_update", event("FLAGGED"), t + seconds(1));
    await tell("message_template_status_update", event("APPROVED", "UNPAUSE"), t + seconds(9));
    await tell("message_template_status_update", paused, t);
    expect(await words()).toEqual(["a es_AR APPROVED"]);
    await tell("message_template_status_update", event("DISABLED"), t + seconds(20));
    await tell("message_template_status_update", event("REINSTATED"), t + seconds(30));
    expect([await words(), (await happened()).length]).toEqual([["a es_AR APPROVED"], 2]);
  });

  it("of quality, category and text is kept, the newest of each, with a warning of what it costs", async () => {
    const { sync, made, tell, get, read } = await aManager({ seeds: [seed("a")] });
    await sync();
    const { message_template_id } = house.meta.templates.namesOf(made[0] as never);
    const names = { message_template_id: String(message_template_id) };
    const t = house.clock.now();
    await tell("message_template_quality_update", { ...names, new_quality_score: "RED" }, t + seconds(2));
    await tell("message_template_quality_update", { ...names, new_quality_score: "GREEN" }, t);
    await tell("template_category_update", { ...names, new_category: "UTILITY", correct_category: "MARKETING" }, t);
    const show = async () => ((await read(get(list)))[1]["data"] as Json[])[0];
    expect((await show())?.["cost_warning"]).toMatch(/va a pasar/);
    await tell("template_category_update", { ...names, new_category: "MARKETING" }, t + seconds(3));
    await tell("message_template_components_update", { ...names, message_template_element: "Hola, {{1}}. Chau." }, t);
    expect(await show()).toMatchObject({
      category: "MARKETING",
      previous_category: "UTILITY",
      quality_score: "RED",
      cost_warning: expect.stringMatching(/UTILITY a MARKETING/),
      components: [{ type: "BODY", text: "Hola, {{1}}. Chau.", example: {} }],
    });
  });

  it("of a template nobody knows has the list read; what is of no shape is refused", async () => {
    const { sync, words, tell, waba } = await aManager();
    await sync();
    const [made] = house.meta.templates.open(waba, [seed("nueva")]);
    house.clock.advance(1_000);
    await tell("message_template_status_update", { event: "APPROVED", message_template_id: made?.id });
    await house.tick();
    await house.queue.deliverDue();
    expect(await words()).toEqual(["nueva es_AR APPROVED"]);
    for (const value of [null, {}, { message_template_id: "x" }, { message_template_id: made?.id }])
      await expect(tell("message_template_status_update", value as object)).rejects.toMatchObject({
        code: "request.invalid",
      });
    await expect(tell("flows", {})).rejects.toMatchObject({ code: "request.invalid" });
  });

  it("is heard although it is only seen in the list", async () => {
    const { sync, listen, made, words, happened } = await aManager({ seeds: [seed("a")] });
    await listen();
    await sync();
    Object.assign(made[0] ?? {}, { status: "DISABLED" });
    await sync();
    await sync();
    expect([await words(), (await happened()).length]).toEqual([["a es_AR DISABLED"], 1]);
  });

  it("is not undone by a list of the same minute that does not show it yet, nor told again by a later one that does", async () => {
    const { sync, listen, made, tell, words, happened } = await aManager({ seeds: [seed("a"), seed("b"), seed("c")] });
    await listen();
    await sync();
    house.clock.advance(60_000);
    const now = house.clock.now();
    await tell("message_template_status_update", told(made[0], "PAUSED"), now + seconds(1));
    await tell("message_template_status_update", told(made[1], "APPROVED"), now + seconds(1));
    await tell("message_template_status_update", told(made[2], "APPROVED"), now + seconds(1));
    Object.assign(made[1] ?? {}, { status: "DISABLED" });
    Object.assign(made[2] ?? {}, { status: "DELETED" });
    await sync();
    house.clock.advance(58_000);
    await sync();
    expect(await words()).toEqual(["a es_AR PAUSED", "b es_AR APPROVED", "c es_AR APPROVED"]);
    expect(await happened()).toHaveLength(1);
    Object.assign(made[0] ?? {}, { status: "PAUSED" });
    await sync();
    expect(await words()).toEqual(["a es_AR PAUSED", "b es_AR DISABLED", "c es_AR DELETED"]);
    expect((await happened()).map(({ details }) => details["status"])).toEqual(["PAUSED", "DISABLED", "DELETED"]);
  });

  it("is told whatever word or silence ends the approval, once, from an event or the list", async () => {
    const stops = ["LIMIT_EXCEEDED", "LOCKED", "ARCHIVED", "PENDING_DELETION", "DELETED", "IN_APPEAL", "PENDING"];
    const { sync, listen, made, tell, happened } = await aManager({
      seeds: [...stops, "listed", "vanished"].map((word) => seed(word.toLowerCase())),
    });
    await listen();
    await sync();
    house.clock.advance(5_000);
    for (const [index, word] of stops.entries())
      for (const later of [0, 1, 2])
        await tell("message_template_status_update", told(made[index], word), house.clock.now() + seconds(later));
    for (const [index, status] of [...stops, "LIMIT_EXCEEDED", "DELETED"].entries())
      Object.assign(made[index] ?? {}, { status });
    for (let time = 0; time < 2; time += 1) {
      house.clock.advance(70_000);
      await sync();
    }
    const all = (await happened()).map(({ details }) => details["status"]);
    expect(all.toSorted()).toEqual([...stops, "LIMIT_EXCEEDED", "DELETED"].toSorted());
  });

  it("is not told of what a person here asked for", async () => {
    const {
      sync,
      listen,
      rows,
      tell,
      made,
      words,
      happened,
      patch,
      delete: remove,
    } = await aManager({
      seeds: [seed("a"), seed("b")],
    });
    await listen();
    await sync();
    const [a, b] = await rows();
    house.clock.advance(1_000);
    expect((await patch(`${list}/${a?.id}`, { footer: "Chau" })).status).toBe(200);
    expect((await remove(`${list}/${b?.id}`)).status).toBe(200);
    await tell("message_template_status_update", told(made[1], "PENDING_DELETION"), house.clock.now() + seconds(1));
    house.clock.advance(70_000);
    await sync();
    expect([await words(), await happened()]).toEqual([["a es_AR PENDING", "b es_AR DELETED"], []]);
  });
});

describe("a draft that is submitted", () => {
  it("is Meta's from then on, and shows why it was refused", async () => {
    const { keep, read, post, atMeta, tell, get } = await aManager();
    const id = await keep();
    const [status, { data }] = await read(post(`${list}/${id}/submit`, {}));
    const [made] = atMeta();
    expect([status, data]).toMatchObject([
      200,
      { status: "PENDING", meta_status: "PENDING", meta_template_id: made?.id },
    ]);
    expect(await read(post(`${list}/${id}/submit`, {}))).toMatchObject([
      409,
      { error: { code: "template.not_submittable" } },
    ]);
    house.clock.advance(1_000);
    const rejection_info = { reason: "Junto.", recommendation: "Separá." };
    const names = house.meta.templates.namesOf(made as never);
    await tell("message_template_status_update", {
      ...names,
      message_template_id: made?.id,
      event: "REJECTED",
      reason: "INVALID_FORMAT",
      rejection_info,
    });
    const [, shown] = await read(get(list));
    expect(shown["data"][0]).toMatchObject({ status: "REJECTED", rejected_reason: "Junto. Separá." });
  });

  it("and whose answer is lost is never made twice: the next list says what became of it", async () => {
    const { keep, read, post, atMeta, words, waba, sync, tenantId } = await aManager();
    const id = await keep();
    house.meta.faults.add({ match: /message_templates$/, fault: { kind: "truncate" }, times: 1 });
    const [status, { data }] = await read(post(`${list}/${id}/submit`, { waba_id: waba }));
    expect([status, data]).toMatchObject([200, { status: "PENDING", submission: "checking", meta_template_id: null }]);
    expect((await post(`${list}/${id}/submit`, {})).status).toBe(409);
    house.clock.advance(61_000);
    await house.tick();
    await house.queue.deliverDue();
    expect([await words(), atMeta().length]).toEqual([["bienvenida es_AR PENDING"], 1]);

    const other = await keep({ name: "otra" });
    house.meta.faults.add({ match: /message_templates$/, fault: { kind: "html" }, times: 1 });
    expect((await read(post(`${list}/${other}/submit`, {})))[1]["data"]["submission"]).toBe("checking");
    await sync();
    expect((await words())[1]).toBe("otra es_AR SUBMITTING");
    house.clock.advance(11 * 60_000 + 1_000);
    await house.tick();
    await house.queue.deliverDue();
    expect((await words())[1]).toBe("otra es_AR DRAFT");
    expect((await post(`${list}/${other}/submit`, {})).status).toBe(200);
    expect(await house.sql("SELECT FROM meta_templates WHERE tenant_id = $1", [tenantId])).toHaveLength(2);
  });

  it("ten times at once is made once", async () => {
    const { keep, post, atMeta } = await aManager();
    const id = await keep();
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(`${list}/${id}/submit`, {})));
    expect([answers.filter(({ status }) => status === 200).length, atMeta().length]).toEqual([1, 1]);
  });

  it("and that Meta refuses is a draft again, with the field; without a connection nothing changes", async () => {
    const { keep, read, post, words, tenantId } = await aManager();
    const id = await keep();
    house.meta.faults.add({
      match: /message_templates$/,
      fault: { kind: "graph-error", code: 100, subcode: 2_388_293 },
      times: 1,
    });
    expect(await read(post(`${list}/${id}/submit`, {}))).toMatchObject([
      422,
      { error: { code: "template.refused", details: { fields: [{ field: "body_text" }], metaSubcode: 2_388_293 } } },
    ]);
    expect(await words()).toEqual(["bienvenida es_AR DRAFT"]);
    expect(await read(post(`${list}/${id}/submit`, { waba_id: "1" }))).toMatchObject([
      422,
      { error: { code: "request.invalid" } },
    ]);
    await house.sql("UPDATE connections SET granted_scopes = '{ads_read}' WHERE tenant_id = $1", [tenantId]);
    expect(await read(post(`${list}/${id}/submit`, {}))).toMatchObject([
      409,
      { error: { code: "connection.missing_scope" } },
    ]);
    expect(await words()).toEqual(["bienvenida es_AR DRAFT"]);
  });

  test.each<[string, Json, string[]]>([
    ["nothing", {}, []],
    [
      "everything at once",
      { name: "Á", body_text: "{{1}}", language: "x", footer: "{{1}}" },
      ["name", "language", "body_text", "footer", "example", "body_text"],
    ],
    ["no examples", { example: {} }, ["example"]],
    ["a picture", { header: { format: "IMAGE" } }, ["header"]],
    ["a code", { category: "AUTHENTICATION" }, ["category"]],
    [
      "an address without its example",
      { buttons: [{ type: "URL", text: "Ver", url: "https://x.example/{{1}}" }] },
      ["buttons.0"],
    ],
    [
      "variables and examples, whatever else does not fit",
      { name: "Mala", category: "NADA", body_text: "Hola {{1}} y {{3}} acá", example: undefined, footer: "De {{1}}" },
      ["name", "category", "footer", "body_text", "example"],
    ],
    ["what is of no type, and nothing that follows from it", { body_text: 7, header: [] }, ["body_text", "header"]],
    ["too many variables", { body_text: "a {{1}} {{2}} b", example: { body_text: ["x", "y"] } }, ["body_text"]],
  ])("is judged before: %s", async (_, change, fields) => {
    const { post, read } = await judge();
    const [status, { data }] = await read(post(`${list}/validate`, { ...draft, ...change }));
    expect([status, data["valid"], data["problems"].map(({ field }: Json) => field)]).toEqual([
      200,
      fields.length === 0,
      expect.arrayContaining(fields),
    ]);
    expect(data["problems"]).toHaveLength(fields.length);
    expect(JSON.stringify(data["problems"])).not.toContain("Invalid option");
  });
});

let judging: ReturnType<typeof aManager> | undefined;
const judge = () => (judging ??= aManager());

describe("a template that is there", () => {
  it("is changed as a draft by itself, and at Meta by review", async () => {
    const { keep, read, patch, post, atMeta, words } = await aManager();
    const id = await keep();
    expect(await read(patch(`${list}/${id}`, { body_text: "Hola {{1}}, hola." }))).toMatchObject([
      200,
      { data: { components: [{ text: "Hola {{1}}, hola." }, { type: "FOOTER" }] } },
    ]);
    expect(await read(post(`${list}/${id}/submit`, {}))).toMatchObject([
      422,
      { error: { details: { fields: [{ field: "example" }] } } },
    ]);
    await patch(`${list}/${id}`, { example: ["Ana"] });
    expect((await post(`${list}/${id}/submit`, {})).status).toBe(200);
    expect(await read(patch(`${list}/${id}`, { footer: null }))).toMatchObject([
      409,
      { error: { code: "template.not_submittable" } },
    ]);
    const [made] = atMeta();
    Object.assign(made ?? {}, { status: "APPROVED" });
    await house.sql("UPDATE meta_templates SET status = 'APPROVED' WHERE id = $1", [id]);
    expect(await read(patch(`${list}/${id}`, { name: "otra", category: "MARKETING" }))).toMatchObject([
      422,
      { error: { details: { fields: [{ field: "name" }, { field: "category" }] } } },
    ]);
    expect(await read(patch(`${list}/${id}`, { footer: null }))).toMatchObject([200, { data: { status: "PENDING" } }]);
    expect([made?.status, made?.components.length, await words()]).toEqual([
      "PENDING",
      1,
      ["bienvenida es_AR PENDING"],
    ]);
    expect(await read(patch(`${list}/${id}`, {}))).toMatchObject([422, {}]);
  });

  it("is deleted in its language only, and a draft goes for good", async () => {
    const {
      keep,
      delete: remove,
      sync,
      rows,
      atMeta,
      words,
    } = await aManager({ seeds: [seed("a"), seed("a", { language: "es" })] });
    await sync();
    const [es] = await rows();
    house.clock.advance(1_000);
    for (let time = 0; time < 2; time += 1) expect((await remove(`${list}/${es?.id}`)).status).toBe(200);
    expect(atMeta().map(({ language, status }) => `${language} ${status}`)).toEqual(["es_AR APPROVED", "es DELETED"]);
    await sync();
    const id = await keep();
    expect((await remove(`${list}/${id}`)).status).toBe(200);
    expect((await remove(`${list}/${id}`)).status).toBe(404);
    expect(await words()).toEqual(["a es DELETED", "a es_AR APPROVED"]);
  });
});
