CREATE TABLE "consents" (
	"tenant_id" integer NOT NULL,
	"lead_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"is_granted" boolean NOT NULL,
	"source" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "consents_tenant_id_lead_id_purpose_at_pk" PRIMARY KEY("tenant_id","lead_id","purpose","at")
);
--> statement-breakpoint
ALTER TABLE "consents" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "conversion_outbox" (
	"tenant_id" integer NOT NULL,
	"event_id" text NOT NULL,
	"event_name" text NOT NULL,
	"kind" text NOT NULL,
	"lead_id" uuid NOT NULL,
	"sale_id" uuid,
	"leadgen_id" text,
	"ctwa_clid" text,
	"occurred_at" timestamp with time zone NOT NULL,
	"value" numeric(18, 6),
	"currency" text,
	"state" text DEFAULT 'pending' NOT NULL,
	"reason" text,
	"dataset_id" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_try_at" timestamp with time zone NOT NULL,
	"claimed_until" timestamp with time zone,
	"claim" uuid,
	"maybe_sent_at" timestamp with time zone,
	"sent_at" timestamp with time zone,
	"fbtrace_id" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "conversion_outbox_tenant_id_event_id_pk" PRIMARY KEY("tenant_id","event_id")
);
--> statement-breakpoint
ALTER TABLE "conversion_outbox" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "conversion_settings" (
	"tenant_id" integer PRIMARY KEY NOT NULL,
	"is_enabled" boolean DEFAULT false NOT NULL,
	"dataset_id" text,
	"waba_id" text,
	"ctwa_dataset_id" text,
	"requires_consent" boolean DEFAULT true NOT NULL,
	"events" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"stages" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"test_event_code" text,
	"data_processing_options" jsonb,
	"problem" text,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "conversion_settings" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
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
CREATE TABLE "notification_deliveries" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"happening_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"lead_id" uuid,
	"opportunity_id" uuid,
	"sale_id" uuid,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_try_at" timestamp with time zone NOT NULL,
	"claimed_until" timestamp with time zone,
	"claim" uuid,
	"status" integer,
	"problem" text,
	"delivered_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "notification_deliveries_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "notification_deliveries" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "notification_endpoints" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"url" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"events" text[] NOT NULL,
	"secret_sealed" text NOT NULL,
	"former_secret_sealed" text,
	"former_until" timestamp with time zone,
	"is_active" boolean DEFAULT true NOT NULL,
	"disabled_reason" text,
	"failing_since" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "notification_endpoints_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "notification_endpoints" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "consents" ADD CONSTRAINT "consents_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversion_outbox" ADD CONSTRAINT "conversion_outbox_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversion_settings" ADD CONSTRAINT "conversion_settings_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_identities" ADD CONSTRAINT "lead_identities_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_merges" ADD CONSTRAINT "lead_merges_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_merges" ADD CONSTRAINT "lead_merges_tenant_id_into_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","into_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_moves" ADD CONSTRAINT "lead_moves_tenant_id_merge_id_lead_merges_tenant_id_id_fk" FOREIGN KEY ("tenant_id","merge_id") REFERENCES "public"."lead_merges"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notification_deliveries" ADD CONSTRAINT "notification_deliveries_endpoint" FOREIGN KEY ("tenant_id","endpoint_id") REFERENCES "public"."notification_endpoints"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notification_endpoints" ADD CONSTRAINT "notification_endpoints_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "conversion_outbox_click" ON "conversion_outbox" USING btree ("tenant_id","ctwa_clid","event_name") WHERE ctwa_clid IS NOT NULL;--> statement-breakpoint
CREATE INDEX "conversion_outbox_due" ON "conversion_outbox" USING btree ("next_try_at","tenant_id") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "conversion_outbox_newest" ON "conversion_outbox" USING btree ("tenant_id","occurred_at","event_id");--> statement-breakpoint
CREATE INDEX "conversion_outbox_lead" ON "conversion_outbox" USING btree ("tenant_id","lead_id");--> statement-breakpoint
CREATE UNIQUE INDEX "intake_keys_hash" ON "intake_keys" USING btree ("key_hash");--> statement-breakpoint
CREATE INDEX "intake_payloads_received" ON "intake_payloads" USING btree ("tenant_id","received_at","id");--> statement-breakpoint
CREATE INDEX "lead_identities_lead" ON "lead_identities" USING btree ("tenant_id","lead_id");--> statement-breakpoint
CREATE UNIQUE INDEX "lead_merges_open" ON "lead_merges" USING btree ("tenant_id","lead_id") WHERE undone_at IS NULL;--> statement-breakpoint
CREATE INDEX "lead_moves_row" ON "lead_moves" USING btree ("tenant_id","kind","row_key");--> statement-breakpoint
CREATE UNIQUE INDEX "notification_deliveries_once" ON "notification_deliveries" USING btree ("tenant_id","endpoint_id","happening_id");--> statement-breakpoint
CREATE INDEX "notification_deliveries_due" ON "notification_deliveries" USING btree ("next_try_at","tenant_id") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "notification_deliveries_newest" ON "notification_deliveries" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "leads_test" ON "leads" USING btree ("tenant_id","id") WHERE is_test;--> statement-breakpoint
CREATE INDEX "leads_merged" ON "leads" USING btree ("tenant_id","merged_into") WHERE merged_into IS NOT NULL;--> statement-breakpoint
CREATE INDEX "conversations_phone" ON "conversations" USING btree ("tenant_id","phone");--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "consents" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "conversion_outbox" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_due_conversions" ON "conversion_outbox" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "conversion_settings" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "intake_keys" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_finds_keys" ON "intake_keys" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "intake_payloads" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "lead_identities" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "lead_merges" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "lead_moves" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "notification_deliveries" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_due_deliveries" ON "notification_deliveries" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "notification_endpoints" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);
--> statement-breakpoint
-- hand-written from here
ALTER TABLE conversion_settings FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE consents FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE conversion_outbox FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE notification_endpoints FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE notification_deliveries FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON conversion_settings, consents, conversion_outbox, notification_endpoints, notification_deliveries TO app_rw;
--> statement-breakpoint
GRANT SELECT (tenant_id, state, next_try_at, claimed_until) ON conversion_outbox, notification_deliveries TO app_dispatch;
--> statement-breakpoint
ALTER TABLE notification_endpoints ADD CONSTRAINT notification_secrets_are_sealed
CHECK (secret_sealed ~ '^v(1[.][\w-]{1,32}|2[.][\w-]{1,32}[.][\w-]{80})[.][\w-]{16}[.][\w-]{22,}$'
  AND former_secret_sealed ~ '^v(1[.][\w-]{1,32}|2[.][\w-]{1,32}[.][\w-]{80})[.][\w-]{16}[.][\w-]{22,}$');
--> statement-breakpoint
ALTER TABLE conversion_outbox ADD CONSTRAINT conversion_amount CHECK (value > 0 AND currency ~ '^[A-Z]{3}$' OR value IS NULL AND currency IS NULL);
--> statement-breakpoint
CREATE OR REPLACE FUNCTION is_listened(p_tenant_id integer) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM automation_rules WHERE tenant_id = p_tenant_id AND is_active)
    OR EXISTS (SELECT FROM conversion_settings WHERE tenant_id = p_tenant_id AND is_enabled)
    OR EXISTS (SELECT FROM notification_endpoints WHERE tenant_id = p_tenant_id AND is_active)
$$;
--> statement-breakpoint
-- What befalls a connection stands in the audit, each thing once: from there it is told.
CREATE FUNCTION note_connection_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF is_listened(NEW.tenant_id) THEN
    INSERT INTO happenings (tenant_id, kind, key, details, occurred_at)
    VALUES (NEW.tenant_id,
      CASE NEW.action WHEN 'connection.needs_reauth' THEN 'connection.error' WHEN 'connection.recovered' THEN NEW.action ELSE 'connection.expiring' END,
      NEW.seq::text, jsonb_strip_nulls(jsonb_build_object('event', NEW.action, 'target', NEW.target)), NEW.occurred_at)
    ON CONFLICT (tenant_id, kind, key) DO NOTHING;
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER audit_log_told AFTER INSERT ON audit_log FOR EACH ROW
WHEN (NEW.action IN ('connection.needs_reauth', 'connection.recovered', 'connection.expiring', 'connection.data_access_expiring'))
EXECUTE FUNCTION note_connection_event();
