import type { Needs } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { cutPage } from "../../lib/page.ts";
import { selectAccounts, selectSettings } from "../facts/facts.queries.ts";
import { frameOf, openQuestion, type Question, totalsOf, withDecimals } from "../facts/frame.ts";
import { sumCampaignDays, sumEntities } from "../facts/sums.queries.ts";
import { type CampaignFigures, type EntityFacts, figuresOf, listFigures, unknownFigures } from "./campaign-figures.ts";
import { type CampaignFilter, filterCampaigns, type Sort, sortCampaigns } from "./campaign-list.ts";
import { CAMPAIGN_LIST } from "./campaigns.contract.ts";
import * as queries from "./campaigns.queries.ts";
import { insightDays } from "./insight-days.ts";
import { findRemainders, remainderFigures } from "./remainder.ts";

type Asks = Needs<"db" | "now" | "log" | "tenantId">;

type ListInput = Question & {
  filter: CampaignFilter;
  accountId?: string | undefined;
  sort: Sort;
  page: { limit: number; offset: number; cursor?: number | undefined };
};

/** A page of campaigns, how many there are, and what all of them come to. Throws request.invalid. */
export async function listCampaigns(ctx: Asks, { filter, accountId, sort, page, ...question }: ListInput) {
  const { asked, scope } = openQuestion(ctx, question);
  const [[settings], everyAccount, known, accountSums, campaignSums] = await ctx.db.run(
    selectSettings(ctx, scope),
    selectAccounts(ctx, scope),
    queries.selectCampaigns(ctx, { accountId }),
    sumEntities(ctx, scope, "account", { accountId }),
    sumEntities(ctx, scope, "campaign", { accountId }),
  );
  const accounts = everyAccount.filter((account) => accountId === undefined || account.accountId === accountId);
  const frame = frameOf(ctx, asked, settings, accounts);
  const facts = { accounts: accountSums.map(withDecimals), campaigns: campaignSums.map(withDecimals) };
  const figures = listFigures(frame, known, facts.campaigns);
  const isNarrowed = filter.status !== undefined || Boolean(filter.search);
  const found = isNarrowed ? filterCampaigns(figures, filter) : figures;
  const foundIds = new Set(found.map(({ id }) => id));
  const remainder = isNarrowed ? [] : listRemainders(ctx, frame, facts);
  const {
    rows: campaigns,
    total,
    nextCursor,
  } = cutPage(CAMPAIGN_LIST, [...sortCampaigns(found, sort), ...remainder], page);
  return {
    frame,
    total,
    campaigns,
    nextCursor,
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

type CampaignInput = Question & { campaignId: string };

/** Throws campaign.not_found, for a neighbour's campaign too. */
export async function getCampaign(ctx: Asks, { campaignId, ...question }: CampaignInput) {
  const { asked, scope } = openQuestion(ctx, question);
  const [[settings], accounts, [campaign], [trace], adSets, ads, sums, adSetSums, adSums] = await ctx.db.run(
    selectSettings(ctx, scope),
    selectAccounts(ctx, scope, "campaign"),
    queries.selectCampaign(ctx, campaignId),
    queries.selectTrace(ctx, campaignId),
    queries.selectAdSets(ctx, campaignId),
    queries.selectAds(ctx, campaignId),
    sumEntities(ctx, scope, "campaign", { entityId: campaignId }),
    sumEntities(ctx, scope, "ad_set", { campaignId }),
    sumEntities(ctx, scope, "ad", { campaignId }),
  );
  if (!campaign && !trace) throw notFound();
  const frame = frameOf(ctx, asked, settings, ofCampaign(accounts, campaign));
  const facts = sums.map(withDecimals);
  const figures = campaign ? figuresOf(frame, campaign, facts) : unknownFigures(frame, campaignId, facts);
  const children = <C extends { id: string }>(known: readonly C[], sums: typeof adSums) => {
    const factsOf = Map.groupBy(sums.map(withDecimals), ({ entityId }) => entityId);
    const own = campaign && { own: campaign.currency };
    return known.map((child) => ({ ...child, ...totalsOf(frame, factsOf.get(child.id) ?? [], own) }));
  };
  return { frame, campaign, figures, adSets: children(adSets, adSetSums), ads: children(ads, adSums) };
}

/** One entry for each day of the window. Throws campaign.not_found. */
export async function getCampaignInsights(ctx: Asks, { campaignId, ...question }: CampaignInput) {
  const { asked, scope } = openQuestion(ctx, question);
  const [[settings], accounts, [campaign], [trace], sums, [attribution]] = await ctx.db.run(
    selectSettings(ctx, scope),
    selectAccounts(ctx, scope, "campaign"),
    queries.selectCampaign(ctx, campaignId),
    queries.selectTrace(ctx, campaignId),
    sumCampaignDays(ctx, scope, campaignId),
    queries.selectAttributionSetting(ctx, campaignId, scope.current),
  );
  if (!campaign && !trace) throw notFound();
  const itsAccounts = ofCampaign(accounts, campaign);
  const frame = frameOf(ctx, asked, settings, itsAccounts);
  const facts = sums.map((row) => ({ ...withDecimals(row), entityId: campaignId, accountId: trace?.accountId ?? "" }));
  const figures = campaign ? figuresOf(frame, campaign, facts) : unknownFigures(frame, campaignId, facts);
  const days = insightDays(ctx, frame, { currency: figures.currency, account: campaign && itsAccounts[0], facts });
  return { frame, figures, days, attributionSetting: attribution?.attributionSetting ?? "default" };
}

// How much is known of a campaign is a matter of its own account.
const ofCampaign = <A extends { accountId: string }>(accounts: A[], campaign: { accountId: string } | undefined): A[] =>
  campaign ? accounts.filter(({ accountId }) => accountId === campaign.accountId) : accounts;

const notFound = () => new AppError("campaign.not_found", "No encontramos esa campaña.");
