// One reading of the facts. Every dashboard answer is made from one, so that answers with equal parameters agree.
import type { Needs } from "../../context.ts";
import { type CampaignFigures, listFigures } from "../campaigns/campaign-figures.ts";
import { sortCampaigns } from "../campaigns/campaign-list.ts";
import { selectCampaigns } from "../campaigns/campaigns.queries.ts";
import { listRemainders } from "../campaigns/campaigns.service.ts";
import { type Changes, compareSides } from "../facts/changes.ts";
import { type OneCurrency, sumConverted } from "../facts/currencies.ts";
import { selectAccounts, selectSettings } from "../facts/facts.queries.ts";
import {
  type Frame,
  frameOf,
  openQuestion,
  type Question,
  sideOf,
  type Totals,
  totalsOf,
  withDecimals,
} from "../facts/frame.ts";
import { sumEntities, sumTopAds, sumTotals } from "../facts/sums.queries.ts";
import { type AdFigures, listAds } from "./ad-figures.ts";

const MOST_CREATIVES = 200;

export type Outside = "organic" | "other_paid" | "unattributed";

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
  { withCreatives, ...question }: Question & { withCreatives: boolean },
): Promise<Snapshot> {
  const { asked, scope } = openQuestion(ctx, question);
  const [[settings], accounts, known, totalSums, campaignSums, adSums] = await ctx.db.run(
    selectSettings(ctx, scope),
    selectAccounts(ctx, scope),
    selectCampaigns(ctx),
    sumTotals(ctx, scope),
    sumEntities(ctx, scope, "campaign"),
    sumTopAds(ctx, scope, withCreatives ? MOST_CREATIVES : 0),
  );
  const frame = frameOf(ctx, asked, settings, accounts);
  const sums = totalSums.map(withDecimals);
  const accountsIn = (window: { isCurrent: boolean }) =>
    sums.filter(({ level, isCurrent }) => level === "account" && isCurrent === window.isCurrent);
  const facts = { accounts: accountsIn({ isCurrent: true }), campaigns: campaignSums.map(withDecimals) };
  const totals = totalsOf(frame, facts.accounts);
  const before = totalsOf(frame, accountsIn({ isCurrent: false }), { isSpendKnown: true, isRoiTrusted: true });
  const outside = sums.filter(({ level, isCurrent }) => level === "outside" && isCurrent);
  const outsideOf = (kind: Outside) => sumConverted(outside.filter(({ entityId }) => entityId === kind));
  const campaigns = sortCampaigns(listFigures(frame, known, facts.campaigns), { by: "spend", direction: "desc" });
  return {
    frame,
    totals,
    changes: compareSides(
      sideOf(totals, frame.coverage.isComplete),
      frame.window.previous && sideOf(before, frame.isPreviousComplete),
      { isPartial: frame.window.partial },
    ),
    outside: {
      organic: outsideOf("organic"),
      other_paid: outsideOf("other_paid"),
      unattributed: outsideOf("unattributed"),
    },
    campaigns: [...campaigns, ...listRemainders(ctx, frame, facts)],
    creatives: listAds(frame, known, adSums.map(withDecimals)),
  };
}
