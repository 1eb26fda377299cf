import { sql } from "drizzle-orm";
import type { Ctx, Needs } from "../../context.ts";

type Listed<K extends "listCampaigns" | "listAdSets" | "listAds"> = Awaited<ReturnType<Ctx["meta"][K]>>;

export type Structure = {
  account: Awaited<ReturnType<Ctx["meta"]["getAdAccount"]>>;
  campaigns: Listed<"listCampaigns">;
  adSets: Listed<"listAdSets">;
  ads: Listed<"listAds">;
};

const GONE = ["DELETED", "ARCHIVED"];

type Field<Row> = { name: string; type: string; of: (row: Row) => string | null };

const instant = (date: Date | null | undefined) => date?.toISOString() ?? null;

/** One upsert of a level, by unnest; an object that is gone keeps its row. A changed status goes to the history. */
function upsert<Row extends { id: string; effectiveStatus: string | null }>(
  ctx: Needs<"db" | "now">,
  {
    table,
    key,
    accountColumn,
    accountId,
    level,
  }: { table: string; key: string; accountColumn: string; accountId: string; level: string },
  fields: readonly Field<Row>[],
  listed: readonly Row[],
) {
  if (listed.length === 0) return [];
  // A listing that moves while it is paged may name an object twice.
  const rows = [...new Map(listed.map((row) => [row.id, row])).values()];
  const at = sql`${new Date(ctx.now()).toISOString()}::timestamptz`;
  const columns = sql.raw(fields.map(({ name }) => name).join(", "));
  const changed = sql.raw(fields.map(({ name }) => `${name} = excluded.${name}`).join(", "));
  const arrays = sql.join(
    fields.map(({ type, of }) => sql`${sql.param(rows.map(of))}::${sql.raw(type)}[]`),
    sql`, `,
  );
  const ids = sql`${sql.param(rows.map(({ id }) => id))}::text[]`;
  const statuses = sql`${sql.param(rows.map(({ effectiveStatus }) => effectiveStatus ?? "UNKNOWN"))}::text[]`;
  const isGone = sql`fresh.effective_status = ANY (${sql.param(GONE)}::text[])`;
  return [
    ctx.db.q.execute(sql`
      INSERT INTO status_history (tenant_id, level, object_id, seen_at, effective_status)
      SELECT ${ctx.db.tenantId}, ${level}, fresh.id, ${at}, fresh.effective_status
      FROM unnest(${ids}, ${statuses}) AS fresh (id, effective_status)
      LEFT JOIN ${sql.raw(table)} AS known ON known.tenant_id = ${ctx.db.tenantId} AND known.${sql.raw(key)} = fresh.id
      WHERE known.effective_status IS DISTINCT FROM fresh.effective_status
      ON CONFLICT DO NOTHING`),
    ctx.db.q.execute(sql`
      INSERT INTO ${sql.raw(table)} AS known (tenant_id, ${sql.raw(accountColumn)}, ${columns}, deleted_at, last_synced_at)
      SELECT ${ctx.db.tenantId}, ${accountId}, ${columns}, CASE WHEN ${isGone} THEN ${at} END, ${at}
      FROM unnest(${arrays}) AS fresh (${columns})
      ON CONFLICT (tenant_id, ${sql.raw(key)}) DO UPDATE SET ${changed},
        deleted_at = CASE WHEN excluded.deleted_at IS NOT NULL THEN COALESCE(known.deleted_at, excluded.deleted_at) END,
        last_synced_at = excluded.last_synced_at`),
  ];
}

const text = <Row>(name: string, of: (row: Row) => string | null): Field<Row> => ({ name, type: "text", of });
const money = <Row>(name: string, of: (row: Row) => string | null): Field<Row> => ({ name, type: "numeric", of });
const time = <Row>(name: string, of: (row: Row) => Date | null): Field<Row> => ({
  name,
  type: "timestamptz",
  of: (row) => instant(of(row)),
});

type CampaignRow = Structure["campaigns"][number];
type AdSetRow = Structure["adSets"][number];
type AdRow = Structure["ads"][number];

export function replaceStructure(
  ctx: Needs<"db" | "now">,
  accountId: string,
  { account, campaigns, adSets, ads }: Structure,
) {
  return [
    ...upsert<CampaignRow>(
      ctx,
      {
        table: "meta_ads_campaigns",
        key: "meta_campaign_id",
        accountColumn: "meta_account_id",
        accountId,
        level: "campaign",
      },
      [
        text("meta_campaign_id", ({ id }) => id),
        text("name", ({ name }) => name),
        text("objective", ({ objective }) => objective),
        text("status", ({ status }) => status),
        text("effective_status", ({ effectiveStatus }) => effectiveStatus),
        text("buying_type", ({ buyingType }) => buyingType),
        text("bid_strategy", ({ bidStrategy }) => bidStrategy),
        money("daily_budget", ({ dailyBudget }) => dailyBudget),
        money("lifetime_budget", ({ lifetimeBudget }) => lifetimeBudget),
        time("start_time", ({ startAt }) => startAt),
        time("end_time", ({ stopAt }) => stopAt),
        time("meta_created_time", ({ createdAt }) => createdAt),
        time("meta_updated_time", ({ updatedAt }) => updatedAt),
      ],
      campaigns,
    ),
    ...upsert<AdSetRow>(
      ctx,
      { table: "ad_sets", key: "ad_set_id", accountColumn: "account_id", accountId, level: "adset" },
      [
        text("ad_set_id", ({ id }) => id),
        text("campaign_id", ({ campaignId }) => campaignId),
        text("name", ({ name }) => name),
        text("status", ({ status }) => status),
        text("effective_status", ({ effectiveStatus }) => effectiveStatus),
        text("optimization_goal", ({ optimizationGoal }) => optimizationGoal),
        money("daily_budget", ({ dailyBudget }) => dailyBudget),
        money("lifetime_budget", ({ lifetimeBudget }) => lifetimeBudget),
        time("start_time", ({ startAt }) => startAt),
        time("end_time", ({ endAt }) => endAt),
        time("meta_updated_time", ({ updatedAt }) => updatedAt),
      ],
      adSets,
    ),
    ...upsert<AdRow>(
      ctx,
      { table: "ads", key: "ad_id", accountColumn: "account_id", accountId, level: "ad" },
      [
        text("ad_id", ({ id }) => id),
        text("campaign_id", ({ campaignId }) => campaignId),
        text("ad_set_id", ({ adsetId }) => adsetId),
        text("name", ({ name }) => name),
        text("status", ({ status }) => status),
        text("effective_status", ({ effectiveStatus }) => effectiveStatus),
        text("thumbnail_url", ({ thumbnailUrl }) => thumbnailUrl),
        text("title", ({ title }) => title),
        text("body", ({ body }) => body),
        time("meta_updated_time", ({ updatedAt }) => updatedAt),
      ],
      ads,
    ),
    // A new currency or zone opens a new epoch: rows already stored keep the currency they were reported in.
    ctx.db.q.execute(sql`
      UPDATE ad_accounts SET name = ${account.name}, account_status = ${account.accountStatus},
        epoch = epoch + CASE WHEN (currency, timezone_name) = (${account.currency}, ${account.timezoneName}) THEN 0 ELSE 1 END,
        currency = ${account.currency}, timezone_name = ${account.timezoneName}, last_error_code = NULL,
        updated_at = ${new Date(ctx.now()).toISOString()}::timestamptz
      WHERE tenant_id = ${ctx.db.tenantId} AND account_id = ${accountId}`),
    refreshNewlyNamed(ctx),
  ];
}

/** Touches may name campaigns and ads that were unknown until now: their outcomes move to where they belong. */
export const refreshNewlyNamed = (ctx: Needs<"db">) =>
  ctx.db.q.execute(sql`
    SELECT refresh_daily_outcomes(${ctx.db.tenantId}, array_agg(DISTINCT day))
    FROM daily_outcomes WHERE tenant_id = ${ctx.db.tenantId} AND account_id = '' AND (
      (level = 'campaign' AND entity_id IN (SELECT meta_campaign_id FROM meta_ads_campaigns WHERE tenant_id = ${ctx.db.tenantId}))
      OR (level = 'ad' AND entity_id IN (SELECT ad_id FROM ads WHERE tenant_id = ${ctx.db.tenantId})))
    HAVING count(*) > 0`);
