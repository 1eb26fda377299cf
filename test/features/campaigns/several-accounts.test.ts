import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aHouse, type House } from "../../support/house.ts";
import type { Account } from "../facts/scene.ts";
import { aBusiness, shop, synced } from "../facts/shop.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const second: Account = {
  id: "222",
  campaigns: [
    { id: "s1", name: "Idle" },
    { id: "s2", name: "Busy" },
  ],
  insights: [
    { day: "2026-11-20", spend: "7" },
    { day: "2026-11-20", spend: "7", campaign: "s2" },
  ],
};
const withSecond = (more: Partial<Account>) => ({
  ...shop,
  accounts: [...(shop.accounts ?? []), { ...second, ...more }],
});
const ids = (rows: { id: string }[]) => rows.map(({ id }) => id).sort();

describe("a tenant with several accounts", () => {
  it("lists the campaigns of an account that was disconnected only where they have figures", async () => {
    const read = await aBusiness(house, withSecond({ isConnected: false }));
    expect(ids((await read("campaigns")) as unknown as { id: string }[])).toEqual(["c1", "s2"]);
  });

  it("a disconnected account is neither waited for nor missed", async () => {
    const { roi } = await (await aBusiness(house, withSecond({ isConnected: false })))("stats");
    expect(roi).toMatchObject({ total_spend: 107, spend_complete: true, freshness: { stale: false } });
  });

  it("a connected account that was never synced makes the whole incomplete, and one account by itself is not", async () => {
    const read = await aBusiness(house, withSecond({ insights: [] }));
    expect(await read("stats")).toMatchObject({
      spend_complete: false,
      freshness: { stale_reason: "account_not_synced" },
    });
    const { beside } = await read.whole("campaigns?account_id=111");
    expect(beside["totals"]).toMatchObject({ spend: 100, spend_complete: true, freshness: { stale: false } });
  });

  it("an account that does not know the days before leaves spend and return without changes", async () => {
    const { changes } = await (
      await aBusiness(house, withSecond({ covered: { account: "{[2026-10-24,2026-11-23)}" } }))
    )("stats");
    expect(changes).toMatchObject({
      spend: { reason: "incomplete" },
      roi: { reason: "incomplete" },
      revenue: { pct: 233.33 },
    });
  });

  it("ads have the currency of their account", async () => {
    const ads = [{ id: "u-ad", campaign: "s2" }];
    const insights = [{ day: "2026-11-20", spend: "7", ad: "u-ad" }];
    const { meta } = await (
      await aBusiness(house, withSecond({ currency: "USD", ads, insights, covered: synced }))
    )("stats");
    expect(meta.campaigns.creatives).toContainEqual(
      expect.objectContaining({ ad_id: "u-ad", currency: "USD", spend: 7 }),
    );
  });

  it("each has a remainder of its own", async () => {
    const insights = [{ day: "2026-11-20", spend: "7" }];
    const first = { ...shop.accounts?.[0], id: "111", insights: [{ day: "2026-11-20", spend: "3" }] };
    const read = await aBusiness(house, { accounts: [first, { ...second, insights, covered: synced }] });
    const rows = ((await read("campaigns")) as unknown as { id: string; spend: number }[]).filter(
      ({ spend }) => spend > 0,
    );
    expect(rows.map(({ id, spend }) => [id, spend])).toEqual([
      ["historical_other", 3],
      ["historical_other:222", 7],
    ]);
  });
});

describe("campaigns that say more than their account", () => {
  it("make no row, but a line in the log", async () => {
    const insights = [
      { day: "2026-11-20", spend: "5" },
      { day: "2026-11-20", spend: "6", campaign: "c1" },
    ];
    const read = await aBusiness(house, {
      accounts: [{ id: "111", isPrimary: true, campaigns: [{ id: "c1" }], insights, covered: synced }],
    });
    expect(ids((await read("campaigns")) as unknown as { id: string }[])).toEqual(["c1"]);
    expect(
      house.logs.some((line) => line.includes("facts.campaigns_exceed_account") && line.includes('"amount":"-1"')),
    ).toBe(true);
  });
});
