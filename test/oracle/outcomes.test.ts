import { describe, expect, it } from "vitest";
import { amount, aBusinessWith } from "./by-hand.ts";
import type { Business, Touch, View } from "./business.ts";
import { instant } from "./clock.ts";
import { creditsOfLead, creditsOfOpportunity, creditsOfSale } from "./credits.ts";
import { type Basis, outcomesOf } from "./outcomes.ts";
import { placesOf } from "./places.ts";

const aTouch = (id: string, at: string, more: Partial<Touch> = {}): Touch => ({
  id,
  leadId: "l",
  at: instant(at),
  channel: "ctwa",
  isPaid: true,
  campaignId: `c-${id}`,
  adSetId: null,
  adId: null,
  leadgenId: null,
  ctwaClid: null,
  ...more,
});

const sale = { leadId: "l", opportunityId: null, currency: "ARS", soldAt: null, status: "completed" as const };
const opportunity = { leadId: "l", value: amount("50"), currency: "ARS", probability: 20 };

// In Buenos Aires a day begins at 03:00Z. Touched on the 1st, the 4th and the 9th; sold on the 3rd and the 9th; won on the 5th.
const business: Business = aBusinessWith({
  leads: [{ id: "l", createdAt: instant("2026-03-01T12:00:00Z"), source: "ORGANIC", campaignId: null, adId: null }],
  touches: [
    aTouch("first", "2026-03-01T12:00:00Z", { leadgenId: "9" }),
    aTouch("second", "2026-03-04T02:59:59.999Z"),
    aTouch("third", "2026-03-09T12:00:00Z"),
  ],
  opportunities: [
    {
      ...opportunity,
      id: "won",
      stage: "closed_won",
      createdAt: instant("2026-03-02T12:00:00Z"),
      closedAt: instant("2026-03-05T12:00:00Z"),
    },
    { ...opportunity, id: "open", stage: "proposal", createdAt: instant("2026-03-03T01:00:00Z"), closedAt: null },
  ],
  sales: [
    { ...sale, id: "early", amount: amount("100"), day: "2026-03-03" },
    { ...sale, id: "late", amount: amount("10"), day: "2026-03-09" },
    { ...sale, id: "of won", amount: amount("7"), day: "2026-03-09", leadId: null, opportunityId: "won" },
    { ...sale, id: "pending", amount: amount("999"), day: "2026-03-09", status: "pending" },
    { ...sale, id: "nobody's", amount: amount("3"), day: "2026-03-09", leadId: null },
  ],
  refunds: [{ id: "back", kind: "refund", saleId: "early", amount: amount("40"), day: "2026-03-20" }],
});

const last: View = { model: "last_touch", window: null };
const ids = (credits: { touch: Touch }[]) => credits.map(({ touch }) => touch.id);
const find = <T extends { id: string }>(rows: T[], id: string) => rows.find((row) => row.id === id) as T;

describe("whose touches count", () => {
  it("a sale looks back from the end of its day where the tenant lives", () => {
    expect(ids(creditsOfSale(business, find(business.sales, "early"), last))).toEqual(["second"]);
    expect(ids(creditsOfSale(business, find(business.sales, "late"), last))).toEqual(["third"]);
  });

  it("or from when its opportunity was won, or from when it was sold, whichever was first", () => {
    expect(ids(creditsOfSale(business, find(business.sales, "of won"), last))).toEqual(["second"]);
    const soldAt = { ...find(business.sales, "of won"), soldAt: instant("2026-03-04T02:59:59Z") };
    expect(ids(creditsOfSale(business, soldAt, last))).toEqual(["first"]);
  });

  it("a customer looks back from the win, what is open from the latest touch", () => {
    expect(ids(creditsOfOpportunity(business, find(business.opportunities, "won"), last))).toEqual(["second"]);
    expect(ids(creditsOfOpportunity(business, find(business.opportunities, "open"), last))).toEqual(["third"]);
  });

  it("a lead looks back from the first thing it brought, or from its latest touch", () => {
    const [lead] = business.leads;
    if (!lead) throw new Error("There is a lead.");
    expect(ids(creditsOfLead(business, lead, last))).toEqual(["second"]);
    const withoutSales = { ...business, sales: [], opportunities: [] };
    expect(ids(creditsOfLead(withoutSales, lead, last))).toEqual(["third"]);
    expect(ids(creditsOfLead(withoutSales, lead, { model: "first_touch", window: 7 }))).toEqual(["second"]);
  });
});

const told = (basis: Basis, view: View = last, of = business) =>
  outcomesOf(of, basis, view)
    .filter(({ amount }) => amount !== 0n)
    .map(({ measure, subjectId, day, touch, amount, rateOn }) =>
      [
        measure,
        subjectId,
        day.slice(5),
        touch?.id,
        Number(amount) / 1e6,
        ...(rateOn === day ? [] : [rateOn.slice(5)]),
      ].join(" "),
    )
    .sort();

describe("what it brought", () => {
  it("on cash basis stands on its own day, a refund at its sale's touch and rate", () => {
    expect(told("cash")).toEqual(
      [
        "leads l 03-01 second 1",
        "opportunities won 03-02 second 1",
        "won won 03-05 second 1",
        "opportunities open 03-02 third 1",
        "openValue open 03-02 third 50",
        "weightedValue open 03-02 third 10",
        "sales early 03-03 second 100",
        "refunds back 03-20 second -40 03-03",
        "sales late 03-09 third 10",
        "sales of won 03-09 second 7",
        "sales nobody's 03-09  3",
      ].sort(),
    );
  });

  it("on cohort basis follows the lead's own touch to that touch's day", () => {
    expect(told("cohort")).toEqual(
      [
        "leads l 03-03 second 1",
        "opportunities won 03-03 second 1",
        "won won 03-03 second 1",
        "opportunities open 03-03 second 1",
        "openValue open 03-03 second 50 03-02",
        "weightedValue open 03-03 second 10 03-02",
        "sales early 03-03 second 100",
        "refunds back 03-03 second -40",
        "sales late 03-03 second 10 03-09",
        "sales of won 03-03 second 7 03-09",
        "sales nobody's 03-09  3",
      ].sort(),
    );
  });

  it("a lead without a touch in its window stands on the day it came, with all that is its", () => {
    const untouched = { ...business, touches: business.touches.slice(2) };
    expect(told("cohort", last, untouched)).toContain("won won 03-01  1");
    expect(told("cohort", last, untouched)).toContain("refunds back 03-01  -40 03-03");
    expect(told("cash", last, untouched)).toContain("sales late 03-09 third 10");
  });

  it("is parted under linear; a lead with a form's id is matched with its part", () => {
    const linear: View = { model: "linear", window: null };
    expect(told("cash", linear)).toEqual(
      expect.arrayContaining([
        "leads l 03-01 first 0.5",
        "leads l 03-01 second 0.5",
        "matchedLeads l 03-01 first 0.5",
        "refunds back 03-20 first -20 03-03",
        "sales late 03-09 first 3.34",
        "sales late 03-09 third 3.33",
      ]),
    );
  });
});

describe("where a touch counts", () => {
  const structure = aBusinessWith({
    campaigns: [{ id: "c1", accountId: "1", name: "Otoño" }],
    ads: [
      { id: "a1", accountId: "1", campaignId: "c1", adSetId: "s1" },
      { id: "a2", accountId: "1", campaignId: "gone", adSetId: "s2" },
    ],
  });
  const at = (more: Partial<Touch>) =>
    placesOf(structure, aTouch("x", "2026-03-01T12:00:00Z", { campaignId: null, ...more }), "l").map(
      ({ level, entityId, accountId }) => `${level} ${entityId} @${accountId}`,
    );

  it.each<[string, Partial<Touch>, string[]]>([
    ["a campaign", { campaignId: "c1" }, ["account 1 @1", "campaign c1 @1"]],
    ["an ad known only by its id", { adId: "a1" }, ["account 1 @1", "campaign c1 @1", "ad_set s1 @1", "ad a1 @1"]],
    ["a campaign that Meta never told us of", { campaignId: "x" }, ["account  @", "campaign x @"]],
    ["an ad nobody knows, unpaid", { adId: "x", isPaid: false }, ["outside organic @", "ad x @"]],
    ["paid, through Meta, without a campaign", {}, ["outside unattributed @"]],
    ["paid elsewhere", { channel: "utm_paid" }, ["outside other_paid @"]],
    ["not paid", { channel: "referral", isPaid: false }, ["outside organic @"]],
  ])("%s", (_, touch, places) => {
    expect(at(touch)).toEqual(places);
  });

  const withoutTouch = (source: string, leadId: string | null, touches: Touch[] = []) => {
    const lead = { id: "l", createdAt: 0, source, campaignId: null, adId: null };
    return placesOf({ ...structure, leads: [lead], touches }, null, leadId).map(({ entityId }) => entityId);
  };

  it("nobody's sale is unattributed, and so is a lead that was touched, only not in time", () => {
    expect(withoutTouch("ORGANIC", null)).toEqual(["unattributed"]);
    expect(withoutTouch("ORGANIC", "l", [aTouch("x", "2026-03-01T12:00:00Z")])).toEqual(["unattributed"]);
  });

  it.each([
    ["META_ADS", "unattributed"],
    ["GOOGLE_ADS", "other_paid"],
    ["ORGANIC", "organic"],
    ["a friend", "organic"],
  ])("a lead of source %s that no touch is known of is %s", (source, expected) => {
    expect(withoutTouch(source, "l")).toEqual([expected]);
  });
});
