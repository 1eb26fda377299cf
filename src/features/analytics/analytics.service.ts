// One reading of the facts. Every dashboard answer is made from one, so that answers with equal parameters agree.
import type { Needs } from "../../context.ts";
import { type CampaignFigures, listFigures } from "../campaigns/campaign-figures.ts";
import { sortCampaigns } from "../campaigns/campaign-list.ts";
import { selectCampaigns } from "../campaigns/campaigns.queries.ts";
import { listRemainders } from "../campaigns/campaigns.service.ts";
import { type Changes, compareSides } from "../facts/changes.ts";
import { type OneCurrency, sumIn } from "../facts/currencies.ts";
import { selectAccounts, selectSettings, sumEntities, sumTopAds } from "../facts/facts.queries.ts";
import { type Frame, frameOf, openPeriods, sideOf, type Totals, totalsOf, withDecimals } from "../facts/frame.ts";
import type { TimeRangeInput } from "../facts/time-range.ts";
import { type AdFigures, listAds } from "./ad-figures.ts";

const MOST_CREATIVES = 500;

export type Outside = "organic" | "unattributed";

export type Snapshot = {
  frame: Frame;
  /** What Meta's campaigns cost and brought, with what accounts spent beyond them. */
  totals: Totals;
  changes: Changes;
  /** What no campaign brought: with it, the totals are the whole CRM's. */
  outside: Record<Outside, OneCurrency>;
  campaigns: CampaignFigures[];
  creatives: AdFigures[];
};

/** One round trip. Throws request.invalid. */
export async function readSnapshot(
  ctx: Needs<"db" | "now" | "log" | "tenantId">,
  { timeRange, withCreatives }: { timeRange: TimeRangeInput; withCreatives: boolean },
): Promise<Snapshot> {
  const { range, periods } = openPeriods(ctx, timeRange);
  const [[settings], accounts, known, accountSums, previousSums, outsideSums, campaignSums, adSums] = await ctx.db.run(
    selectSettings(ctx, periods),
    selectAccounts(ctx, periods),
    selectCampaigns(ctx),
    sumEntities(ctx, "account", periods.current),
    sumEntities(ctx, "account", periods.previous),
    sumEntities(ctx, "outside", periods.current),
    sumEntities(ctx, "campaign", periods.current),
    sumTopAds(ctx, periods.current, withCreatives ? MOST_CREATIVES : 0),
  );
  const frame = frameOf(ctx, range, settings, accounts);
  const facts = { accounts: accountSums.map(withDecimals), campaigns: campaignSums.map(withDecimals) };
  const totals = totalsOf(frame, facts.accounts);
  const before = totalsOf(frame, previousSums.map(withDecimals), { isSpendKnown: true, isRoiTrusted: true });
  const outside = outsideSums.map(withDecimals);
  const outsideOf = (kind: Outside) =>
    sumIn(
      frame.currency,
      outside.filter(({ entityId }) => entityId === kind),
    );
  const campaigns = sortCampaigns(listFigures(frame, known, facts.campaigns), { by: "spend", direction: "desc" });
  return {
    frame,
    totals,
    changes: compareSides(
      sideOf(totals, frame.coverage.isComplete),
      frame.window.previous && sideOf(before, frame.isPreviousComplete),
      { isPartial: frame.window.partial },
    ),
    outside: { organic: outsideOf("organic"), unattributed: outsideOf("unattributed") },
    campaigns: [...campaigns, ...listRemainders(ctx, frame, facts)],
    creatives: listAds(frame, known, adSums.map(withDecimals)),
  };
}
