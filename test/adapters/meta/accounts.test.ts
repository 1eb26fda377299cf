import { describe, expect, it, test } from "vitest";
import { normaliseAccountId } from "../../../src/adapters/meta/accounts.ts";
import { type Asked, failureOf, json, page, refusal, scripted, TOKEN } from "./scripted-meta.ts";

const account = (id: string, more = {}) => ({
  account_id: id,
  id: `act_${id}`,
  name: `Cuenta ${id}`,
  currency: "ARS",
  timezone_name: "America/Argentina/Buenos_Aires",
  account_status: 1,
  ...more,
});

/** Answers by path, so that the order of parallel calls does not matter. */
const routed = (routes: Record<string, () => Response>) =>
  scripted([({ url }: Asked) => routes[url.pathname.replace("/v26.0/", "")]?.() ?? refusal(803)]);

describe("account numbers", () => {
  test.each(["111", "act_111", " act_111 "])("%j is 111", (input) => expect(normaliseAccountId(input)).toBe("111"));
  test.each(["", "act_", "act_1a", "ACT_1", "1/2", "-1", "1".repeat(33)])("%j is none", (input) =>
    expect(() => normaliseAccountId(input)).toThrow(expect.objectContaining({ code: "account.not_accessible" })),
  );
});

describe("listing accounts", () => {
  it("joins owned, client and the user's own, each once", async () => {
    const { meta, asked } = routed({
      "me/businesses": () => page([{ id: "10", name: "Lucky" }, { id: "20" }]),
      "10/owned_ad_accounts": () => page([account("1"), account("2")]),
      "10/client_ad_accounts": () => page([account("2"), account("3")]),
      "20/owned_ad_accounts": () => page([]),
      "20/client_ad_accounts": () => refusal(200, undefined, "(#200) no", 403),
      "me/adaccounts": () => page([account("3"), account("4")]),
    });
    const accounts = await meta.listAdAccounts(TOKEN);
    expect(accounts.map(({ accountId, portfolioId }) => [accountId, portfolioId])).toEqual([
      ["1", "10"],
      ["2", "10"],
      ["3", "10"],
      ["4", null],
    ]);
    expect(accounts[0]).toEqual({
      accountId: "1",
      name: "Cuenta 1",
      currency: "ARS",
      timezoneName: "America/Argentina/Buenos_Aires",
      accountStatus: 1,
      portfolioId: "10",
    });
    const asking = asked.map(({ url }) => url.searchParams.get("fields") ?? "");
    expect(asking.some((fields) => /business\b|owner|funding/.test(fields))).toBe(false);
  });

  it("makes do without business_management", async () => {
    const { meta } = routed({ "me/businesses": () => refusal(200), "me/adaccounts": () => page([account("4")]) });
    expect(await meta.listAdAccounts(TOKEN)).toHaveLength(1);
  });

  it("tells none from failed", async () => {
    const none = routed({ "me/businesses": () => page([]), "me/adaccounts": () => page([]) });
    expect(await none.meta.listAdAccounts(TOKEN)).toEqual([]);
    const failed = routed({ "me/businesses": () => page([]), "me/adaccounts": () => refusal(2) });
    expect((await failureOf(failed.meta.listAdAccounts(TOKEN))).code).toBe("meta.transient");
    const halfway = routed({
      "me/businesses": () => page([{ id: "10" }]),
      "10/owned_ad_accounts": () => page([account("1")]),
      "10/client_ad_accounts": () => refusal(190, 463),
    });
    expect((await failureOf(halfway.meta.listAdAccounts(TOKEN))).code).toBe("connection.needs_reauth");
  });

  it("of one portfolio asks nothing else, and fails when neither edge may be read", async () => {
    const one = routed({
      "10/owned_ad_accounts": () => page([account("1")]),
      "10/client_ad_accounts": () => refusal(10),
    });
    expect(await one.meta.listAdAccounts(TOKEN, { portfolioId: "10" })).toHaveLength(1);
    expect(one.asked).toHaveLength(2);
    const none = routed({ "10/owned_ad_accounts": () => refusal(10), "10/client_ad_accounts": () => refusal(10) });
    expect((await failureOf(none.meta.listAdAccounts(TOKEN, { portfolioId: "10" }))).code).toBe("meta.permission");
  });

  it("stops at thirty portfolios", async () => {
    const { meta, asked } = scripted([
      ({ url }: Asked) =>
        page(
          url.pathname.endsWith("/businesses")
            ? Array.from({ length: 100 }, (_, index) => ({ id: String(index + 1) }))
            : [],
        ),
    ]);
    await meta.listAdAccounts(TOKEN);
    expect(asked).toHaveLength(1 + 60 + 1);
  });
});

describe("one account", () => {
  it("is asked by act_ and read tolerantly", async () => {
    const { meta, asked } = scripted([json(account("111", { account_status: 909, name: undefined, surprise: {} }))]);
    expect(await meta.getAdAccount(TOKEN, "111")).toMatchObject({ accountId: "111", name: "111", accountStatus: 909 });
    expect(asked[0]?.url.pathname).toBe("/v26.0/act_111");
  });

  test.each([
    [refusal(100, 33), "meta.not_found"],
    [refusal(200, undefined, "Ad account owner has NOT grant ads_management"), "meta.permission"],
  ])("that cannot be seen throws (%#)", async (answer, code) => {
    expect((await failureOf(scripted([answer]).meta.getAdAccount(TOKEN, "111"))).code).toBe(code);
  });
});

it("defect 87: lists portfolios page by page", async () => {
  const { meta } = scripted([
    page([{ id: "10", name: "Lucky", verification_status: "verified" }], "a"),
    page([{ id: "20" }]),
  ]);
  expect(await meta.listPortfolios(TOKEN)).toEqual([
    { id: "10", name: "Lucky", verificationStatus: "verified" },
    { id: "20", name: "20", verificationStatus: null },
  ]);
});
