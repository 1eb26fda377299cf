// Spend and outcomes, summed in one currency. Functions here make statements; a service runs them, with its own, in one batch.
import { type SQL, sql } from "drizzle-orm";
import { ads } from "../../adapters/db/schema/structure.ts";
import type { Needs } from "../../context.ts";
import type { Day } from "../../lib/dates.ts";
import type { Scope } from "./facts.queries.ts";
import { type Basis, isOwnView, type View } from "./view.ts";

type Db = Needs<"db">;

type Level = "account" | "campaign" | "ad_set" | "ad" | "outside";

/** What rows are summed by; `is_current` tells a window from the one before it. */
type Key = "level" | "entity_id" | "account_id" | "day" | "is_current";

type Narrower = { accountId?: string | undefined; entityId?: string | undefined; campaignId?: string | undefined };

type Cut = Narrower & { levels: readonly Level[]; keys: readonly Key[]; withPrevious?: boolean };

const spendNames = ["impressions", "clicks", "meta_leads", "spend"] as const;
const outcomeNames = [
  "leads",
  "matched_leads",
  "opportunities",
  "won",
  "sales",
  "refunds",
  "open_value",
  "weighted_value",
] as const;
const moneyNames = ["spend", "sales", "refunds", "open_value", "weighted_value"] as const;

const list = (names: readonly string[], of: (name: string) => string = (name) => name) =>
  sql.raw(names.map(of).join(", "));

/** Where outcomes come from: the ready sums, or for another view than the tenant's own the credits themselves. */
function outcomes(ctx: Db, view: View): SQL {
  if (isOwnView(view)) return sql`daily_outcomes`;
  const basis: Basis = view.basis ?? "cash";
  return sql`(
    SELECT ${ctx.db.tenantId}::integer AS tenant_id, v.level, o.day, v.entity_id, v.account_id, o.currency, o.rate_on,
      ${list(outcomeNames)}
    FROM (SELECT ${bitOf(ctx.db.tenantId, view)} AS bit) AS s
    CROSS JOIN LATERAL attributed_outcomes(${ctx.db.tenantId}, (SELECT first FROM w), (SELECT until FROM w), s.bit, ${basis}) AS o
    CROSS JOIN LATERAL outcome_levels(o.account_id, o.campaign_id, o.ad_set_id, o.ad_id, o.ad_account_id, o.outside) AS v
  ) AS outcomes`;
}

/** The bit of attribution_credits.views that stands for a view. */
export function bitOf(tenantId: number, { model, window }: View): SQL {
  const days = window === undefined ? sql`default_window` : sql`${windowDays(window)}::integer`;
  return sql`(SELECT attribution_view(COALESCE(${model ?? null}, default_model), ${days})
    FROM tenant_settings WHERE tenant_id = ${tenantId})`;
}

const windowDays = (window: NonNullable<View["window"]>) => (window === "lifetime" ? null : Number(window));

/**
 * Spend and outcomes summed by `keys` and currency. Each table is summed for itself, by the day of the rate where its currency
 * is another than the one asked for, so that a rate is looked up once; what has no rate is summed apart. The steps
 * are fenced (MATERIALIZED): merged, every sum would look its rate up for every row.
 */
function summed(ctx: Db, { current, previous, currency, view }: Scope, cut: Cut): SQL {
  const { levels, keys, withPrevious = false, accountId, entityId, campaignId } = cut;
  const own = keys.filter((key) => key !== "is_current");
  const by = list([...own, ...(withPrevious ? ["day >= (SELECT since FROM w) AS is_current"] : [])]);
  const places = list([...keys, "currency", "rate_on"], (name) =>
    String([...keys, "currency", "rate_on"].indexOf(name) + 1),
  );
  const where = sql`tenant_id = ${ctx.db.tenantId} AND level IN (${sql.join(
    levels.map((level) => sql`${level}`),
    sql`, `,
  )})
    AND day BETWEEN (SELECT first FROM w) AND (SELECT until FROM w)
    ${withPrevious ? sql`AND (day >= (SELECT since FROM w) OR day <= (SELECT previous_until FROM w))` : sql``}
    ${accountId === undefined ? sql`` : sql`AND account_id = ${accountId}`}
    ${entityId === undefined ? sql`` : sql`AND entity_id = ${entityId}`}
    ${campaignId === undefined ? sql`` : sql`AND entity_id IN (${childrenOf(ctx, levels[0], campaignId)})`}`;
  const isOwnMoney = sql`(currency = (SELECT currency FROM w) OR currency = '')`;
  const sumOf = (name: string) => `sum(${name}) AS ${name}`;
  return sql`
    WITH w AS MATERIALIZED (
      SELECT ${current.since} AS since, ${current.until} AS until, ${currency} AS currency,
        ${withPrevious ? sql`LEAST(${previous.since}, ${current.since})` : current.since} AS first,
        ${withPrevious ? previous.until : sql`NULL::date`} AS previous_until
    ),
    spent AS MATERIALIZED (
      SELECT ${by}, currency, CASE WHEN ${isOwnMoney} THEN NULL ELSE day END AS rate_on, ${list(spendNames, sumOf)},
        count(*) FILTER (WHERE spend <> 0) AS spend_count
      FROM daily_spend WHERE ${where} GROUP BY ${places}
    ),
    brought AS MATERIALIZED (
      SELECT ${by}, currency, CASE WHEN ${isOwnMoney} THEN NULL ELSE rate_on END AS rate_on, ${list(outcomeNames, sumOf)},
        count(*) FILTER (WHERE sales <> 0 OR refunds <> 0) AS revenue_count
      FROM ${outcomes(ctx, view)} WHERE ${where} GROUP BY ${places}
    ),
    rated AS MATERIALIZED (
      SELECT f.*, CASE WHEN rate_on IS NULL THEN 1
        ELSE fx_rate(${ctx.db.tenantId}, currency, (SELECT currency FROM w), rate_on) END AS rate
      FROM (
        SELECT ${list(keys)}, currency, rate_on, ${list(spendNames)}, spend_count,
          ${list(outcomeNames, (name) => `NULL::numeric AS ${name}`)}, NULL::bigint AS revenue_count
        FROM spent
        UNION ALL
        SELECT ${list(keys)}, currency, rate_on, ${list(spendNames, () => "NULL")}, NULL, ${list(outcomeNames)}, revenue_count
        FROM brought
      ) AS f
    )
    SELECT ${list(keys)}, currency, ${list([...spendNames, ...outcomeNames], sumOf)},
      ${list(moneyNames, (name) => `sum(${name} * rate) AS ${name}_in`)},
      sum(spend_count)::int AS spend_count, sum(revenue_count)::int AS revenue_count,
      sum(spend) FILTER (WHERE rate IS NULL) AS spend_missing,
      sum(sales + refunds) FILTER (WHERE rate IS NULL) AS revenue_missing,
      (sum(spend_count) FILTER (WHERE rate IS NULL))::int AS spend_missing_count,
      (sum(revenue_count) FILTER (WHERE rate IS NULL))::int AS revenue_missing_count
    FROM rated GROUP BY ${list(keys)}, currency`;
}

const childrenOf = (ctx: Db, level: Level | undefined, campaignId: string) => sql`
  SELECT ${sql.raw(level === "ad" ? "ad_id" : "ad_set_id")} FROM ${ads}
  WHERE ${ctx.db.mine(ads)} AND campaign_id = ${campaignId}`;

const text = (name: string) => sql<string>`COALESCE(${sql.raw(name)}, 0)`;
const number = (name: string) => sql<number>`COALESCE(${sql.raw(name)}, 0)`.mapWith(Number);

const columns = {
  currency: sql<string>`currency`,
  spend: text("spend"),
  gross: text("sales"),
  refunds: text("refunds"),
  spendIn: text("spend_in"),
  grossIn: text("sales_in"),
  refundsIn: text("refunds_in"),
  openValueIn: text("open_value_in"),
  weightedValueIn: text("weighted_value_in"),
  spendMissing: text("spend_missing"),
  revenueMissing: text("revenue_missing"),
  spendCount: number("spend_count"),
  revenueCount: number("revenue_count"),
  spendMissingCount: number("spend_missing_count"),
  revenueMissingCount: number("revenue_missing_count"),
  impressions: number("impressions"),
  clicks: number("clicks"),
  metaLeads: number("meta_leads"),
  leads: number("leads"),
  matchedLeads: number("matched_leads"),
  opportunities: number("opportunities"),
  won: number("won"),
};

const entity = { entityId: sql<string>`entity_id`, accountId: sql<string>`account_id` };

/** One row for each entity and currency of a level: campaigns, ad sets or ads, or accounts with what their campaigns brought. */
export const sumEntities = (ctx: Db, scope: Scope, level: Level, narrower: Narrower = {}) =>
  ctx.db.q
    .select({ ...entity, ...columns })
    .from(sql`(${summed(ctx, scope, { ...narrower, levels: [level], keys: ["entity_id", "account_id"] })}) AS sums`);

/**
 * Accounts, and `outside`, whose entities are the ways of having come by no campaign: organic, other_paid and
 * unattributed; in the window (`isCurrent`) and in the one before.
 */
export const sumTotals = (ctx: Db, scope: Scope) => {
  const keys = ["level", "entity_id", "account_id", "is_current"] as const;
  return ctx.db.q
    .select({ level: sql<Level>`level`, isCurrent: sql<boolean>`is_current`, ...entity, ...columns })
    .from(sql`(${summed(ctx, scope, { levels: ["account", "outside"], keys, withPrevious: true })}) AS sums`);
};

export type KnownAd = {
  name: string;
  campaignId: string;
  status: string | null;
  effectiveStatus: string | null;
  isDeleted: boolean;
  thumbnailUrl: string | null;
};

/** The `limit` ads that spent most, each with what Meta says it is. */
export const sumTopAds = (ctx: Db, scope: Scope, limit: number) => {
  const ad = sql<KnownAd | null>`(SELECT jsonb_build_object('name', name, 'campaignId', campaign_id, 'status', status,
      'effectiveStatus', effective_status, 'isDeleted', deleted_at IS NOT NULL, 'thumbnailUrl', thumbnail_url)
    FROM ${ads} WHERE ${ctx.db.mine(ads)} AND ad_id = entity_id)`;
  const sums = summed(ctx, scope, { levels: ["ad"], keys: ["entity_id", "account_id"] });
  return ctx.db.q
    .select({ ...entity, ad, ...columns })
    .from(
      sql`(${sums} ORDER BY sum(spend * rate) DESC NULLS LAST, sum(spend) DESC NULLS LAST, entity_id LIMIT ${limit}) AS sums`,
    );
};

/** One row for each day and currency of a campaign. */
export const sumCampaignDays = (ctx: Db, scope: Scope, campaignId: string) => {
  const sums = summed(ctx, scope, { levels: ["campaign"], keys: ["day"], entityId: campaignId });
  return ctx.db.q
    .select({ day: sql<Day>`day`, ...columns })
    .from(sql`(${sums}) AS sums`)
    .orderBy(sql`day`);
};
