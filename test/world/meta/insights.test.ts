import { describe, expect, it } from "vitest";
import { aSimulator, DAY_MS, NOON } from "./asking.ts";
import { demoBusiness } from "./business.ts";
import { largeAccountId, largeBusiness } from "./large-business.ts";
import type { Level, ModelRow } from "./model.ts";

const { accountIds, campaignIds } = demoBusiness;
const clinic = `/act_${accountIds.clinic}`;
const range = (since: string, until: string) => `time_range=${encodeURIComponent(JSON.stringify({ since, until }))}`;
const FIELDS = "account_id,campaign_id,adset_id,ad_id,spend,impressions,clicks,reach,actions,attribution_setting";

const asGraph = (row: ModelRow) => ({
  account_id: row.accountId,
  ...(row.campaignId && { campaign_id: row.campaignId }),
  ...(row.adsetId && { adset_id: row.adsetId }),
  ...(row.adId && { ad_id: row.adId }),
  spend: row.spend,
  impressions: String(row.impressions),
  ...(row.clicks > 0 && { clicks: String(row.clicks) }),
  reach: String(row.reach),
  ...(row.actions.length > 0 && { actions: row.actions }),
  ...(row.attributionSetting && { attribution_setting: row.attributionSetting }),
  date_start: row.dateStart,
  date_stop: row.dateStop,
});

const total = (rows: ModelRow[]) => rows.reduce((sum, { spend }) => sum + Math.round(Number(spend) * 100), 0);

describe("insights", () => {
  it.each(
    Object.entries(accountIds).flatMap(([name, id]) =>
      (["account", "campaign", "adset", "ad"] as const).map((level): [string, string, Level] => [name, id, level]),
    ),
  )("of %s (%s) by %s and day are exactly the model's rows", async (_, accountId, level) => {
    const { sim, all } = aSimulator();
    const days = { since: "2026-10-20", until: "2026-11-23" };
    const rows = await all(
      `/act_${accountId}/insights?level=${level}&time_increment=1&limit=100&fields=${FIELDS}&${range(days.since, days.until)}`,
    );
    expect(rows).toEqual(sim.model.rows({ accountId, level, ...days }).map(asGraph));
    expect(rows.length).toBeGreaterThan(30);
  });

  it("write every metric as text and leave out what is zero", async () => {
    const { all } = aSimulator();
    const rows = await all(
      `${clinic}/insights?level=ad&time_increment=1&date_preset=last_28d&limit=500&fields=spend,actions,ctr,inline_link_clicks`,
    );
    expect(rows.every((row) => typeof row["spend"] === "string")).toBe(true);
    expect(rows.every((row) => !Object.values(row).includes("0") && !Object.values(row).includes(null))).toBe(true);
  });

  it("have no row on a day without delivery", async () => {
    const { all } = aSimulator();
    const rows = await all(`/${campaignIds.orthodontics}/insights?time_increment=1&date_preset=last_14d&limit=50`);
    expect(rows.length).toBeLessThan(14);
    expect(rows.at(-1)?.["date_stop"]).toBe("2026-11-13");
  });

  it("of an account hold the spend of deleted campaigns that no campaign row shows", () => {
    const { sim } = aSimulator();
    const ask = (level: Level, includeDeleted = false) =>
      total(
        sim.model.rows({
          accountId: accountIds.clinic,
          level,
          since: "2026-07-26",
          until: "2026-11-20",
          includeDeleted,
        }),
      );
    expect(ask("account")).toBeGreaterThan(ask("campaign"));
    expect(ask("campaign", true)).toBeGreaterThan(ask("campaign"));
    expect(ask("account")).toBeGreaterThan(ask("campaign", true));
    const miami = (level: Level) =>
      total(sim.model.rows({ accountId: accountIds.miami, level, since: "2026-07-26", until: "2026-11-20" }));
    expect(miami("account")).toBe(miami("campaign"));
  });

  it("of deleted campaigns come with a status filter or by their own id", async () => {
    const { all } = aSimulator();
    const filter = encodeURIComponent(
      JSON.stringify([{ field: "campaign.effective_status", operator: "IN", value: ["DELETED"] }]),
    );
    const rows = await all(
      `${clinic}/insights?level=campaign&date_preset=maximum&fields=campaign_id&filtering=${filter}`,
    );
    expect(rows.map((row) => row["campaign_id"])).toEqual([campaignIds.childrenMonth]);
    expect(await all(`/${campaignIds.childrenMonth}/insights?date_preset=maximum`)).toHaveLength(1);
  });

  it("can be narrowed to ids and by a metric", async () => {
    const { all } = aSimulator();
    const narrow = async (filters: object[]) =>
      all(
        `${clinic}/insights?level=campaign&fields=campaign_id,spend&filtering=${encodeURIComponent(JSON.stringify(filters))}`,
      );
    const one = await narrow([{ field: "campaign.id", operator: "IN", value: [campaignIds.implants] }]);
    expect(one.map((row) => row["campaign_id"])).toEqual([campaignIds.implants]);
    expect(await narrow([{ field: "spend", operator: "GREATER_THAN", value: 1e12 }])).toEqual([]);
  });

  it("count leads under overlapping names", () => {
    const { sim } = aSimulator();
    const rows = sim.model.rows({
      accountId: accountIds.clinic,
      level: "campaign",
      since: "2026-09-01",
      until: "2026-10-20",
    });
    const row = rows.find(({ campaignId, actions }) => campaignId === campaignIds.implants && actions.length === 11);
    const value = (type: string) => Number(row?.actions.find(({ action_type }) => action_type === type)?.value);
    expect(value("lead")).toBe(value("onsite_conversion.lead_grouped") + value("offsite_conversion.fb_pixel_lead"));
    expect(value("lead")).toBe(row?.leads);
    expect(value("offsite_content_view_add_meta_leads")).toBeGreaterThan(value("lead"));
  });

  it("name leads without the roll-up on some campaigns, and by their legacy name on an old one", () => {
    const { sim } = aSimulator();
    const typesOf = (campaignId: string) =>
      new Set(
        sim.model
          .rows({ accountId: accountIds.clinic, level: "campaign", since: "2026-07-26", until: "2026-11-10" })
          .filter((row) => row.campaignId === campaignId)
          .flatMap(({ actions }) => actions.map(({ action_type }) => action_type)),
      );
    expect(typesOf(campaignIds.orthodontics)).toContain("offsite_conversion.fb_pixel_lead");
    expect(typesOf(campaignIds.orthodontics)).not.toContain("lead");
    expect(typesOf(campaignIds.legacyForms)).toContain("leadgen_grouped");
    expect(typesOf(campaignIds.legacyForms)).not.toContain("lead");
    expect(typesOf(campaignIds.whatsappShifts)).toContain("onsite_conversion.messaging_conversation_started_7d");
  });

  it("show attribution windows only when asked, and never the retired ones", async () => {
    const { all } = aSimulator();
    const windows = encodeURIComponent('["7d_click","7d_view"]');
    const [row] = await all(`/${campaignIds.implants}/insights?fields=actions&action_attribution_windows=${windows}`);
    expect(row).toHaveProperty("actions.0.7d_click");
    expect(row).not.toHaveProperty("actions.0.7d_view");
  });

  it.each([
    ["an unknown field", "fields=spend,colour", 100],
    ["a field removed in v19", "fields=age_targeting", 100],
    ["a start 38 months ago", range("2023-09-23", "2023-10-23"), 3018],
    ["an unknown preset", "date_preset=lifetime", 100],
    ["a range that runs backwards", range("2026-11-02", "2026-11-01"), 100],
  ])("refuse %s", async (_, query, code) => {
    const { status, body } = await aSimulator().get(`${clinic}/insights?${query}`);
    expect({ status, code: body.error.code }).toEqual({ status: 400, code });
  });

  it("reach back exactly 37 months", async () => {
    const { get } = aSimulator();
    expect((await get(`${clinic}/insights?${range("2023-10-23", "2023-10-24")}`)).status).toBe(200);
    expect((await get(`${clinic}/insights?${range("2023-10-22", "2023-10-24")}`)).body.error.code).toBe(3018);
  });

  it("say 100/1487534 to too many rows and HTTP 500 to too large a page", async () => {
    const { sim, get } = aSimulator();
    sim.state.maxSyncRows = 10;
    const wide = await get(`${clinic}/insights?level=campaign&time_increment=1&date_preset=last_30d`);
    expect(wide.body.error).toMatchObject({ code: 100, error_subcode: 1487534 });
    sim.state.maxPageSize = 100;
    const long = await get(`${clinic}/insights?level=campaign&date_preset=today&limit=101`);
    expect(long.status).toBe(500);
    expect(long.body.error.message).toContain("Please reduce the amount of data");
  });

  it("end yesterday where the account lives", async () => {
    const justAfterMidnightInBuenosAires = Date.parse("2026-11-23T03:30:00Z");
    const { get } = aSimulator({ now: () => justAfterMidnightInBuenosAires });
    const dayOf = async (account: string) =>
      (await get(`/act_${account}/insights?level=account&date_preset=yesterday`)).body.data[0]?.["date_start"];
    expect(await dayOf(accountIds.clinic)).toBe("2026-11-22");
    expect(await dayOf(accountIds.miami)).toBe("2026-11-21");
  });
});

describe("a large business", () => {
  it("is read completely, page by page, and matches the model", async () => {
    const { sim, all } = aSimulator({ business: largeBusiness({ campaigns: 60, days: 60, adsPerCampaign: 2 }) });
    const days = { since: "2026-10-01", until: "2026-11-22" };
    const query = `level=campaign&time_increment=1&limit=500&fields=campaign_id,spend&${range(days.since, days.until)}`;
    const rows = await all(`/act_${largeAccountId}/insights?${query}`);
    const model = sim.model.rows({ accountId: largeAccountId, level: "campaign", ...days });
    expect(rows.map((row) => row["spend"])).toEqual(model.map(({ spend }) => spend));
    expect(rows.length).toBeGreaterThan(3_000);
  });
});

describe("the model", () => {
  const day = { accountId: accountIds.clinic, level: "campaign", since: "2026-11-01", until: "2026-11-01" } as const;
  const firstOfNovember = Date.parse("2026-11-01T15:00:00Z");
  const atAge = (sim: ReturnType<typeof aSimulator>["sim"], age: number) =>
    sim.model.rows({ ...day, at: firstOfNovember + age * DAY_MS });

  const rowsOf = (seed: number) => atAge(aSimulator({ seed }).sim, 5);

  it("is the same for the same seed and another for another", () => {
    expect(rowsOf(1)).toEqual(rowsOf(1));
    expect(rowsOf(1)).not.toEqual(rowsOf(2));
  });

  it("lets today grow with the clock", () => {
    const { sim } = aSimulator();
    const at = (hours: number) => total(sim.model.rows({ ...day, at: firstOfNovember + hours * 3_600_000 }));
    const spends = [0, 2, 5, 8].map(at);
    expect(spends).toEqual(spends.toSorted((one, other) => one - other));
    expect(new Set(spends).size).toBe(4);
  });

  it("moves conversions for 28 days and then never again", () => {
    const { sim } = aSimulator();
    const month = { ...day, since: "2026-09-01", until: "2026-09-30" };
    const leads = (at: string) => sim.model.rows({ ...month, at: Date.parse(at) }).map((row) => row.actions);
    expect(leads("2026-10-10T15:00:00Z")).not.toEqual(leads("2026-10-20T15:00:00Z"));
    expect(leads("2026-10-28T15:00:00Z")).toEqual(leads("2026-11-23T15:00:00Z"));
  });

  it("settles spend after two days", () => {
    const { sim } = aSimulator();
    expect(total(atAge(sim, 1))).toBeLessThan(total(atAge(sim, 2)));
    expect(total(atAge(sim, 2))).toBe(total(atAge(sim, 20)));
  });

  it("now and then takes a whole day's row back", () => {
    const { sim } = aSimulator();
    const keys = (until: string, at: number) =>
      sim.model
        .rows({ ...day, since: "2026-07-26", until, at })
        .map(({ campaignId, dateStart }) => `${campaignId} ${dateStart}`);
    const late = new Set(keys("2026-11-20", NOON));
    const vanished = Array.from({ length: 100 }, (_, index) => {
      const at = Date.parse("2026-08-01T15:00:00Z") + index * DAY_MS;
      return keys(new Date(at - DAY_MS).toISOString().slice(0, 10), at).filter((key) => !late.has(key));
    }).flat();
    expect(vanished.length).toBeGreaterThan(0);
  });

  it("adds ads up to their campaign", () => {
    const { sim } = aSimulator();
    const spendOf = (level: Level) =>
      total(
        sim.model
          .rows({ ...day, level, includeDeleted: true })
          .filter(({ campaignId }) => campaignId === campaignIds.implants),
      );
    expect(spendOf("ad")).toBe(spendOf("campaign"));
  });
});
