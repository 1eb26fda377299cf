// The hub's main call on the wire: Meta, Google as not connected, and what both come to, which is Meta.
import { describeCompleteness } from "../facts/frame-answer.ts";
import type { Snapshot } from "./analytics.service.ts";
import { describeMeta } from "./stats-answer.ts";

export function describeCombined(snapshot: Snapshot) {
  const meta = describeMeta(snapshot);
  const { roi, currency, meta_connected } = meta;
  return {
    meta,
    google: { connected: false as const, campaigns: [], metrics: {}, customer_ids: [] },
    combined: {
      meta_connected,
      google_connected: false as const,
      total_platforms: meta_connected ? 1 : 0,
      total_spend: roi.total_spend,
      total_leads: roi.leads,
      total_conversions: roi.won,
      weighted_roi: roi.roi_percentage,
    },
    roi,
    meta_connected,
    currency,
    ...describeCompleteness(snapshot.frame, snapshot.totals.money),
  };
}
