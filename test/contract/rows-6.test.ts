// Rows 6 to 6f of frontend-contract.md d1: logs, templates and rules as the views and the typed client read them.
import * as z from "zod";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { aHouse, type House } from "../support/house.ts";
import { aLog } from "../features/automation/scene.ts";
import { aMarketer, aTemplate } from "../features/templates/scene.ts";
import type { Json } from "../support/json.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const envelope = (body: Json) =>
  expect(body).toMatchObject({ success: true, timestamp: expect.stringMatching(/^\d{4}-.*Z$/) });

const logs = "/crm/marketing/automation-logs";
const templates = "/crm/marketing/hsm/templates";
const panel = "/admin/core/crm/hsm-templates";
const rules = "/crm/marketing/automation/rules";
const reminder = { name: "Recordatorio", trigger_type: "appointment_reminder", action_type: "update_field" };

describe("row 6: automation-logs", () => {
  const typed = z.array(
    z.strictObject({
      id: z.string().min(1),
      rule_id: z.string().nullable(),
      lead_id: z.string().nullable(),
      lead_name: z.string().nullable(),
      patient_name: z.string().nullable(),
      trigger_type: z.string(),
      trigger_data: z.record(z.string(), z.unknown()),
      action_type: z.string(),
      action_config: z.record(z.string(), z.unknown()),
      action_result: z.record(z.string(), z.unknown()).nullable(),
      template_name: z.string().nullable(),
      status: z.enum(["sent", "failed", "delivered", "read"]),
      result: z.enum(["success", "error", "skipped"]),
      error_details: z.string().nullable(),
      error_message: z.string().nullable(),
      execution_time_ms: z.number().nullable(),
      created_at: z.iso.datetime(),
    }),
  );

  it("defect 12, defect 23: asked without parameters are an array of whole rows, whatever their state, newest first", async () => {
    const { get, read, tenantId } = await aMarketer(house, "professional");
    const states = ["sent", "success", "delivered", "read", "failed", "error", "skipped", "pending", "other"];
    for (const [index, status] of states.entries()) {
      const error = ["failed", "error", "skipped"].includes(status) ? "131047: fuera de la ventana de 24 h" : null;
      await aLog(house, tenantId, { status, error, at: `2026-11-23T14:${59 - index}:00Z` });
    }
    const [status, body] = await read(get(logs));
    expect(status).toBe(200);
    envelope(body);
    const rows = typed.parse(body["data"]);
    expect(rows.map((row) => [row.status, row.result])).toEqual([
      ["sent", "success"],
      ["sent", "success"],
      ["delivered", "success"],
      ["read", "success"],
      ["failed", "error"],
      ["failed", "error"],
      ["failed", "skipped"],
      ["failed", "error"],
    ]);
    expect(rows[4]).toMatchObject({
      lead_name: "Ana Pérez",
      template_name: "turno",
      error_details: expect.stringContaining("131047"),
      action_result: { message_id: "wamid.1" },
    });
    expect(body).toMatchObject({ total: 8, next_cursor: null });
  });

  it("defect 12: are an empty array for a tenant that never automated anything", async () => {
    const { get, read } = await aMarketer(house);
    expect(await read(get(logs))).toMatchObject([200, { data: [], total: 0, next_cursor: null }]);
  });

  it("take the client's limit and offset, and tell who has them already that nothing changed", async () => {
    const { get, read, tenantId } = await aMarketer(house);
    for (const minute of [1, 2, 3]) await aLog(house, tenantId, { at: `2026-11-23T14:0${minute}:00Z` });
    const [, body] = await read(get(`${logs}?limit=1&offset=1`));
    expect(body["data"].map((row: Json) => row["created_at"])).toEqual(["2026-11-23T14:02:00.000Z"]);
    const known = (await get(logs)).headers.get("etag") ?? "";
    expect((await get(logs, { "if-none-match": known })).status).toBe(304);
    await aLog(house, tenantId);
    expect((await get(logs, { "if-none-match": known })).status).toBe(200);
  });
});

describe("row 6b: hsm/templates", () => {
  it("defect 13: have their components as an array and by name, a state of four, and Meta's own word", async () => {
    const { get, read, tenantId } = await aMarketer(house);
    const components = [
      { type: "HEADER", format: "TEXT", text: "Hola {{1}}", example: { header_text: ["Ana"] } },
      { type: "BODY", text: "Tu turno es {{1}}.", example: { body_text: [["el lunes"]] } },
      { type: "FOOTER", text: "Clínica" },
      { type: "BUTTONS", buttons: [{ type: "QUICK_REPLY", text: "Confirmo" }] },
    ];
    const id = await aTemplate(house, tenantId, { components, status: "IN_APPEAL" });
    const [status, body] = await read(get(templates));
    envelope(body);
    expect([status, body["total"], body["next_cursor"]]).toEqual([200, 1, null]);
    expect(body["data"]).toEqual([
      {
        id,
        // What Meta says of it besides.
        submission: "submitted",
        rejected_reason: null,
        quality_score: null,
        previous_category: null,
        correct_category: null,
        cost_warning: null,
        name: "turno",
        category: "UTILITY",
        language: "es_AR",
        status: "PENDING",
        meta_status: "IN_APPEAL",
        meta_template_id: "920070352646140",
        waba_id: "102290129340398",
        components,
        components_map: {
          header: components[0],
          body: components[1],
          footer: components[2],
          buttons: [{ type: "QUICK_REPLY", text: "Confirmo" }],
        },
        example: { header_text: ["Ana"], body_text: [["el lunes"]] },
        sent_count: 3,
        delivered_count: 0,
        read_count: 0,
        replied_count: 0,
        last_synced_at: "2026-11-23T14:00:00.000Z",
        created_at: expect.any(String),
        updated_at: expect.any(String),
      },
    ]);
  });
});

describe("row 6c: the chat panel's templates", () => {
  it("have their text ready for its HTML, {{n}} as written, and are pending by the panel's word", async () => {
    const { get, post, read, tenantId } = await aMarketer(house);
    await aTemplate(house, tenantId, { body: `<b>{{1}}</b> & {{2}}, <script>x</script>`, status: "PENDING" });
    await aTemplate(house, tenantId, { name: "vieja", status: "REJECTED" });
    const [created, made] = await read(
      post(panel, { name: "nueva", category: "UTILITY", language: "es", body_text: "Hola {{1}}, 1 < 2 & 3 > 2." }),
    );
    const [status, body] = await read(get(panel));
    envelope(body);
    expect([created, status, body["total"]]).toEqual([201, 200, 3]);
    expect(body["data"]).toMatchObject([
      {
        name: "nueva",
        body_text: "Hola {{1}}, 1 &lt; 2 &amp; 3 &gt; 2.",
        status: "PENDING_APPROVAL",
        variables_count: 1,
      },
      {
        name: "turno",
        body_text: "&lt;b&gt;{{1}}&lt;/b&gt; &amp; {{2}}, &lt;script&gt;x&lt;/script&gt;",
        status: "PENDING_APPROVAL",
        variables_count: 2,
        sent_count: 3,
      },
      { name: "vieja", status: "REJECTED" },
    ]);
    expect(made["data"]).toEqual(body["data"][0]);
    const shown = body["data"].filter((template: Json) => template["status"] !== "REJECTED");
    expect(shown.map(({ name }: Json) => name)).toEqual(["nueva", "turno"]);
  });

  it("are sent: 202 with the message's id, 404 for one that is not there", async () => {
    const { post, read, tenantId } = await aMarketer(house);
    const id = await aTemplate(house, tenantId);
    const message = { phone_number: "+5491122334455", variables: ["Ana"] };
    const [status, body] = await read(post(`${panel}/${id}/send`, message));
    expect([status, body]).toEqual([
      202,
      expect.objectContaining({ success: true, message_id: body["data"].message_id, timestamp: expect.any(String) }),
    ]);
    expect(body["data"]).toMatchObject({ message_id: expect.stringMatching(/^[\da-f-]{36}$/), status: "planned" });
    expect((await post(`${panel}/00000000-0000-4000-8000-000000000000/send`, message)).status).toBe(404);
  });
});

describe("row 6d: automation/rules", () => {
  it("defect 14, defect 23: have all the fields of the client, the types and the spec", async () => {
    const { get, post, read, tenantId } = await aMarketer(house);
    const template_id = await aTemplate(house, tenantId);
    const conditions = [{ field: "status", op: "in", value: ["new"] }];
    const rule = {
      ...reminder,
      action_type: "send_hsm",
      template_id,
      conditions,
      timing_value: 24,
      timing_unit: "hours",
    };
    expect((await post(rules, rule)).status).toBe(201);
    await house.sql(
      "UPDATE automation_rules SET trigger_count = 5, success_count = 4, error_count = 1, last_triggered_at = '2026-11-22T10:00:00Z' WHERE tenant_id = $1",
      [tenantId],
    );
    const [status, body] = await read(get(rules));
    envelope(body);
    expect([status, body["total"], body["next_cursor"]]).toEqual([200, 1, null]);
    expect(body["data"]).toEqual([
      {
        id: expect.any(String),
        ...rule,
        trigger_conditions: conditions,
        action_config: {},
        template_name: "turno",
        is_active: true,
        trigger_count: 5,
        success_count: 4,
        error_count: 1,
        last_triggered_at: "2026-11-22T10:00:00.000Z",
        last_run: "2026-11-22T10:00:00.000Z",
        created_at: expect.any(String),
        updated_at: expect.any(String),
        version: 1,
      },
    ]);
  });
});

describe("row 6e: POST automation/rules", () => {
  it("answers how many changed and were made beside the rules: 201 when all are new, else 200", async () => {
    const { post, read } = await aMarketer(house);
    const [status, body] = await read(post(rules, { rules: [reminder, { ...reminder, name: "Otra" }] }));
    envelope(body);
    expect([status, body["updated"], body["created"]]).toEqual([201, 0, 2]);
    const [one, two] = body["data"];
    const changes = {
      rules: [
        { id: one.id, is_active: false },
        { id: two.id, is_active: true },
        { ...reminder, name: "x" },
      ],
    };
    const [mixed, after] = await read(post(rules, changes));
    expect([mixed, after["updated"], after["created"], after["data"].length]).toEqual([200, 1, 1, 3]);
  });

  it("defect 9: an id nobody has is 404, not a success", async () => {
    const { post } = await aMarketer(house);
    const id = "00000000-0000-4000-8000-000000000000";
    expect((await post(rules, { rules: { [id]: { is_active: false } } })).status).toBe(404);
  });

  it("a second rule of the same name is 409", async () => {
    const { post } = await aMarketer(house);
    expect([(await post(rules, reminder)).status, (await post(rules, reminder)).status]).toEqual([201, 409]);
  });
});

describe("row 6f: automation/rules/{id}", () => {
  test.each(["put", "patch"] as const)("defect 11: %s of a part of a rule changes that part", async (method) => {
    const marketer = await aMarketer(house);
    const { post, get, read } = marketer;
    const [, { data }] = await read(post(rules, reminder));
    const path = `${rules}/${data[0].id}`;
    const change = { name: "Otra", action_config: { field: "stage" }, is_active: false };
    const [status, body] = await read(marketer[method](path, change));
    envelope(body);
    expect(status).toBe(200);
    expect(body["data"]).toMatchObject({ ...reminder, ...change });
    expect((await read(get(path)))[1]["data"]).toEqual(body["data"]);
  });

  it("defect 8: DELETE answers that it is deleted", async () => {
    const { post, read, delete: remove } = await aMarketer(house);
    const [, { data }] = await read(post(rules, reminder));
    const [status, body] = await read(remove(`${rules}/${data[0].id}`));
    envelope(body);
    expect([status, body["deleted"], body["data"]]).toEqual([200, true, { id: data[0].id, deleted: true }]);
  });
});
