import { describe, expect, it, test } from "vitest";
import { aSimulator } from "./asking.ts";
import { sampleIds } from "./webhook-samples.ts";

const edge = `/${sampleIds.waba}/message_templates`;
const components = (text: string, ...example: string[]) =>
  JSON.stringify([{ type: "BODY", text, ...(example.length > 0 && { example: { body_text: [example] } }) }]);
const fine = {
  name: "turno",
  language: "es_AR",
  category: "UTILITY",
  components: components("Hola {{1}}, hola.", "Ana"),
};

const aMeta = () => {
  const heard: { field: string; value: Record<string, unknown> }[] = [];
  const meta = aSimulator({
    webhooks: {
      url: "https://x.example/hook",
      send: (_, { body }) => {
        heard.push(
          ...(JSON.parse(String(body)) as { entry: { changes: typeof heard }[] }).entry.flatMap(
            ({ changes }) => changes,
          ),
        );
        return Promise.resolve(new Response("ok"));
      },
    },
  });
  const token = meta.sim.issueToken({ scopes: ["whatsapp_business_management"] }).value;
  return {
    ...meta,
    heard,
    ask: (path: string, init = {}) => meta.get(path, { token, ...init }),
    create: (more = {}) => meta.post(edge, { ...fine, ...more }, { token }),
    token,
  };
};

describe("the templates of an account", () => {
  it("are listed in pages, filtered, and only to who may manage them", async () => {
    const { ask, get } = aMeta();
    const { body } = await ask(`${edge}?limit=2&fields=name,status`);
    expect([body.data.length, Boolean(body.paging?.next), Object.keys(body.data[0] ?? {})]).toEqual([
      2,
      true,
      ["id", "name", "status"],
    ]);
    expect((await ask(`${edge}?status=PAUSED`)).body.data.map(({ name }) => name)).toEqual(["appointment"]);
    expect((await get(edge)).status).toBe(403);
    expect((await ask("/404404/message_templates")).body).toMatchObject({ error: { code: 100, error_subcode: 33 } });
  });

  test.each<[string, object, number | undefined]>([
    ["a variable first", { components: components("{{1}} hola vos", "x") }, 2_388_299],
    ["more variables than words", { components: components("a {{1}} {{2}}.", "x", "y") }, 2_388_293],
    ["no example", { components: components("Hola {{1}} vos") }, 2_388_043],
    ["a long body", { components: components("a".repeat(1025)) }, 2_388_040],
    ["a name it has", { name: "seasonal_promo" }, 2_388_024],
    ["a name in capitals", { name: "A" }, undefined],
    ["a category nobody knows", { category: "APPOINTMENT" }, undefined],
  ])("are not made with %s", async (_, change, subcode) => {
    const { body } = await aMeta().create(change);
    expect([body.error?.code, body.error?.error_subcode]).toEqual([100, subcode]);
  });

  it("are reviewed, and each decision is told as Meta writes it", async () => {
    const { sim, create, ask, post, heard, token } = aMeta();
    const id = String((await create())["body"]["id" as never]);
    await sim.templates.approve(id);
    await sim.templates.rate(id, "RED");
    await sim.templates.recategorise(id, "MARKETING", { isNotice: true });
    await sim.templates.recategorise(id, "MARKETING");
    await sim.templates.rewrite(id, "Hola, {{1}}, vos.");
    await post("/__sim/template", { id, act: "pause" }, { version: "" });
    expect(
      heard.map(({ field, value }) => [field, value["event"] ?? value["new_quality_score"] ?? value["new_category"]]),
    ).toEqual([
      ["message_template_status_update", "APPROVED"],
      ["message_template_quality_update", "RED"],
      ["template_category_update", "UTILITY"],
      ["template_category_update", "MARKETING"],
      ["message_template_components_update", undefined],
      ["message_template_status_update", "PAUSED"],
    ]);
    expect(heard[0]?.value["message_template_id"]).toBe(Number(id));
    await sim.templates.reject(id);
    await sim.templates.disable(id);
    await sim.templates.unpause(id);
    expect((await post(`/${id}`, { components: fine.components, category: "UTILITY" }, { token })).status).toBe(400);
    expect((await post(`/${id}`, { components: fine.components }, { token })).body).toEqual({ success: true });
    expect((await ask(`${edge}?name=turno&hsm_id=${id}`, { method: "DELETE" })).body).toEqual({ success: true });
    expect((await create()).body.error?.error_subcode).toBe(2_388_023);
  });
});
