import type { SimContext } from "./context.ts";
import type { AdAccount, Place } from "./entities.ts";
import { asksAboutStatus, METRIC_FILTERS, passes, passesMetrics } from "./filtering.ts";
import { showInsight } from "./insight-fields.ts";
import type { InsightQuery } from "./insight-query.ts";
import { momentAt, type Slot } from "./model.ts";
import { findPlace } from "./state.ts";

const KEPT_QUERIES = 8;

/**
 * Which rows answer a query at an instant, and how each is shown. The list of rows is kept between the pages of
 * one listing, so that reading a large account page by page does not walk it from the start every time.
 */
export const createInsightReader = ({ state, model }: Pick<SimContext, "state" | "model">) => {
  const kept = new Map<string, Slot[]>();

  const find = (account: AdAccount, query: InsightQuery, at: number): Slot[] => {
    const moment = momentAt(account.timezoneName, at);
    const node = findPlace(state, query.nodeId);
    const isUnderNode = ({ campaign, adset, ad }: Required<Place>) =>
      !node || (campaign === node.campaign && (!node.adset || adset === node.adset) && (!node.ad || ad === node.ad));
    const entityFilters = query.filters.filter(({ field }) => field.includes("."));
    const metricFilters = query.filters.filter(({ field }) => METRIC_FILTERS.includes(field));
    const slots = model.slots({
      account,
      level: query.level,
      spans: query.spans,
      moment,
      accepts: (place) => isUnderNode(place) && passes(place, entityFilters, query.level),
      // A deleted node asked for by its id still has its numbers (§D.4).
      deleted: node !== undefined || asksAboutStatus(query.filters),
    });
    if (metricFilters.length === 0) return slots;
    return slots.filter((slot) => {
      const { spend, impressions, clicks, reach } = model.row(slot, moment);
      return passesMetrics({ spend: Number(spend), impressions, clicks, reach }, metricFilters);
    });
  };

  const slots = (account: AdAccount, query: InsightQuery, at: number): Slot[] => {
    const { today, reported } = momentAt(account.timezoneName, at);
    const key = JSON.stringify([account.id, query, today, reported, state.revision]);
    const known = kept.get(key);
    if (known) return known;
    const found = find(account, query, at);
    const [oldest] = kept.keys();
    if (oldest !== undefined && kept.size >= KEPT_QUERIES) kept.delete(oldest);
    kept.set(key, found);
    return found;
  };

  const show = (account: AdAccount, query: InsightQuery, at: number) => {
    const moment = momentAt(account.timezoneName, at);
    return (slot: Slot) => showInsight(slot, model.row(slot, moment), query.fields, query.windows);
  };

  const forget = (): void => kept.clear();

  return { slots, show, forget };
};

export type InsightReader = ReturnType<typeof createInsightReader>;
