// The window, the settings and the accounts that figures stand in, as statements.
import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { adAccounts, connections } from "../../adapters/db/schema/connection.ts";
import { dailyOutcomes, dailySpend } from "../../adapters/db/schema/attribution.ts";
import { syncCoverage } from "../../adapters/db/schema/sync.ts";
import { tenantSettings } from "../../adapters/db/schema/tenancy.ts";
import type { Needs } from "../../context.ts";
import type { Day, DayRange } from "../../lib/dates.ts";
import type { Model, View } from "./view.ts";

type Db = Needs<"db">;

export type Period = { since: SQL; until: SQL };

/** What the statements of one request share. */
export type Scope = {
  today: SQL<Day>;
  firstDay: SQL<Day | null>;
  current: Period;
  previous: Period;
  /** Money is converted into it. */
  currency: SQL<string | null>;
  view: View;
};

/** The window as it would be if the tenant's today were `today`. */
type Candidate = DayRange & { today: Day; previous: DayRange | null };

// The tenant's today is known only to the database, and asking for it first would cost a round trip. So the rules of
// time-range.ts run beforehand for each day it can be (three at most), and SQL only picks the one that it is.
export function scopeOf(
  ctx: Needs<"db" | "now">,
  candidates: readonly Candidate[],
  { startsAtFirstDay, view }: { startsAtFirstDay: boolean; view: View },
): Scope {
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
  return { today, firstDay, current, previous, currency: currencyOf(ctx, view), view };
}

const currencyOf = (ctx: Db, { currency }: View) => sql<string | null>`(SELECT COALESCE(${currency ?? null},
  (SELECT reporting_currency FROM ${tenantSettings} WHERE ${ctx.db.mine(tenantSettings)}),
  (SELECT currency FROM ${adAccounts} WHERE ${ctx.db.mine(adAccounts)} ORDER BY ${mainAccountFirst} LIMIT 1)))`;

const mainAccountFirst = sql`${adAccounts.disconnectedAt} IS NOT NULL, ${adAccounts.isPrimary} DESC,
  ${adAccounts.connectedAt}, ${adAccounts.accountId}`;

// Of the days we want to know: the first that has a fact, or that we cannot speak of yet. NULL where nothing was synced.
function firstKnownDay(ctx: Db, today: SQL): SQL<Day | null> {
  const coverage = sql`FROM ${syncCoverage} WHERE ${ctx.db.mine(syncCoverage)} AND level = 'account'`;
  return sql`(SELECT GREATEST(
    (SELECT min(wanted_from) ${coverage}),
    LEAST(
      (SELECT min(day) FROM ${dailySpend} WHERE ${ctx.db.mine(dailySpend)} AND level = 'account'),
      (SELECT min(day) FROM ${dailyOutcomes} WHERE ${ctx.db.mine(dailyOutcomes)} AND level = 'account'),
      (SELECT min(lower(datemultirange(daterange(wanted_from, GREATEST(${today}, wanted_from))) - covered)) ${coverage}))))`;
}

export type SettingsRow = {
  today: Day;
  firstDay: Day | null;
  timezone: string | null;
  currency: string | null;
  model: Model | null;
  /** Days; null is a lead's whole life. */
  window: number | null;
  /** Median days from lead to win; asked for on cohort basis only. */
  salesCycleDays: number | null;
};

export const selectSettings = (ctx: Db, { today, firstDay, currency, view }: Scope) =>
  ctx.db.q
    .select({
      today: sql<Day>`${today}`,
      firstDay: sql<Day | null>`${firstDay}`,
      timezone: tenantSettings.timezone,
      currency,
      model: sql<Model | null>`${tenantSettings.defaultModel}`,
      window: tenantSettings.defaultWindow,
      salesCycleDays: view.basis === "cohort" ? salesCycle(ctx) : sql<null>`NULL`,
    })
    .from(sql`(VALUES (1)) AS one`)
    .leftJoin(tenantSettings, ctx.db.mine(tenantSettings));

const salesCycle = (ctx: Db) => sql<number | null>`(
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM l.frozen_at_first - l.created_at) / 86400)
  FROM (
    SELECT l.created_at, min(o.closed_at) AS frozen_at_first FROM leads l
    JOIN opportunities o ON o.tenant_id = ${ctx.db.tenantId} AND o.lead_id = l.id AND o.frozen_at IS NOT NULL
    WHERE l.tenant_id = ${ctx.db.tenantId} AND NOT l.is_test GROUP BY l.id, l.created_at
  ) AS l)`;

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
export const selectAccounts = (ctx: Db, { current, previous }: Scope, level: "account" | "campaign" = "account") => {
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
    .orderBy(mainAccountFirst);
};
