// The obvious SQL: sums over the tables that the sync and the CRM write, attribution worked out as it is read.
import type pg from "pg";

export type Window = { since: string; until: string; previousSince: string; previousUntil: string };

export type Sums = { leads: number; opportunities: number; won: number; revenue: number };
export type Spend = { spend: number; impressions: number; clicks: number; metaLeads: number };

export type EntitySpend = Spend & { id: string };
export type AccountSpend = Spend & { isCurrent: boolean };

export type Outcome = Sums & {
  isCurrent: boolean;
  bucket: "campaign" | "organic" | "other_paid" | "unattributed";
  campaignId: string | null;
  adId: string | null;
};
export type Campaign = {
  id: string;
  name: string;
  objective: string;
  status: string;
  effectiveStatus: string;
  accountId: string;
  currency: string;
};
export type Ad = Spend & {
  id: string;
  name: string;
  campaignId: string;
  status: string;
  effectiveStatus: string;
  thumbnailUrl: string | null;
};

export type Tenant = { timezone: string; currency: string; accountId: string; isConnected: boolean };

export const selectMembership =
  "SELECT tenant_id FROM memberships WHERE user_id = $1 AND status = 'active' ORDER BY is_default DESC LIMIT 1";

export const selectTenant = `
  SELECT s.timezone, COALESCE(s.reporting_currency, a.currency) AS currency, a.account_id AS "accountId",
    c.status = 'active' AS "isConnected"
  FROM tenant_settings s
  LEFT JOIN ad_accounts a ON a.tenant_id = s.tenant_id AND a.is_primary
  LEFT JOIN connections c ON c.tenant_id = a.tenant_id AND c.id = a.connection_id
  WHERE s.tenant_id = $1`;

export const selectCampaigns = `
  SELECT c.meta_campaign_id AS id, c.name, c.objective, c.status, c.effective_status AS "effectiveStatus",
    c.meta_account_id AS "accountId", a.currency
  FROM meta_ads_campaigns c JOIN ad_accounts a ON a.tenant_id = c.tenant_id AND a.account_id = c.meta_account_id
  WHERE c.tenant_id = $1 AND c.deleted_at IS NULL`;

const spendOf = `sum(i.spend)::float8 AS spend, sum(i.impressions)::float8 AS impressions, sum(i.clicks)::float8 AS clicks,
    sum(i.meta_leads)::float8 AS "metaLeads"`;

// By account first: that is how the table's key begins.
const insights = `FROM ad_accounts acc JOIN meta_ads_insights i ON i.tenant_id = acc.tenant_id AND i.account_id = acc.account_id
  WHERE acc.tenant_id = $1`;

/** $2, $3: the days. */
export const spendByCampaign = `
  SELECT i.entity_id AS id, ${spendOf} ${insights} AND i.level = 'campaign' AND i.date BETWEEN $2 AND $3 GROUP BY i.entity_id`;

/** $2, $3: this window; $4: the first day of the one before. */
export const spendOfAccounts = `
  SELECT i.date >= $2::date AS "isCurrent", ${spendOf} ${insights} AND i.level = 'account' AND i.date BETWEEN $4 AND $3 GROUP BY 1`;

export const topAds = `
  SELECT top.*, ads.name, ads.campaign_id AS "campaignId", ads.status, ads.effective_status AS "effectiveStatus",
    ads.thumbnail_url AS "thumbnailUrl"
  FROM (
    SELECT i.entity_id AS id, ${spendOf} ${insights} AND i.level = 'ad' AND i.date BETWEEN $2 AND $3
    GROUP BY i.entity_id ORDER BY sum(i.spend) DESC, i.entity_id LIMIT 200
  ) AS top JOIN ads ON ads.tenant_id = $1 AND ads.ad_id = top.id
  ORDER BY top.spend DESC, top.id`;

/**
 * Who brought what, by last paid touch, else last touch. $2, $3: this window; $4: the first day that counts (that of the
 * window before, or of this one); $5 zone. A sale is credited with what came before it, a refund as its sale.
 */
export const outcomes = `
  WITH days AS (
    SELECT $4::timestamp AT TIME ZONE $5 AS starts_at, ($3::date + 1)::timestamp AT TIME ZONE $5 AS ends_at
  ),
  events AS (
    SELECT l.id AS lead_id, 'infinity'::timestamptz AS up_to, (l.created_at AT TIME ZONE $5)::date AS day,
      1 AS leads, 0 AS opportunities, 0 AS won, 0::numeric AS revenue
    FROM leads l, days WHERE l.tenant_id = $1 AND l.created_at >= starts_at AND l.created_at < ends_at
    UNION ALL
    SELECT o.lead_id, CASE WHEN o.stage = 'closed_won' THEN o.closed_at ELSE 'infinity' END,
      (o.created_at AT TIME ZONE $5)::date, 0, 1, 0, 0
    FROM opportunities o, days WHERE o.tenant_id = $1 AND o.created_at >= starts_at AND o.created_at < ends_at
    UNION ALL
    SELECT o.lead_id, o.closed_at, (o.closed_at AT TIME ZONE $5)::date, 0, 0, 1, 0
    FROM opportunities o, days
    WHERE o.tenant_id = $1 AND o.stage = 'closed_won' AND o.closed_at >= starts_at AND o.closed_at < ends_at
    UNION ALL
    SELECT COALESCE(s.lead_id, o.lead_id),
      LEAST(o.closed_at, COALESCE(p.sold_at, s.sold_at, (COALESCE(p.transaction_date, s.transaction_date) + 1)::timestamp AT TIME ZONE $5)),
      s.transaction_date, 0, 0, 0, s.amount
    FROM sales_transactions s
    LEFT JOIN sales_transactions p ON p.tenant_id = s.tenant_id AND p.id = s.parent_id
    LEFT JOIN opportunities o ON o.tenant_id = s.tenant_id AND o.id = s.opportunity_id
    WHERE s.tenant_id = $1 AND s.payment_status = 'completed' AND s.transaction_date BETWEEN $4::date AND $3
  )
  SELECT e.day >= $2::date AS "isCurrent", t.campaign_id AS "campaignId", t.ad_id AS "adId",
    CASE WHEN t.campaign_id IS NOT NULL THEN 'campaign' WHEN NOT t.is_paid THEN 'organic'
      WHEN t.channel IN ('utm_paid', 'referral', 'email', 'other') THEN 'other_paid' ELSE 'unattributed' END AS bucket,
    sum(leads)::float8 AS leads, sum(opportunities)::float8 AS opportunities, sum(won)::float8 AS won, sum(revenue)::float8 AS revenue
  FROM events e LEFT JOIN LATERAL (
    SELECT campaign_id, ad_id, is_paid, channel FROM touchpoints
    WHERE tenant_id = $1 AND lead_id = e.lead_id AND occurred_at <= e.up_to
    ORDER BY is_paid DESC, occurred_at DESC LIMIT 1
  ) AS t ON true
  GROUP BY 1, 2, 3, 4`;

export const rows = async <Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  text: string,
  values: unknown[],
): Promise<Row[]> => (await pool.query<Row>(text, values)).rows;
