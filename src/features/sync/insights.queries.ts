// How rows go in: columns as arrays through unnest, thousands of rows a statement; a row that is already right costs no
// write, and a row of the slice that Meta no longer reports is removed (a day without delivery has no row at Meta).
import { sql } from "drizzle-orm";
import type { Needs } from "../../context.ts";
import type { Action } from "./lead-count.ts";
import { refreshNewlyNamed } from "./structure.queries.ts";

export type InsightToStore = {
  entityId: string;
  entityName: string;
  campaignId?: string | undefined;
  adsetId?: string | undefined;
  date: string;
  currency: string;
  spend: string;
  impressions: number;
  clicks: number;
  inlineLinkClicks: number;
  reach: number | null;
  actions: readonly Action[];
  actionValues: readonly Action[];
  attributionSetting: string;
  metaLeads: number;
  conversations: number;
  isFinal: boolean;
};

export type SliceKey = { accountId: string; level: string; since: string; until: string };

const ROWS_PER_STATEMENT = 5_000;

type Column = { name: string; type: string; of: (row: InsightToStore) => string | number | boolean | null };

const keyColumns: Column[] = [
  { name: "date", type: "date", of: (row) => row.date },
  { name: "entity_id", type: "text", of: (row) => row.entityId },
  { name: "attribution_setting", type: "text", of: (row) => row.attributionSetting },
];

const valueColumns: Column[] = [
  { name: "meta_campaign_id", type: "text", of: (row) => row.campaignId ?? null },
  { name: "currency", type: "text", of: (row) => row.currency },
  { name: "spend", type: "numeric", of: (row) => row.spend },
  { name: "impressions", type: "bigint", of: (row) => row.impressions },
  { name: "clicks", type: "bigint", of: (row) => row.clicks },
  { name: "inline_link_clicks", type: "bigint", of: (row) => row.inlineLinkClicks },
  { name: "reach", type: "bigint", of: (row) => row.reach },
  { name: "meta_leads", type: "integer", of: (row) => row.metaLeads },
  { name: "conversations", type: "integer", of: (row) => row.conversations },
  { name: "actions", type: "jsonb", of: (row) => JSON.stringify(row.actions) },
  { name: "action_values", type: "jsonb", of: (row) => JSON.stringify(row.actionValues) },
  { name: "is_final", type: "boolean", of: (row) => row.isFinal },
];

const names = (columns: readonly Column[], prefix = "") => sql.raw(columns.map(({ name }) => prefix + name).join(", "));

/** `unnest($1::date[], $2::text[], …)` over the rows' columns. */
const unnest = (columns: readonly Column[], rows: readonly InsightToStore[]) =>
  sql`unnest(${sql.join(
    columns.map(({ type, of }) => sql`${sql.param(rows.map(of))}::${sql.raw(type)}[]`),
    sql`, `,
  )}) AS fresh (${names(columns)})`;

export function replaceInsights(
  ctx: Needs<"db" | "now">,
  { accountId, level, since, until }: SliceKey,
  runId: string,
  rows: readonly InsightToStore[],
) {
  const at = new Date(ctx.now()).toISOString();
  const columns = [...keyColumns, ...valueColumns];
  const chunks = Array.from({ length: Math.ceil(rows.length / ROWS_PER_STATEMENT) }, (_, index) =>
    rows.slice(index * ROWS_PER_STATEMENT, (index + 1) * ROWS_PER_STATEMENT),
  );
  const upserts = chunks.map((chunk) =>
    ctx.db.q.execute(sql`
      INSERT INTO meta_ads_insights AS i (tenant_id, account_id, level, ${names(columns)}, synced_at, sync_run_id)
      SELECT ${ctx.db.tenantId}, ${accountId}, ${level}, ${names(columns)}, ${at}::timestamptz, ${runId}::uuid
      FROM ${unnest(columns, chunk)}
      ON CONFLICT (tenant_id, account_id, level, date, entity_id, attribution_setting) DO UPDATE SET
        (${names(valueColumns)}, synced_at, sync_run_id)
          = (${names(valueColumns, "excluded.")}, excluded.synced_at, excluded.sync_run_id)
      WHERE (${names(valueColumns, "i.")}) IS DISTINCT FROM (${names(valueColumns, "excluded.")})`),
  );
  const removal = ctx.db.q.execute(sql`
    DELETE FROM meta_ads_insights AS i
    WHERE i.tenant_id = ${ctx.db.tenantId} AND i.account_id = ${accountId} AND i.level = ${level}
      AND i.date BETWEEN ${since}::date AND ${until}::date
      AND NOT EXISTS (
        SELECT FROM ${unnest(keyColumns, rows)}
        WHERE (fresh.date, fresh.entity_id, fresh.attribution_setting) = (i.date, i.entity_id, i.attribution_setting))`);
  const spend = ctx.db.q.execute(
    sql`SELECT refresh_daily_spend(${ctx.db.tenantId}, ${since}::date, ${until}::date, ${level}, ${accountId})`,
  );
  return [...upserts, removal, spend];
}

/** Objects that only their numbers speak of (deleted at Meta long ago) still have a name. */
export function nameFromInsights(
  ctx: Needs<"db" | "now">,
  { accountId, level }: SliceKey,
  rows: readonly InsightToStore[],
) {
  if ((level !== "campaign" && level !== "ad") || rows.length === 0) return [];
  const at = sql`${new Date(ctx.now()).toISOString()}::timestamptz`;
  const named = [...new Map(rows.map((row) => [row.entityId, row])).values()];
  const list = (of: (row: InsightToStore) => string | undefined) =>
    sql`${sql.param(named.map((row) => of(row) ?? ""))}::text[]`;
  const [ids, names] = [list((row) => row.entityId), list((row) => row.entityName)];
  const insert =
    level === "campaign"
      ? sql`
        INSERT INTO meta_ads_campaigns (tenant_id, meta_campaign_id, meta_account_id, name, created_at)
        SELECT ${ctx.db.tenantId}, id, ${accountId}, COALESCE(NULLIF(name, ''), id), ${at}
        FROM unnest(${ids}, ${names}) AS fresh (id, name)
        ON CONFLICT (tenant_id, meta_campaign_id) DO NOTHING`
      : sql`
        INSERT INTO ads (tenant_id, ad_id, account_id, campaign_id, ad_set_id, name, created_at)
        SELECT ${ctx.db.tenantId}, id, ${accountId}, campaign, ad_set, COALESCE(NULLIF(name, ''), id), ${at}
        FROM unnest(${ids}, ${list((row) => row.campaignId)}, ${list((row) => row.adsetId)}, ${names})
          AS fresh (id, campaign, ad_set, name)
        ON CONFLICT (tenant_id, ad_id) DO NOTHING`;
  return [ctx.db.q.execute(insert), refreshNewlyNamed(ctx)];
}
