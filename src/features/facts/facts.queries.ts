// The ready-made sums of daily_facts. Functions here make statements; a service runs them, with its own, in one batch.
import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { adAccounts, connections } from "../../adapters/db/schema/connection.ts";
import { dailyFacts } from "../../adapters/db/schema/insights.ts";
import { ads } from "../../adapters/db/schema/structure.ts";
import { syncCoverage } from "../../adapters/db/schema/sync.ts";
import { tenantSettings } from "../../adapters/db/schema/tenancy.ts";
import type { Needs } from "../../context.ts";
import type { Day, DayRange } from "../../lib/dates.ts";

type Db = Needs<"db">;

type Period = { since: SQL; until: SQL };

type Periods = { today: SQL<Day>; firstDay: SQL<Day | null>; current: Period; previous: Period };

/** The window as it would be if the tenant's today were `today`. */
type Candidate = DayRange & { today: Day; previous: DayRange | null };

// The tenant's today is known only to the database, and asking for it first would cost a round trip. So the rules of
// time-range.ts run beforehand for each day it can be (three at most), and SQL only picks the one that it is.
export function periodsOf(
  ctx: Needs<"db" | "now">,
  candidates: readonly Candidate[],
  { startsAtFirstDay }: { startsAtFirstDay: boolean },
): Periods {
  const now = new Date(ctx.now()).toISOString();
  const zone = sql`COALESCE((SELECT timezone FROM ${tenantSettings} WHERE ${ctx.db.mine(tenantSettings)}), 'UTC')`;
  const today = sql<Day>`(SELECT (${now}::timestamptz AT TIME ZONE ${zone})::date)`;
  const pick = (dayOf: (candidate: Candidate) => Day | undefined) => {
    const cases = candidates.map(
      (candidate) => sql`WHEN ${candidate.today}::date THEN ${dayOf(candidate) ?? null}::date`,
    );
    return sql`(SELECT CASE ${today} ${sql.join(cases, sql` `)} END)`;
  };
  const firstDay = firstKnownDay(ctx, today);
  const current = { since: pick(({ since }) => since), until: pick(({ until }) => until) };
  if (startsAtFirstDay)
    current.since = sql`(SELECT LEAST(GREATEST(${current.since}, ${firstDay}), ${current.until} + 1))`;
  const previous = { since: pick(({ previous }) => previous?.since), until: pick(({ previous }) => previous?.until) };
  return { today, firstDay, current, previous };
}

// Of the days we want to know: the first that has a fact, or that we cannot speak of yet. NULL where nothing was synced.
function firstKnownDay(ctx: Db, today: SQL): SQL<Day | null> {
  const coverage = sql`FROM ${syncCoverage} WHERE ${ctx.db.mine(syncCoverage)} AND level = 'account'`;
  return sql`(SELECT GREATEST(
    (SELECT min(wanted_from) ${coverage}),
    LEAST(
      (SELECT min(day) FROM ${dailyFacts} WHERE ${ctx.db.mine(dailyFacts)} AND level = 'account'),
      (SELECT min(lower(datemultirange(daterange(wanted_from, GREATEST(${today}, wanted_from))) - covered)) ${coverage}))))`;
}

export type SettingsRow = {
  today: Day;
  firstDay: Day | null;
  timezone: string | null;
  reportingCurrency: string | null;
};

export const selectSettings = (ctx: Db, { today, firstDay }: Periods) =>
  ctx.db.q
    .select({
      today: sql<Day>`${today}`,
      firstDay: sql<Day | null>`${firstDay}`,
      timezone: tenantSettings.timezone,
      reportingCurrency: tenantSettings.reportingCurrency,
    })
    .from(sql`(VALUES (1)) AS one`)
    .leftJoin(tenantSettings, ctx.db.mine(tenantSettings));

export type AccountRow = {
  accountId: string;
  name: string;
  currency: string;
  timezoneName: string;
  isConnected: boolean;
  connectionStatus: string;
  lastSyncedAt: Date | null;
  completeThrough: Day | null;
  /** Days of the window that are not known, as PostgreSQL writes a multirange. */
  missing: string;
  isPreviousComplete: boolean;
};

/** Every account there was, the connected ones first and the primary before all, with what is known of each at `level`. */
export const selectAccounts = (ctx: Db, { current, previous }: Periods, level: "account" | "campaign" = "account") => {
  const unknownOf = ({ since, until }: Period) =>
    sql`datemultirange(daterange(${since}, ${until} + 1)) - COALESCE(${syncCoverage.covered}, '{}')`;
  return ctx.db.q
    .select({
      accountId: adAccounts.accountId,
      name: adAccounts.name,
      currency: adAccounts.currency,
      timezoneName: adAccounts.timezoneName,
      isConnected: sql<boolean>`${isNull(adAccounts.disconnectedAt)}`,
      connectionStatus: connections.status,
      lastSyncedAt: syncCoverage.lastSyncedAt,
      completeThrough: syncCoverage.completeThrough,
      missing: sql<string>`(${unknownOf(current)})::text`,
      isPreviousComplete: sql<boolean>`${previous.since} IS NOT NULL AND isempty(${unknownOf(previous)})`,
    })
    .from(adAccounts)
    .innerJoin(connections, and(ctx.db.mine(connections), eq(connections.id, adAccounts.connectionId)))
    .leftJoin(
      syncCoverage,
      and(ctx.db.mine(syncCoverage), eq(syncCoverage.accountId, adAccounts.accountId), eq(syncCoverage.level, level)),
    )
    .where(ctx.db.mine(adAccounts))
    .orderBy(
      sql`${adAccounts.disconnectedAt} IS NOT NULL`,
      sql`${adAccounts.isPrimary} DESC`,
      adAccounts.connectedAt,
      adAccounts.accountId,
    );
};

const sums = {
  currency: dailyFacts.currency,
  spend: sql<string>`sum(${dailyFacts.spend})`,
  revenue: sql<string>`sum(${dailyFacts.revenue})`,
  spendCount: sql<number>`(count(*) FILTER (WHERE ${dailyFacts.spend} <> 0))::int`,
  revenueCount: sql<number>`(count(*) FILTER (WHERE ${dailyFacts.revenue} <> 0))::int`,
  impressions: sql<number>`sum(${dailyFacts.impressions})`.mapWith(Number),
  clicks: sql<number>`sum(${dailyFacts.clicks})`.mapWith(Number),
  metaLeads: sql<number>`sum(${dailyFacts.metaLeads})::int`,
  leads: sql<number>`sum(${dailyFacts.leads})::int`,
  opportunities: sql<number>`sum(${dailyFacts.opportunities})::int`,
  won: sql<number>`sum(${dailyFacts.won})::int`,
};

type Level = "account" | "campaign" | "ad" | "outside";

const within = (ctx: Db, level: Level, { since, until }: Period) => [
  ctx.db.mine(dailyFacts),
  eq(dailyFacts.level, level),
  sql`${dailyFacts.day} BETWEEN ${since} AND ${until}`,
];

/**
 * One row for each entity and currency of a level: accounts (what their campaigns brought), campaigns, ads, or `outside`,
 * whose entities are the two ways of having come by no campaign, `organic` and `unattributed`.
 */
export const sumEntities = (ctx: Db, level: Level, period: Period, { accountId, entityId }: Narrower = {}) =>
  ctx.db.q
    .select({ entityId: dailyFacts.entityId, accountId: dailyFacts.accountId, ...sums })
    .from(dailyFacts)
    .where(
      and(
        ...within(ctx, level, period),
        accountId === undefined ? undefined : eq(dailyFacts.accountId, accountId),
        entityId === undefined ? undefined : eq(dailyFacts.entityId, entityId),
      ),
    )
    .groupBy(dailyFacts.entityId, dailyFacts.accountId, dailyFacts.currency);

type Narrower = { accountId?: string | undefined; entityId?: string | undefined };

export type KnownAd = {
  name: string;
  campaignId: string;
  status: string | null;
  effectiveStatus: string | null;
  isDeleted: boolean;
  thumbnailUrl: string | null;
};

/** The `limit` ads that spent most, each with what Meta says it is. */
export const sumTopAds = (ctx: Db, period: Period, limit: number) => {
  const ad = sql<KnownAd | null>`(SELECT jsonb_build_object('name', name, 'campaignId', campaign_id, 'status', status,
      'effectiveStatus', effective_status, 'isDeleted', deleted_at IS NOT NULL, 'thumbnailUrl', thumbnail_url)
    FROM ${ads} WHERE ${ctx.db.mine(ads)} AND ad_id = ${sql`${dailyFacts.entityId}`})`;
  return ctx.db.q
    .select({ entityId: dailyFacts.entityId, accountId: dailyFacts.accountId, ad, ...sums })
    .from(dailyFacts)
    .where(and(...within(ctx, "ad", period)))
    .groupBy(dailyFacts.entityId, dailyFacts.accountId, dailyFacts.currency)
    .orderBy(sql`sum(${dailyFacts.spend}) DESC`, dailyFacts.entityId)
    .limit(limit);
};

/** One row for each day and currency of a campaign. */
export const sumCampaignDays = (ctx: Db, period: Period, campaignId: string) =>
  ctx.db.q
    .select({ day: dailyFacts.day, ...sums })
    .from(dailyFacts)
    .where(and(...within(ctx, "campaign", period), eq(dailyFacts.entityId, campaignId)))
    .groupBy(dailyFacts.day, dailyFacts.currency)
    .orderBy(dailyFacts.day);
