import { describe, expect, it, test } from "vitest";
import { failureOf, page, refusal, scripted, TOKEN } from "./scripted-meta.ts";

const window = {
  accountId: "act_111",
  level: "campaign",
  since: "2026-11-01",
  until: "2026-11-22",
  limit: 200,
} as const;

const row = (more: object = {}) => ({
  account_id: "111",
  account_currency: "ARS",
  campaign_id: "7",
  campaign_name: "Leads",
  spend: "15320.45",
  impressions: "18234",
  reach: "12001",
  clicks: "412",
  inline_link_clicks: "255",
  attribution_setting: "7d_click_1d_view",
  actions: [{ action_type: "lead", value: "14", "7d_click": "12" }],
  action_values: [{ action_type: "purchase", value: "99.5" }],
  date_start: "2026-11-22",
  date_stop: "2026-11-22",
  ...more,
});

const fetchRows = (rows: object[], input: object = {}) =>
  scripted([page(rows)]).meta.fetchInsights(TOKEN, { ...window, ...input });

describe("a row", () => {
  it("has text turned into what it is, and the rest as Meta said it", async () => {
    expect(await fetchRows([row()])).toEqual([
      {
        entityId: "7",
        entityName: "Leads",
        campaignId: "7",
        date: "2026-11-22",
        currency: "ARS",
        spend: "15320.45",
        impressions: 18234,
        clicks: 412,
        inlineLinkClicks: 255,
        reach: 12001,
        actions: [{ type: "lead", value: "14" }],
        actionValues: [{ type: "purchase", value: "99.5" }],
        attributionSetting: "7d_click_1d_view",
      },
    ]);
  });

  it("without metrics is a zero, except where Meta withholds", async () => {
    const {
      spend: _,
      impressions: __,
      reach: ___,
      clicks: ____,
      actions: _____,
      attribution_setting: ______,
      ...bare
    } = row();
    expect(await fetchRows([bare])).toMatchObject([
      { spend: "0", impressions: 0, clicks: 0, reach: null, actions: [], attributionSetting: "default" },
    ]);
  });

  test.each([
    ["account", {}, { entityId: "111", entityName: "" }],
    ["campaign", {}, { entityId: "7", entityName: "Leads" }],
    ["adset", { adset_id: "8", adset_name: "S" }, { entityId: "8", entityName: "S", campaignId: "7", adsetId: "8" }],
    [
      "ad",
      { adset_id: "8", ad_id: "9", ad_name: "A" },
      { entityId: "9", entityName: "A", campaignId: "7", adsetId: "8" },
    ],
  ])("of level %s is of that entity", async (level, more, expected) => {
    expect(await fetchRows([row(more)], { level })).toMatchObject([expected]);
  });

  test.each([
    ["spans days", { date_stop: "2026-11-23" }],
    ["has no day", { date_start: "soon", date_stop: "soon" }],
    ["is of another account", { account_id: "222" }],
    ["lacks its entity", { campaign_id: undefined }],
    ["counts fractions", { clicks: "1.5" }],
    ["counts beyond what is exact", { impressions: "9999999999999999" }],
    ["spends words", { spend: "lots" }],
    ["spends an object", { spend: {} }],
  ])("that %s is refused, and all with it", async (_, more) => {
    expect(
      (await failureOf(fetchRows([row({ date_start: "2026-11-20", date_stop: "2026-11-20" }), row(more)]))).code,
    ).toBe("meta.protocol");
  });
});

describe("a window", () => {
  it("is asked by day, with the numbers of Ads Manager and the deleted campaigns", async () => {
    const { meta, asked } = scripted([page([])]);
    await meta.fetchInsights(TOKEN, { ...window, campaignIds: ["7", "8"] });
    const query = Object.fromEntries(asked[0]?.url.searchParams ?? []);
    expect(asked[0]?.url.pathname).toBe("/v26.0/act_111/insights");
    expect(query).toMatchObject({
      level: "campaign",
      time_increment: "1",
      use_unified_attribution_setting: "true",
      limit: "200",
    });
    expect(JSON.parse(query["time_range"] ?? "")).toEqual({ since: "2026-11-01", until: "2026-11-22" });
    expect(JSON.parse(query["filtering"] ?? "")).toEqual([
      { field: "campaign.effective_status", operator: "IN", value: expect.arrayContaining(["DELETED", "ARCHIVED"]) },
      { field: "campaign.id", operator: "IN", value: ["7", "8"] },
    ]);
  });

  it("keeps the last of duplicates, over pages too, and nothing from outside", async () => {
    const outside = row({ date_start: "2026-10-31", date_stop: "2026-10-31" });
    const { meta, asked } = scripted([
      page([row(), outside], "a"),
      page([row({ spend: "1" }), row({ campaign_id: "8" })]),
    ]);
    const rows = await meta.fetchInsights(TOKEN, window);
    expect(rows.map(({ entityId, spend }) => [entityId, spend])).toEqual([
      ["7", "1"],
      ["8", "15320.45"],
    ]);
    expect(asked[1]?.url.searchParams.get("after")).toBe("a");
  });

  it("is all or nothing", async () => {
    const { meta } = scripted([page([row()], "a"), refusal(17, 2446079)]);
    expect((await failureOf(meta.fetchInsights(TOKEN, window))).code).toBe("meta.throttled");
  });

  test.each([
    [refusal(100, 1487534), "meta.too_much_data", "days"],
    [refusal(1, undefined, "Please reduce the amount of data you're asking for", 500), "meta.too_much_data", "page"],
    [new Response('{"data":[{"acc'), "meta.protocol", "page"],
  ])("too big says what to shrink (%#)", async (answer, code, splitBy) => {
    const failure = await failureOf(scripted([answer]).meta.fetchInsights(TOKEN, window));
    expect(failure).toMatchObject({ code, details: { splitBy } });
  });

  it("takes only Meta's ids for campaigns", async () => {
    const { meta, asked } = scripted([page([])]);
    expect((await failureOf(meta.fetchInsights(TOKEN, { ...window, campaignIds: ["7", "x"] }))).code).toBe(
      "meta.not_found",
    );
    expect(asked).toEqual([]);
  });
});
