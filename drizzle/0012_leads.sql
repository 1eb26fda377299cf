CREATE TABLE "intake_keys" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"key_hash" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "intake_keys_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "intake_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "intake_payloads" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"key_id" uuid NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"payload" jsonb NOT NULL,
	"outcome" text NOT NULL,
	"problem" text,
	"lead_id" uuid,
	CONSTRAINT "intake_payloads_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "intake_payloads" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "lead_identities" (
	"tenant_id" integer NOT NULL,
	"kind" text NOT NULL,
	"value" text NOT NULL,
	"lead_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "lead_identities_tenant_id_kind_value_pk" PRIMARY KEY("tenant_id","kind","value")
);
--> statement-breakpoint
ALTER TABLE "lead_identities" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "lead_merges" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"lead_id" uuid NOT NULL,
	"into_id" uuid NOT NULL,
	"shown_before" jsonb NOT NULL,
	"merged_at" timestamp with time zone NOT NULL,
	"undone_at" timestamp with time zone,
	CONSTRAINT "lead_merges_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "lead_merges" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "lead_moves" (
	"tenant_id" integer NOT NULL,
	"merge_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"row_key" text NOT NULL,
	CONSTRAINT "lead_moves_tenant_id_merge_id_kind_row_key_pk" PRIMARY KEY("tenant_id","merge_id","kind","row_key")
);
--> statement-breakpoint
ALTER TABLE "lead_moves" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "lead_identities" ADD CONSTRAINT "lead_identities_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_merges" ADD CONSTRAINT "lead_merges_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_merges" ADD CONSTRAINT "lead_merges_tenant_id_into_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","into_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_moves" ADD CONSTRAINT "lead_moves_tenant_id_merge_id_lead_merges_tenant_id_id_fk" FOREIGN KEY ("tenant_id","merge_id") REFERENCES "public"."lead_merges"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "intake_keys_hash" ON "intake_keys" USING btree ("key_hash");--> statement-breakpoint
CREATE INDEX "intake_payloads_received" ON "intake_payloads" USING btree ("tenant_id","received_at","id");--> statement-breakpoint
CREATE INDEX "lead_identities_lead" ON "lead_identities" USING btree ("tenant_id","lead_id");--> statement-breakpoint
CREATE UNIQUE INDEX "lead_merges_open" ON "lead_merges" USING btree ("tenant_id","lead_id") WHERE undone_at IS NULL;--> statement-breakpoint
CREATE INDEX "lead_moves_row" ON "lead_moves" USING btree ("tenant_id","kind","row_key");--> statement-breakpoint
CREATE INDEX "leads_test" ON "leads" USING btree ("tenant_id","id") WHERE is_test;--> statement-breakpoint
CREATE INDEX "leads_merged" ON "leads" USING btree ("tenant_id","merged_into") WHERE merged_into IS NOT NULL;--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "intake_keys" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_finds_keys" ON "intake_keys" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "intake_payloads" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "lead_identities" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "lead_merges" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "lead_moves" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);
--> statement-breakpoint
-- hand-written from here
DO $$
DECLARE
  walled regclass;
BEGIN
  FOREACH walled IN ARRAY ARRAY['lead_identities', 'lead_merges', 'lead_moves', 'intake_keys', 'intake_payloads']::regclass[] LOOP
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', walled);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO app_rw', walled);
  END LOOP;
END
$$;
--> statement-breakpoint
GRANT SELECT (tenant_id, id, key_hash, revoked_at) ON intake_keys TO app_dispatch;
--> statement-breakpoint
-- What lib/phone.ts makes of a phone that is written internationally; NULL for any other writing.
CREATE FUNCTION lead_phone_key(p_phone text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN digits !~ '^\+[1-9]\d{7,14}$' THEN NULL
    WHEN digits ~ '^\+54' THEN '+54' || substring(digits FROM '^\+549?((?:11|[23]\d)\d{8})$')
    WHEN digits ~ '^\+52' THEN '+52' || substring(digits FROM '^\+521?([2-9]\d{9})$')
    WHEN digits ~ '^\+55' THEN '+55' || regexp_replace(
      substring(digits FROM '^\+55([1-9]{2}(?:9\d{8}|[2-9]\d{7}))$'), '^(\d\d)([6-9]\d{7})$', '\19\2')
    ELSE digits END
  FROM (SELECT regexp_replace(regexp_replace(p_phone, '[\s().-]', '', 'g'), '^00', '+') AS digits) AS d
$$;
--> statement-breakpoint
-- By what the main CRM's leads are known again: of two leads with one phone the first keeps it. Test leads are known by
-- nothing of a person's.
CREATE FUNCTION note_identities() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'leads' THEN
    INSERT INTO lead_identities (tenant_id, kind, value, lead_id)
    SELECT NEW.tenant_id, kind, value, COALESCE(NEW.merged_into, NEW.id)
    FROM (VALUES ('email', lower(btrim(NEW.email))), ('phone', lead_phone_key(NEW.phone_number))) AS v (kind, value)
    WHERE NOT NEW.is_test AND (kind = 'phone' OR value LIKE '%_@_%') AND value IS NOT NULL
    ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO lead_identities (tenant_id, kind, value, lead_id)
    SELECT NEW.tenant_id, kind, CASE WHEN l.is_test THEN 'test:' ELSE '' END || value, l.id
    FROM (VALUES ('leadgen_id', NEW.leadgen_id), ('ctwa_clid', NEW.ctwa_clid)) AS v (kind, value), leads l
    WHERE l.tenant_id = NEW.tenant_id AND l.id = NEW.lead_id AND value IS NOT NULL
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER note_identities AFTER INSERT OR UPDATE OF email, phone_number ON leads FOR EACH ROW
WHEN (NEW.email IS NOT NULL OR NEW.phone_number IS NOT NULL) EXECUTE FUNCTION note_identities();
--> statement-breakpoint
CREATE TRIGGER note_identities AFTER INSERT ON touchpoints FOR EACH ROW
WHEN (NEW.leadgen_id IS NOT NULL OR NEW.ctwa_clid IS NOT NULL) EXECUTE FUNCTION note_identities();
--> statement-breakpoint
INSERT INTO lead_identities (tenant_id, kind, value, lead_id)
SELECT tenant_id, kind, value, id
FROM leads l CROSS JOIN LATERAL (
  VALUES ('email', lower(btrim(l.email))), ('phone', lead_phone_key(l.phone_number))
  UNION ALL SELECT v.* FROM touchpoints t, LATERAL (VALUES ('leadgen_id', t.leadgen_id), ('ctwa_clid', t.ctwa_clid)) AS v
  WHERE t.tenant_id = l.tenant_id AND t.lead_id = l.id
) AS v (kind, value)
WHERE value IS NOT NULL AND (kind <> 'email' OR value LIKE '%_@_%')
ORDER BY l.created_at, l.id ON CONFLICT DO NOTHING;
--> statement-breakpoint
-- What is addressed to a lead that is no more goes to the one that it turned out to be, and back when the merge is undone.
CREATE FUNCTION follow_merge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_lead uuid := NEW.lead_id;
  v_into uuid;
BEGIN
  SELECT merged_into INTO v_into FROM leads WHERE tenant_id = NEW.tenant_id AND id = v_lead AND merged_into IS NOT NULL;
  IF v_into IS NULL OR (TG_TABLE_NAME = 'sales_transactions' AND (to_jsonb(NEW) ->> 'opportunity_id' IS NOT NULL
    OR to_jsonb(NEW) ->> 'parent_id' IS NOT NULL)) THEN RETURN NEW; END IF;
  NEW.lead_id := v_into;
  INSERT INTO lead_moves (tenant_id, merge_id, kind, row_key)
  WITH RECURSIVE way AS (
    SELECT m.id, m.into_id FROM lead_merges m WHERE m.tenant_id = NEW.tenant_id AND m.lead_id = v_lead AND m.undone_at IS NULL
    UNION ALL SELECT m.id, m.into_id FROM way w JOIN lead_merges m
      ON m.tenant_id = NEW.tenant_id AND m.lead_id = w.into_id AND m.undone_at IS NULL
  )
  SELECT NEW.tenant_id, id, CASE TG_TABLE_NAME WHEN 'touchpoints' THEN 'touchpoint' WHEN 'opportunities' THEN 'opportunity' ELSE 'sale' END,
    NEW.id::text
  FROM way ON CONFLICT DO NOTHING;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER follow_merge BEFORE INSERT ON touchpoints FOR EACH ROW EXECUTE FUNCTION follow_merge();
--> statement-breakpoint
CREATE TRIGGER follow_merge BEFORE INSERT OR UPDATE OF lead_id ON opportunities FOR EACH ROW EXECUTE FUNCTION follow_merge();
--> statement-breakpoint
CREATE TRIGGER follow_merge BEFORE INSERT OR UPDATE OF lead_id ON sales_transactions FOR EACH ROW
WHEN (NEW.lead_id IS NOT NULL) EXECUTE FUNCTION follow_merge();
--> statement-breakpoint
-- A touch is never changed; whose it is changes with a merge alone.
CREATE FUNCTION keep_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM lead_moves WHERE tenant_id = OLD.tenant_id AND kind = 'touchpoint' AND row_key = OLD.id::text) THEN
    RAISE EXCEPTION 'touches are append-only' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER keep_touch BEFORE UPDATE ON touchpoints FOR EACH ROW EXECUTE FUNCTION keep_touch();
--> statement-breakpoint
GRANT UPDATE (lead_id) ON touchpoints TO app_rw;
--> statement-breakpoint
-- Gives the rows of a merge to a lead; of an undone one those that are still where the merge brought them.
CREATE FUNCTION move_rows(p_tenant_id integer, p_merge_id uuid, p_from uuid, p_to uuid) RETURNS void LANGUAGE sql AS $$
  UPDATE lead_identities SET lead_id = p_to WHERE tenant_id = p_tenant_id AND lead_id = p_from AND kind || ':' || value IN (
    SELECT row_key FROM lead_moves WHERE tenant_id = p_tenant_id AND merge_id = p_merge_id AND kind = 'identity');
  UPDATE touchpoints SET lead_id = p_to WHERE tenant_id = p_tenant_id AND lead_id = p_from AND id IN (
    SELECT row_key::uuid FROM lead_moves WHERE tenant_id = p_tenant_id AND merge_id = p_merge_id AND kind = 'touchpoint');
  UPDATE opportunities SET lead_id = p_to WHERE tenant_id = p_tenant_id AND lead_id = p_from AND id IN (
    SELECT row_key::uuid FROM lead_moves WHERE tenant_id = p_tenant_id AND merge_id = p_merge_id AND kind = 'opportunity');
  UPDATE sales_transactions SET lead_id = p_to WHERE tenant_id = p_tenant_id AND lead_id = p_from AND id IN (
    SELECT row_key::uuid FROM lead_moves WHERE tenant_id = p_tenant_id AND merge_id = p_merge_id AND kind = 'sale');
  UPDATE leads SET merged_into = p_to
  WHERE tenant_id = p_tenant_id AND merged_into = p_from AND id::text IN (
    SELECT row_key FROM lead_moves WHERE tenant_id = p_tenant_id AND merge_id = p_merge_id AND kind = 'lead');
  -- Frozen credits stay as they are; both leads' others are made anew by settle_outcomes.
  INSERT INTO outcome_changes (tenant_id, lead_id) VALUES (p_tenant_id, p_from), (p_tenant_id, p_to);
$$;
--> statement-breakpoint
-- Between hold and settle_outcomes. Answers `not_found`, `conflict` (they are one already, or one of them is a test), `done`.
CREATE FUNCTION merge_leads(p_tenant_id integer, p_merge_id uuid, p_lead_id uuid, p_into_id uuid, p_at timestamptz)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_lead leads;
  v_into leads;
BEGIN
  SELECT * INTO v_lead FROM leads WHERE tenant_id = p_tenant_id AND id = p_lead_id FOR UPDATE;
  SELECT * INTO v_into FROM leads WHERE tenant_id = p_tenant_id AND id = p_into_id FOR UPDATE;
  IF v_lead.id IS NULL OR v_into.id IS NULL THEN RETURN 'not_found'; END IF;
  IF p_lead_id = p_into_id OR v_lead.merged_into IS NOT NULL OR v_into.merged_into IS NOT NULL OR v_lead.is_test <> v_into.is_test THEN
    RETURN 'conflict';
  END IF;
  INSERT INTO lead_merges (tenant_id, id, lead_id, into_id, merged_at, shown_before)
  VALUES (p_tenant_id, p_merge_id, p_lead_id, p_into_id, p_at, jsonb_build_object('lead_source', v_into.lead_source,
    'meta_campaign_id', v_into.meta_campaign_id, 'meta_ad_id', v_into.meta_ad_id, 'meta_ad_headline', v_into.meta_ad_headline,
    'meta_ad_body', v_into.meta_ad_body));
  INSERT INTO lead_moves (tenant_id, merge_id, kind, row_key)
  SELECT p_tenant_id, p_merge_id, kind, key FROM (
    SELECT 'identity' AS kind, i.kind || ':' || i.value AS key FROM lead_identities i WHERE i.tenant_id = p_tenant_id AND i.lead_id = p_lead_id
    UNION ALL SELECT 'touchpoint', id::text FROM touchpoints WHERE tenant_id = p_tenant_id AND lead_id = p_lead_id
    UNION ALL SELECT 'opportunity', id::text FROM opportunities WHERE tenant_id = p_tenant_id AND lead_id = p_lead_id
    -- Those of an opportunity go where it goes, and what was given back goes with its sale.
    UNION ALL SELECT 'sale', id::text FROM sales_transactions
      WHERE tenant_id = p_tenant_id AND lead_id = p_lead_id AND opportunity_id IS NULL AND parent_id IS NULL
    UNION ALL SELECT 'lead', id::text FROM leads WHERE tenant_id = p_tenant_id AND merged_into = p_lead_id
  ) AS moved;
  PERFORM move_rows(p_tenant_id, p_merge_id, p_lead_id, p_into_id);
  UPDATE leads SET merged_into = p_into_id, updated_at = p_at WHERE tenant_id = p_tenant_id AND id = p_lead_id;
  RETURN 'done';
END
$$;
--> statement-breakpoint
-- As merge_leads; `conflict` where it is undone already, or the kept lead was itself merged since.
CREATE FUNCTION undo_merge(p_tenant_id integer, p_merge_id uuid, p_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_merge lead_merges;
BEGIN
  SELECT * INTO v_merge FROM lead_merges WHERE tenant_id = p_tenant_id AND id = p_merge_id FOR UPDATE;
  IF v_merge.id IS NULL THEN RETURN 'not_found'; END IF;
  IF v_merge.undone_at IS NOT NULL
    OR EXISTS (SELECT FROM leads WHERE tenant_id = p_tenant_id AND id = v_merge.into_id AND merged_into IS NOT NULL) THEN
    RETURN 'conflict';
  END IF;
  UPDATE lead_merges SET undone_at = p_at WHERE tenant_id = p_tenant_id AND id = p_merge_id;
  UPDATE leads SET merged_into = NULL, updated_at = p_at WHERE tenant_id = p_tenant_id AND id = v_merge.lead_id;
  PERFORM move_rows(p_tenant_id, p_merge_id, v_merge.into_id, v_merge.lead_id);
  -- What the kept lead's columns showed of the other's touches.
  UPDATE leads l SET (lead_source, meta_campaign_id, meta_ad_id, meta_ad_headline, meta_ad_body)
    = (b.lead_source, b.meta_campaign_id, b.meta_ad_id, b.meta_ad_headline, b.meta_ad_body)
  FROM jsonb_populate_record(NULL::leads, v_merge.shown_before) AS b
  WHERE l.tenant_id = p_tenant_id AND l.id = v_merge.into_id;
  RETURN 'done';
END
$$;
--> statement-breakpoint
DROP TRIGGER note_change ON leads;
--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR DELETE OR UPDATE OF created_at, lead_source, meta_campaign_id, meta_ad_id, is_test, merged_into
ON leads FOR EACH ROW EXECUTE FUNCTION note_outcome_change();
--> statement-breakpoint
-- As in 0004, without test leads and without leads that turned out to be another one.
CREATE OR REPLACE FUNCTION outcome_rows(p_tenant_id integer, p_since date, p_until date, p_view integer, p_basis text)
RETURNS TABLE (
  day date, rate_on date, event text, event_id uuid, subject text, subject_id uuid, lead_id uuid, touchpoint_id uuid,
  weight numeric, outside text, account_id text, campaign_id text, ad_set_id text, ad_id text, ad_account_id text, currency text,
  leads numeric, matched_leads numeric, opportunities numeric, won numeric, sales numeric, refunds numeric,
  open_value numeric, weighted_value numeric
) LANGUAGE sql STABLE AS $$
  WITH settings AS (
    SELECT timezone, won_stages, lost_stages,
      ARRAY(SELECT id FROM leads WHERE tenant_id = p_tenant_id AND is_test) AS test_leads,
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
      AND NOT l.is_test AND l.merged_into IS NULL
    UNION ALL
    SELECT e.event, o.id, 'opportunity', o.id, o.lead_id, (o.created_at AT TIME ZONE s.timezone)::date,
      (o.created_at AT TIME ZONE s.timezone)::date, e.currency, e.amount, COALESCE(o.probability, 0)
    FROM settings s
    JOIN opportunities o ON o.tenant_id = p_tenant_id AND o.created_at >= s.starts_at AND o.created_at < s.ends_at
    CROSS JOIN LATERAL (VALUES ('opportunity', NULL, NULL), ('pipeline', o.currency, o.value)) AS e (event, currency, amount)
    WHERE o.lead_id <> ALL (s.test_leads)
      AND (e.event = 'opportunity' OR (o.closed_at IS NULL AND NOT o.stage = ANY (s.won_stages || s.lost_stages)))
    UNION ALL
    SELECT 'won', o.id, 'opportunity', o.id, o.lead_id, (o.closed_at AT TIME ZONE s.timezone)::date, NULL, NULL, NULL, 0
    FROM settings s
    JOIN opportunities o ON o.tenant_id = p_tenant_id AND o.closed_at >= s.starts_at AND o.closed_at < s.ends_at
      AND o.stage = ANY (s.won_stages) AND o.lead_id <> ALL (s.test_leads)
    UNION ALL
    SELECT st.kind, st.id, 'sale', COALESCE(st.parent_id, st.id), st.lead_id, st.transaction_date,
      COALESCE(parent.transaction_date, st.transaction_date), st.currency, st.amount, 0
    FROM settings s
    JOIN sales_transactions st ON st.tenant_id = p_tenant_id AND st.transaction_date BETWEEN s.since AND s.until
      AND st.payment_status = 'completed'
    LEFT JOIN sales_transactions parent ON parent.tenant_id = p_tenant_id AND parent.id = st.parent_id
    WHERE (parent.payment_status IS NULL OR parent.payment_status = 'completed')
      AND (st.lead_id = ANY (s.test_leads)) IS NOT TRUE
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
-- As in 0004; what a lead had that was merged into another one is left as it was, for it may come back.
CREATE OR REPLACE FUNCTION credit_changed(p_tenant_id integer, p_lead_ids uuid[]) RETURNS void LANGUAGE plpgsql SET jit = off AS $$
DECLARE
  v_before text := current_setting('enable_nestloop');
BEGIN
  p_lead_ids := ARRAY(SELECT id FROM leads WHERE tenant_id = p_tenant_id AND id = ANY (p_lead_ids) AND merged_into IS NULL);
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
CREATE OR REPLACE FUNCTION recompute_credits(p_tenant_id integer, p_lead_ids uuid[], p_is_dry_run boolean) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_leads uuid[] := ARRAY(SELECT id FROM leads WHERE tenant_id = p_tenant_id AND merged_into IS NULL
    AND (p_lead_ids IS NULL OR id = ANY (p_lead_ids)));
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
