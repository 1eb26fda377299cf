// The touches of a lead, as attribution sees them.
import type { Business, Channel, Instant, Lead, Touch } from "./business.ts";
import { MINUTE } from "./clock.ts";
import { decidedAt } from "./decisions.ts";

const byTime = (a: Touch, b: Touch) => a.at - b.at || (a.id < b.id ? -1 : 1);

/** What makes two touches the same one. */
export const sourceOf = ({ channel, campaignId, adId }: Touch) => JSON.stringify([channel, campaignId, adId]);

/** In order, without those that repeat the one before them within half an hour. */
export function touchesOf(business: Business, leadId: string): Touch[] {
  const lastSeen = new Map<string, Instant>();
  const kept: Touch[] = [];
  const recorded = business.touches.filter((touch) => touch.leadId === leadId).sort(byTime);
  const lead = business.leads.find(({ id }) => id === leadId);
  for (const touch of recorded.length > 0 || !lead ? recorded : touchesOfColumns(business, lead)) {
    const source = sourceOf(touch);
    const before = lastSeen.get(source);
    lastSeen.set(source, touch.at);
    if (before === undefined || touch.at - before > 30 * MINUTE) kept.push(touch);
  }
  return kept;
}

const sources: Record<string, [Channel, boolean]> = {
  META_ADS: ["import", true],
  GOOGLE_ADS: ["utm_paid", true],
  ORGANIC: ["organic", false],
  REFERRAL: ["referral", false],
  WEBSITE: ["direct", false],
};

/**
 * A lead of which nothing else is known came when it was written, from where its columns say. As long as they name neither
 * campaign nor ad, and nothing is decided, its touch may still arrive.
 */
function touchesOfColumns(business: Business, { id, createdAt, source, campaignId, adId }: Lead): Touch[] {
  const isNamed = campaignId !== null || adId !== null;
  if (!isNamed && decidedAt(business, id) === undefined) return [];
  const [channel, isPaid] = isNamed ? (["import", true] as const) : (sources[source] ?? (["other", false] as const));
  const touch = { id: touchOfColumnsId(id), leadId: id, at: createdAt, channel, isPaid, campaignId, adId };
  return [{ ...touch, adSetId: null, leadgenId: null, ctwaClid: null }];
}

/** Its own id is the database's affair. */
export const touchOfColumnsId = (leadId: string) => `of ${leadId}`;
