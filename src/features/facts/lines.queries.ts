// The single lines that figures are sums of.
import { type SQL, sql } from "drizzle-orm";
import type { Needs } from "../../context.ts";
import type { Day } from "../../lib/dates.ts";
import type { Scope } from "./facts.queries.ts";
import { bitOf } from "./sums.queries.ts";

export type Cell = {
  campaignId?: string | undefined;
  adSetId?: string | undefined;
  adId?: string | undefined;
  accountId?: string | undefined;
  outside?: string | undefined;
};

type Measure = "spend" | "revenue" | "leads" | "opportunities" | "won" | "pipeline";

type Asked = { measure: Measure; cell: Cell; limit: number; offset: number };

type Touch = {
  id: string;
  occurred_at: string;
  recorded_at: string;
  channel: string;
  is_paid: boolean;
  campaign_id: string | null;
  ad_set_id: string | null;
  ad_id: string | null;
};

export type Line = {
  event: string;
  id: string;
  day: Day;
  lead_id: string | null;
  weight: string;
  frozen_at: string | null;
  touch: Touch | null;
  amount: string;
  currency: string | null;
  rate: string | null;
  rate_on: Day;
  counted: string | null;
  total: string | null;
  lines: number;
};

const amountOf: Record<Exclude<Measure, "spend">, SQL> = {
  revenue: sql`o.sales + o.refunds`,
  leads: sql`o.leads`,
  opportunities: sql`o.opportunities`,
  won: sql`o.won`,
  pipeline: sql`o.open_value`,
};

/** A page of lines, each with the sum and the number of all of them. */
export function selectLines(ctx: Needs<"db">, scope: Scope, asked: Asked) {
  const { tenantId } = ctx.db;
  const lines = asked.measure === "spend" ? spendLines(tenantId, scope, asked) : outcomeLines(tenantId, scope, asked);
  return ctx.db.q.execute<Line>(sql`
    WITH lines AS MATERIALIZED (${lines}),
    rated AS MATERIALIZED (
      SELECT lines.*, CASE WHEN currency IS NULL THEN 1 ELSE fx_rate(${tenantId}, currency, ${scope.currency}, rate_on) END AS rate
      FROM lines
    )
    SELECT *, amount * rate AS counted, sum(amount * rate) OVER () AS total, count(*) OVER ()::int AS lines
    FROM rated ORDER BY day, event, id, touch ->> 'id' LIMIT ${asked.limit} OFFSET ${asked.offset}`);
}

function spendLines(tenantId: number, { current }: Scope, { cell }: Asked): SQL {
  const [level, id] =
    cell.adId !== undefined
      ? ["ad", cell.adId]
      : cell.adSetId !== undefined
        ? ["ad_set", cell.adSetId]
        : cell.campaignId !== undefined
          ? ["campaign", cell.campaignId]
          : ["account", cell.accountId];
  return sql`
    SELECT 'spend' AS event, entity_id AS id, day::text AS day, NULL AS lead_id, 1::numeric AS weight, NULL AS frozen_at,
      NULL::jsonb AS touch, spend AS amount, currency, day AS rate_on
    FROM daily_spend
    WHERE tenant_id = ${tenantId} AND level = ${level} AND day BETWEEN ${current.since} AND ${current.until} AND spend <> 0
      ${id === undefined ? sql`` : sql`AND entity_id = ${id}`} AND ${cell.outside === undefined}`;
}

function outcomeLines(tenantId: number, { current, view }: Scope, { measure, cell }: Asked): SQL {
  const amount = amountOf[measure as keyof typeof amountOf];
  const isMoney = measure === "revenue" || measure === "pipeline";
  const frozenAt = (table: string) =>
    sql`(SELECT frozen_at FROM ${sql.raw(table)} s WHERE s.tenant_id = ${tenantId} AND s.id = o.subject_id)`;
  return sql`
    SELECT o.event, o.event_id::text AS id, o.day::text AS day, o.lead_id, o.weight,
      CASE o.subject WHEN 'lead' THEN ${frozenAt("leads")} WHEN 'opportunity' THEN ${frozenAt("opportunities")}
        ELSE ${frozenAt("sales_transactions")} END AS frozen_at,
      CASE WHEN t.id IS NOT NULL THEN jsonb_build_object('id', t.id, 'occurred_at', t.occurred_at, 'recorded_at', t.created_at,
        'channel', t.channel, 'is_paid', t.is_paid, 'campaign_id', o.campaign_id, 'ad_set_id', o.ad_set_id, 'ad_id', o.ad_id) END AS touch,
      ${amount} AS amount, ${isMoney ? sql`o.currency` : sql`NULL::text`} AS currency, o.rate_on
    FROM (SELECT ${bitOf(tenantId, view)} AS bit) AS s
    CROSS JOIN LATERAL attributed_outcomes(${tenantId}, ${current.since}, ${current.until}, s.bit, ${view.basis ?? "cash"}) AS o
    LEFT JOIN touchpoints t ON t.tenant_id = ${tenantId} AND t.id = o.touchpoint_id
    WHERE ${amount} <> 0 AND ${isOfCell(cell)}`;
}

function isOfCell({ campaignId, adSetId, adId, accountId, outside }: Cell): SQL {
  if (campaignId !== undefined) return sql`o.campaign_id = ${campaignId}`;
  if (adSetId !== undefined) return sql`o.ad_set_id = ${adSetId}`;
  if (adId !== undefined) return sql`o.ad_id = ${adId}`;
  if (outside !== undefined) return sql`o.outside = ${outside}`;
  if (accountId !== undefined) return sql`o.campaign_id IS NOT NULL AND o.account_id = ${accountId}`;
  return sql`o.campaign_id IS NOT NULL`;
}
