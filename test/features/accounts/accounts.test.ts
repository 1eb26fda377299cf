import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { demoAccountIds, demoPersonIds, demoPortfolioIds } from "../../world/meta/demo-ids.ts";
import { aHouse, type House, WORKER_URL } from "../../support/house.ts";
import { aBrowser, aConnectedTenant, aPerson, as, aSessionToken, consent, type Person } from "../../support/people.ts";

let house: House;
let person: Person;

beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());
beforeEach(async () => {
  house.meta.faults.clear();
  person = await aConnectedTenant(house);
});

type Listed = { data: Record<string, unknown>[] };
const list = async (path: string): Promise<Listed["data"]> => {
  const answer = await as(house, person).get(path);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as Listed).data;
};
const connect = (accountId: string, name?: string) =>
  as(house, person).post("/crm/marketing/connect", { account_id: accountId, account_name: name });

describe("portfolios", () => {
  it("are listed with their accounts and how many", async () => {
    const portfolios = await list("/crm/marketing/meta-portfolios");
    expect(portfolios.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.values(demoPortfolioIds)));
    const health = portfolios.find(({ id }) => id === demoPortfolioIds.health);
    expect(health).toMatchObject({ name: expect.any(String), ad_accounts_count: 2, ad_accounts: expect.any(Array) });
  });

  it("defect 88: are asked of Meta once in ten minutes, or when told to", async () => {
    const asked = () => house.meta.recorder.count(/me\/businesses/);
    await list("/crm/marketing/meta-portfolios");
    const once = asked();
    await list("/crm/marketing/meta-portfolios");
    expect(asked()).toBe(once);
    await list("/crm/marketing/meta-portfolios?refresh=true");
    expect(asked()).toBeGreaterThan(once);
  });

  it("defect 87: that cannot be read are a failure with a detail, not an empty list", async () => {
    house.meta.faults.add({ match: /businesses/, fault: { kind: "html" } });
    const answer = await as(house, person).get("/crm/marketing/meta-portfolios");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      success: false,
      detail: expect.stringMatching(/Meta/),
      error: { code: "meta.transient" },
    });
  });
});

describe("ad accounts", () => {
  it("defect 89: are the owned, the shared and the user's own, each once", async () => {
    const accounts = await list("/crm/marketing/meta-accounts");
    expect(accounts.map(({ account_id }) => account_id).sort()).toEqual(Object.values(demoAccountIds).sort());
    expect(accounts.find(({ account_id }) => account_id === demoAccountIds.optics)).toMatchObject({
      id: `act_${demoAccountIds.optics}`,
      currency: "CLP",
      timezone: "America/Santiago",
      timezone_name: "America/Santiago",
      account_status: expect.any(Number),
      status: expect.stringMatching(/^[A-Z_]+$/),
      connected: false,
    });
  });

  it("of one portfolio", async () => {
    const accounts = await list(`/crm/marketing/meta-accounts?portfolio_id=${demoPortfolioIds.retail}`);
    expect(accounts.map(({ account_id }) => account_id)).toEqual([demoAccountIds.optics]);
  });

  it("without a connection are a 409 that says what to do", async () => {
    const answer = await as(house, await aPerson(house)).get("/crm/marketing/meta-accounts");
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({
      error: { code: "connection.missing" },
      detail: expect.stringMatching(/conectaste/),
    });
  });
});

describe("connecting an account", () => {
  test.each([
    ["with act_", `act_${demoAccountIds.optics}`],
    ["as digits", demoAccountIds.optics],
  ])("%s stores what Meta says of it, not what was typed", async (_, id) => {
    const answer = await connect(id, "Cuenta Manual (act_1)");
    expect(answer.status).toBe(200);
    const { data } = (await answer.json()) as { data: { sync_run_id: string } };
    expect(data).toMatchObject({
      connected: true,
      account_id: demoAccountIds.optics,
      currency: "CLP",
      timezone: "America/Santiago",
      account_name: expect.not.stringMatching(/Manual/),
      sync_run_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const connected = (await list("/crm/marketing/meta-accounts")).filter((account) => account["connected"]);
    expect(connected.map(({ account_id }) => account_id)).toEqual([demoAccountIds.optics]);
    const run = await as(house, person).get(`/crm/marketing/sync/runs/${data.sync_run_id}`);
    expect(await run.json()).toMatchObject({ data: { status: "queued", trigger: "connect", percent: 0 } });
  });

  it("several: the first is the primary one, and stays it", async () => {
    for (const id of Object.values(demoAccountIds)) expect((await connect(id)).status).toBe(200);
    await connect(demoAccountIds.optics);
    const rows = await house.sql(
      "SELECT account_id, is_primary FROM ad_accounts WHERE tenant_id = $1 ORDER BY is_primary DESC, account_id",
      [person.tenantId],
    );
    expect(rows.map((row) => row["is_primary"])).toEqual([true, false, false]);
    expect(rows[0]?.["account_id"]).toBe(Object.values(demoAccountIds)[0]);
  });

  it("again joins the run that is under way", async () => {
    const runOf = async (answer: Response) =>
      ((await answer.json()) as { data: { sync_run_id: string } }).data.sync_run_id;
    expect(await runOf(await connect(demoAccountIds.miami))).toBe(await runOf(await connect(demoAccountIds.miami)));
  });

  test.each(["999999999999999", "act_999", "abc", "1; DROP TABLE leads", "../me"])(
    "defect 90, defect 91: that Meta does not show (%s) is refused with a detail",
    async (id) => {
      const answer = await connect(id);
      expect(answer.status).toBe(422);
      expect(await answer.json()).toMatchObject({
        success: false,
        detail: expect.stringMatching(/cuenta/),
        error: { code: "account.not_accessible" },
      });
      expect(await house.sql("SELECT FROM ad_accounts WHERE tenant_id = $1", [person.tenantId])).toEqual([]);
    },
  );

  it("needs an account, and a body that is JSON", async () => {
    expect((await as(house, person).post("/crm/marketing/connect", {})).status).toBe(422);
    const token = await aSessionToken(person, { now: house.clock.now() });
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    expect((await house.request("/crm/marketing/connect", { method: "POST", headers, body: "{" })).status).toBe(422);
  });
});

it("a Meta user who sees nothing has empty lists", async () => {
  const stranger = await aPerson(house);
  const browser = aBrowser(house);
  browser.jar.set("access_token", await aSessionToken(stranger, { now: house.clock.now() }));
  const { data } = (await (await browser.open(`${WORKER_URL}/crm/auth/meta/url`)).json()) as {
    data: { auth_url: string };
  };
  await browser.open(await consent(house, data.auth_url, "approve", demoPersonIds.stranger));
  person = stranger;
  expect(await list("/crm/marketing/meta-portfolios")).toEqual([]);
  expect(await list("/crm/marketing/meta-accounts")).toEqual([]);
});
