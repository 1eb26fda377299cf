// Where files of the frontend contradict each other about automation (frontend-contract.md d2: 4, 7, 8, 9, 14 and 16), both
// sides are served. The others are in contradictions.test.ts.
import { afterAll, beforeAll, expect, it, test } from "vitest";
import { aHouse, type House } from "../support/house.ts";
import { aLog } from "../features/automation/scene.ts";
import { aMarketer, aTemplate } from "../features/templates/scene.ts";
import type { Json } from "../support/json.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const logs = "/crm/marketing/automation-logs";
const rules = "/crm/marketing/automation/rules";
const reminder = { name: "Recordatorio", trigger_type: "appointment_reminder", action_type: "update_field" };

it("contradiction 4: a log names its lead as the view reads it (lead_name) and as the backend did (patient_name)", async () => {
  const { get, read, tenantId } = await aMarketer(house);
  await aLog(house, tenantId, { leadName: "Ana Pérez" });
  const [, { data }] = await read(get(logs));
  expect(data).toMatchObject([{ lead_name: "Ana Pérez", patient_name: "Ana Pérez" }]);
});

it("contradiction 7: a template's components are the client's array, and the types' object beside", async () => {
  const { get, read, tenantId } = await aMarketer(house);
  await aTemplate(house, tenantId, { components: [{ type: "body", text: "Hola" }] });
  const [, { data }] = await read(get("/crm/marketing/hsm/templates"));
  expect(data[0].components).toEqual([{ type: "body", text: "Hola" }]);
  expect(data[0].components_map).toEqual({ header: null, body: data[0].components[0], footer: null, buttons: [] });
});

it("contradiction 8: rules are taken as an array, as a dictionary by id, and one by one, and mean the same", async () => {
  const { post, read } = await aMarketer(house);
  const [made, one] = await read(post(rules, reminder));
  const [, array] = await read(post(rules, { rules: [{ ...reminder, name: "Otra" }] }));
  expect([made, one["created"], array["created"]]).toEqual([201, 1, 1]);
  const { id } = one["data"][0];
  const forms: [Json, boolean][] = [
    [{ rules: [{ id, is_active: false }] }, false],
    [{ rules: { [id]: { is_active: true } } }, true],
    [{ id, is_active: false }, false],
  ];
  for (const [body, isActive] of forms) {
    const [status, answer] = await read(post(rules, body));
    expect([status, answer]).toMatchObject([200, { updated: 1, created: 0, data: [{ id, is_active: isActive }] }]);
  }
});

test.each([
  ["sent", "sent", "success"],
  ["delivered", "delivered", "success"],
  ["read", "read", "success"],
  ["failed", "failed", "error"],
  ["success", "sent", "success"],
  ["error", "failed", "error"],
  ["skipped", "failed", "skipped"],
])(
  "contradiction 9: a log that is %s is %s to the view and %s to the types, and found by either word",
  async (word, status, result) => {
    const { get, read, tenantId } = await aMarketer(house);
    const id = await aLog(house, tenantId, { status: word });
    for (const filter of ["", `?status=${status}`, `?status=${result}`]) {
      const [, { data }] = await read(get(`${logs}${filter}`));
      expect(data).toMatchObject([{ id, status, result }]);
    }
  },
);

it("contradiction 14: a log's id is a text that the view can use as a key, as different as a number would be", async () => {
  const { get, read, tenantId } = await aMarketer(house);
  const written = [await aLog(house, tenantId), await aLog(house, tenantId)];
  const [, { data }] = await read(get(logs));
  expect(data.map(({ id }: Json) => typeof id)).toEqual(["string", "string"]);
  expect(new Set(data.map(({ id }: Json) => String(id)))).toEqual(new Set(written));
});

test.each([
  ["the view", ["appointment_reminder", "appointment_feedback", "lead_recovery"]],
  ["the types", ["lead_created", "lead_status_changed", "opportunity_created"]],
  ["the spec", ["post_treatment_followup", "patient_reactivation"]],
])("contradiction 16: rules are triggered, and logs filtered, by the words of %s", async (_, words) => {
  const { get, post, read, tenantId } = await aMarketer(house);
  for (const trigger of words) {
    const [status, { data }] = await read(post(rules, { ...reminder, name: trigger, trigger_type: trigger }));
    expect([status, data[0].trigger_type]).toEqual([201, trigger]);
    await aLog(house, tenantId, { trigger });
    const [, found] = await read(get(`${logs}?trigger_type=${trigger}`));
    expect(found["data"].map((log: Json) => log["trigger_type"])).toEqual([trigger]);
  }
});
