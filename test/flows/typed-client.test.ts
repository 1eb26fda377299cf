// A journey through the typed client that the package exports: what compiles here is what a frontend may write.
import { afterAll, beforeAll, expect, expectTypeOf, it } from "vitest";
import { createClient } from "../../src/client.ts";
import { aHouse, type House, sendTo, WORKER_URL } from "../support/house.ts";
import { aConnectedTenant, aSessionToken } from "../support/people.ts";

let house: House;
let api: ReturnType<typeof createClient>;

beforeAll(async () => {
  house = await aHouse();
  const owner = await aConnectedTenant(house);
  api = createClient(WORKER_URL, {
    headers: async () => ({ authorization: `Bearer ${await aSessionToken(owner, { now: house.clock.now() })}` }),
    fetch: (input: RequestInfo | URL, init?: RequestInit) => sendTo(house.app, String(input), init),
  });
});
afterAll(() => house.stop());

it("a bearer chooses an account, waits for its sync, and reads what its campaigns did", async () => {
  const status = await (await api.crm.marketing["token-status"].$get()).json();
  expect([status.data.status, status.needs_reconnect]).toEqual(["active", false]);

  const { data: accounts } = await (await api.crm.marketing["meta-accounts"].$get({ query: {} })).json();
  const account = accounts.find(({ currency }) => currency === "USD");
  const connected = await api.crm.marketing.connect.$post({ json: { account_id: account?.id ?? "" } });
  const { data: chosen } = await connected.json();
  expect(chosen.account_name).toBe(account?.name);

  await house.settle();
  const run = await api.crm.marketing.sync.runs[":id"].$get({ param: { id: chosen.sync_run_id } });
  expect((await run.json()).data).toMatchObject({ status: "succeeded", percent: 100 });

  const { data: stats } = await (await api.crm.marketing.stats.$get({ query: { time_range: "last_90d" } })).json();
  expectTypeOf(stats.marketing_spend).toBeNumber();
  expectTypeOf(stats.roi.cac).toEqualTypeOf<number | null>();
  expect(stats.marketing_spend).toBeGreaterThan(0);

  const list = await (
    await api.crm.marketing.campaigns.$get({ query: { time_range: "last_90d", sort: "spend", limit: "1" } })
  ).json();
  const [campaign] = list.data;
  expect([list.data.length, list.total > 1, list.totals.spend]).toEqual([1, true, stats.marketing_spend]);

  const insights = await api.crm.marketing.campaigns[":id"].insights.$get({
    param: { id: campaign?.id ?? "" },
    query: { time_range: "last_30d" },
  });
  expect((await insights.json()).data.insights).toHaveLength(30);
});

it("says no as the API does", async () => {
  const answer = await api.crm.marketing.stats.$get({ query: { time_range: "last_7d" } });
  expect([answer.ok, answer.status]).toEqual([false, 422]);
});

it("what the API does not know does not compile", () => {
  const mistakes = () => [
    // @ts-expect-error no such path
    api.crm.marketing.budgets.$get(),
    // @ts-expect-error no such method
    api.crm.marketing.stats.$delete(),
    // @ts-expect-error no such parameter
    api.crm.marketing.stats.$get({ query: { period: "last_30d" } }),
    // @ts-expect-error not one of its values
    api.crm.marketing.campaigns.$get({ query: { sort: "luck" } }),
    // @ts-expect-error the path needs an id
    api.crm.marketing.sync.runs[":id"].$get({ param: {} }),
    // @ts-expect-error the body needs an account
    api.crm.marketing.connect.$post({ json: {} }),
    // @ts-expect-error an answer has no such field
    api.crm.marketing.stats.$get({ query: {} }).then((answer) => answer.json().then(({ data }) => data.profit)),
  ];
  expect(mistakes).toBeTypeOf("function");
});
