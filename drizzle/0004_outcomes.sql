DROP POLICY "tenant_wall" ON "daily_facts" CASCADE;--> statement-breakpoint
DROP TABLE "daily_facts" CASCADE;
--> statement-breakpoint
DROP FUNCTION refresh_daily_facts;
--> statement-breakpoint
DROP FUNCTION calculate_campaign_roi;
--> statement-breakpoint
-- Tables of 0003: row level security for owners too, and what each role may do.
DO $$
DECLARE
  walled regclass;
BEGIN
  FOR walled IN
    SELECT c.oid::regclass FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE a.attname = 'tenant_id' AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
      AND NOT c.relforcerowsecurity
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', walled);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO app_rw', walled);
  END LOOP;
END
$$;
--> statement-breakpoint
REVOKE UPDATE, DELETE ON touchpoints, opportunity_stage_events FROM app_rw;
--> statement-breakpoint
GRANT SELECT (tenant_id) ON outcome_changes TO app_dispatch;
--> statement-breakpoint
-- One writer of a tenant's figures at a time: of two at once, each would miss what the other has just written. The lock
-- comes before the row of answer_versions, always, so that two writers never wait for each other.
CREATE FUNCTION renew_answers(p_tenant_id integer) RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(hashtext('outcomes'), p_tenant_id);
  INSERT INTO answer_versions AS v (tenant_id, version) VALUES (p_tenant_id, 1)
  ON CONFLICT (tenant_id) DO UPDATE SET version = v.version + 1
$$;
--> statement-breakpoint
-- Decimals of a currency by ISO 4217, as lib/money.ts has them.
CREATE FUNCTION currency_exponent(p_currency text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN upper(p_currency) IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND',
      'VUV', 'XAF', 'XOF', 'XPF') THEN 0
    WHEN upper(p_currency) IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
    WHEN upper(p_currency) IN ('CLF', 'UYW') THEN 4
    ELSE 2 END
$$;
--> statement-breakpoint
-- What one p_base costs in p_quote on a day: the rate of that day, else the nearest earlier one of the week before, of
-- the pair as it is kept, else of its inverse. NULL where there is none: never 1.
CREATE FUNCTION fx_rate(p_tenant_id integer, p_base text, p_quote text, p_day date) RETURNS numeric LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN p_base = p_quote THEN 1 ELSE COALESCE(
    (SELECT rate FROM fx_rates WHERE tenant_id = p_tenant_id AND base = p_base AND quote = p_quote
      AND day BETWEEN p_day - 7 AND p_day ORDER BY day DESC LIMIT 1),
    (SELECT round(1::numeric(40, 30) / rate, 30) FROM fx_rates WHERE tenant_id = p_tenant_id AND base = p_quote AND quote = p_base
      AND day BETWEEN p_day - 7 AND p_day ORDER BY day DESC LIMIT 1)) END
$$;
--> statement-breakpoint
-- The first instant of a day in a zone, also where clocks go back over midnight and 00:00 comes twice.
CREATE FUNCTION day_start(p_timezone text, p_day date) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN ((late - interval '1 hour') AT TIME ZONE p_timezone)::date = p_day THEN late - interval '1 hour' ELSE late END
  FROM (SELECT p_day::timestamp AT TIME ZONE p_timezone AS late) AS d
$$;
--> statement-breakpoint
-- The bit of attribution_credits.views for a model and a window in days (NULL: a lead's whole life).
CREATE FUNCTION attribution_view(p_model text, p_window integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT 1 << ((array_position(ARRAY['first_touch', 'last_touch', 'last_paid_touch', 'linear', 'position'], p_model) - 1) * 4
    + array_position(ARRAY[7, 28, 90, 0], COALESCE(p_window, 0)) - 1)
$$;
--> statement-breakpoint
CREATE FUNCTION tenant_view(p_tenant_id integer) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT attribution_view(default_model, default_window) FROM tenant_settings WHERE tenant_id = p_tenant_id
$$;
--> statement-breakpoint
-- True for a lead with a win or a completed sale.
CREATE FUNCTION is_decided(p_tenant_id integer, p_lead_id uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM opportunities o, tenant_settings s WHERE o.tenant_id = p_tenant_id AND o.lead_id = p_lead_id
      AND s.tenant_id = p_tenant_id AND o.stage = ANY (s.won_stages) AND o.closed_at IS NOT NULL)
    OR EXISTS (SELECT FROM sales_transactions st WHERE st.tenant_id = p_tenant_id AND st.lead_id = p_lead_id
      AND st.parent_id IS NULL AND st.payment_status = 'completed')
$$;
--> statement-breakpoint
-- Leads written by their columns alone get the touch that the columns speak of. Where those name no campaign and no ad, only
-- once the lead is decided: until then its first touch may still come.
CREATE FUNCTION touch_from_columns(p_tenant_id integer, p_lead_ids uuid[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO touchpoints (tenant_id, lead_id, occurred_at, channel, is_paid, source_detail, campaign_id, ad_id, headline, body)
  SELECT l.tenant_id, l.id,
    CASE WHEN seen.last_at IS NULL THEN l.created_at WHEN l.updated_at > seen.last_at THEN l.updated_at ELSE now() END,
    CASE WHEN names.ids THEN 'import' ELSE COALESCE(source.channel, 'other') END,
    names.ids OR COALESCE(source.is_paid, false),
    l.lead_source, l.meta_campaign_id, l.meta_ad_id, l.meta_ad_headline, l.meta_ad_body
  FROM (SELECT DISTINCT unnest(p_lead_ids) AS id) w
  JOIN leads l ON l.tenant_id = p_tenant_id AND l.id = w.id
  CROSS JOIN LATERAL (SELECT COALESCE(l.meta_campaign_id, l.meta_ad_id) IS NOT NULL AS ids) AS names
  LEFT JOIN (VALUES ('META_ADS', 'import', true), ('GOOGLE_ADS', 'utm_paid', true), ('ORGANIC', 'organic', false),
    ('REFERRAL', 'referral', false), ('WEBSITE', 'direct', false), ('DIRECT', 'direct', false), ('MANUAL', 'manual', false),
    ('EMAIL', 'email', false)) AS source (name, channel, is_paid) ON source.name = upper(l.lead_source)
  CROSS JOIN LATERAL (
    SELECT max(t.occurred_at) AS last_at,
      bool_or(CASE WHEN l.meta_ad_id IS NOT NULL THEN t.ad_id = l.meta_ad_id ELSE l.meta_campaign_id = COALESCE(
        (SELECT a.campaign_id FROM ads a WHERE a.tenant_id = p_tenant_id AND a.ad_id = t.ad_id), t.campaign_id) END) AS said
    FROM touchpoints t WHERE t.tenant_id = l.tenant_id AND t.lead_id = l.id
  ) AS seen
  WHERE (names.ids AND seen.said IS NOT TRUE) OR (NOT names.ids AND seen.last_at IS NULL AND is_decided(p_tenant_id, l.id))
$$;
--> statement-breakpoint
-- A lead's columns show the newest touch that names a campaign or an ad; what it does not say stays.
CREATE FUNCTION show_touches(p_tenant_id integer, p_lead_ids uuid[]) RETURNS void LANGUAGE sql AS $$
  UPDATE leads l SET
    (lead_source, meta_campaign_id, meta_ad_id, meta_ad_headline, meta_ad_body) = (shown.lead_source, shown.campaign_id,
      shown.ad_id, shown.headline, shown.body)
  FROM (
    SELECT w.id, CASE WHEN t.is_paid THEN 'META_ADS' ELSE own.lead_source END AS lead_source,
      COALESCE(a.campaign_id, t.campaign_id, own.meta_campaign_id) AS campaign_id, COALESCE(t.ad_id, own.meta_ad_id) AS ad_id,
      COALESCE(t.headline, own.meta_ad_headline) AS headline, COALESCE(t.body, own.meta_ad_body) AS body
    FROM (SELECT DISTINCT unnest(p_lead_ids) AS id) w
    JOIN leads own ON own.tenant_id = p_tenant_id AND own.id = w.id
    CROSS JOIN LATERAL (
      SELECT * FROM touchpoints t WHERE t.tenant_id = p_tenant_id AND t.lead_id = w.id
        AND COALESCE(t.campaign_id, t.ad_id) IS NOT NULL
      ORDER BY t.occurred_at DESC, t.id DESC LIMIT 1
    ) AS t
    LEFT JOIN ads a ON a.tenant_id = p_tenant_id AND a.ad_id = t.ad_id
  ) AS shown
  WHERE l.tenant_id = p_tenant_id AND l.id = shown.id
    AND (l.lead_source, l.meta_campaign_id, l.meta_ad_id, l.meta_ad_headline, l.meta_ad_body)
      IS DISTINCT FROM (shown.lead_source, shown.campaign_id, shown.ad_id, shown.headline, shown.body)
$$;
--> statement-breakpoint
-- Which touch has which share of a lead, its opportunities and its sales, for every model and window. What is decided (a
-- win, a completed sale, a lead that has one) counts touches up to that moment and is frozen; what is open counts up to its
-- last touch and may still move; what is open again is thawed. Weights are counted in millionths and sum to one; what does
-- not divide goes to the earliest. The same ad again within thirty minutes is one touch.
CREATE FUNCTION credit_leads(p_tenant_id integer, p_lead_ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_timezone text;
  v_won text[];
BEGIN
  SELECT timezone, won_stages INTO v_timezone, v_won FROM tenant_settings WHERE tenant_id = p_tenant_id;

  UPDATE opportunities o SET frozen_at = NULL
  WHERE o.tenant_id = p_tenant_id AND o.lead_id = ANY (p_lead_ids) AND o.frozen_at IS NOT NULL
    AND (o.stage = ANY (v_won) AND o.closed_at IS NOT NULL) IS NOT TRUE;
  UPDATE sales_transactions s SET frozen_at = NULL
  WHERE s.tenant_id = p_tenant_id AND s.lead_id = ANY (p_lead_ids) AND s.frozen_at IS NOT NULL
    AND (s.payment_status <> 'completed' OR s.parent_id IS NOT NULL);
  UPDATE leads l SET frozen_at = NULL
  WHERE l.tenant_id = p_tenant_id AND l.id = ANY (p_lead_ids) AND l.frozen_at IS NOT NULL
    AND NOT is_decided(p_tenant_id, l.id);

  WITH wanted AS (SELECT DISTINCT unnest(p_lead_ids) AS id),
  deals AS (
    SELECT o.id, o.lead_id, o.frozen_at, CASE WHEN o.stage = ANY (v_won) THEN o.closed_at END AS decided_at
    FROM wanted w JOIN opportunities o ON o.tenant_id = p_tenant_id AND o.lead_id = w.id
  ),
  payments AS (
    SELECT s.id, s.lead_id, s.frozen_at, LEAST(
      (SELECT CASE WHEN o.stage = ANY (v_won) THEN o.closed_at END FROM opportunities o
        WHERE o.tenant_id = p_tenant_id AND o.id = s.opportunity_id),
      COALESCE(s.sold_at, day_start(v_timezone, s.transaction_date + 1) - interval '1 microsecond')) AS decided_at
    FROM wanted w JOIN sales_transactions s ON s.tenant_id = p_tenant_id AND s.lead_id = w.id
    WHERE s.parent_id IS NULL AND s.payment_status = 'completed'
  ),
  subjects AS (
    SELECT 'opportunity' AS subject, id AS subject_id, lead_id, decided_at FROM deals WHERE frozen_at IS NULL
    UNION ALL SELECT 'sale', id, lead_id, decided_at FROM payments WHERE frozen_at IS NULL
    UNION ALL SELECT 'lead', lead_id, lead_id, min(decided_at)
    FROM (
      SELECT l.id AS lead_id, NULL AS decided_at, true AS is_open
      FROM wanted w JOIN leads l ON l.tenant_id = p_tenant_id AND l.id = w.id WHERE l.frozen_at IS NULL
      UNION ALL SELECT lead_id, decided_at, false FROM deals
      UNION ALL SELECT lead_id, decided_at, false FROM payments
    ) AS l
    GROUP BY lead_id HAVING bool_or(is_open)
  ),
  touched AS (
    SELECT s.*, t.id, t.occurred_at, t.is_paid, t.source, r.reach, count(*) OVER w AS n,
      count(*) FILTER (WHERE r.reach & 4 > 0) OVER w AS n90, count(*) FILTER (WHERE r.reach & 2 > 0) OVER w AS n28,
      count(*) FILTER (WHERE r.reach & 1 > 0) OVER w AS n7
    FROM subjects s
    CROSS JOIN LATERAL (
      SELECT *, max(occurred_at) OVER () AS last_at
      FROM (
        SELECT t.id, t.occurred_at, t.is_paid, (t.channel, t.campaign_id, t.ad_id)::text AS source,
          t.occurred_at - lag(t.occurred_at) OVER (PARTITION BY t.channel, t.campaign_id, t.ad_id ORDER BY t.occurred_at, t.id) AS pause
        FROM touchpoints t WHERE t.tenant_id = p_tenant_id AND t.lead_id = s.lead_id
      ) AS t
      WHERE pause IS NULL OR pause > interval '30 minutes'
    ) AS t
    CROSS JOIN LATERAL (SELECT COALESCE(s.decided_at, t.last_at) - t.occurred_at AS age) AS a
    CROSS JOIN LATERAL (
      SELECT 8 + 4 * (a.age <= interval '90 days')::integer + 2 * (a.age <= interval '28 days')::integer
        + (a.age <= interval '7 days')::integer AS reach
    ) AS r
    WHERE a.age >= interval '0'
    WINDOW w AS (PARTITION BY s.subject, s.subject_id)
  ),
  -- Windows that hold the same touches are one case.
  eligible AS (
    SELECT t.*, v.windows,
      row_number() OVER (w ORDER BY t.occurred_at, t.id) AS place,
      count(*) OVER w AS touches,
      row_number() OVER (w ORDER BY t.is_paid DESC, t.occurred_at DESC, t.id DESC) AS paid_rank,
      row_number() OVER (PARTITION BY t.subject, t.subject_id, v.windows, t.source ORDER BY t.occurred_at, t.id) = 1 AS is_new_source
    FROM touched t
    CROSS JOIN LATERAL (VALUES
      (8, 8 + 4 * (n90 = n)::integer + 2 * (n28 = n)::integer + (n7 = n)::integer),
      (4, CASE WHEN n90 < n THEN 4 + 2 * (n28 = n90)::integer + (n7 = n90)::integer END),
      (2, CASE WHEN n28 < n90 THEN 2 + (n7 = n28)::integer END),
      (1, CASE WHEN n7 < n28 THEN 1 END)
    ) AS v (reach, windows)
    WHERE v.windows IS NOT NULL AND t.reach & v.reach > 0
    WINDOW w AS (PARTITION BY t.subject, t.subject_id, v.windows)
  ),
  ranked AS (
    SELECT *, count(*) FILTER (WHERE is_new_source) OVER (PARTITION BY subject, subject_id, windows) AS sources,
      row_number() OVER (PARTITION BY subject, subject_id, windows, is_new_source ORDER BY occurred_at, id) AS source_place
    FROM eligible
  ),
  shares AS (
    SELECT r.*, m.model, m.micros FROM ranked r CROSS JOIN LATERAL (VALUES
      (0, CASE WHEN place = 1 THEN 1000000 END),
      (1, CASE WHEN place = touches THEN 1000000 END),
      (2, CASE WHEN paid_rank = 1 THEN 1000000 END),
      (3, CASE WHEN is_new_source THEN 1000000 / sources + (source_place <= 1000000 % sources)::integer END),
      (4, CASE
        WHEN touches = 1 THEN 1000000
        WHEN touches = 2 THEN 500000
        WHEN place IN (1, touches) THEN 400000
        ELSE 200000 / (touches - 2) + (place - 1 <= 200000 % (touches - 2))::integer END)
    ) AS m (model, micros)
    WHERE m.micros > 0
  ),
  fresh AS (
    SELECT subject, subject_id, id AS touchpoint_id, micros / 1000000.0 AS weight, bit_or(windows << model * 4) AS views, lead_id
    FROM shares GROUP BY subject, subject_id, lead_id, id, micros
  ),
  gone AS (
    DELETE FROM attribution_credits c
    WHERE c.tenant_id = p_tenant_id AND c.lead_id = ANY (p_lead_ids)
      AND NOT EXISTS (SELECT 1 FROM fresh f
        WHERE (f.subject, f.subject_id, f.touchpoint_id, f.weight) = (c.subject, c.subject_id, c.touchpoint_id, c.weight))
      AND NOT EXISTS (
        SELECT FROM leads l WHERE c.subject = 'lead' AND l.tenant_id = c.tenant_id AND l.id = c.subject_id AND l.frozen_at IS NOT NULL
        UNION ALL SELECT FROM opportunities o WHERE c.subject = 'opportunity' AND o.tenant_id = c.tenant_id AND o.id = c.subject_id
          AND o.frozen_at IS NOT NULL
        UNION ALL SELECT FROM sales_transactions s WHERE c.subject = 'sale' AND s.tenant_id = c.tenant_id AND s.id = c.subject_id
          AND s.frozen_at IS NOT NULL)
  )
  INSERT INTO attribution_credits AS c (tenant_id, subject, subject_id, touchpoint_id, weight, views, lead_id)
  SELECT p_tenant_id, subject, subject_id, touchpoint_id, weight, views, lead_id FROM fresh
  ON CONFLICT (tenant_id, subject, subject_id, touchpoint_id, weight) DO UPDATE SET (views, lead_id) = (excluded.views, excluded.lead_id)
  WHERE (c.views, c.lead_id) IS DISTINCT FROM (excluded.views, excluded.lead_id);

  UPDATE opportunities o SET frozen_at = now()
  WHERE o.tenant_id = p_tenant_id AND o.lead_id = ANY (p_lead_ids) AND o.frozen_at IS NULL
    AND o.stage = ANY (v_won) AND o.closed_at IS NOT NULL;
  UPDATE sales_transactions s SET frozen_at = now()
  WHERE s.tenant_id = p_tenant_id AND s.lead_id = ANY (p_lead_ids) AND s.frozen_at IS NULL
    AND s.payment_status = 'completed' AND s.parent_id IS NULL;
  UPDATE leads l SET frozen_at = now()
  WHERE l.tenant_id = p_tenant_id AND l.id = ANY (p_lead_ids) AND l.frozen_at IS NULL AND is_decided(p_tenant_id, l.id);
END
$$;
--> statement-breakpoint
-- What leads, opportunities, wins, sales and refunds brought, each split over the touches that a model credits (p_view).
-- Cash: on the day it happened, by its own credits. Cohort: on the day of the touch that the lead is credited to, whatever
-- became of it since. Days are the tenant's. Amounts are split in minor units, leftovers to the largest fractions; what was
-- given back of a sale is split as a whole, each refund by what it adds, so that all of it leaves nothing behind.
-- `outside` says why no campaign has it.
CREATE FUNCTION outcome_rows(p_tenant_id integer, p_since date, p_until date, p_view integer, p_basis text)
RETURNS TABLE (
  day date, rate_on date, event text, event_id uuid, subject text, subject_id uuid, lead_id uuid, touchpoint_id uuid,
  weight numeric, outside text, account_id text, campaign_id text, ad_set_id text, ad_id text, ad_account_id text, currency text,
  leads numeric, matched_leads numeric, opportunities numeric, won numeric, sales numeric, refunds numeric,
  open_value numeric, weighted_value numeric
) LANGUAGE sql STABLE AS $$
  WITH settings AS (
    SELECT timezone, won_stages, lost_stages,
      CASE p_basis WHEN 'cash' THEN day_start(timezone, p_since) ELSE '-infinity' END AS starts_at,
      CASE p_basis WHEN 'cash' THEN day_start(timezone, p_until + 1) ELSE 'infinity' END AS ends_at,
      CASE p_basis WHEN 'cash' THEN p_since ELSE '-infinity' END AS since,
      CASE p_basis WHEN 'cash' THEN p_until ELSE 'infinity' END AS until
    FROM tenant_settings WHERE tenant_id = p_tenant_id
  ),
  events AS (
    SELECT 'lead' AS event, l.id AS event_id, 'lead' AS subject, l.id AS subject_id, l.id AS lead_id,
      (l.created_at AT TIME ZONE s.timezone)::date AS day, NULL::date AS rate_on, NULL::text AS currency,
      NULL::numeric AS amount, 0 AS likelihood
    FROM settings s JOIN leads l ON l.tenant_id = p_tenant_id AND l.created_at >= s.starts_at AND l.created_at < s.ends_at
    UNION ALL
    SELECT e.event, o.id, 'opportunity', o.id, o.lead_id, (o.created_at AT TIME ZONE s.timezone)::date,
      (o.created_at AT TIME ZONE s.timezone)::date, e.currency, e.amount, COALESCE(o.probability, 0)
    FROM settings s
    JOIN opportunities o ON o.tenant_id = p_tenant_id AND o.created_at >= s.starts_at AND o.created_at < s.ends_at
    CROSS JOIN LATERAL (VALUES ('opportunity', NULL, NULL), ('pipeline', o.currency, o.value)) AS e (event, currency, amount)
    WHERE e.event = 'opportunity' OR (o.closed_at IS NULL AND NOT o.stage = ANY (s.won_stages || s.lost_stages))
    UNION ALL
    SELECT 'won', o.id, 'opportunity', o.id, o.lead_id, (o.closed_at AT TIME ZONE s.timezone)::date, NULL, NULL, NULL, 0
    FROM settings s
    JOIN opportunities o ON o.tenant_id = p_tenant_id AND o.closed_at >= s.starts_at AND o.closed_at < s.ends_at
      AND o.stage = ANY (s.won_stages)
    UNION ALL
    SELECT st.kind, st.id, 'sale', COALESCE(st.parent_id, st.id), st.lead_id, st.transaction_date,
      COALESCE(parent.transaction_date, st.transaction_date), st.currency, st.amount, 0
    FROM settings s
    JOIN sales_transactions st ON st.tenant_id = p_tenant_id AND st.transaction_date BETWEEN s.since AND s.until
      AND st.payment_status = 'completed'
    LEFT JOIN sales_transactions parent ON parent.tenant_id = p_tenant_id AND parent.id = st.parent_id
    WHERE parent.payment_status IS NULL OR parent.payment_status = 'completed'
  ),
  credited AS (
    SELECT e.*, c.touchpoint_id, COALESCE(c.weight, 1) AS weight, created.at AS lead_at
    FROM events e
    LEFT JOIN attribution_credits c ON c.tenant_id = p_tenant_id AND c.views & p_view <> 0
      AND c.subject = CASE p_basis WHEN 'cash' THEN e.subject ELSE 'lead' END
      AND c.subject_id = CASE p_basis WHEN 'cash' THEN e.subject_id ELSE e.lead_id END
    LEFT JOIN LATERAL (
      SELECT l.created_at AS at FROM leads l WHERE p_basis = 'cohort' AND l.tenant_id = p_tenant_id AND l.id = e.lead_id
    ) AS created ON true
  ),
  whole AS (
    SELECT *, amount AS part FROM credited WHERE weight = 1
    UNION ALL
    SELECT event, event_id, subject, subject_id, lead_id, day, rate_on, currency, amount, likelihood, touchpoint_id, weight,
      lead_at, sum(part)
    FROM (
      SELECT *, sign(whole) * unit * (units + (row_number() OVER (PARTITION BY event, event_id, whole
        ORDER BY fraction DESC, occurred_at, touchpoint_id) <= total - sum(units) OVER (PARTITION BY event, event_id, whole))::integer) AS part
      FROM (
        SELECT c.*, t.occurred_at, v.whole, u.unit, abs(v.whole) / u.unit AS total, floor(abs(v.whole) / u.unit * c.weight) AS units,
          abs(v.whole) / u.unit * c.weight - floor(abs(v.whole) / u.unit * c.weight) AS fraction
        FROM credited c
        JOIN touchpoints t ON t.tenant_id = p_tenant_id AND t.id = c.touchpoint_id
        LEFT JOIN LATERAL (
          SELECT sum(s.amount) AS amount FROM sales_transactions s
          WHERE c.subject_id <> c.event_id AND s.tenant_id = p_tenant_id AND s.parent_id = c.subject_id
            AND s.payment_status = 'completed' AND (s.transaction_date, s.id) < (c.day, c.event_id)
        ) AS before ON true
        CROSS JOIN LATERAL (VALUES (c.amount + COALESCE(before.amount, 0)), (-before.amount)) AS v (whole)
        CROSS JOIN LATERAL (
          SELECT CASE WHEN trunc(v.whole, currency_exponent(c.currency)) = v.whole
            THEN round(power(10::numeric, -currency_exponent(c.currency)), currency_exponent(c.currency))
            ELSE 0.000001 END AS unit
        ) AS u
        WHERE c.weight <> 1 AND v.whole IS NOT NULL
      ) AS split
    ) AS parts
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
    UNION ALL
    -- Events without an amount have shares all the same.
    SELECT *, NULL FROM credited WHERE weight <> 1 AND amount IS NULL
  ),
  placed AS (
    SELECT w.*, COALESCE(a.campaign_id, t.campaign_id) AS campaign_id, COALESCE(a.ad_set_id, t.ad_set_id) AS ad_set_id,
      t.ad_id, t.is_paid, t.channel, (t.leadgen_id IS NOT NULL OR t.ctwa_clid IS NOT NULL) AS is_matched,
      COALESCE(a.account_id, '') AS ad_account_id, COALESCE(a.account_id, c.meta_account_id, '') AS account_id,
      COALESCE(acc.currency, '') AS account_currency,
      CASE p_basis WHEN 'cash' THEN w.day
        ELSE COALESCE((COALESCE(t.occurred_at, w.lead_at) AT TIME ZONE s.timezone)::date, w.rate_on, w.day) END AS stands_on
    FROM settings s, whole w
    LEFT JOIN touchpoints t ON t.tenant_id = p_tenant_id AND t.id = w.touchpoint_id
    LEFT JOIN ads a ON a.tenant_id = p_tenant_id AND a.ad_id = t.ad_id
    LEFT JOIN meta_ads_campaigns c ON c.tenant_id = p_tenant_id AND c.meta_campaign_id = COALESCE(a.campaign_id, t.campaign_id)
    LEFT JOIN ad_accounts acc ON acc.tenant_id = p_tenant_id AND acc.account_id = COALESCE(a.account_id, c.meta_account_id)
  )
  SELECT stands_on, COALESCE(rate_on, stands_on), event, event_id, subject, subject_id, lead_id, touchpoint_id, weight,
    CASE WHEN campaign_id IS NOT NULL THEN NULL
      -- No touch had a part in it. Of a lead that has none at all (yet) its source tells.
      WHEN touchpoint_id IS NULL THEN CASE
        WHEN placed.lead_id IS NULL
          OR EXISTS (SELECT FROM touchpoints t WHERE t.tenant_id = p_tenant_id AND t.lead_id = placed.lead_id) THEN 'unattributed'
        ELSE (SELECT CASE upper(l.lead_source) WHEN 'META_ADS' THEN 'unattributed' WHEN 'GOOGLE_ADS' THEN 'other_paid' ELSE 'organic' END
          FROM leads l WHERE l.tenant_id = p_tenant_id AND l.id = placed.lead_id) END
      WHEN NOT is_paid THEN 'organic'
      WHEN channel IN ('utm_paid', 'referral', 'email', 'other') THEN 'other_paid'
      ELSE 'unattributed' END,
    account_id, campaign_id, ad_set_id, ad_id, ad_account_id, COALESCE(currency, account_currency),
    CASE WHEN event = 'lead' THEN weight ELSE 0 END,
    CASE WHEN event = 'lead' AND is_matched THEN weight ELSE 0 END,
    CASE WHEN event = 'opportunity' THEN weight ELSE 0 END,
    CASE WHEN event = 'won' THEN weight ELSE 0 END,
    CASE WHEN event IN ('sale', 'adjustment') THEN part ELSE 0 END,
    CASE WHEN event IN ('refund', 'chargeback') THEN part ELSE 0 END,
    CASE WHEN event = 'pipeline' THEN part ELSE 0 END,
    CASE WHEN event = 'pipeline' THEN part * likelihood / 100 ELSE 0 END
  FROM placed
  WHERE stands_on BETWEEN p_since AND p_until
$$;
--> statement-breakpoint
-- The same for whoever asks for many days: nested loops are off. Without statistics row level security makes the planner
-- expect one row everywhere, and it would loop over all of them.
CREATE FUNCTION attributed_outcomes(p_tenant_id integer, p_since date, p_until date, p_view integer, p_basis text)
RETURNS TABLE (
  day date, rate_on date, event text, event_id uuid, subject text, subject_id uuid, lead_id uuid, touchpoint_id uuid,
  weight numeric, outside text, account_id text, campaign_id text, ad_set_id text, ad_id text, ad_account_id text, currency text,
  leads numeric, matched_leads numeric, opportunities numeric, won numeric, sales numeric, refunds numeric,
  open_value numeric, weighted_value numeric
) LANGUAGE sql STABLE SET enable_nestloop = off SET jit = off AS $$
  SELECT * FROM outcome_rows(p_tenant_id, p_since, p_until, p_view, p_basis)
$$;
--> statement-breakpoint
-- The places an outcome is counted at. An ad that Meta did not name yet has no account, whatever its campaign's is.
CREATE FUNCTION outcome_levels(
  p_account_id text, p_campaign_id text, p_ad_set_id text, p_ad_id text, p_ad_account_id text, p_outside text
) RETURNS TABLE (level text, entity_id text, account_id text) LANGUAGE sql IMMUTABLE AS $$
  SELECT * FROM (VALUES
    ('account', CASE WHEN p_campaign_id IS NOT NULL THEN p_account_id END, p_account_id),
    ('campaign', p_campaign_id, p_account_id),
    ('ad_set', p_ad_set_id, p_ad_account_id),
    ('ad', p_ad_id, p_ad_account_id),
    ('outside', p_outside, '')
  ) AS v (level, entity_id, account_id) WHERE entity_id IS NOT NULL
$$;
--> statement-breakpoint
-- Makes daily_outcomes true for some days, or for all of them (NULL). A row that is already right is not written.
CREATE FUNCTION write_daily_outcomes(p_tenant_id integer, p_days date[]) RETURNS void LANGUAGE sql AS $$
  WITH wanted AS (SELECT DISTINCT unnest(p_days) AS day),
  -- Days that are near each other are asked for together.
  stretches AS (
    SELECT min(day) AS since, max(day) AS until
    FROM (SELECT day, sum(is_far) OVER (ORDER BY day) AS stretch
      FROM (SELECT day, (day - lag(day) OVER (ORDER BY day) > 10)::integer AS is_far FROM wanted) AS gaps) AS days
    GROUP BY COALESCE(stretch, 0)
    UNION ALL SELECT '1900-01-01', '2999-12-31' WHERE p_days IS NULL
  ),
  fresh AS (
    SELECT v.level, o.day, v.entity_id, v.account_id, o.currency, o.rate_on,
      sum(o.leads) AS leads, sum(o.matched_leads) AS matched_leads, sum(o.opportunities) AS opportunities, sum(o.won) AS won,
      sum(o.sales) AS sales, sum(o.refunds) AS refunds, sum(o.open_value) AS open_value, sum(o.weighted_value) AS weighted_value
    FROM stretches s
    CROSS JOIN LATERAL outcome_rows(p_tenant_id, s.since, s.until, tenant_view(p_tenant_id), 'cash') o
    CROSS JOIN LATERAL outcome_levels(o.account_id, o.campaign_id, o.ad_set_id, o.ad_id, o.ad_account_id, o.outside) v
    WHERE p_days IS NULL OR o.day IN (SELECT day FROM wanted)
    GROUP BY 1, 2, 3, 4, 5, 6
  ),
  gone AS (
    DELETE FROM daily_outcomes f
    WHERE f.tenant_id = p_tenant_id AND (p_days IS NULL OR f.day = ANY (p_days))
      AND NOT EXISTS (
        SELECT 1 FROM fresh WHERE (fresh.level, fresh.day, fresh.entity_id, fresh.account_id, fresh.currency, fresh.rate_on)
          = (f.level, f.day, f.entity_id, f.account_id, f.currency, f.rate_on))
  )
  INSERT INTO daily_outcomes AS f (tenant_id, level, day, entity_id, account_id, currency, rate_on, leads, matched_leads,
    opportunities, won, sales, refunds, open_value, weighted_value)
  SELECT p_tenant_id, * FROM fresh
  ON CONFLICT (tenant_id, level, day, entity_id, account_id, currency, rate_on) DO UPDATE SET
    (leads, matched_leads, opportunities, won, sales, refunds, open_value, weighted_value) = (excluded.leads,
      excluded.matched_leads, excluded.opportunities, excluded.won, excluded.sales, excluded.refunds, excluded.open_value,
      excluded.weighted_value)
  WHERE (f.leads, f.matched_leads, f.opportunities, f.won, f.sales, f.refunds, f.open_value, f.weighted_value)
    IS DISTINCT FROM (excluded.leads, excluded.matched_leads, excluded.opportunities, excluded.won, excluded.sales,
      excluded.refunds, excluded.open_value, excluded.weighted_value)
$$;
--> statement-breakpoint
-- A few days are looked up by keys; for many, nested loops are off (attributed_outcomes says why).
CREATE FUNCTION refresh_daily_outcomes(p_tenant_id integer, p_days date[]) RETURNS void LANGUAGE plpgsql SET jit = off AS $$
DECLARE
  v_before text := current_setting('enable_nestloop');
BEGIN
  PERFORM set_config('enable_nestloop', CASE WHEN cardinality(p_days) <= 10 THEN 'on' ELSE 'off' END, true);
  PERFORM write_daily_outcomes(p_tenant_id, p_days);
  PERFORM set_config('enable_nestloop', v_before, true);
END
$$;
--> statement-breakpoint
-- Everything that changed since the last time, made true in the facts. The last statement of every batch that writes
-- leads, touchpoints, opportunities or sales; cron calls it for rows that came from elsewhere.
CREATE FUNCTION settle_outcomes(p_tenant_id integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_leads uuid[];
  v_days date[];
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('outcomes'), p_tenant_id);
  WITH taken AS (DELETE FROM outcome_changes WHERE tenant_id = p_tenant_id RETURNING lead_id, day)
  SELECT COALESCE(array_agg(DISTINCT lead_id) FILTER (WHERE lead_id IS NOT NULL), '{}'),
    COALESCE(array_agg(DISTINCT day) FILTER (WHERE day IS NOT NULL), '{}')
  INTO v_leads, v_days FROM taken;
  IF cardinality(v_leads) = 0 AND cardinality(v_days) = 0 THEN RETURN; END IF;
  PERFORM credit_changed(p_tenant_id, v_leads);
  v_days := v_days || ARRAY(
    SELECT d.day FROM tenant_settings s
    CROSS JOIN (SELECT DISTINCT unnest(v_leads) AS id) w
    CROSS JOIN LATERAL (
      SELECT (l.created_at AT TIME ZONE s.timezone)::date AS day FROM leads l WHERE l.tenant_id = p_tenant_id AND l.id = w.id
      UNION SELECT (at AT TIME ZONE s.timezone)::date FROM opportunities o, LATERAL (VALUES (o.created_at), (o.closed_at)) AS v (at)
        WHERE o.tenant_id = p_tenant_id AND o.lead_id = w.id AND at IS NOT NULL
      UNION SELECT st.transaction_date FROM sales_transactions st WHERE st.tenant_id = p_tenant_id AND st.lead_id = w.id
    ) AS d
    WHERE s.tenant_id = p_tenant_id);
  PERFORM refresh_daily_outcomes(p_tenant_id, v_days);
  PERFORM renew_answers(p_tenant_id);
END
$$;
--> statement-breakpoint
-- What it writes itself is no change to settle (note_outcome_change).
CREATE FUNCTION credit_changed(p_tenant_id integer, p_lead_ids uuid[]) RETURNS void LANGUAGE plpgsql SET jit = off AS $$
DECLARE
  v_before text := current_setting('enable_nestloop');
BEGIN
  PERFORM set_config('enable_nestloop', CASE WHEN cardinality(p_lead_ids) <= 200 THEN 'on' ELSE 'off' END, true);
  PERFORM set_config('app.settling', 'on', true);
  PERFORM touch_from_columns(p_tenant_id, p_lead_ids);
  PERFORM show_touches(p_tenant_id, p_lead_ids);
  PERFORM credit_leads(p_tenant_id, p_lead_ids);
  PERFORM set_config('app.settling', '', true);
  PERFORM set_config('enable_nestloop', v_before, true);
END
$$;
--> statement-breakpoint
-- All facts of a tenant anew, from what Meta and the CRM said. Frozen credits stay.
CREATE FUNCTION rebuild_facts(p_tenant_id integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('outcomes'), p_tenant_id);
  DELETE FROM outcome_changes WHERE tenant_id = p_tenant_id;
  PERFORM credit_changed(p_tenant_id, ARRAY(SELECT id FROM leads WHERE tenant_id = p_tenant_id));
  PERFORM refresh_daily_outcomes(p_tenant_id, NULL);
  PERFORM refresh_daily_spend(p_tenant_id, '1900-01-01', '2999-12-31');
  PERFORM renew_answers(p_tenant_id);
END
$$;
--> statement-breakpoint
-- Makes daily_spend true for the days [p_since, p_until], for one level and one account or for all of them; with the ads
-- come their ad sets, which Meta is not asked for.
CREATE FUNCTION refresh_daily_spend(
  p_tenant_id integer, p_since date, p_until date, p_level text DEFAULT NULL, p_account_id text DEFAULT NULL
) RETURNS void LANGUAGE sql SET enable_nestloop = off SET jit = off AS $$
  WITH read AS (
    SELECT i.level, i.date AS day, i.entity_id, i.account_id, i.currency, i.spend, i.impressions, i.clicks, i.meta_leads
    FROM meta_ads_insights i
    WHERE i.tenant_id = p_tenant_id AND i.date BETWEEN p_since AND p_until AND i.level IN ('account', 'campaign', 'ad')
      AND (p_level IS NULL OR i.level = p_level) AND (p_account_id IS NULL OR i.account_id = p_account_id)
  ),
  fresh AS (
    SELECT level, day, entity_id, account_id, currency, sum(spend) AS spend, sum(impressions) AS impressions,
      sum(clicks) AS clicks, sum(meta_leads) AS meta_leads
    FROM (
      SELECT * FROM read
      UNION ALL
      SELECT 'ad_set', r.day, a.ad_set_id, r.account_id, r.currency, r.spend, r.impressions, r.clicks, r.meta_leads
      FROM read r JOIN ads a ON a.tenant_id = p_tenant_id AND a.ad_id = r.entity_id WHERE r.level = 'ad'
    ) AS r
    GROUP BY level, day, entity_id, account_id, currency
  ),
  gone AS (
    DELETE FROM daily_spend f
    WHERE f.tenant_id = p_tenant_id AND f.day BETWEEN p_since AND p_until
      AND (p_level IS NULL OR f.level = p_level OR (p_level = 'ad' AND f.level = 'ad_set'))
      AND (p_account_id IS NULL OR f.account_id = p_account_id)
      AND NOT EXISTS (
        SELECT 1 FROM fresh WHERE (fresh.level, fresh.day, fresh.entity_id, fresh.account_id, fresh.currency)
          = (f.level, f.day, f.entity_id, f.account_id, f.currency))
  )
  INSERT INTO daily_spend AS f (tenant_id, level, day, entity_id, account_id, currency, spend, impressions, clicks, meta_leads)
  SELECT p_tenant_id, * FROM fresh
  ON CONFLICT (tenant_id, level, day, entity_id, account_id, currency) DO UPDATE SET
    (spend, impressions, clicks, meta_leads) = (excluded.spend, excluded.impressions, excluded.clicks, excluded.meta_leads)
  WHERE (f.spend, f.impressions, f.clicks, f.meta_leads)
    IS DISTINCT FROM (excluded.spend, excluded.impressions, excluded.clicks, excluded.meta_leads)
$$;
--> statement-breakpoint
-- One campaign over [p_start_date, p_end_date], cash basis, under the tenant's model and window, in the ad account's
-- currency; what has no rate to it is left out. roi_percentage is NULL where nothing was spent.
CREATE FUNCTION calculate_campaign_roi(
  p_tenant_id integer, p_campaign_id text, p_start_date date, p_end_date date
) RETURNS TABLE (
  campaign_id text, campaign_name text, total_spend numeric, total_revenue numeric,
  leads_count numeric, opportunities_count numeric, roi_percentage numeric
) LANGUAGE sql STABLE SET enable_nestloop = off SET jit = off AS $$
  WITH campaign AS (
    SELECT c.meta_campaign_id, c.name, c.meta_account_id, acc.currency
    FROM meta_ads_campaigns c
    JOIN ad_accounts acc ON acc.tenant_id = c.tenant_id AND acc.account_id = c.meta_account_id
    WHERE c.tenant_id = p_tenant_id AND c.meta_campaign_id = p_campaign_id
  ),
  brought AS (
    SELECT COALESCE(sum((o.sales + o.refunds) * fx_rate(p_tenant_id, o.currency, c.currency, o.rate_on)), 0) AS revenue,
      COALESCE(sum(o.leads), 0) AS leads, COALESCE(sum(o.opportunities), 0) AS opportunities
    FROM campaign c, attributed_outcomes(p_tenant_id, p_start_date, p_end_date, tenant_view(p_tenant_id), 'cash') o
    WHERE o.campaign_id = p_campaign_id
  ),
  spent AS (
    SELECT COALESCE(sum(i.spend), 0) AS spend FROM campaign c, meta_ads_insights i
    WHERE i.tenant_id = p_tenant_id AND i.account_id = c.meta_account_id AND i.level = 'campaign'
      AND i.entity_id = p_campaign_id AND i.date BETWEEN p_start_date AND p_end_date
  )
  SELECT c.meta_campaign_id, c.name, s.spend, b.revenue, b.leads, b.opportunities,
    round_half_even((b.revenue - s.spend) / NULLIF(s.spend, 0) * 100, 2)
  FROM campaign c, brought b, spent s
$$;
--> statement-breakpoint
CREATE FUNCTION note_outcome_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_timezone text;
BEGIN
  IF current_setting('app.settling', true) = 'on' THEN RETURN NULL; END IF;
  IF TG_TABLE_NAME = 'touchpoints' THEN
    INSERT INTO outcome_changes (tenant_id, lead_id) VALUES (NEW.tenant_id, NEW.lead_id);
    RETURN NULL;
  END IF;
  SELECT timezone INTO v_timezone FROM tenant_settings WHERE tenant_id = COALESCE(NEW.tenant_id, OLD.tenant_id);
  IF TG_TABLE_NAME = 'leads' THEN
    INSERT INTO outcome_changes (tenant_id, lead_id, day)
    SELECT DISTINCT r.tenant_id, r.id, (r.created_at AT TIME ZONE v_timezone)::date
    FROM (SELECT (OLD).* UNION ALL SELECT (NEW).*) AS r WHERE r.id IS NOT NULL;
  ELSIF TG_TABLE_NAME = 'opportunities' THEN
    INSERT INTO outcome_changes (tenant_id, lead_id, day)
    SELECT DISTINCT r.tenant_id, r.lead_id, (at AT TIME ZONE v_timezone)::date
    FROM (SELECT (OLD).* UNION ALL SELECT (NEW).*) AS r, LATERAL (VALUES (r.created_at), (r.closed_at)) AS v (at)
    WHERE at IS NOT NULL;
  ELSE
    INSERT INTO outcome_changes (tenant_id, lead_id, day)
    SELECT DISTINCT r.tenant_id, r.lead_id, r.transaction_date
    FROM (SELECT (OLD).* UNION ALL SELECT (NEW).*
      UNION ALL SELECT s.* FROM sales_transactions s WHERE s.tenant_id = NEW.tenant_id AND s.parent_id = NEW.id) AS r
    WHERE r.id IS NOT NULL;
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR DELETE OR UPDATE OF created_at, lead_source, meta_campaign_id, meta_ad_id ON leads
FOR EACH ROW EXECUTE FUNCTION note_outcome_change();
--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT ON touchpoints FOR EACH ROW EXECUTE FUNCTION note_outcome_change();
--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR DELETE OR UPDATE OF lead_id, created_at, closed_at, stage, value, currency, probability
ON opportunities FOR EACH ROW EXECUTE FUNCTION note_outcome_change();
--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR DELETE OR UPDATE OF lead_id, opportunity_id, parent_id, kind, amount, currency,
  transaction_date, sold_at, payment_status
ON sales_transactions FOR EACH ROW EXECUTE FUNCTION note_outcome_change();
--> statement-breakpoint
CREATE FUNCTION note_stage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' OR NEW.stage <> OLD.stage THEN
    INSERT INTO opportunity_stage_events (tenant_id, opportunity_id, from_stage, to_stage, occurred_at)
    VALUES (NEW.tenant_id, NEW.id, CASE TG_OP WHEN 'UPDATE' THEN OLD.stage END, NEW.stage,
      CASE TG_OP WHEN 'UPDATE' THEN NEW.updated_at ELSE NEW.created_at END);
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER note_stage AFTER INSERT OR UPDATE OF stage ON opportunities FOR EACH ROW EXECUTE FUNCTION note_stage();
--> statement-breakpoint
-- A sale belongs to the lead of its opportunity. A refund belongs to its sale, is in its currency, and all refunds of a
-- sale together are no more than it was.
CREATE FUNCTION keep_sale_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_sale sales_transactions;
  v_returned numeric;
BEGIN
  IF NEW.opportunity_id IS NOT NULL THEN
    SELECT o.lead_id INTO NEW.lead_id FROM opportunities o WHERE o.tenant_id = NEW.tenant_id AND o.id = NEW.opportunity_id;
  END IF;
  IF NEW.parent_id IS NOT NULL THEN
    SELECT * INTO v_sale FROM sales_transactions s WHERE s.tenant_id = NEW.tenant_id AND s.id = NEW.parent_id FOR UPDATE;
    NEW.lead_id := v_sale.lead_id;
    NEW.opportunity_id := v_sale.opportunity_id;
  ELSIF TG_OP = 'UPDATE' AND NEW.kind = 'sale' THEN
    v_sale := NEW;
  ELSE
    RETURN NEW;
  END IF;
  SELECT COALESCE(-sum(s.amount), 0) INTO v_returned FROM sales_transactions s
  WHERE s.tenant_id = NEW.tenant_id AND s.parent_id = v_sale.id AND s.id <> NEW.id AND s.payment_status = 'completed';
  IF NEW.parent_id IS NOT NULL AND NEW.payment_status = 'completed' THEN v_returned := v_returned - NEW.amount; END IF;
  IF v_returned > v_sale.amount OR NEW.currency <> v_sale.currency THEN
    RAISE EXCEPTION 'refunds exceed the sale' USING ERRCODE = 'MH002';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER keep_sale_whole BEFORE INSERT OR UPDATE OF lead_id, opportunity_id, parent_id, kind, amount, currency, payment_status
ON sales_transactions FOR EACH ROW EXECUTE FUNCTION keep_sale_whole();
--> statement-breakpoint
-- Refunds go where their sale goes, sales where their opportunity goes, and what they are credited with goes along.
CREATE FUNCTION follow_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sales_transactions s SET lead_id = NEW.lead_id
  WHERE s.tenant_id = NEW.tenant_id AND s.lead_id IS DISTINCT FROM NEW.lead_id
    AND CASE TG_TABLE_NAME WHEN 'opportunities' THEN s.opportunity_id = NEW.id AND s.parent_id IS NULL ELSE s.parent_id = NEW.id END;
  UPDATE attribution_credits c SET lead_id = NEW.lead_id
  WHERE c.tenant_id = NEW.tenant_id AND c.subject = CASE TG_TABLE_NAME WHEN 'opportunities' THEN 'opportunity' ELSE 'sale' END
    AND c.subject_id = NEW.id AND c.lead_id <> NEW.lead_id;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER follow_lead AFTER UPDATE OF lead_id ON opportunities FOR EACH ROW
WHEN (NEW.lead_id IS DISTINCT FROM OLD.lead_id) EXECUTE FUNCTION follow_lead();
--> statement-breakpoint
CREATE TRIGGER follow_lead AFTER UPDATE OF lead_id, opportunity_id ON sales_transactions FOR EACH ROW
WHEN (NEW.lead_id IS DISTINCT FROM OLD.lead_id AND NEW.parent_id IS NULL) EXECUTE FUNCTION follow_lead();
--> statement-breakpoint
-- A sale whose status becomes `refunded` was a sale all the same: it stays, and what is left of it is given back by a row
-- of its own, dated when that was said.
CREATE FUNCTION refund_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sales_transactions SET payment_status = 'completed' WHERE tenant_id = NEW.tenant_id AND id = NEW.id;
  INSERT INTO sales_transactions (tenant_id, kind, parent_id, amount, currency, transaction_date, payment_status,
    payment_method, created_at, updated_at)
  SELECT NEW.tenant_id, 'refund', NEW.id, -left_over.amount, NEW.currency,
    CASE TG_OP WHEN 'UPDATE' THEN (NEW.updated_at AT TIME ZONE t.timezone)::date ELSE NEW.transaction_date END,
    'completed', NEW.payment_method, NEW.updated_at, NEW.updated_at
  FROM tenant_settings t, LATERAL (
    SELECT NEW.amount + COALESCE(sum(s.amount), 0) AS amount FROM sales_transactions s
    WHERE s.tenant_id = NEW.tenant_id AND s.parent_id = NEW.id AND s.payment_status = 'completed'
  ) AS left_over
  WHERE t.tenant_id = NEW.tenant_id AND left_over.amount > 0;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER refund_inserted AFTER INSERT ON sales_transactions FOR EACH ROW
WHEN (NEW.kind = 'sale' AND NEW.payment_status = 'refunded') EXECUTE FUNCTION refund_row();
--> statement-breakpoint
CREATE TRIGGER refund_updated AFTER UPDATE OF payment_status ON sales_transactions FOR EACH ROW
WHEN (NEW.kind = 'sale' AND NEW.payment_status = 'refunded' AND OLD.payment_status = 'completed') EXECUTE FUNCTION refund_row();
--> statement-breakpoint
-- What each campaign and each way around them was credited with, of all time, by currency.
CREATE FUNCTION credited_totals(p_tenant_id integer) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT COALESCE(jsonb_object_agg(place || ' ' || currency, jsonb_build_object('place', place, 'currency', currency,
    'revenue', revenue, 'leads', leads)), '{}')
  FROM (
    SELECT COALESCE('campaign:' || o.campaign_id, o.outside) AS place, o.currency, sum(o.sales + o.refunds) AS revenue, sum(o.leads) AS leads
    FROM attributed_outcomes(p_tenant_id, '1900-01-01', '2999-12-31', tenant_view(p_tenant_id), 'cash') o GROUP BY 1, 2
  ) AS t WHERE revenue <> 0 OR leads <> 0
$$;
--> statement-breakpoint
-- Credits anew, the frozen ones too, as if all touches known by now had always been known; the only way to move them. Answers
-- what moved; of a dry run nothing stays.
CREATE FUNCTION recompute_credits(p_tenant_id integer, p_lead_ids uuid[], p_is_dry_run boolean) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_leads uuid[] := COALESCE(p_lead_ids, ARRAY(SELECT id FROM leads WHERE tenant_id = p_tenant_id));
  v_before jsonb;
  v_after jsonb;
BEGIN
  PERFORM settle_outcomes(p_tenant_id);
  PERFORM pg_advisory_xact_lock(hashtext('outcomes'), p_tenant_id);
  v_before := credited_totals(p_tenant_id);
  BEGIN
    UPDATE leads SET frozen_at = NULL WHERE tenant_id = p_tenant_id AND id = ANY (v_leads) AND frozen_at IS NOT NULL;
    UPDATE opportunities SET frozen_at = NULL WHERE tenant_id = p_tenant_id AND lead_id = ANY (v_leads) AND frozen_at IS NOT NULL;
    UPDATE sales_transactions SET frozen_at = NULL WHERE tenant_id = p_tenant_id AND lead_id = ANY (v_leads) AND frozen_at IS NOT NULL;
    PERFORM credit_changed(p_tenant_id, v_leads);
    v_after := credited_totals(p_tenant_id);
    IF p_is_dry_run THEN RAISE EXCEPTION 'dry run' USING ERRCODE = 'MH003'; END IF;
    PERFORM refresh_daily_outcomes(p_tenant_id, NULL);
    PERFORM renew_answers(p_tenant_id);
  EXCEPTION WHEN SQLSTATE 'MH003' THEN NULL;
  END;
  RETURN jsonb_build_object('leads', cardinality(v_leads), 'moved', (
    SELECT COALESCE(jsonb_agg(jsonb_build_object(
      'place', COALESCE(a.value, b.value) ->> 'place', 'currency', COALESCE(a.value, b.value) ->> 'currency',
      'revenue_before', COALESCE((b.value ->> 'revenue')::numeric, 0), 'revenue_after', COALESCE((a.value ->> 'revenue')::numeric, 0),
      'leads_before', COALESCE((b.value ->> 'leads')::numeric, 0), 'leads_after', COALESCE((a.value ->> 'leads')::numeric, 0)
    ) ORDER BY COALESCE(a.key, b.key)), '[]')
    FROM jsonb_each(v_before) b FULL JOIN jsonb_each(v_after) a ON a.key = b.key
    WHERE a.value IS DISTINCT FROM b.value));
END
$$;
