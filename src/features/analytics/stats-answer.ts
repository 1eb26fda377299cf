// The dashboard on the wire: flat figures for its cards, and the nested objects the hub reads.
import { describeCompleteness, describeFxMissing } from "../facts/frame-answer.ts";
import type { OneCurrency } from "../facts/currencies.ts";
import { toNumber } from "../../lib/money.ts";
import { campaignRow, creativeRow } from "./hub-rows.ts";
import { describeRoi } from "./roi-answer.ts";
import type { Snapshot } from "./analytics.service.ts";

const CONNECT_URL = "/crm/auth/meta/url";

/** The hub's `meta` object. */
export function describeMeta(snapshot: Snapshot) {
  const roi = describeRoi(snapshot);
  return {
    roi,
    campaigns: {
      campaigns: snapshot.campaigns.map(campaignRow),
      creatives: snapshot.creatives.map(creativeRow),
      account_total_spend: roi.total_spend,
    },
    currency: snapshot.frame.currency,
    meta_connected: snapshot.frame.isMetaConnected,
  };
}

export function describeStats(snapshot: Snapshot) {
  const { frame, totals, changes, outside } = snapshot;
  const meta = describeMeta(snapshot);
  const { roi } = meta;
  return {
    leads: roi.leads,
    leads_change: changes.leads.pct ?? 0,
    opportunities: roi.opportunities,
    opportunities_change: changes.opportunities.pct ?? 0,
    sales_revenue: roi.total_revenue,
    revenue_change: changes.revenue.pct ?? 0,
    marketing_spend: roi.total_spend,
    spend_change: changes.spend.pct ?? 0,
    roi_percentage: roi.roi_percentage,
    roi_change: changes.roi.value ?? 0,
    cpa: roi.cpa,
    currency: frame.currency,
    meta_connected: frame.isMetaConnected,
    ...(frame.isMetaConnected ? {} : { connect_url: CONNECT_URL }),
    changes,
    outside: {
      organic: describeOutside(outside.organic),
      other_paid: describeOutside(outside.other_paid),
      unattributed: describeOutside(outside.unattributed),
    },
    roi,
    meta,
    campaigns: meta.campaigns,
    ...describeCompleteness(frame, totals.money),
  };
}

const describeOutside = ({ sums: { leads, opportunities, won, revenue }, fxMissing }: OneCurrency) => ({
  leads,
  opportunities,
  won,
  revenue: toNumber(revenue),
  fx_missing: describeFxMissing(fxMissing),
});
