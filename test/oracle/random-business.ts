// Businesses of any shape, small enough that ids, instants and amounts collide.
import fc from "fast-check";
import { addDays, type Day, eachDay } from "../../src/lib/dates.ts";
import { currencyExponent } from "../../src/lib/money.ts";
import {
  type Amount,
  type Business,
  type Channel,
  type Lead,
  type Opportunity,
  type Sale,
  type Touch,
  views,
} from "./business.ts";
import { DAY, HOUR, instant, MINUTE } from "./clock.ts";
import { refundsOf } from "./random-refunds.ts";

// Each zone around a day on which its clocks jump, if they do: in Santiago and Havana some midnight is left out, on the
// Azores one comes twice.
const places = (
  [
    ["America/Argentina/Buenos_Aires", "2026-03-08"],
    ["America/New_York", "2026-03-08"],
    ["America/Santiago", "2026-04-05"],
    ["America/Santiago", "2026-09-06"],
    ["America/Havana", "2026-03-08"],
    ["Europe/Madrid", "2026-03-29"],
    ["Europe/Madrid", "2025-10-26"],
    ["Asia/Kolkata", "2026-03-08"],
    ["Atlantic/Azores", "2026-10-25"],
    ["UTC", "2026-02-28"],
  ] as const
).map(([timezone, anchor]) => ({ timezone, anchor }));

export const accounts = [
  { id: "1", currency: "ARS" },
  { id: "2", currency: "USD" },
];
export const campaignIds = ["c0", "c1", "c2"];
const stages = { wonStages: ["closed_won", "ganado"], lostStages: ["closed_lost"] };

const one = <const T>(...values: T[]) => fc.constantFrom(...values);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 2 });
const many = <T>(arbitrary: fc.Arbitrary<T>, maxLength: number) => fc.array(arbitrary, { maxLength, size: "max" });

/** Days from the first one, and microseconds around midnights, half hours and the edges of windows. */
const aDay = fc.integer({ min: 0, max: 9 });
const anOffset = fc
  .record({ day: aDay, hour: one(0, 3, 4, 5, 12, 22, 23), minute: one(0, 0, 29, 30, 59), nudge: one(0, 0, 0, 1, -1) })
  .map(({ day, hour, minute, nudge }) => day * DAY + hour * HOUR + minute * MINUTE + nudge);
const anEarlierOffset = fc
  .tuple(anOffset, one(0, 0, 0, 0, 0, 0, 7, 28, 90))
  .map(([offset, daysBack]) => offset - daysBack * DAY);

const currency = one("ARS", "ARS", "ARS", "USD", "USD", "JPY", "KWD");
const units = fc.oneof(one(0, 1, 2, 3, 7, 100, 1000, 100_000), fc.integer({ min: 0, max: 20_000_000 }));
/** So many of a currency's minor units. */
const money = (count: number, code: string): Amount => BigInt(count) * 10n ** BigInt(6 - currencyExponent(code));

const campaign = one(...campaignIds, "unknown");
const sources: [Channel, boolean][] = [
  ["meta_lead_form", true],
  ["meta_lead_form", true],
  ["ctwa", true],
  ["utm_paid", true],
  ["organic", false],
  ["organic", false],
  ["referral", false],
  ["referral", true],
  ["email", true],
  ["direct", false],
  ["manual", true],
  ["import", false],
  ["other", true],
];

// An id as PostgreSQL and text order it; the rank makes it independent of when its row was written.
const rank = fc.nat({ max: 0xffff });
const idOf = (kind: number, index: number, order: number) =>
  `${order.toString(16).padStart(8, "0")}-000${kind}-4000-8000-${String(index).padStart(12, "0")}`;

const aLead = fc.record({
  rank,
  created: anEarlierOffset,
  source: one("ORGANIC", "ORGANIC", "META_ADS", "GOOGLE_ADS", "REFERRAL", "WEBSITE", "a friend"),
  campaignId: maybe(campaign),
  adId: one(null, null, "a0", "a2", "unknown"),
});

const aTouch = fc.record({
  rank,
  lead: fc.nat(),
  offset: anEarlierOffset,
  source: one(...sources),
  campaignId: maybe(campaign),
  adSetId: one(null, null, null, "s0", "s9"),
  adId: maybe(one("a0", "a1", "a2", "unknown")),
  proof: one(null, null, "leadgen", "ctwa"),
  /** So long after the touch before it, from the same source. */
  again: one(null, null, null, null, 0, 29 * MINUTE, 30 * MINUTE, 30 * MINUTE + 1),
});

const anOpportunity = fc.record({
  rank,
  lead: fc.nat(),
  stage: one("closed_won", "closed_won", "ganado", "closed_lost", "proposal"),
  units,
  currency,
  probability: one(null, 0, 10, 33, 50, 100),
  created: anEarlierOffset,
  closed: anOffset,
});

const aSale = fc.record({
  rank,
  lead: maybe(fc.nat()),
  opportunity: maybe(fc.nat()),
  units,
  currency,
  day: aDay,
  /** Beyond the minor unit, in millionths. */
  excess: one(0n, 0n, 0n, 0n, 0n, 0n, 1n, 5n),
  soldAt: maybe(anOffset),
  status: one("completed", "completed", "completed", "pending", "failed"),
});

export const aRefund = fc.record({
  rank,
  sale: fc.nat(),
  kind: one("refund", "refund", "chargeback"),
  part: one("all", "all", "some", "least"),
  share: fc.integer({ min: 1, max: 99 }),
  day: aDay,
});

const aRate = fc.record({
  pair: one("ARS USD", "USD ARS", "JPY ARS", "JPY USD", "USD JPY", "KWD USD", "ARS KWD"),
  day: fc.integer({ min: -12, max: 9 }),
  rate: one("1", "0.5", "0.001", "1250", "3.2", "152.587890625", "0.0000064"),
});

const anInsight = fc.record({
  level: one("account", "campaign", "campaign", "ad"),
  entity: fc.nat({ max: 2 }),
  day: aDay,
  units,
});

/** With the days on which most of it happens. */
export type RandomBusiness = Business & { days: Day[] };

export const aRandomBusiness: fc.Arbitrary<RandomBusiness> = fc
  .record({
    place: one(...places),
    reportingCurrency: one(null, "ARS", "USD", "JPY", "KWD"),
    defaultView: one(...views),
    campaigns: fc.tuple(...campaignIds.map(() => fc.record({ account: one("1", "1", "2"), name: one("Otoño", "O'") }))),
    ads: fc.tuple(...campaignIds.map(() => campaign)),
    insights: many(anInsight, 20),
    rates: many(aRate, 8),
    leads: many(aLead, 5),
    touches: many(aTouch, 14),
    opportunities: many(anOpportunity, 5),
    sales: many(aSale, 7),
    refunds: many(aRefund, 5),
  })
  .map((drawn): RandomBusiness => {
    const { timezone, anchor } = drawn.place;
    const firstDay = addDays(anchor, -5);
    const start = instant(`${firstDay}T00:00:00Z`);
    const dayAt = (index: number) => addDays(firstDay, index);
    const at = (offset: number) => start + offset;
    const touched = new Set(drawn.touches.map(({ lead }) => lead % (drawn.leads.length || 1)));
    const leads = drawn.leads.map(({ rank, created, ...columns }, i): Lead => {
      const silent = { source: "ORGANIC", campaignId: null, adId: null };
      return { id: idOf(1, i, rank), createdAt: at(created), ...(touched.has(i) ? silent : columns) };
    });
    const leadAt = (index: number | null) => (index === null ? undefined : leads[index % (leads.length || 1)]);
    const ofLeads = <T extends { lead: number }>(rows: T[]) =>
      rows.flatMap(({ lead, ...row }) => {
        const leadId = leadAt(lead)?.id;
        return leadId === undefined ? [] : [{ ...row, leadId }];
      });
    const opportunities = ofLeads(drawn.opportunities).map((row, i): Opportunity => {
      const { rank, units, created, closed, ...rest } = row;
      const isClosed = row.stage !== "proposal";
      const value = money(units, row.currency);
      return { ...rest, id: idOf(3, i, rank), value, createdAt: at(created), closedAt: isClosed ? at(closed) : null };
    });
    const sales = drawn.sales.map(({ rank, lead, opportunity, units, excess, day, soldAt, ...rest }, i): Sale => {
      const opportunityId =
        opportunity === null ? null : (opportunities[opportunity % (opportunities.length || 1)]?.id ?? null);
      const leadId = leadAt(lead)?.id ?? null;
      const sold = { day: dayAt(day), soldAt: soldAt === null ? null : at(soldAt) };
      return {
        ...rest,
        ...sold,
        id: idOf(4, i, rank),
        leadId,
        opportunityId,
        amount: money(units, rest.currency) + excess,
      };
    });
    const campaigns = drawn.campaigns.map(({ account, name }, i) => ({ id: `c${i}`, accountId: account, name }));
    const accountOf = (campaignId: string) => campaigns.find(({ id }) => id === campaignId)?.accountId ?? "1";
    const ads = drawn.ads.map((campaignId, i) => ({
      id: `a${i}`,
      accountId: accountOf(campaignId),
      campaignId,
      adSetId: `s${i % 2}`,
    }));
    const insights = drawn.insights.map(({ level, entity, day, units }) => {
      const [prefix, rows] = level === "campaign" ? (["c", campaigns] as const) : (["a", ads] as const);
      const accountId = level === "account" ? String((entity % 2) + 1) : (rows[entity]?.accountId ?? "1");
      const entityId = level === "account" ? accountId : `${prefix}${entity}`;
      const spend = money(units, accountId === "1" ? "ARS" : "USD");
      return { level, entityId, accountId, day: dayAt(day), spend };
    });
    const rates = drawn.rates.map(({ pair, day, rate }) => {
      const [base = "", quote = ""] = pair.split(" ");
      return { base, quote, day: dayAt(day), rate };
    });
    return {
      days: eachDay(firstDay, dayAt(9)),
      timezone,
      reportingCurrency: drawn.reportingCurrency,
      defaultView: drawn.defaultView,
      ...stages,
      accounts,
      campaigns,
      ads,
      insights: uniqueBy(insights, ({ level, entityId, day }) => `${level} ${entityId} ${day}`),
      rates: uniqueBy(rates, ({ base, quote, day }) => `${base} ${quote} ${day}`),
      leads,
      touches: repeated(
        ofLeads(drawn.touches).map(({ rank, offset, source: [channel, isPaid], proof, ...rest }, i) => ({
          ...rest,
          id: idOf(2, i, rank),
          at: at(offset),
          channel,
          isPaid,
          leadgenId: proof === "leadgen" ? `l${i}` : null,
          ctwaClid: proof === "ctwa" ? `w${i}` : null,
        })),
      ),
      opportunities,
      sales,
      refunds: refundsOf(sales, drawn.refunds, { idOf: (i, rank) => idOf(5, i, rank), dayAt }),
    };
  });

const uniqueBy = <T>(rows: T[], key: (row: T) => string) => [...new Map(rows.map((row) => [key(row), row])).values()];

/** Where the same lead came from again, a little later. */
function repeated(touches: (Touch & { again: number | null })[]): Touch[] {
  const all: Touch[] = [];
  for (const { again, ...touch } of touches) {
    const before = all.at(-1);
    if (before === undefined || again === null) all.push(touch);
    else {
      const { leadId, channel, isPaid, campaignId, adId } = before;
      all.push({ ...touch, leadId, channel, isPaid, campaignId, adId, at: before.at + again });
    }
  }
  return all;
}
