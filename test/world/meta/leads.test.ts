import { describe, expect, it } from "vitest";
import { aSimulator, NOON } from "./asking.ts";
import { demoFormIds, demoPageIds, demoWabaIds } from "./demo-ids.ts";

const scopes = [
  "ads_read,business_management,leads_retrieval,pages_show_list,pages_read_engagement,pages_manage_metadata",
  "pages_manage_ads,whatsapp_business_management",
].flatMap((part) => part.split(","));

const aPage = (pageId: string = demoPageIds.clinic) => {
  const { sim, get, post } = aSimulator();
  const own = sim.issueToken({ kind: "PAGE", pageId, scopes }).value;
  const users = sim.issueToken({ scopes }).value;
  return { sim, get, post, own, users };
};

describe("a page's edges", () => {
  it("ask for the page's own token", async () => {
    const { get, own, users } = aPage();
    const path = `/${demoPageIds.clinic}/leadgen_forms`;
    expect((await get(path, { token: own })).body.data).toHaveLength(2);
    expect((await get(path, { token: users })).body.error).toMatchObject({ code: 190 });
    expect((await get(`/${demoPageIds.optics}/leadgen_forms`, { token: own })).body.error).toMatchObject({
      code: 100,
      error_subcode: 33,
    });
  });

  it("give no subscription without the task of managing", async () => {
    const { post, own } = aPage(demoPageIds.miami);
    const answer = await post(
      `/${demoPageIds.miami}/subscribed_apps`,
      { subscribed_fields: "leadgen" },
      { token: own },
    );
    expect(answer).toMatchObject({ status: 403, body: { error: { code: 200 } } });
  });

  it("tell back what the app is sent", async () => {
    const { get, post, own } = aPage();
    const path = `/${demoPageIds.clinic}/subscribed_apps`;
    expect((await get(path, { token: own })).body.data).toEqual([]);
    await post(path, { subscribed_fields: "leadgen" }, { token: own });
    expect((await get(path, { token: own })).body.data).toMatchObject([{ subscribed_fields: ["leadgen"] }]);
    expect((await post(path, { subscribed_fields: "nonsense" }, { token: own })).status).toBe(400);
  });
});

describe("leads", () => {
  it("show three fields unless asked, and never an ad where there was none", async () => {
    const { sim, get, own } = aPage();
    const { lead } = await sim.submitLead({ email: "a@b.example" }, { adId: null });
    expect(Object.keys((await get(`/${lead.id}`, { token: own })).body).toSorted()).toEqual([
      "created_time",
      "field_data",
      "id",
    ]);
    const { body } = await get(`/${lead.id}?fields=ad_id,is_organic,form_id`, { token: own });
    expect(body).toEqual({ id: lead.id, is_organic: true, form_id: demoFormIds.clinic });
  });

  it("are listed newest first, by cursor, since an instant, for ninety days", async () => {
    const { sim, get, own } = aPage();
    for (const hours of [1, 2, 3, 30, 91 * 24])
      await sim.submitLead({ email: `${hours}@b.example` }, { at: NOON - hours * 3_600_000 });
    const since = JSON.stringify([
      { field: "time_created", operator: "GREATER_THAN", value: NOON / 1000 - 10 * 3_600 },
    ]);
    const path = `/${demoFormIds.clinic}/leads?limit=2`;
    const first = (await get(`${path}&filtering=${encodeURIComponent(since)}`, { token: own })).body;
    expect(first.data.map(({ field_data: data }) => JSON.stringify(data))).toEqual([
      expect.stringContaining('"1@b'),
      expect.stringContaining('"2@b'),
    ]);
    const after = encodeURIComponent(first.paging?.cursors.after ?? "");
    expect(
      (await get(`${path}&filtering=${encodeURIComponent(since)}&after=${after}`, { token: own })).body.data,
    ).toHaveLength(1);
    expect((await get(`/${demoFormIds.clinic}/leads?limit=100`, { token: own })).body.data).toHaveLength(4);
  });

  it("made for a test are of their own edge, one at a time", async () => {
    const { get, post, own } = aPage();
    const path = `/${demoFormIds.clinic}/test_leads`;
    const made = await post(path, {}, { token: own });
    expect((await post(path, {}, { token: own })).status).toBe(400);
    expect((await get(path, { token: own })).body.data).toHaveLength(1);
    expect((await get(`/${demoFormIds.clinic}/leads`, { token: own })).body.data).toEqual([]);
    expect((await get(`/${String(made.body["id"])}`, { token: own, method: "DELETE" })).body).toEqual({
      success: true,
    });
    expect((await post(path, {}, { token: own })).status).toBe(200);
  });
});

it("a WhatsApp account is seen by who was granted it, with its numbers", async () => {
  const { sim, get, users } = aPage();
  const numbers = await get(`/${demoWabaIds.clinic}/phone_numbers?fields=display_phone_number`, { token: users });
  expect(numbers.body.data).toHaveLength(2);
  const limited = sim.issueToken({ scopes, wabaIds: [demoWabaIds.optics] }).value;
  expect((await get(`/${demoWabaIds.clinic}/phone_numbers`, { token: limited })).body.error).toMatchObject({
    code: 100,
    error_subcode: 33,
  });
});
