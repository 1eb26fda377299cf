import type { Needs } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { selectAccounts, selectSettings, sumCampaignDays, sumEntities } from "../facts/facts.queries.ts";
import { frameOf, openPeriods, totalsOf, withDecimals } from "../facts/frame.ts";
import type { TimeRangeInput } from "../facts/time-range.ts";
import { type CampaignFigures, type EntityFacts, figuresOf, listFigures, unknownFigures } from "./campaign-figures.ts";
import { type CampaignFilter, filterCampaigns, type Sort, sortCampaigns } from "./campaign-list.ts";
import * as queries from "./campaigns.queries.ts";
import { insightDays } from "./insight-days.ts";
import { findRemainders, remainderFigures } from "./remainder.ts";

type Asks = Needs<"db" | "now" | "log" | "tenantId">;

type ListInput = {
  timeRange: TimeRangeInput;
  filter: CampaignFilter;
  accountId?: string | undefined;
  sort: Sort;
  limit: number;
  offset: number;
};

/** A page of campaigns, how many there are, and what all of them come to. Throws request.invalid. */
export async function listCampaigns(ctx: Asks, { timeRange, filter, accountId, sort, limit, offset }: ListInput) {
  const { range, periods } = openPeriods(ctx, timeRange);
  const [[settings], everyAccount, known, accountSums, campaignSums] = await ctx.db.run(
    selectSettings(ctx, periods),
    selectAccounts(ctx, periods),
    queries.selectCampaigns(ctx, { accountId }),
    sumEntities(ctx, "account", periods.current, { accountId }),
    sumEntities(ctx, "campaign", periods.current, { accountId }),
  );
  const accounts = everyAccount.filter((account) => accountId === undefined || account.accountId === accountId);
  const frame = frameOf(ctx, range, settings, accounts);
  const facts = { accounts: accountSums.map(withDecimals), campaigns: campaignSums.map(withDecimals) };
  const figures = listFigures(frame, known, facts.campaigns);
  const isNarrowed = filter.status !== undefined || Boolean(filter.search);
  const found = isNarrowed ? filterCampaigns(figures, filter) : figures;
  const foundIds = new Set(found.map(({ id }) => id));
  const remainder = isNarrowed ? [] : listRemainders(ctx, frame, facts);
  const rows = [...sortCampaigns(found, sort), ...remainder];
  return {
    frame,
    total: rows.length,
    campaigns: rows.slice(offset, offset + limit),
    totals: totalsOf(
      frame,
      isNarrowed ? facts.campaigns.filter(({ entityId }) => foundIds.has(entityId)) : facts.accounts,
    ),
  };
}

/** What accounts spent beyond their campaigns, as rows; the opposite should not be, and is logged. */
export function listRemainders(
  ctx: Needs<"log" | "tenantId">,
  frame: Parameters<typeof remainderFigures>[0],
  facts: { accounts: readonly EntityFacts[]; campaigns: readonly EntityFacts[] },
): CampaignFigures[] {
  const { unallocated, overdrawn } = findRemainders(facts.accounts, facts.campaigns);
  for (const { accountId, currency, amount } of overdrawn) {
    ctx.log("facts.campaigns_exceed_account", { tenantId: ctx.tenantId, accountId, currency, amount });
  }
  return unallocated.map((remainder) => remainderFigures(frame, remainder)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

type CampaignInput = { campaignId: string; timeRange: TimeRangeInput };

/** Throws campaign.not_found, for a neighbour's campaign too. */
export async function getCampaign(ctx: Asks, { campaignId, timeRange }: CampaignInput) {
  const { range, periods } = openPeriods(ctx, timeRange);
  const [[settings], accounts, [campaign], [trace], adSets, sums] = await ctx.db.run(
    selectSettings(ctx, periods),
    selectAccounts(ctx, periods, "campaign"),
    queries.selectCampaign(ctx, campaignId),
    queries.selectTrace(ctx, campaignId),
    queries.selectAdSets(ctx, campaignId),
    sumEntities(ctx, "campaign", periods.current, { entityId: campaignId }),
  );
  if (!campaign && !trace) throw notFound();
  const frame = frameOf(ctx, range, settings, ofCampaign(accounts, campaign));
  const facts = sums.map(withDecimals);
  const figures = campaign ? figuresOf(frame, campaign, facts) : unknownFigures(frame, campaignId, facts);
  return { frame, campaign, figures, adSets };
}

/** One entry for each day of the window. Throws campaign.not_found. */
export async function getCampaignInsights(ctx: Asks, { campaignId, timeRange }: CampaignInput) {
  const { range, periods } = openPeriods(ctx, timeRange);
  const [[settings], accounts, [campaign], [trace], sums, [attribution]] = await ctx.db.run(
    selectSettings(ctx, periods),
    selectAccounts(ctx, periods, "campaign"),
    queries.selectCampaign(ctx, campaignId),
    queries.selectTrace(ctx, campaignId),
    sumCampaignDays(ctx, periods.current, campaignId),
    queries.selectAttributionSetting(ctx, campaignId, periods.current),
  );
  if (!campaign && !trace) throw notFound();
  const itsAccounts = ofCampaign(accounts, campaign);
  const frame = frameOf(ctx, range, settings, itsAccounts);
  const facts = sums.map((row) => ({ ...withDecimals(row), entityId: campaignId, accountId: trace?.accountId ?? "" }));
  const figures = campaign ? figuresOf(frame, campaign, facts) : unknownFigures(frame, campaignId, facts);
  const days = insightDays(ctx, frame, { currency: figures.currency, account: campaign && itsAccounts[0], facts });
  return { frame, figures, days, attributionSetting: attribution?.attributionSetting ?? "default" };
}

// How much is known of a campaign is a matter of its own account.
const ofCampaign = <A extends { accountId: string }>(accounts: A[], campaign: { accountId: string } | undefined): A[] =>
  campaign ? accounts.filter(({ accountId }) => accountId === campaign.accountId) : accounts;

const notFound = () => new AppError("campaign.not_found", "No encontramos esa campaña.");
