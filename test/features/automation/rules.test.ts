import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { rulesRequest } from "../../../src/features/automation/automation.contract.ts";
import { hours } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aMarketer, aTemplate } from "../templates/scene.ts";
import { aLog } from "./scene.ts";
import type { Json } from "../../support/json.ts";

let house: House;

beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const rules = "/crm/marketing/automation/rules";
const nobody = "00000000-0000-4000-8000-000000000000";
const greeting = {
  name: "Bienvenida",
  trigger_type: "lead_created",
  trigger_conditions: [{ field: "lead_source", op: "eq", value: "META_ADS" }],
  action_type: "assign_seller",
  action_config: { seller_id: "7", note: { deep: [1, null, true] } },
  timing_value: 15,
  timing_unit: "minutes",
  is_active: false,
};

type Marketer = Awaited<ReturnType<typeof aMarketer>>;

async function aRule({ post, read }: Marketer, change: Json = {}): Promise<Json> {
  const [status, body] = await read(post(rules, { ...greeting, ...change }));
  expect([status, body["detail"]]).toEqual([201, undefined]);
  return body["data"][0];
}

const stored = (tenantId: number) =>
  house.sql("SELECT * FROM automation_rules WHERE tenant_id = $1 ORDER BY name", [tenantId]);

describe("making a rule", () => {
  it("defect 9: keeps every field as it was given, JSON as JSON (defect 37)", async () => {
    const ana = await aMarketer(house);
    const template = await aTemplate(house, ana.tenantId);
    const rule = await aRule(ana, { action_type: "send_hsm", template_id: template });
    expect(rule).toEqual({
      ...greeting,
      id: expect.any(String),
      action_type: "send_hsm",
      conditions: greeting.trigger_conditions,
      template_id: template,
      template_name: "turno",
      trigger_count: 0,
      success_count: 0,
      error_count: 0,
      last_triggered_at: null,
      last_run: null,
      created_at: "2026-11-23T15:00:00.000Z",
      updated_at: "2026-11-23T15:00:00.000Z",
      version: 1,
    });
    expect((await ana.read(ana.get(`${rules}/${rule["id"]}`)))[1]["data"]).toEqual(rule);
    const types = await house.sql(
      "SELECT jsonb_typeof(trigger_conditions) AS conditions, jsonb_typeof(action_config) AS config FROM automation_rules WHERE tenant_id = $1",
      [ana.tenantId],
    );
    expect(types).toEqual([{ conditions: "array", config: "object" }]);
  });

  it("needs a name, a trigger and an action; the rest is unset, and it runs", async () => {
    const ana = await aMarketer(house);
    const [status, { data, created, updated }] = await ana.read(
      ana.post(rules, { name: "x", trigger_type: "lead_recovery", action_type: "update_field" }),
    );
    expect([status, created, updated]).toEqual([201, 1, 0]);
    expect(data).toMatchObject([
      {
        trigger_conditions: {},
        action_config: {},
        template_id: null,
        timing_value: null,
        timing_unit: null,
        is_active: true,
      },
    ]);
  });

  test.each(["trigger_conditions", "conditions"])(
    "takes the older free object as %s, and gives it back",
    async (name) => {
      const ana = await aMarketer(house);
      const { trigger_conditions: _, ...rest } = greeting;
      const free = { status: ["new"], nested: { días: 3 } };
      const [, { data }] = await ana.read(ana.post(rules, { ...rest, [name]: free }));
      expect(data).toMatchObject([{ trigger_conditions: free, conditions: free }]);
    },
  );

  test.each<[string, Json, string]>([
    ["no name", { name: undefined }, "name"],
    ["an empty name", { name: "  " }, "name"],
    ["a name of 121", { name: "a".repeat(121) }, "name"],
    ["no trigger", { trigger_type: undefined }, "trigger_type"],
    ["a trigger nobody knows", { trigger_type: "full_moon" }, "trigger_type"],
    ["no action", { action_type: undefined }, "action_type"],
    ["an action nobody knows", { action_type: "send_email" }, "action_type"],
    ["conditions that are a text of JSON", { trigger_conditions: "{}" }, "trigger_conditions"],
    ["conditions without a field", { trigger_conditions: [{ op: "eq", value: 1 }] }, "trigger_conditions"],
    ["conditions over 8 KiB", { trigger_conditions: { a: "é".repeat(4096) } }, "trigger_conditions"],
    ["a NUL in its name", { name: "a\u0000" }, "name"],
    ["a NUL in its template's name", { template_name: "a\u0000" }, "template_name"],
    ["a NUL in its conditions", { trigger_conditions: { a: "\u0000" } }, "trigger_conditions"],
    ["an action's settings over 8 KiB", { action_config: { a: "x".repeat(8192) } }, "action_config"],
    ["an action's settings as a list", { action_config: [] }, "action_config"],
    ["a value without a unit", { timing_unit: null }, "timing_unit"],
    ["a unit without a value", { timing_value: null }, "timing_value"],
    ["a negative value", { timing_value: -1 }, "timing_value"],
    ["a unit nobody knows", { timing_unit: "moons" }, "timing_unit"],
    ["no template to send", { action_type: "send_hsm" }, "template_id"],
    ["a template that is not there", { template_id: nobody }, "template_id"],
    ["the name of a template that is not there", { template_name: "nada" }, "template_name"],
    ["two different conditions", { conditions: { a: 1 } }, "conditions"],
    ["a field nobody knows", { delay: 5 }, "delay"],
  ])("with %s is refused by its name, and nothing is kept", async (_, change, field) => {
    const ana = await aMarketer(house);
    for (const body of [{ ...greeting, ...change }, { rules: [{ ...greeting, ...change }] }]) {
      const [status, { error, detail }] = await ana.read(ana.post(rules, body));
      expect([status, error.code, detail]).toEqual([422, "request.invalid", expect.stringContaining(field)]);
    }
    expect(await stored(ana.tenantId)).toEqual([]);
  });

  it("takes conditions of just 8 KiB and 20 levels, no more, and texts that only look like a NUL", async () => {
    const ana = await aMarketer(house);
    const nested = (levels: number) => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`) as unknown;
    const given = [{ deep: nested(19) }, { text: "\\u0000" }, { text: "x".repeat(8192 - '{"text":""}'.length) }];
    for (const [index, conditions] of given.entries())
      await aRule(ana, { name: `r${index}`, trigger_conditions: conditions });
    const [, { data }] = await ana.read(ana.get(rules));
    expect(data.map((rule: Json) => rule["trigger_conditions"])).toEqual(given);
    expect((await ana.post(rules, { ...greeting, trigger_conditions: { deep: nested(20) } })).status).toBe(422);
    // Deep enough to overflow whatever walks it.
    const { success, error } = rulesRequest().safeParse({ ...greeting, trigger_conditions: { deep: nested(100_000) } });
    expect([success, error?.issues[0]?.message]).toEqual([false, expect.stringMatching(/^trigger_conditions: /)]);
  });

  it("refuses a name there is already, also when ten ask at once", async () => {
    const ana = await aMarketer(house);
    const answers = await Promise.all(Array.from({ length: 10 }, () => ana.post(rules, greeting)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array.from({ length: 9 }, () => 409)]);
    const refused = answers.find(({ status }) => status === 409);
    expect(await refused?.json()).toMatchObject({ detail: expect.any(String), error: { code: "rule.duplicate" } });
    expect(await stored(ana.tenantId)).toHaveLength(1);
    await aRule(await aMarketer(house));
  });

  it("finds a template by its name where there is one, and asks which where there are more", async () => {
    const ana = await aMarketer(house);
    const template = await aTemplate(house, ana.tenantId);
    const rule = await aRule(ana, { action_type: "send_hsm", template_name: "turno" });
    expect(rule["template_id"]).toBe(template);
    await aTemplate(house, ana.tenantId, { language: "es" });
    const [status, { detail }] = await ana.read(ana.post(rules, { ...greeting, name: "x", template_name: "turno" }));
    expect([status, detail]).toEqual([422, expect.stringContaining("template_id")]);
  });

  it("knows no template of a neighbour's", async () => {
    const template = await aTemplate(house, (await aMarketer(house)).tenantId);
    const ana = await aMarketer(house);
    expect((await ana.post(rules, { ...greeting, template_id: template })).status).toBe(422);
    expect((await ana.post(rules, { ...greeting, template_name: "turno" })).status).toBe(422);
  });

  test.each([
    ["REJECTED", 422],
    ["DISABLED", 422],
    ["PENDING", 201],
    ["PAUSED", 201],
  ])("that runs with a template that is %s answers %i; that rests answers 201", async (state, status) => {
    const ana = await aMarketer(house);
    const template_id = await aTemplate(house, ana.tenantId, { status: state });
    const sending = { ...greeting, action_type: "send_hsm", template_id };
    expect((await ana.post(rules, { ...sending, is_active: true })).status).toBe(status);
    const resting = await aRule(ana, { ...sending, name: "Quieta" });
    const awake = await ana.patch(`${rules}/${resting["id"]}`, { is_active: true });
    expect(awake.status).toBe(status === 201 ? 200 : 422);
  });
});

describe("changing rules together", () => {
  it("defect 10: takes a list of new and known ones, and counts only what changed", async () => {
    const ana = await aMarketer(house);
    const one = await aRule(ana, { name: "Uno" });
    const two = await aRule(ana, { name: "Dos" });
    house.clock.advance(hours(1));
    const [status, body] = await ana.read(
      ana.post(rules, {
        rules: [
          { id: one["id"], is_active: true },
          { ...two, conditions: two["trigger_conditions"] },
          { ...greeting, name: "Tres" },
        ],
      }),
    );
    expect([status, body["updated"], body["created"]]).toEqual([200, 1, 1]);
    expect(body["data"]).toMatchObject([
      { name: "Dos", updated_at: two["updated_at"] },
      { name: "Tres", trigger_count: 0 },
      { name: "Uno", is_active: true, action_config: greeting.action_config, timing_value: 15 },
    ]);
    expect(Date.parse(body["data"][2].updated_at) - Date.parse(one["updated_at"])).toBe(hours(1));
  });

  it("defect 10: takes a dictionary by id", async () => {
    const ana = await aMarketer(house);
    const one = await aRule(ana, { name: "Uno" });
    const two = await aRule(ana, { name: "Dos" });
    const [status, body] = await ana.read(
      ana.post(rules, { rules: { [one["id"]]: { is_active: true }, [two["id"]]: { name: "Deux" } } }),
    );
    expect([status, body["updated"], body["created"]]).toEqual([200, 2, 0]);
    expect(body["data"]).toMatchObject([
      { id: two["id"], name: "Deux" },
      { id: one["id"], is_active: true },
    ]);
  });

  test.each([
    ["a list", (id: string, known: string) => [{ id: known, name: "Otro" }, { ...greeting, name: "Nueva" }, { id }]],
    ["a dictionary", (id: string, known: string) => ({ [known]: { name: "Otro" }, [id]: { is_active: true } })],
  ])("defect 9: %s with an id that is not there is 404 by that id, and nothing is written", async (_, form) => {
    const bruno = await aRule(await aMarketer(house));
    const ana = await aMarketer(house);
    const mine = await aRule(ana);
    const before = await stored(ana.tenantId);
    for (const id of [nobody, "7", "no-uuid", bruno["id"]]) {
      const [status, { detail, error }] = await ana.read(ana.post(rules, { rules: form(id, mine["id"]) }));
      expect([status, error.code, detail]).toEqual([404, "rule.not_found", expect.stringContaining(id)]);
    }
    expect(await stored(ana.tenantId)).toEqual(before);
  });

  it("writes nothing when the last of them has a name that is taken", async () => {
    const ana = await aMarketer(house);
    const one = await aRule(ana, { name: "Uno" });
    await aRule(ana, { name: "Dos" });
    const before = await stored(ana.tenantId);
    const changes = {
      rules: [
        { id: one["id"], is_active: true },
        { ...greeting, name: "Tres" },
        { ...greeting, name: "Dos" },
      ],
    };
    expect(await ana.read(ana.post(rules, changes))).toMatchObject([409, { error: { code: "rule.duplicate" } }]);
    expect(await stored(ana.tenantId)).toEqual(before);
  });

  test.each([
    ["101 of them", { rules: Array.from({ length: 101 }, (_, index) => ({ ...greeting, name: `r${index}` })) }],
    ["no list at all", { rules: "all" }],
    ["the same one twice", { rules: [{ id: nobody }, { id: nobody }] }],
    ["another id than its key", { rules: { [nobody]: { id: "7" } } }],
  ])("refuses %s", async (_, body) => {
    const ana = await aMarketer(house);
    expect(await ana.read(ana.post(rules, body))).toMatchObject([422, { error: { code: "request.invalid" } }]);
  });

  it("takes none, and a hundred", async () => {
    const ana = await aMarketer(house);
    const hundred = Array.from({ length: 100 }, (_, index) => ({ ...greeting, name: `r${index}` }));
    expect(await ana.read(ana.post(rules, { rules: [] }))).toMatchObject([200, { data: [], updated: 0, created: 0 }]);
    expect(await ana.read(ana.post(rules, { rules: hundred }))).toMatchObject([201, { updated: 0, created: 100 }]);
  });
});

describe("one rule", () => {
  it("defect 11: PATCH changes what it names and nothing else", async () => {
    const ana = await aMarketer(house);
    const template = await aTemplate(house, ana.tenantId);
    const rule = await aRule(ana);
    house.clock.advance(hours(1));
    const changes: Json[] = [
      { name: "Otra" },
      { trigger_type: "patient_reactivation" },
      { trigger_conditions: { a: 1 } },
      { conditions: [{ field: "a", op: "exists" }] },
      { action_config: { seller_id: "8" } },
      { template_id: template },
      { action_type: "send_hsm" },
      { timing_value: 2, timing_unit: "days" },
      { is_active: true },
    ];
    const expected: Json = { ...rule };
    for (const change of changes) {
      const [status, { data }] = await ana.read(ana.patch(`${rules}/${rule["id"]}`, change));
      const conditions = change["conditions"] ?? change["trigger_conditions"] ?? expected["conditions"];
      Object.assign(expected, change, {
        conditions,
        trigger_conditions: conditions,
        template_name: change["template_id"] ? "turno" : expected["template_name"],
        updated_at: data.updated_at,
        version: expected["version"] + 1,
      });
      expect([status, data]).toEqual([200, expected]);
    }
    expect((await ana.read(ana.get(`${rules}/${rule["id"]}`)))[1]["data"]).toEqual(expected);
  });

  it("defect 11: PUT of a whole rule replaces all of it, but whether it runs", async () => {
    const ana = await aMarketer(house);
    const rule = await aRule(ana);
    const whole = { name: "Nueva", trigger_type: "lead_recovery", action_type: "update_field" };
    const [status, { data }] = await ana.read(ana.put(`${rules}/${rule["id"]}`, whole));
    expect([status, data]).toEqual([
      200,
      {
        ...rule,
        ...whole,
        trigger_conditions: {},
        conditions: {},
        action_config: {},
        timing_value: null,
        timing_unit: null,
        updated_at: expect.any(String),
        version: 2,
      },
    ]);
  });

  it("PUT of a part of one, as the frontend sends it, changes what it names", async () => {
    const ana = await aMarketer(house);
    const rule = await aRule(ana);
    const [status, { data }] = await ana.read(ana.put(`${rules}/${rule["id"]}`, { is_active: true }));
    expect([status, data]).toEqual([200, { ...rule, is_active: true, updated_at: expect.any(String), version: 2 }]);
  });

  test.each(["conditions", "trigger_conditions"])(
    "sent back whole with one of its two conditions edited (%s) keeps the edit",
    async (edited) => {
      const ana = await aMarketer(house);
      const rule = await aRule(ana, { trigger_conditions: { b: 1, a: { d: 2, c: 3 } } });
      const change = { ...rule, [edited]: { a: 2 } };
      const [status, { data }] = await ana.read(ana.put(`${rules}/${rule["id"]}`, change));
      expect([status, data]).toMatchObject([200, { conditions: { a: 2 }, trigger_conditions: { a: 2 } }]);
      const [, again] = await ana.read(ana.put(`${rules}/${rule["id"]}`, data));
      expect(again["data"]).toEqual(data);
    },
  );

  it("that is so already is not touched", async () => {
    const ana = await aMarketer(house);
    const rule = await aRule(ana);
    house.clock.advance(hours(1));
    for (const change of [{}, greeting, { is_active: false }, rule]) {
      const [status, { data }] = await ana.read(ana.patch(`${rules}/${rule["id"]}`, change));
      expect([status, data]).toEqual([200, rule]);
    }
  });

  it("two who change different fields at once both have their way", async () => {
    const ana = await aMarketer(house);
    const rule = await aRule(ana);
    const path = `${rules}/${rule["id"]}`;
    const changes = [
      { name: "Otra" },
      { trigger_type: "lead_recovery" },
      { is_active: true },
      { action_config: { a: 1 } },
    ];
    await Promise.all(changes.map((change) => ana.patch(path, change)));
    expect((await ana.read(ana.get(path)))[1]["data"]).toMatchObject(Object.assign({}, ...changes));
  });

  it("defect 8: DELETE deletes it, once, and its logs stay", async () => {
    const ana = await aMarketer(house);
    const rule = await aRule(ana);
    await aLog(house, ana.tenantId, { ruleId: rule["id"] });
    const path = `${rules}/${rule["id"]}`;
    expect(await ana.read(ana.delete(path))).toMatchObject([
      200,
      { success: true, deleted: true, data: { deleted: true } },
    ]);
    expect([(await ana.delete(path)).status, (await ana.get(path)).status]).toEqual([404, 404]);
    const [, { data }] = await ana.read(ana.get(`/crm/marketing/automation-logs?rule_id=${rule["id"]}`));
    expect(data).toMatchObject([{ rule_id: rule["id"], lead_name: "Ana Pérez" }]);
  });

  it("of a neighbour, of nobody or of no uuid is 404 to every method", async () => {
    const bruno = await aMarketer(house);
    const his = await aRule(bruno);
    const before = await stored(bruno.tenantId);
    for (const id of [his["id"], nobody, "7", "no-uuid"]) {
      const ana = await aMarketer(house);
      const path = `${rules}/${id}`;
      const answers = [ana.get(path), ana.put(path, greeting), ana.patch(path, { is_active: true }), ana.delete(path)];
      for (const answer of answers)
        expect(await ana.read(answer)).toMatchObject([404, { error: { code: "rule.not_found" } }]);
    }
    expect(await stored(bruno.tenantId)).toEqual(before);
  });

  it("is not renamed to a name that is taken, nor to another id", async () => {
    const ana = await aMarketer(house);
    const rule = await aRule(ana);
    await aRule(ana, { name: "Otra" });
    const path = `${rules}/${rule["id"]}`;
    expect((await ana.patch(path, { name: "Otra" })).status).toBe(409);
    expect((await ana.patch(path, { id: nobody })).status).toBe(422);
  });

  it("may be read by all and changed by those who manage", async () => {
    const ana = await aMarketer(house, "setter");
    const path = `${rules}/${nobody}`;
    const answers = [
      ana.get(rules),
      ana.get(path),
      ana.post(rules, greeting),
      ana.put(path),
      ana.patch(path),
      ana.delete(path),
    ];
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 404, 403, 403, 403, 403]);
  });
});

describe("the list of rules", () => {
  it("is a page by name, with the total beside, by offset or by cursor", async () => {
    const ana = await aMarketer(house);
    const named = ["d", "b", "e", "a", "c"].map((name) => ({ ...greeting, name }));
    await ana.post(rules, { rules: named });
    const names = ({ data }: Json) => data.map(({ name }: Json) => name);
    const [, byOffset] = await ana.read(ana.get(`${rules}?limit=2&offset=3`));
    expect([names(byOffset), byOffset["total"], byOffset["next_cursor"]]).toEqual([["d", "e"], 5, null]);
    const [, first] = await ana.read(ana.get(`${rules}?limit=3`));
    const [, second] = await ana.read(ana.get(`${rules}?limit=3&cursor=${first["next_cursor"]}`));
    expect([names(first), names(second), second["total"], second["next_cursor"]]).toEqual([
      ["a", "b", "c"],
      ["d", "e"],
      5,
      null,
    ]);
  });

  it("defect 14: is empty for a tenant without rules, whatever the neighbours have", async () => {
    await aRule(await aMarketer(house));
    const ana = await aMarketer(house);
    expect(await ana.read(ana.get(rules))).toMatchObject([200, { data: [], total: 0, next_cursor: null }]);
  });
});
