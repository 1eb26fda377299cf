import { describe, expect, it } from "vitest";
import { failureOf, page, refusal, scripted, TOKEN } from "./scripted-meta.ts";

const base = {
  id: "120210000000000001",
  name: "Leads",
  status: "ACTIVE",
  configured_status: "ACTIVE",
  effective_status: "SOMETHING_NEW",
  created_time: "2026-09-30T18:11:02-0300",
  updated_time: "2026-11-20T10:15:44-0300",
};

const campaign = {
  ...base,
  objective: "LINK_CLICKS",
  daily_budget: "500000",
  special_ad_categories: [],
  start_time: "2026-10-01T00:00:00-0300",
};

describe("campaigns", () => {
  it("come with budgets in major units, times as instants and nulls for the unset", async () => {
    const { meta } = scripted([page([campaign])]);
    expect(await meta.listCampaigns(TOKEN, "act_111", { currency: "ARS" })).toEqual([
      {
        id: "120210000000000001",
        name: "Leads",
        status: "ACTIVE",
        configuredStatus: "ACTIVE",
        effectiveStatus: "SOMETHING_NEW",
        createdAt: new Date("2026-09-30T21:11:02Z"),
        updatedAt: new Date("2026-11-20T13:15:44Z"),
        objective: "LINK_CLICKS",
        buyingType: null,
        bidStrategy: null,
        dailyBudget: "5000",
        lifetimeBudget: null,
        budgetRemaining: null,
        spendCap: null,
        specialAdCategories: [],
        startAt: new Date("2026-10-01T03:00:00Z"),
        stopAt: null,
        issues: [],
      },
    ]);
    const [clp] = await scripted([page([campaign])]).meta.listCampaigns(TOKEN, "111", { currency: "CLP" });
    expect(clp?.dailyBudget).toBe("500000");
  });

  it("are asked with the archived and the deleted, and what changed since", async () => {
    const { meta, asked } = scripted([page([])]);
    await meta.listCampaigns(TOKEN, "111", { currency: "ARS", updatedSince: new Date(1763800000_999) });
    const query = asked[0]?.url.searchParams;
    expect(asked[0]?.url.pathname).toBe("/v26.0/act_111/campaigns");
    expect(JSON.parse(query?.get("effective_status") ?? "")).toEqual(expect.arrayContaining(["DELETED", "ARCHIVED"]));
    expect(JSON.parse(query?.get("filtering") ?? "")).toEqual([
      { field: "campaign.updated_time", operator: "GREATER_THAN", value: 1763800000 },
    ]);
    await meta.listCampaigns(TOKEN, "111", { currency: "ARS" });
    expect(asked[1]?.url.searchParams.has("filtering")).toBe(false);
  });

  it("are asked again from the start with smaller pages when Meta finds them too wide", async () => {
    const tooWide = refusal(1, undefined, "Please reduce the amount of data you're asking for", 500);
    const { meta, asked } = scripted([
      page([campaign], "a"),
      tooWide,
      page([campaign], "a"),
      page([{ ...campaign, id: "2" }]),
    ]);
    expect(await meta.listCampaigns(TOKEN, "111", { currency: "ARS" })).toHaveLength(2);
    expect(asked.map(({ url }) => [url.searchParams.get("limit"), url.searchParams.get("after")])).toEqual([
      ["100", null],
      ["100", "a"],
      ["50", null],
      ["50", "a"],
    ]);
    const never = scripted([tooWide]);
    expect((await failureOf(never.meta.listCampaigns(TOKEN, "111", { currency: "ARS" }))).code).toBe(
      "meta.too_much_data",
    );
    expect(never.asked).toHaveLength(3);
  });

  it("fail without a second try for any other reason", async () => {
    for (const answer of [
      refusal(17),
      page([{ ...campaign, created_time: "yesterday" }]),
      page([{ ...campaign, daily_budget: "5.5" }]),
    ]) {
      const { meta, asked } = scripted([answer]);
      expect((await failureOf(meta.listCampaigns(TOKEN, "111", { currency: "ARS" }))).code).toMatch(
        /throttled|protocol/,
      );
      expect(asked).toHaveLength(1);
    }
  });

  it("tell what is wrong with them", async () => {
    const issues_info = [{ level: "AD", error_code: 1815869, error_summary: "Ad rejected", error_message: "…" }];
    const [found] = await scripted([page([{ ...campaign, issues_info }])]).meta.listCampaigns(TOKEN, "111", {
      currency: "ARS",
    });
    expect(found?.issues).toEqual([{ level: "AD", code: 1815869, summary: "Ad rejected" }]);
  });
});

describe("ad sets and ads", () => {
  it("name their parents", async () => {
    const adSet = {
      ...base,
      campaign_id: "7",
      optimization_goal: "LEAD_GENERATION",
      lifetime_budget: "100",
      end_time: "2026-12-01T00:00:00-0300",
    };
    const [found] = await scripted([page([adSet])]).meta.listAdSets(TOKEN, "111", { currency: "USD" });
    expect(found).toMatchObject({
      campaignId: "7",
      lifetimeBudget: "1",
      endAt: new Date("2026-12-01T03:00:00Z"),
      startAt: null,
    });
    const ad = {
      ...base,
      campaign_id: "7",
      adset_id: "8",
      creative: { id: "9", thumbnail_url: "https://x.example/t.png", body: "Hola" },
    };
    const { meta, asked } = scripted([page([ad, { ...ad, id: "2", creative: undefined }])]);
    const ads = await meta.listAds(TOKEN, "111", { updatedSince: new Date(0) });
    expect(ads[0]).toMatchObject({
      campaignId: "7",
      adsetId: "8",
      thumbnailUrl: "https://x.example/t.png",
      title: null,
      body: "Hola",
    });
    expect(ads[1]).toMatchObject({ id: "2", thumbnailUrl: null });
    expect(asked[0]?.url.searchParams.get("effective_status")).toContain("DISAPPROVED");
    expect(asked[0]?.url.searchParams.get("filtering")).toContain("ad.updated_time");
  });
});
