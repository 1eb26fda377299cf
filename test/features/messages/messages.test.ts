import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { deliver } from "../../../src/features/messages/deliver.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aPerson, as } from "../../support/people.ts";
import type { Json } from "../../support/json.ts";
import { aMarketer, aTemplate } from "../templates/scene.ts";
import { aSender, type Sender } from "./scene.ts";

let house: House;
let its: Sender;
beforeAll(async () => {
  house = await aHouse();
  its = await aSender(house);
});
afterAll(() => house.stop());

const panel = "/admin/core/crm/hsm-templates";
const asks = (sender = its) => as(house, sender.person);
const bodyOf = async (answer: Response) => (await answer.json()) as Json;

describe("a template sent by hand", () => {
  const message = { phone_number: "11 2233-4455", variables: ["Ana"] };
  const send = (body: object, headers: Record<string, string> = {}, id = its.templateId) =>
    asks().post(`${panel}/${id}/send`, body, headers);
  const rows = () =>
    house.sql<{ id: string; recipient_phone: string }>(
      "SELECT id, recipient_phone FROM messages WHERE tenant_id = $1",
      [its.tenantId],
    );

  beforeAll(() => house.sql("UPDATE tenant_settings SET country = 'AR' WHERE tenant_id = $1", [its.tenantId]));

  it("is planned, woken and sent once, however often it is asked for with one key (defect 142, defect 146)", async () => {
    const headers = { "idempotency-key": "k-1" };
    const answers = await Promise.all([send(message, headers), send(message, headers)]);
    const first = answers.find(({ status }) => status === 202);
    const id = (await bodyOf(first ?? new Response()))["data"].message_id as string;
    expect((await bodyOf(await send(message, headers)))["data"].message_id).toBe(id);
    // Another isolate that knows nothing of the key's answer plans no second message.
    await house.sql("DELETE FROM idempotency_keys WHERE tenant_id = $1", [its.tenantId]).catch(() => undefined);
    await send(message, headers);
    expect((await rows()).filter((row) => row.id === id)).toHaveLength(1);
    await house.settle();
    expect(house.meta.whatsapp.timesSent(id)).toBe(1);
    expect(house.meta.whatsapp.sent.find(({ reference }) => reference === id)).toMatchObject({
      recipient: "541122334455",
      template: {
        name: "turno",
        language: { code: "es_AR" },
        components: [{ type: "body", parameters: [{ type: "text", text: "Ana" }] }],
      },
    });
    const logs = await bodyOf(await asks().get("/crm/marketing/automation-logs"));
    expect(logs["data"]).toContainEqual(
      expect.objectContaining({ id, status: "sent", trigger_type: "manual", template_name: "turno" }),
    );
  });

  test.each([
    ["too few values (defect 151)", { ...message, variables: [] }, "variables"],
    ["too many values", { ...message, variables: ["Ana", "Paz"] }, "variables"],
    ["a place the template has not", { ...message, values: { header: "x" } }, "header"],
    ["no phone", { ...message, phone_number: "hola" }, "phone_number"],
    ["a phone of nowhere", { ...message, phone_number: "123" }, "phone_number"],
    ["a line break", { ...message, variables: ["a\nb"] }, "body.1"],
    ["an unknown field", { ...message, text: "x" }, ""],
  ])("with %s is refused before anything is planned", async (_, body, field) => {
    const before = (await rows()).length;
    const answer = await send(body);
    const { error } = await bodyOf(answer);
    expect([answer.status, error.code, error.details.fields[0].field]).toEqual([422, "request.invalid", field]);
    expect(await rows()).toHaveLength(before);
  });

  test.each(["PENDING", "REJECTED", "PAUSED", "DISABLED", "DRAFT"])(
    "defect 150: of a template that is %s is refused",
    async (status) => {
      const id = await aTemplate(house, its.tenantId, { name: `t_${status.toLowerCase()}`, status });
      const answer = await send(message, {}, id);
      expect([answer.status, (await bodyOf(answer))["error"].code]).toEqual([422, "template.not_sendable"]);
    },
  );

  test.each(["00000000-0000-4000-8000-000000000000", "7", "no-uuid"])(
    "defect 153: of a template %s that is not there is 404",
    async (id) => {
      const answer = await send(message, {}, id);
      expect([answer.status, (await bodyOf(answer))["error"].code]).toEqual([404, "template.not_found"]);
    },
  );

  it("of a neighbour's template is 404, and may not be sent by who may only read", async () => {
    const neighbour = await aMarketer(house);
    expect((await neighbour.post(`${panel}/${its.templateId}/send`, message)).status).toBe(404);
    const reader = as(house, await aPerson(house, { tenantId: its.tenantId, role: "setter" }));
    expect((await reader.post(`${panel}/${its.templateId}/send`, message)).status).toBe(403);
  });

  it("fills header, buttons and body, each in its place", async () => {
    const components = [
      { type: "HEADER", format: "IMAGE" },
      { type: "BODY", text: "Hola {{1}}, usá {{2}} hoy." },
      {
        type: "BUTTONS",
        buttons: [
          { type: "QUICK_REPLY", text: "No más" },
          { type: "URL", text: "Ver", url: "https://x.example/p?c={{1}}" },
          { type: "COPY_CODE" },
        ],
      },
    ];
    const id = await aTemplate(house, its.tenantId, { name: "promo", components } as never);
    const values = { header: { link: "https://x.example/a.jpg" }, "buttons.1": "abc", "buttons.2": "25OFF" };
    const answer = await send({ ...message, variables: ["Ana", 25], values }, {}, id);
    const { data } = await bodyOf(answer);
    const [row] = await house.sql<{ components: unknown }>("SELECT components FROM messages WHERE id = $1", [
      data.message_id,
    ]);
    expect(row?.components).toEqual([
      { type: "header", parameters: [{ type: "image", image: { link: "https://x.example/a.jpg" } }] },
      {
        type: "body",
        parameters: [
          { type: "text", text: "Ana" },
          { type: "text", text: "25" },
        ],
      },
      { type: "button", sub_type: "url", index: "1", parameters: [{ type: "text", text: "abc" }] },
      {
        type: "button",
        sub_type: "copy_code",
        index: "2",
        parameters: [{ type: "coupon_code", coupon_code: "25OFF" }],
      },
    ]);
  });
});

describe("what is unknown", () => {
  const unknown = async () => {
    const { id } = await its.plan();
    house.meta.faults.add({ match: /messages$/, times: 1, fault: { kind: "html", status: 502 } });
    expect(await deliver(its.ctx(), id)).toBe("unknown");
    return id;
  };

  it("is listed, and a person says that it was sent", async () => {
    const id = await unknown();
    const listed = await bodyOf(await asks().get("/crm/marketing/messages?state=unknown"));
    expect(listed["data"]).toContainEqual(
      expect.objectContaining({ id, error_details: expect.stringContaining("No sabemos") }),
    );
    const answer = await asks().post(`/crm/marketing/messages/${id}/resolve`, { outcome: "sent" });
    expect([answer.status, (await bodyOf(answer))["data"].state]).toEqual([200, "accepted"]);
    const again = await asks().post(`/crm/marketing/messages/${id}/resolve`, { outcome: "not_sent" });
    expect([again.status, (await bodyOf(again))["error"].code]).toEqual([409, "message.not_unknown"]);
  });

  it("is sent again, as a new attempt, when a person says that it was not", async () => {
    const id = await unknown();
    expect((await asks().post(`/crm/marketing/messages/${id}/resolve`, { outcome: "not_sent" })).status).toBe(200);
    expect(await deliver(its.ctx(), id)).toBe("accepted");
    expect(await its.attempts(id)).toMatchObject([
      { number: 1, outcome: "not_sent" },
      { number: 2, outcome: "accepted" },
    ]);
  });

  it("of a neighbour is 404", async () => {
    const id = await unknown();
    const neighbour = await aMarketer(house);
    expect((await neighbour.post(`/crm/marketing/messages/${id}/resolve`, { outcome: "sent" })).status).toBe(404);
  });
});

describe("who wants no messages", () => {
  it("is noted by a person, listed, and taken off again; the audit does not say who it is", async () => {
    const { id, phone } = await its.plan();
    const path = "/crm/marketing/suppressions";
    expect((await asks().post(path, { phone_number: phone })).status).toBe(200);
    expect((await bodyOf(await asks().get(path)))["data"]).toContainEqual(
      expect.objectContaining({ kind: "phone", purpose: "marketing", source: "person" }),
    );
    expect(await deliver(its.ctx(), id)).toBe("suppressed");
    house.clock.advance(1_000);
    expect((await asks().delete(`${path}?phone_number=${encodeURIComponent(phone)}&purpose=marketing`)).status).toBe(
      200,
    );
    const again = await its.plan({ recipient: { phone } });
    expect(await deliver(its.ctx(), again.id)).toBe("accepted");
    expect(
      JSON.stringify(await house.sql("SELECT * FROM audit_log WHERE tenant_id = $1", [its.tenantId])),
    ).not.toContain(phone.slice(1));
    expect((await asks().post(path, { phone_number: phone, bsuid: "x" })).status).toBe(422);
  });
});

describe("through whom messages go", () => {
  it("is a choice whose key is sealed and never shown", async () => {
    const other = await aSender(house);
    const path = "/crm/marketing/messages/provider";
    const put = (body: object) => asks(other).put(path, body);
    expect((await put({ provider: "ycloud", sender: "+5491100000000" })).status).toBe(422);
    const key = "ycloud-very-secret-key";
    expect((await put({ provider: "ycloud", sender: "+5491100000000", api_key: key })).status).toBe(200);
    const kept = await put({ provider: "ycloud", sender: "+5491100000001" });
    expect((await bodyOf(kept))["data"]).toEqual({
      provider: "ycloud",
      sender: "+5491100000001",
      has_key: true,
      phone_number_id: null,
    });
    expect((await put({ provider: "cloud", phone_number_id: its.phoneNumberId })).status).toBe(422);
    expect((await put({ provider: "cloud", phone_number_id: other.phoneNumberId })).status).toBe(200);
    const everything = JSON.stringify([
      house.logs,
      await house.sql("SELECT * FROM message_providers"),
      await house.sql("SELECT * FROM audit_log"),
    ]);
    expect(everything).not.toContain(key);
  });
});
