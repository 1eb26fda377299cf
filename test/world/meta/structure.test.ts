import { describe, expect, it } from "vitest";
import { aSimulator } from "./asking.ts";
import { demoBusiness } from "./business.ts";

const { accountIds, portfolioIds, campaignIds, personIds } = demoBusiness;
const clinic = `/act_${accountIds.clinic}`;
const optics = `/act_${accountIds.optics}`;
const every = encodeURIComponent('["ACTIVE","PAUSED","ARCHIVED","DELETED","IN_PROCESS","WITH_ISSUES"]');
const filtering = (...filters: object[]) => encodeURIComponent(JSON.stringify(filters));

describe("ad accounts", () => {
  it("are found as owned, as client and as mine", async () => {
    const { all } = aSimulator();
    const ids = async (path: string) => (await all(`${path}?fields=id`)).map(({ id }) => id);
    expect(await ids(`/${portfolioIds.health}/owned_ad_accounts`)).toEqual([`act_${accountIds.clinic}`]);
    expect(await ids(`/${portfolioIds.health}/client_ad_accounts`)).toEqual([`act_${accountIds.miami}`]);
    expect(await ids(`/${portfolioIds.retail}/owned_ad_accounts`)).toEqual([`act_${accountIds.optics}`]);
    expect(await ids("/me/adaccounts")).toHaveLength(3);
  });

  it("hold money as text in minor units and an id without prefix", async () => {
    const { get } = aSimulator();
    const { body } = await get(
      `${clinic}?fields=account_id,amount_spent,spend_cap,min_daily_budget,timezone_offset_hours_utc`,
    );
    expect(body).toMatchObject({
      id: `act_${accountIds.clinic}`,
      account_id: accountIds.clinic,
      timezone_offset_hours_utc: -3,
    });
    expect(body["amount_spent"]).toMatch(/^\d+$/);
    expect(body["min_daily_budget"]).toBeTypeOf("number");
  });

  it("fail the whole request for one forbidden field", async () => {
    const { sim, get } = aSimulator();
    const token = sim.issueToken({ scopes: ["ads_read"] }).value;
    expect((await get("/me/adaccounts?fields=id,name", { token })).status).toBe(200);
    const { status, body } = await get("/me/adaccounts?fields=id,name,business", { token });
    expect({ status, code: body.error.code }).toEqual({ status: 403, code: 200 });
  });

  it("are none for a person who sees nothing, and closed to them by id", async () => {
    const { sim, get } = aSimulator();
    const token = sim.issueToken({ personId: personIds.stranger }).value;
    expect((await get("/me/adaccounts", { token })).body).toEqual({ data: [] });
    expect((await get(`${clinic}/campaigns`, { token })).body.error.code).toBe(200);
  });

  it("are limited to the token's target ids", async () => {
    const { sim, get } = aSimulator();
    const token = sim.issueToken({ accountIds: [accountIds.optics] }).value;
    expect((await get("/me/adaccounts", { token })).body.data).toHaveLength(1);
    expect((await get(clinic, { token })).status).toBe(403);
  });

  it("answer 100 to a field that does not exist and 100/33 to an account that does not", async () => {
    const { get } = aSimulator();
    expect((await get(`${clinic}?fields=id,colour`)).body.error.message).toContain("nonexisting field (colour)");
    expect((await get("/act_1?fields=id")).body.error).toMatchObject({ code: 100, error_subcode: 33 });
  });
});

describe("pages", () => {
  it("carry tokens that never expire", async () => {
    const { get, debugToken } = aSimulator();
    const { body } = await get("/me/accounts?fields=name,access_token");
    expect(body.data).toHaveLength(3);
    const about = await debugToken(String(body.data[0]?.["access_token"]));
    expect(about).toMatchObject({ type: "PAGE", expires_at: 0, profile_id: demoBusiness.pageIds.clinic });
  });
});

describe("campaigns, ad sets and ads", () => {
  it("leave deleted and archived ones out until statuses are asked for", async () => {
    const { all } = aSimulator();
    const usual = await all(`${clinic}/campaigns?fields=effective_status`);
    const complete = await all(`${clinic}/campaigns?fields=effective_status&effective_status=${every}`);
    expect(usual.map((row) => row["effective_status"])).not.toContain("DELETED");
    expect([usual.length, complete.length]).toEqual([7, 9]);
    const byDelivery = filtering({ field: "campaign.delivery_info", operator: "IN", value: ["deleted"] });
    expect((await all(`${clinic}/campaigns?filtering=${byDelivery}`)).map(({ id }) => id)).toEqual([
      campaignIds.childrenMonth,
    ]);
  });

  it("show every status of the model somewhere", async () => {
    const { all } = aSimulator();
    const statuses = new Set<unknown>();
    for (const account of Object.values(accountIds)) {
      for (const edge of ["campaigns", "adsets", "ads"]) {
        const wanted = encodeURIComponent(
          '["ACTIVE","PAUSED","ARCHIVED","DELETED","IN_PROCESS","WITH_ISSUES","CAMPAIGN_PAUSED","ADSET_PAUSED","DISAPPROVED","PENDING_REVIEW"]',
        );
        const rows = await all(`/act_${account}/${edge}?fields=effective_status&effective_status=${wanted}`);
        for (const row of rows) statuses.add(row["effective_status"]);
      }
    }
    expect([...statuses].toSorted()).toEqual(
      "ACTIVE,ADSET_PAUSED,ARCHIVED,CAMPAIGN_PAUSED,DELETED,DISAPPROVED,IN_PROCESS,PAUSED,PENDING_REVIEW,WITH_ISSUES".split(
        ",",
      ),
    );
  });

  it("omit what is not set and write budgets as text, without a minor unit in CLP", async () => {
    const { get } = aSimulator();
    const fields = "name,daily_budget,lifetime_budget,stop_time,start_time";
    const adsetBudget = (await get(`/${campaignIds.whitening}?fields=${fields}`)).body;
    expect(Object.keys(adsetBudget).toSorted()).toEqual(["id", "name", "start_time"]);
    const lifetime = (await get(`/${campaignIds.orthodontics}?fields=${fields}`)).body;
    expect(lifetime).toMatchObject({ lifetime_budget: "180000000", stop_time: "2026-11-14T00:00:00-0300" });
    expect((await get(`/${campaignIds.catalogSales}?fields=daily_budget`)).body["daily_budget"]).toBe("90000");
  });

  it("answer only the id when no fields are asked for", async () => {
    const { get } = aSimulator();
    expect((await get(`${clinic}/campaigns?limit=1`)).body.data).toEqual([{ id: campaignIds.implants }]);
  });

  it("stay readable by id after deletion, except the permanently deleted", async () => {
    const { get } = aSimulator();
    const { body } = await get(`/${campaignIds.childrenMonth}?fields=effective_status`);
    expect(body["effective_status"]).toBe("DELETED");
    expect((await get("/120210471111000099")).body.error).toMatchObject({ code: 100, error_subcode: 33 });
  });

  it("filter by updated_time and by ids", async () => {
    const { all } = aSimulator();
    const recent = filtering({
      field: "campaign.updated_time",
      operator: "GREATER_THAN",
      value: Date.UTC(2026, 10, 19) / 1000,
    });
    const changed = (await all(`${clinic}/campaigns?filtering=${recent}`)).map(({ id }) => id);
    expect(changed).toContain(campaignIds.implants);
    expect(changed).not.toContain(campaignIds.legacyForms);
    const two = [campaignIds.implants, campaignIds.whitening];
    const ads = await all(
      `${clinic}/ads?fields=campaign_id&filtering=${filtering({ field: "campaign.id", operator: "IN", value: two })}`,
    );
    expect(new Set(ads.map((ad) => ad["campaign_id"]))).toEqual(new Set(two));
  });

  it("expand nested edges", async () => {
    const { get } = aSimulator();
    const { body } = await get(`/${campaignIds.implants}?fields=id,adsets.limit(1){id,name}`);
    expect(body["adsets"]).toEqual({
      data: [{ id: demoBusiness.adsetId(campaignIds.implants, 1), name: "CABA 35-65" }],
    });
  });

  it("pause from today on when asked, with ads_management only", async () => {
    const { sim, get, post } = aSimulator();
    const readOnly = sim.issueToken({ scopes: ["ads_read"] }).value;
    expect((await post(`/${campaignIds.implants}`, { status: "PAUSED" }, { token: readOnly })).status).toBe(403);
    expect((await post(`/${campaignIds.implants}`, { status: "PAUSED" })).body).toEqual({ success: true });
    expect((await get(`/${campaignIds.implants}?fields=effective_status`)).body["effective_status"]).toBe("PAUSED");
    const rows = sim.model.rows({
      accountId: accountIds.clinic,
      level: "campaign",
      since: "2026-11-23",
      until: "2026-11-23",
    });
    expect(rows.map(({ campaignId }) => campaignId)).not.toContain(campaignIds.implants);
  });
});

describe("paging", () => {
  it("hands out 25 by default and a next link that carries the access token", async () => {
    const { get, token } = aSimulator();
    const { body } = await get(`${clinic}/campaigns?limit=2`);
    const next = new URL(body.paging?.next ?? "");
    expect(next.searchParams.get("access_token")).toBe(token);
    expect(next.searchParams.get("after")).toBe(body.paging?.cursors.after);
  });

  it("can end with an empty page", async () => {
    const { sim, get } = aSimulator();
    sim.state.emptyLastPage = true;
    const { body } = await get(`${clinic}/campaigns?limit=7`);
    expect(body.paging?.next).toBeDefined();
    expect((await get(`${clinic}/campaigns?limit=7&after=${body.paging?.cursors.after}`)).body).toEqual({ data: [] });
  });

  it("can cut pages before it filters, so that a page before the last is short", async () => {
    const { sim, get } = aSimulator();
    sim.state.sliceBeforeFilter = true;
    const { body } = await get(`${clinic}/campaigns?limit=2&effective_status=${encodeURIComponent('["ARCHIVED"]')}`);
    expect(body.data).toEqual([]);
    expect(body.paging?.next).toBeDefined();
  });

  it("answers 2642 to a stale cursor", async () => {
    expect((await aSimulator().get(`${optics}/campaigns?after=old`)).body.error.code).toBe(2642);
  });
});

describe("versions", () => {
  it("are told in a header, and a dead Marketing version is quietly upgraded", async () => {
    const { sim, get } = aSimulator();
    const served = async (version: string, path: string) =>
      (await get(path, { version })).headers.get("facebook-api-version");
    expect(await served("/v26.0", clinic)).toBe("v26.0");
    expect(await served("/v22.0", clinic)).toBe("v25.0");
    expect(await served("/v22.0", "/me")).toBe("v22.0");
    expect(await served("", clinic)).toBe("v25.0");
    sim.state.strictVersions = true;
    expect((await get(clinic, { version: "/v22.0" })).body.error.code).toBe(2635);
  });

  it.each(["/v26", "/v99.0"])("answer 2500 to %s", async (version) => {
    const { status, body } = await aSimulator().get("/me", { version });
    expect({ status, code: body.error.code }).toEqual({ status: 400, code: 2500 });
  });
});

describe("a batch", () => {
  it("answers 200 with bodies as text, errors inside, and null for what is not finished", async () => {
    const { sim, post } = aSimulator();
    sim.state.unfinishedInBatch = 1;
    const batch = JSON.stringify([
      { method: "GET", relative_url: "me?fields=id" },
      { method: "GET", relative_url: "act_1/campaigns" },
      { method: "GET", relative_url: "me" },
    ]);
    const { status, body } = await post("/", { batch });
    const [first, second, third] = body as unknown as { code: number; body: string }[];
    expect([status, first?.code, second?.code, third]).toEqual([200, 200, 400, null]);
    expect(JSON.parse(first?.body ?? "")).toEqual({ id: personIds.owner });
  });
});
