import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aHouse, type House } from "../../support/house.ts";
import type { Account } from "../facts/scene.ts";
import { aBusiness, shop, synced } from "../facts/shop.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

describe("days that are not known", () => {
  const account = (covered: Account["covered"], insights = shop.accounts?.[0]?.insights ?? []): Account => ({
    id: "111",
    isPrimary: true,
    campaigns: [{ id: "c1" }],
    insights,
    ...(covered ? { covered } : {}),
  });

  it("never synced: no figures are invented, and the reason is told", async () => {
    const read = await aBusiness(house, { accounts: [account(undefined, [])], leads: shop.leads ?? [] });
    const { roi, meta_connected: isConnected } = await read("stats");
    expect(isConnected).toBe(true);
    expect(roi).toMatchObject({
      total_spend: 0,
      roas: null,
      cpl: null,
      roi_defined: false,
      leads: 1,
      freshness: { reason: "not_synced", last_synced_at: null },
      spend_complete: false,
      missing_days_count: 30,
    });
  });

  it("a few missing days are named, and the return is told", async () => {
    const { roi, changes } = await (
      await aBusiness(house, { ...shop, accounts: [account({ account: "{[2023-10-24,2026-11-22)}" })] })
    )("stats");
    expect(roi).toMatchObject({
      spend_complete: false,
      missing_days: ["2026-11-22"],
      partial: true,
      roi_percentage: 400,
      roi_defined: true,
    });
    expect(changes).toMatchObject({
      spend: { reason: "incomplete" },
      roi: { reason: "incomplete" },
      leads: { pct: 0 },
    });
  });

  it("too many leave no return", async () => {
    const { roi } = await (
      await aBusiness(house, { ...shop, accounts: [account({ account: "{[2026-11-10,2026-11-23)}" })] })
    )("stats");
    expect(roi).toMatchObject({ total_spend: 100, roi_defined: false, roas: null, missing_days_count: 17, cpl: 100 });
  });

  it("over all reach back to the first day that is wanted and not known", async () => {
    const { period, missing_days_count: missing } = await (
      await aBusiness(house, {
        ...shop,
        accounts: [account({ account: "{[2026-09-01,2026-11-23)}", wantedFrom: "2026-08-01" })],
      })
    )("stats?range=all");
    expect([period.since, missing]).toEqual(["2026-08-01", 31]);
  });

  it("over all do not reach back to what was sold before the first day that is wanted", async () => {
    const covered = { account: "{[2026-10-15,2026-11-23)}", wantedFrom: "2026-10-15" };
    const { period, roi } = await (
      await aBusiness(house, { ...shop, accounts: [account(covered)] })
    )("stats?range=all");
    expect([period.since, roi.total_revenue, roi.total_spend]).toEqual(["2026-10-15", 500, 100]);
  });

  it("of a connection that died are served and said to be stale", async () => {
    const stats = await (await aBusiness(house, { ...shop, status: "needs_reauth" }))("stats");
    expect(stats).toMatchObject({
      meta_connected: false,
      connect_url: expect.any(String),
      marketing_spend: 100,
      freshness: { stale: true, stale_reason: "connection_needs_reauth" },
    });
  });
});

describe("currencies and zones", () => {
  const dollars: Account = {
    id: "222",
    currency: "USD",
    timezone: "America/New_York",
    campaigns: [{ id: "u1" }],
    insights: [
      { day: "2026-11-20", spend: "5" },
      { day: "2026-11-20", spend: "5", campaign: "u1" },
    ],
    covered: synced,
  };

  it("a second account in dollars is left out of the headline and named", async () => {
    const { roi, meta, period } = await (
      await aBusiness(house, { ...shop, accounts: [...(shop.accounts ?? []), dollars] })
    )("stats");
    expect(roi).toMatchObject({
      total_spend: 100,
      currency: "ARS",
      currency_mixed: true,
      partial: true,
      fx_missing: [{ currency: "USD", measure: "spend", amount: 5, count: 1 }],
    });
    expect(roi.by_currency).toContainEqual({ currency: "USD", spend: 5, revenue: 0 });
    expect(meta.campaigns.campaigns.find(({ id }: { id: string }) => id === "u1")).toMatchObject({
      spend: 5,
      currency: "USD",
    });
    expect(period).toMatchObject({
      timezone_mismatch: true,
      account_timezones: ["America/Argentina/Buenos_Aires", "America/New_York"],
    });
  });

  it("the tenant's setting names the headline", async () => {
    const { roi } = await (
      await aBusiness(house, { ...shop, currency: "USD", accounts: [...(shop.accounts ?? []), dollars] })
    )("stats");
    expect(roi).toMatchObject({ total_spend: 5, total_revenue: 0, currency: "USD" });
  });

  it.each([
    ["Pacific/Kiritimati", "2026-11-23"],
    ["Pacific/Pago_Pago", "2026-11-22"],
    ["UTC", "2026-11-22"],
  ])("days end where the tenant lives (%s)", async (timezone, until) => {
    expect((await (await aBusiness(house, { timezone }))("stats"))["period"]).toMatchObject({ until, timezone });
  });
});
