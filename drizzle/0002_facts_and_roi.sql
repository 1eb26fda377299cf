CREATE FUNCTION round_half_even(p_value numeric, p_decimals integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT round(CASE WHEN abs(scaled - trunc(scaled)) = 0.5 THEN 2 * round(scaled / 2) / unit ELSE p_value END, p_decimals)
  FROM (SELECT p_value * power(10::numeric, p_decimals) AS scaled, power(10::numeric, p_decimals) AS unit) AS s
$$;
--> statement-breakpoint
-- Makes daily_facts true for the days [p_since, p_until], for one level and one account or for all of them. An account's
-- refresh takes what belongs to no account along, and level `account` what no campaign brought (`outside`).
-- Spend is dated in the ad account's time zone (as Meta dates it), leads, opportunities and wins in the tenant's, sales by
-- transaction_date. Last touch: the campaign and ad that the lead's own columns name. Rows of level `account` carry the
-- sums of their campaigns; `outside` holds what no campaign brought, so that campaigns + outside = the whole CRM.
-- A row that is already right is not written. One refresh of a tenant at a time: of two at once, each would miss the
-- campaigns the other has just named, and put back the rows the other has just removed. The lock is a statement of its
-- own, so that what follows sees all that was written before it was granted. Nested loops are off: on tables without
-- statistics (a first sync) row level security makes the planner expect one row, and it would loop over all of them.
CREATE FUNCTION refresh_daily_facts(
  p_tenant_id integer, p_since date, p_until date, p_level text DEFAULT NULL, p_account_id text DEFAULT NULL
) RETURNS void LANGUAGE sql SET enable_nestloop = off AS $$
  SELECT pg_advisory_xact_lock(hashtext('daily_facts'), p_tenant_id);
  WITH settings AS (
    SELECT timezone, won_stages,
      p_since::timestamp AT TIME ZONE timezone AS starts_at,
      (p_until + 1)::timestamp AT TIME ZONE timezone AS ends_at
    FROM tenant_settings WHERE tenant_id = p_tenant_id
  ),
  touched AS NOT MATERIALIZED (
    SELECT l.id AS lead_id, l.created_at, l.meta_ad_id AS ad_id,
      COALESCE(l.meta_campaign_id, a.campaign_id) AS campaign_id,
      COALESCE(c.meta_account_id, a.account_id, '') AS account_id,
      COALESCE(acc.currency, '') AS currency,
      CASE WHEN l.lead_source = 'META_ADS' THEN 'unattributed' ELSE 'organic' END AS outside
    FROM leads l
    LEFT JOIN ads a ON a.tenant_id = l.tenant_id AND a.ad_id = l.meta_ad_id
    LEFT JOIN meta_ads_campaigns c
      ON c.tenant_id = l.tenant_id AND c.meta_campaign_id = COALESCE(l.meta_campaign_id, a.campaign_id)
    LEFT JOIN ad_accounts acc
      ON acc.tenant_id = l.tenant_id AND acc.account_id = COALESCE(c.meta_account_id, a.account_id)
    WHERE l.tenant_id = p_tenant_id
  ),
  outcomes AS (
    SELECT t.*, (t.created_at AT TIME ZONE s.timezone)::date AS day,
      1 AS leads, 0 AS opportunities, 0 AS won, 0::numeric AS revenue
    FROM touched t, settings s WHERE t.created_at >= s.starts_at AND t.created_at < s.ends_at
    UNION ALL
    SELECT t.*, (o.created_at AT TIME ZONE s.timezone)::date, 0, 1, 0, 0
    FROM opportunities o JOIN touched t ON t.lead_id = o.lead_id, settings s
    WHERE o.tenant_id = p_tenant_id AND o.created_at >= s.starts_at AND o.created_at < s.ends_at
    UNION ALL
    SELECT t.*, (o.closed_at AT TIME ZONE s.timezone)::date, 0, 0, 1, 0
    FROM opportunities o JOIN touched t ON t.lead_id = o.lead_id, settings s
    WHERE o.tenant_id = p_tenant_id AND o.stage = ANY (s.won_stages)
      AND o.closed_at >= s.starts_at AND o.closed_at < s.ends_at
    UNION ALL
    SELECT t.lead_id, t.created_at, t.ad_id, t.campaign_id, COALESCE(t.account_id, ''), st.currency,
      COALESCE(t.outside, 'unattributed'), st.transaction_date, 0, 0, 0, st.amount
    FROM sales_transactions st
    LEFT JOIN opportunities o ON o.tenant_id = st.tenant_id AND o.id = st.opportunity_id
    LEFT JOIN touched t ON t.lead_id = COALESCE(st.lead_id, o.lead_id)
    WHERE st.tenant_id = p_tenant_id AND st.payment_status = 'completed'
      AND st.transaction_date BETWEEN p_since AND p_until
  ),
  measured AS (
    SELECT level, date AS day, entity_id, account_id, currency, spend, impressions, clicks, meta_leads,
      0 AS leads, 0 AS opportunities, 0 AS won, 0::numeric AS revenue
    FROM meta_ads_insights
    WHERE tenant_id = p_tenant_id AND date BETWEEN p_since AND p_until AND level IN ('account', 'campaign', 'ad')
      AND (p_level IS NULL OR level = p_level) AND (p_account_id IS NULL OR account_id = p_account_id)
    UNION ALL
    SELECT v.level, day, v.entity_id, CASE v.level WHEN 'outside' THEN '' ELSE account_id END, currency,
      0, 0, 0, 0, leads, opportunities, won, revenue
    FROM outcomes, LATERAL (VALUES
      ('account', CASE WHEN campaign_id IS NOT NULL THEN account_id END),
      ('campaign', campaign_id),
      ('ad', ad_id),
      ('outside', CASE WHEN campaign_id IS NULL THEN outside END)
    ) AS v (level, entity_id)
    WHERE v.entity_id IS NOT NULL
      AND (p_level IS NULL OR v.level = p_level OR (p_level = 'account' AND v.level = 'outside'))
      AND (p_account_id IS NULL OR account_id IN (p_account_id, ''))
  ),
  fresh AS (
    SELECT level, day, entity_id, account_id, currency, sum(spend) AS spend, sum(impressions) AS impressions,
      sum(clicks) AS clicks, sum(meta_leads) AS meta_leads, sum(leads) AS leads, sum(opportunities) AS opportunities,
      sum(won) AS won, sum(revenue) AS revenue
    FROM measured GROUP BY level, day, entity_id, account_id, currency
  ),
  gone AS (
    DELETE FROM daily_facts f
    WHERE f.tenant_id = p_tenant_id AND f.day BETWEEN p_since AND p_until
      AND (p_level IS NULL OR f.level = p_level OR (p_level = 'account' AND f.level = 'outside'))
      AND (p_account_id IS NULL OR f.account_id IN (p_account_id, ''))
      AND NOT EXISTS (
        SELECT 1 FROM fresh WHERE (fresh.level, fresh.day, fresh.entity_id, fresh.account_id, fresh.currency)
          = (f.level, f.day, f.entity_id, f.account_id, f.currency))
  )
  INSERT INTO daily_facts AS f (tenant_id, level, day, entity_id, account_id, currency, spend, impressions, clicks,
    meta_leads, leads, opportunities, won, revenue)
  SELECT p_tenant_id, level, day, entity_id, account_id, currency, spend, impressions, clicks, meta_leads, leads,
    opportunities, won, revenue
  FROM fresh
  ON CONFLICT (tenant_id, level, day, entity_id, account_id, currency) DO UPDATE SET
    spend = excluded.spend, impressions = excluded.impressions, clicks = excluded.clicks,
    meta_leads = excluded.meta_leads, leads = excluded.leads, opportunities = excluded.opportunities,
    won = excluded.won, revenue = excluded.revenue
  WHERE (f.spend, f.impressions, f.clicks, f.meta_leads, f.leads, f.opportunities, f.won, f.revenue)
    IS DISTINCT FROM (excluded.spend, excluded.impressions, excluded.clicks, excluded.meta_leads, excluded.leads,
      excluded.opportunities, excluded.won, excluded.revenue)
$$;
--> statement-breakpoint
-- One campaign over [p_start_date, p_end_date], cash basis, in the ad account's currency: spend and revenue of those
-- days, leads and opportunities created in them. roi_percentage is NULL where nothing was spent.
CREATE FUNCTION calculate_campaign_roi(
  p_tenant_id integer, p_campaign_id text, p_start_date date, p_end_date date
) RETURNS TABLE (
  campaign_id text, campaign_name text, total_spend numeric, total_revenue numeric,
  leads_count integer, opportunities_count integer, roi_percentage numeric
) LANGUAGE sql STABLE SET enable_nestloop = off AS $$
  WITH campaign AS (
    SELECT c.meta_campaign_id, c.name, c.meta_account_id, acc.currency, s.timezone
    FROM meta_ads_campaigns c
    JOIN ad_accounts acc ON acc.tenant_id = c.tenant_id AND acc.account_id = c.meta_account_id
    JOIN tenant_settings s ON s.tenant_id = c.tenant_id
    WHERE c.tenant_id = p_tenant_id AND c.meta_campaign_id = p_campaign_id
  ),
  touched AS (
    SELECT l.id, l.created_at FROM leads l
    LEFT JOIN ads a ON a.tenant_id = l.tenant_id AND a.ad_id = l.meta_ad_id
    WHERE l.tenant_id = p_tenant_id AND COALESCE(l.meta_campaign_id, a.campaign_id) = p_campaign_id
  ),
  totals AS (
    SELECT c.meta_campaign_id, c.name,
      (SELECT COALESCE(sum(i.spend), 0) FROM meta_ads_insights i
        WHERE i.tenant_id = p_tenant_id AND i.account_id = c.meta_account_id AND i.level = 'campaign'
          AND i.entity_id = p_campaign_id AND i.date BETWEEN p_start_date AND p_end_date) AS spend,
      (SELECT COALESCE(sum(st.amount), 0) FROM sales_transactions st
        LEFT JOIN opportunities o ON o.tenant_id = st.tenant_id AND o.id = st.opportunity_id
        JOIN touched t ON t.id = COALESCE(st.lead_id, o.lead_id)
        WHERE st.tenant_id = p_tenant_id AND st.payment_status = 'completed' AND st.currency = c.currency
          AND st.transaction_date BETWEEN p_start_date AND p_end_date) AS revenue,
      (SELECT count(*) FROM touched t
        WHERE (t.created_at AT TIME ZONE c.timezone)::date BETWEEN p_start_date AND p_end_date) AS leads,
      (SELECT count(*) FROM opportunities o JOIN touched t ON t.id = o.lead_id
        WHERE o.tenant_id = p_tenant_id
          AND (o.created_at AT TIME ZONE c.timezone)::date BETWEEN p_start_date AND p_end_date) AS opportunities
    FROM campaign c
  )
  SELECT meta_campaign_id, name, spend, revenue, leads::integer, opportunities::integer,
    round_half_even((revenue - spend) / NULLIF(spend, 0) * 100, 2)
  FROM totals
$$;
