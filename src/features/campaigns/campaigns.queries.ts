// What Meta says a campaign is. What it brought is in facts.queries.ts; statements of both run in one batch.
import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import { adAccounts } from "../../adapters/db/schema/connection.ts";
import { dailyOutcomes, dailySpend } from "../../adapters/db/schema/attribution.ts";
import { metaAdsInsights } from "../../adapters/db/schema/insights.ts";
import { adSets, ads, metaAdsCampaigns } from "../../adapters/db/schema/structure.ts";
import type { Needs } from "../../context.ts";

type Db = Needs<"db">;

const known = {
  id: metaAdsCampaigns.metaCampaignId,
  accountId: metaAdsCampaigns.metaAccountId,
  currency: adAccounts.currency,
  name: metaAdsCampaigns.name,
  objective: metaAdsCampaigns.objective,
  status: metaAdsCampaigns.status,
  effectiveStatus: metaAdsCampaigns.effectiveStatus,
  isDeleted: sql<boolean>`${metaAdsCampaigns.deletedAt} IS NOT NULL`,
};

const itsAccount = (ctx: Db) => and(ctx.db.mine(adAccounts), eq(adAccounts.accountId, metaAdsCampaigns.metaAccountId));

export type KnownCampaign = {
  id: string;
  accountId: string;
  currency: string;
  name: string;
  objective: string | null;
  status: string | null;
  effectiveStatus: string | null;
  isDeleted: boolean;
};

/** Every campaign Meta ever told us of; the deleted ones too, for their names. */
export const selectCampaigns = (ctx: Db, { accountId }: { accountId?: string | undefined } = {}) =>
  ctx.db.q
    .select(known)
    .from(metaAdsCampaigns)
    .innerJoin(adAccounts, itsAccount(ctx))
    .where(
      and(
        ctx.db.mine(metaAdsCampaigns),
        accountId === undefined ? undefined : eq(metaAdsCampaigns.metaAccountId, accountId),
      ),
    );

export const selectCampaign = (ctx: Db, campaignId: string) =>
  ctx.db.q
    .select({
      ...known,
      dailyBudget: metaAdsCampaigns.dailyBudget,
      lifetimeBudget: metaAdsCampaigns.lifetimeBudget,
      startTime: metaAdsCampaigns.startTime,
      endTime: metaAdsCampaigns.endTime,
      targeting: metaAdsCampaigns.targeting,
      buyingType: metaAdsCampaigns.buyingType,
      bidStrategy: metaAdsCampaigns.bidStrategy,
    })
    .from(metaAdsCampaigns)
    .innerJoin(adAccounts, itsAccount(ctx))
    .where(and(ctx.db.mine(metaAdsCampaigns), eq(metaAdsCampaigns.metaCampaignId, campaignId)));

/** One row if leads ever named this campaign or money was spent on it, known at Meta or not. */
export const selectTrace = (ctx: Db, campaignId: string) => {
  const ofCampaign = sql`level = 'campaign' AND entity_id = ${campaignId}`;
  return ctx.db.q
    .select({ accountId: sql<string>`account_id` })
    .from(
      sql`(SELECT account_id FROM ${dailySpend} WHERE ${ctx.db.mine(dailySpend)} AND ${ofCampaign}
        UNION ALL SELECT account_id FROM ${dailyOutcomes} WHERE ${ctx.db.mine(dailyOutcomes)} AND ${ofCampaign}) AS trace`,
    )
    .limit(1);
};

export const selectAdSets = (ctx: Db, campaignId: string) =>
  ctx.db.q
    .select({
      id: adSets.adSetId,
      name: adSets.name,
      status: adSets.status,
      effectiveStatus: adSets.effectiveStatus,
      optimizationGoal: adSets.optimizationGoal,
      dailyBudget: adSets.dailyBudget,
      lifetimeBudget: adSets.lifetimeBudget,
      isDeleted: sql<boolean>`${adSets.deletedAt} IS NOT NULL`,
    })
    .from(adSets)
    .where(and(ctx.db.mine(adSets), eq(adSets.campaignId, campaignId)))
    .orderBy(adSets.name, adSets.adSetId);

export const selectAds = (ctx: Db, campaignId: string) =>
  ctx.db.q
    .select({
      id: ads.adId,
      name: ads.name,
      adSetId: ads.adSetId,
      status: ads.status,
      effectiveStatus: ads.effectiveStatus,
      isDeleted: sql<boolean>`${ads.deletedAt} IS NOT NULL`,
    })
    .from(ads)
    .where(and(ctx.db.mine(ads), eq(ads.campaignId, campaignId)))
    .orderBy(ads.name, ads.adId);

/** The attribution setting of a campaign's newest insight in the window. */
export const selectAttributionSetting = (ctx: Db, campaignId: string, { since, until }: { since: SQL; until: SQL }) =>
  ctx.db.q
    .select({ attributionSetting: metaAdsInsights.attributionSetting })
    .from(metaAdsInsights)
    .where(
      and(
        ctx.db.mine(metaAdsInsights),
        eq(metaAdsInsights.level, "campaign"),
        sql`${metaAdsInsights.accountId} = (SELECT meta_account_id FROM ${metaAdsCampaigns}
          WHERE ${ctx.db.mine(metaAdsCampaigns)} AND meta_campaign_id = ${campaignId})`,
        sql`${metaAdsInsights.date} BETWEEN ${since} AND ${until}`,
        eq(metaAdsInsights.entityId, campaignId),
      ),
    )
    .orderBy(desc(metaAdsInsights.date))
    .limit(1);
