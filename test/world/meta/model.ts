import { type ActionCount, actionList, actionValueList, leadCount } from "./action-list.ts";
import { adDay, addCounts, type Leaf, leafOf, type Moment, noCounts } from "./ad-day.ts";
import { dayNumber, dayNumberIn, dayText, fractionOfDay, startOfDay } from "./calendar.ts";
import { currencyOffset, majorText } from "./currency.ts";
import type { AdAccount, Business, Place } from "./entities.ts";
import { hashText, unit } from "./hash.ts";
import { effectiveStatus } from "./statuses.ts";

/** The oracle of sync tests: the insights edge is made from these same rows. */

export type Level = "account" | "campaign" | "adset" | "ad";

export interface Span {
  first: number;
  last: number;
}

/** One row that may exist: an entity over a span of days. */
export interface Slot {
  account: AdAccount;
  level: Level;
  entityId: string;
  leaves: Leaf[];
  span: Span;
}

export interface ModelRow {
  accountId: string;
  campaignId?: string;
  adsetId?: string;
  adId?: string;
  entityId: string;
  dateStart: string;
  dateStop: string;
  /** Major units, as Meta writes it: two decimals, none for currencies without a minor unit. */
  spend: string;
  impressions: number;
  clicks: number;
  linkClicks: number;
  reach: number;
  actions: ActionCount[];
  actionValues: ActionCount[];
  /** Absent on account rows. */
  attributionSetting?: string;
  /** What a correct count over `actions` finds. */
  leads: number;
  conversations: number;
  purchases: number;
}

export interface SlotQuery {
  account: AdAccount;
  level: Level;
  spans: Span[];
  moment: Moment;
  accepts?: (place: Required<Place>) => boolean;
  /** Rows of deleted entities too; without it Meta leaves them out (§D.4) while totals above keep their spend. */
  deleted?: boolean;
}

export interface RowsQuery {
  accountId: string;
  level: Level;
  /** Days of the account's zone, inclusive. */
  since: string;
  until: string;
  /** Milliseconds; the simulator's now when absent. */
  at?: number;
  includeDeleted?: boolean;
}

/** Meta's numbers lag: "today" grows in steps of a quarter of an hour (§E.6). */
const REPORTING_STEP_MS = 15 * 60_000;

export const momentAt = (zone: string, at: number): Moment => {
  const today = dayNumberIn(zone, at);
  const reportedAt = Math.max(startOfDay(zone, today), Math.floor(at / REPORTING_STEP_MS) * REPORTING_STEP_MS);
  return { today, reported: fractionOfDay(zone, reportedAt) };
};

const entityAt = (leaf: Leaf, level: Level): { id: string; place: Place } => {
  const { account, campaign, adset, ad } = leaf;
  if (level === "account") return { id: account.id, place: leaf };
  if (level === "campaign") return { id: campaign.id, place: { account, campaign } };
  if (level === "adset") return { id: adset.id, place: { account, campaign, adset } };
  return { id: ad.id, place: { account, campaign, adset, ad } };
};

const attributionOf = (leaves: Leaf[]): string => {
  const settings = new Set(leaves.map(({ adset }) => adset.attributionSetting));
  return settings.size === 1 ? [...settings].join() : "mixed";
};

/** Reach does not add up (§E.2): people are counted once over the whole span, so it falls behind impressions. */
const reachOf = (entityId: string, seed: number, { first, last }: Span, impressions: number): number => {
  const frequency = 1.1 + 0.5 * unit(hashText(entityId) ^ seed, first, 77) + 0.4 * Math.log2(last - first + 1);
  return Math.max(1, Math.round(impressions / frequency));
};

const hasRow = (leaves: Leaf[], { first, last }: Span, moment: Moment): boolean => {
  for (let day = first; day <= Math.min(last, moment.today); day += 1) {
    if (leaves.some((leaf) => adDay(leaf, day, moment) !== undefined)) return true;
  }
  return false;
};

export const createInsightModel = (
  seed: number,
  state: { business: Business; revision: number },
  now: () => number,
) => {
  const leavesCache = new Map<string, { revision: number; leaves: Leaf[] }>();

  const leavesOf = (account: AdAccount): Leaf[] => {
    const known = leavesCache.get(account.id);
    if (known?.revision === state.revision) return known.leaves;
    const leaves = account.campaigns.flatMap((campaign) =>
      campaign.adsets.flatMap((adset) => adset.ads.map((ad) => leafOf(account, campaign, adset, ad, seed))),
    );
    leavesCache.set(account.id, { revision: state.revision, leaves });
    return leaves;
  };

  const slots = ({ account, level, spans, moment, accepts, deleted = false }: SlotQuery): Slot[] => {
    const entities = new Map<string, Leaf[]>();
    for (const leaf of leavesOf(account)) {
      if (accepts && !accepts(leaf)) continue;
      const { id, place } = entityAt(leaf, level);
      const isHidden = !leaf.campaign.listed || (!deleted && effectiveStatus(place) === "DELETED");
      if (level !== "account" && isHidden) continue;
      const leaves = entities.get(id);
      if (leaves) leaves.push(leaf);
      else entities.set(id, [leaf]);
    }
    return [...entities].flatMap(([entityId, leaves]) =>
      spans.filter((span) => hasRow(leaves, span, moment)).map((span) => ({ account, level, entityId, leaves, span })),
    );
  };

  const row = ({ account, level, entityId, leaves, span }: Slot, moment: Moment): ModelRow => {
    const counts = noCounts();
    for (const leaf of leaves) {
      for (let day = span.first; day <= Math.min(span.last, moment.today); day += 1) {
        const more = adDay(leaf, day, moment);
        if (more) addCounts(counts, more);
      }
    }
    const offset = currencyOffset(account.currency);
    const [leaf] = leaves;
    return {
      accountId: account.id,
      ...(leaf && level !== "account" && { campaignId: leaf.campaign.id, attributionSetting: attributionOf(leaves) }),
      ...(leaf && (level === "adset" || level === "ad") && { adsetId: leaf.adset.id }),
      ...(leaf && level === "ad" && { adId: leaf.ad.id }),
      entityId,
      dateStart: dayText(span.first),
      dateStop: dayText(span.last),
      spend: majorText(counts.spendMinor, offset),
      impressions: counts.impressions,
      clicks: counts.clicks,
      linkClicks: counts.linkClicks,
      reach: reachOf(entityId, seed, span, counts.impressions),
      actions: actionList(counts),
      actionValues: actionValueList(counts, offset),
      leads: leadCount(counts),
      conversations: counts.conversations,
      purchases: counts.purchases,
    };
  };

  /** What a perfect sync at that instant holds: one row per entity and day with delivery. */
  const rows = ({ accountId, level, since, until, at = now(), includeDeleted = false }: RowsQuery): ModelRow[] => {
    const account = state.business.accounts.find(({ id }) => id === accountId.replace(/^act_/, ""));
    if (!account) throw new Error(`The simulated business has no account ${accountId}.`);
    const moment = momentAt(account.timezoneName, at);
    const spans = daysOf({ first: dayNumber(since), last: dayNumber(until) });
    return slots({ account, level, spans, moment, deleted: includeDeleted }).map((slot) => row(slot, moment));
  };

  /** Minor units spent by the leaves that match, in a span. */
  const spendMinor = (account: AdAccount, span: Span, accepts: (leaf: Leaf) => boolean): number => {
    const moment = momentAt(account.timezoneName, now());
    let total = 0;
    for (const leaf of leavesOf(account).filter(accepts)) {
      const last = Math.min(span.last, moment.today, leaf.lastDay);
      for (let day = Math.max(span.first, leaf.firstDay); day <= last; day += 1) {
        total += adDay(leaf, day, moment)?.spendMinor ?? 0;
      }
    }
    return total;
  };

  return { rows, slots, row, spendMinor };
};

export type InsightModel = ReturnType<typeof createInsightModel>;

export const daysOf = ({ first, last }: Span): Span[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => ({ first: first + index, last: first + index }));
