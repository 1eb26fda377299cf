import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { aHouse, type House } from "../../support/house.ts";
import { aMarketer, aTemplate } from "./scene.ts";
import type { Json } from "../../support/json.ts";

let house: House;

beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const panel = "/admin/core/crm/hsm-templates";
const list = "/crm/marketing/hsm/templates";
const draft = {
  name: "bienvenida",
  category: "marketing",
  language: "es_AR",
  body_text: "Hola {{1}}, usá {{2}} hoy.",
  header: "Para {{1}}",
  footer: "Clínica Sonrisa",
  buttons: [
    { type: "QUICK_REPLY", text: "Quiero" },
    { type: "URL", text: "Ver", url: "https://x.example/p/{{1}}", example: ["https://x.example/p/7"] },
    { type: "PHONE_NUMBER", text: "Llamar", phone_number: "+5491122334455" },
  ],
  example: { header_text: ["vos"], body_text: [["Ana", "25OFF"]] },
};

describe("the list of templates", () => {
  it("is a page by name and language, with the total of all beside, by offset or by cursor", async () => {
    const { get, read, tenantId } = await aMarketer(house);
    for (const name of ["d", "b", "a", "c"]) await aTemplate(house, tenantId, { name });
    await aTemplate(house, tenantId, { name: "b", language: "pt_BR" });
    const names = (body: Json) => body["data"].map((row: Json) => `${row["name"]} ${row["language"]}`);
    const [, byOffset] = await read(get(`${list}?limit=2&offset=3`));
    expect([names(byOffset), byOffset["total"]]).toEqual([["c es_AR", "d es_AR"], 5]);
    expect(byOffset["next_cursor"]).toBeNull();

    const seen: string[] = [];
    let next = "";
    for (let page = 0; page < 9; page += 1) {
      const [status, body] = await read(get(`${list}?limit=2${next}`));
      expect([status, body["total"]]).toEqual([200, 5]);
      seen.push(...names(body));
      if (body["next_cursor"] === null) break;
      next = `&cursor=${body["next_cursor"]}`;
    }
    expect(seen).toEqual(["a es_AR", "b es_AR", "b pt_BR", "c es_AR", "d es_AR"]);
  });

  test.each([
    ["status=approved", ["alta", "otra"]],
    ["status=PENDING", ["duda", "nueva"]],
    ["status=PENDING_APPROVAL", ["duda", "nueva"]],
    ["status=REJECTED", ["rota"]],
    ["status=PAUSED", ["quieta"]],
    ["category=marketing", ["otra"]],
    ["language=pt_BR", ["otra"]],
    ["language=pt", []],
    ["search=OT", ["otra", "rota"]],
    ["search=%25", []],
    ["search=o&status=REJECTED", ["rota"]],
  ])("filtered by %s holds %j", async (query, expected) => {
    const { get, read, tenantId } = await aMarketer(house);
    await aTemplate(house, tenantId, { name: "alta" });
    await aTemplate(house, tenantId, { name: "otra", category: "MARKETING", language: "pt_BR" });
    await aTemplate(house, tenantId, { name: "duda", status: "IN_APPEAL" });
    await aTemplate(house, tenantId, { name: "nueva", status: "PENDING" });
    await aTemplate(house, tenantId, { name: "rota", status: "DISABLED" });
    await aTemplate(house, tenantId, { name: "quieta", status: "PAUSED" });
    const [status, { data, total }] = await read(get(`${list}?${query}`));
    expect([status, data.map((row: Json) => row["name"]), total]).toEqual([200, expected, expected.length]);
  });

  test.each([
    "limit=0",
    "limit=201",
    "offset=-1",
    "status=SENT",
    "search=%00",
    "language=%00",
    "category=%00",
    "cursor=abc",
  ])("%s is 422 by its name", async (query) => {
    const { get, read } = await aMarketer(house);
    const [status, body] = await read(get(`${list}?${query}`));
    expect([status, body["error"].details.fields[0].field]).toEqual([422, query.split("=")[0]]);
  });

  it("defect 13: is empty, with a total of 0, for a tenant without templates, whatever the neighbours have", async () => {
    await aTemplate(house, (await aMarketer(house)).tenantId);
    const { get, read } = await aMarketer(house);
    for (const path of [list, panel])
      expect(await read(get(path))).toMatchObject([200, { data: [], total: 0, next_cursor: null }]);
  });

  it("takes components of any other shape for none, and answers", async () => {
    const { get, read, tenantId } = await aMarketer(house);
    const shapes = [{ body: "x" }, "[]", null, [1, null, { text: "no type" }, { type: "BODY", text: 5 }]];
    for (const [index, components] of shapes.entries())
      await aTemplate(house, tenantId, { name: `t${index}`, components });
    const [status, { data }] = await read(get(list));
    expect([status, data.map((row: Json) => row["components"].length)]).toEqual([200, [0, 0, 0, 1]]);
    const [panelStatus, body] = await read(get(panel));
    expect([panelStatus, body["data"].map((row: Json) => row["body_text"])]).toEqual([200, ["", "", "", ""]]);
  });
});

describe("a draft", () => {
  it("defect 37: is kept in Meta's shape, as JSON and never as a text of JSON, and is not Meta's", async () => {
    const { get, post, read, tenantId } = await aMarketer(house);
    const [status, { data }] = await read(post(panel, draft));
    expect([status, data]).toEqual([
      201,
      {
        id: expect.any(String),
        name: "bienvenida",
        category: "MARKETING",
        language: "es_AR",
        status: "PENDING_APPROVAL",
        body_text: "Hola {{1}}, usá {{2}} hoy.",
        variables_count: 2,
        meta_template_id: null,
        sent_count: 0,
        delivered_count: 0,
        read_count: 0,
        replied_count: 0,
        created_at: "2026-11-23T15:00:00.000Z",
      },
    ]);
    const components = [
      { type: "HEADER", format: "TEXT", text: "Para {{1}}", example: { header_text: ["vos"] } },
      { type: "BODY", text: draft.body_text, example: { body_text: [["Ana", "25OFF"]] } },
      { type: "FOOTER", text: "Clínica Sonrisa" },
      { type: "BUTTONS", buttons: draft.buttons },
    ];
    const [, listed] = await read(get(list));
    expect(listed["data"]).toMatchObject([
      { id: data["id"], status: "PENDING", meta_status: null, meta_template_id: null, waba_id: null, components },
    ]);
    const stored = await house.sql(
      "SELECT jsonb_typeof(components) AS components, jsonb_typeof(example) AS example FROM meta_templates WHERE tenant_id = $1",
      [tenantId],
    );
    expect(stored).toEqual([{ components: "array", example: "object" }]);
  });

  it("needs a name, a category, a language and a body, no more", async () => {
    const { get, post, read } = await aMarketer(house);
    const { name, category, language, body_text } = draft;
    expect((await post(panel, { name, category, language, body_text })).status).toBe(201);
    const [, { data }] = await read(get(list));
    expect(data[0]).toMatchObject({
      components: [{ type: "BODY", text: body_text }],
      components_map: { header: null, footer: null, buttons: [] },
    });
  });

  test.each<[string, Json, string]>([
    ["a name in capitals", { name: "Bienvenida" }, "name"],
    ["a name with a blank", { name: "bien venida" }, "name"],
    ["a name of 513", { name: "a".repeat(513) }, "name"],
    ["a category Meta does not know", { category: "APPOINTMENT" }, "category"],
    ["a language Meta does not know", { language: "Español" }, "language"],
    ["no body", { body_text: "  " }, "body_text"],
    ["a body of 1025", { body_text: "a".repeat(1025) }, "body_text"],
    ["variables with a gap", { body_text: "Hola {{1}} y {{3}}.", example: undefined }, "body_text"],
    ["a variable first", { body_text: "{{1}}, hola.", example: undefined }, "body_text"],
    ["a variable last", { body_text: "Hola {{1}}", example: undefined }, "body_text"],
    ["open braces", { body_text: "Hola {{1}.", example: undefined }, "body_text"],
    ["a NUL", { body_text: "Hola\u0000 vos", example: undefined }, "body_text"],
    ["a header of 61", { header: "a".repeat(61) }, "header"],
    ["a header with two variables", { header: "{{1}} y {{2}}", example: undefined }, "header"],
    ["a footer with a variable", { footer: "De {{1}}" }, "footer"],
    ["a button without text", { buttons: [{ type: "QUICK_REPLY" }] }, "buttons.0.text"],
    ["a button that runs a script", { buttons: [{ type: "URL", text: "x", url: "javascript:x" }] }, "buttons.0.url"],
    [
      "two phones",
      { buttons: [1, 2].map(() => ({ type: "PHONE_NUMBER", text: "x", phone_number: "12345" })) },
      "buttons",
    ],
    ["too few examples", { example: ["Ana"] }, "example"],
    ["an example for no header", { header: undefined }, "example"],
    ["a field nobody knows", { boddy: "x" }, ""],
  ])("with %s is refused by its name, and nothing is kept", async (_, change, field) => {
    const { post, read, tenantId } = await aMarketer(house);
    const [status, { error, detail }] = await read(post(panel, { ...draft, ...change }));
    expect([status, error.code, error.details.fields[0].field]).toEqual([422, "request.invalid", field]);
    expect(detail).toMatch(/^Datos inválidos/);
    expect(await house.sql("SELECT FROM meta_templates WHERE tenant_id = $1", [tenantId])).toEqual([]);
  });

  it("defect 152: of a name and language there is already is refused, be it Meta's; of another language it is not", async () => {
    const { post, read, tenantId } = await aMarketer(house);
    await aTemplate(house, tenantId, { name: "bienvenida" });
    expect(await read(post(panel, draft))).toMatchObject([409, { error: { code: "template.duplicate" } }]);
    expect((await post(panel, { ...draft, language: "es" })).status).toBe(201);
    expect(await read(post(panel, { ...draft, language: "es" }))).toMatchObject([
      409,
      { error: { code: "template.duplicate" } },
    ]);
  });

  it("defect 152: asked for ten times at once is kept once", async () => {
    const { post, tenantId } = await aMarketer(house);
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(panel, draft)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array.from({ length: 9 }, () => 409)]);
    expect(await house.sql("SELECT FROM meta_templates WHERE tenant_id = $1", [tenantId])).toHaveLength(1);
  });

  it("may not be made by who may only read", async () => {
    const { get, post } = await aMarketer(house, "setter");
    expect([(await get(panel)).status, (await post(panel, draft)).status]).toEqual([200, 403]);
  });
});
