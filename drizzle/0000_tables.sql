CREATE TABLE "audit_log" (
	"tenant_id" integer NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "audit_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"occurred_at" timestamp with time zone NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"target" text,
	"outcome" text NOT NULL,
	"http_status" integer,
	"request_id" text NOT NULL,
	CONSTRAINT "audit_log_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "audit_log" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "automation_logs" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"rule_id" uuid,
	"trigger_type" text NOT NULL,
	"trigger_data" jsonb NOT NULL,
	"action_type" text NOT NULL,
	"action_config" jsonb NOT NULL,
	"action_result" jsonb,
	"status" text NOT NULL,
	"error_message" text,
	"execution_time_ms" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "automation_logs_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "automation_logs" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "automation_rules" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"trigger_type" text NOT NULL,
	"trigger_conditions" jsonb NOT NULL,
	"action_type" text NOT NULL,
	"action_config" jsonb NOT NULL,
	"is_active" boolean DEFAULT true NOT NULL,
	"last_triggered_at" timestamp with time zone,
	"trigger_count" integer DEFAULT 0 NOT NULL,
	"success_count" integer DEFAULT 0 NOT NULL,
	"error_count" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "automation_rules_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "automation_rules" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "meta_templates" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"meta_template_id" text NOT NULL,
	"waba_id" text NOT NULL,
	"name" text NOT NULL,
	"category" text NOT NULL,
	"language" text NOT NULL,
	"status" text NOT NULL,
	"components" jsonb NOT NULL,
	"example" jsonb,
	"sent_count" integer DEFAULT 0 NOT NULL,
	"delivered_count" integer DEFAULT 0 NOT NULL,
	"read_count" integer DEFAULT 0 NOT NULL,
	"replied_count" integer DEFAULT 0 NOT NULL,
	"last_synced_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "meta_templates_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "meta_templates_identity" UNIQUE("tenant_id","waba_id","name","language")
);
--> statement-breakpoint
ALTER TABLE "meta_templates" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "ad_accounts" (
	"tenant_id" integer NOT NULL,
	"account_id" text NOT NULL,
	"connection_id" uuid NOT NULL,
	"name" text NOT NULL,
	"currency" text NOT NULL,
	"timezone_name" text NOT NULL,
	"account_status" integer NOT NULL,
	"is_primary" boolean DEFAULT false NOT NULL,
	"epoch" integer DEFAULT 1 NOT NULL,
	"connected_at" timestamp with time zone DEFAULT now() NOT NULL,
	"disconnected_at" timestamp with time zone,
	"last_error_code" text,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ad_accounts_tenant_id_account_id_pk" PRIMARY KEY("tenant_id","account_id")
);
--> statement-breakpoint
ALTER TABLE "ad_accounts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "connections" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"provider" text DEFAULT 'meta' NOT NULL,
	"kind" text NOT NULL,
	"status" text NOT NULL,
	"meta_user_id" text,
	"meta_user_name" text,
	"token_sealed" text,
	"token_version" integer DEFAULT 1 NOT NULL,
	"expires_at" timestamp with time zone,
	"data_access_expires_at" timestamp with time zone,
	"issued_at" timestamp with time zone,
	"last_verified_at" timestamp with time zone,
	"granted_scopes" text[] DEFAULT '{}' NOT NULL,
	"declined_scopes" text[] DEFAULT '{}' NOT NULL,
	"granular_targets" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"last_error_code" text,
	"last_error_reason" text,
	"connected_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "connections_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "connections_one_of_a_kind" UNIQUE("tenant_id","provider","kind"),
	CONSTRAINT "token_is_sealed" CHECK (token_sealed IS NULL OR token_sealed LIKE 'v1.%')
);
--> statement-breakpoint
ALTER TABLE "connections" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "leads" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"first_name" text,
	"last_name" text,
	"phone_number" text,
	"email" text,
	"status" text DEFAULT 'new' NOT NULL,
	"assigned_seller_id" text,
	"lead_source" text DEFAULT 'ORGANIC' NOT NULL,
	"meta_campaign_id" text,
	"meta_ad_id" text,
	"meta_ad_headline" text,
	"meta_ad_body" text,
	"external_ids" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"tags" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "leads_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "leads" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "opportunities" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"lead_id" uuid NOT NULL,
	"seller_id" text,
	"name" text NOT NULL,
	"description" text,
	"value" numeric(18, 6) NOT NULL,
	"currency" text NOT NULL,
	"stage" text NOT NULL,
	"probability" numeric,
	"expected_close_date" date,
	"closed_at" timestamp with time zone,
	"close_reason" text,
	"lost_reason" text,
	"tags" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"custom_fields" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "opportunities_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "opportunities" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "sales_transactions" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"opportunity_id" uuid,
	"lead_id" uuid,
	"kind" text DEFAULT 'sale' NOT NULL,
	"parent_id" uuid,
	"amount" numeric(18, 6) NOT NULL,
	"currency" text NOT NULL,
	"transaction_date" date NOT NULL,
	"description" text,
	"payment_method" text,
	"payment_status" text DEFAULT 'pending' NOT NULL,
	"payment_reference" text,
	"attribution_source" text,
	"meta_campaign_id" text,
	"meta_ad_id" text,
	"invoice_number" text,
	"notes" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sales_transactions_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "sale_sign" CHECK ((kind = 'sale' AND amount >= 0) OR (kind IN ('refund', 'chargeback') AND amount <= 0) OR kind = 'adjustment')
);
--> statement-breakpoint
ALTER TABLE "sales_transactions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "daily_facts" (
	"tenant_id" integer NOT NULL,
	"level" text NOT NULL,
	"day" date NOT NULL,
	"entity_id" text NOT NULL,
	"account_id" text NOT NULL,
	"currency" text NOT NULL,
	"spend" numeric(18, 6) NOT NULL,
	"impressions" bigint NOT NULL,
	"clicks" bigint NOT NULL,
	"meta_leads" integer NOT NULL,
	"leads" integer NOT NULL,
	"opportunities" integer NOT NULL,
	"won" integer NOT NULL,
	"revenue" numeric(18, 6) NOT NULL,
	CONSTRAINT "daily_facts_tenant_id_level_day_entity_id_account_id_currency_pk" PRIMARY KEY("tenant_id","level","day","entity_id","account_id","currency")
);
--> statement-breakpoint
ALTER TABLE "daily_facts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "meta_ads_insights" (
	"tenant_id" integer NOT NULL,
	"account_id" text NOT NULL,
	"level" text NOT NULL,
	"date" date NOT NULL,
	"entity_id" text NOT NULL,
	"attribution_setting" text NOT NULL,
	"meta_campaign_id" text,
	"currency" text NOT NULL,
	"spend" numeric(18, 6) NOT NULL,
	"impressions" bigint NOT NULL,
	"clicks" bigint NOT NULL,
	"inline_link_clicks" bigint NOT NULL,
	"reach" bigint,
	"meta_leads" integer NOT NULL,
	"conversations" integer NOT NULL,
	"actions" jsonb NOT NULL,
	"action_values" jsonb NOT NULL,
	"is_final" boolean NOT NULL,
	"synced_at" timestamp with time zone NOT NULL,
	"sync_run_id" uuid NOT NULL,
	CONSTRAINT "meta_ads_insights_tenant_id_account_id_level_date_entity_id_attribution_setting_pk" PRIMARY KEY("tenant_id","account_id","level","date","entity_id","attribution_setting")
);
--> statement-breakpoint
ALTER TABLE "meta_ads_insights" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "ad_sets" (
	"tenant_id" integer NOT NULL,
	"ad_set_id" text NOT NULL,
	"account_id" text NOT NULL,
	"campaign_id" text NOT NULL,
	"name" text NOT NULL,
	"status" text,
	"effective_status" text,
	"optimization_goal" text,
	"daily_budget" numeric(18, 6),
	"lifetime_budget" numeric(18, 6),
	"start_time" timestamp with time zone,
	"end_time" timestamp with time zone,
	"targeting" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"meta_updated_time" timestamp with time zone,
	"deleted_at" timestamp with time zone,
	"last_synced_at" timestamp with time zone,
	CONSTRAINT "ad_sets_tenant_id_ad_set_id_pk" PRIMARY KEY("tenant_id","ad_set_id")
);
--> statement-breakpoint
ALTER TABLE "ad_sets" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "ads" (
	"tenant_id" integer NOT NULL,
	"ad_id" text NOT NULL,
	"account_id" text NOT NULL,
	"campaign_id" text NOT NULL,
	"ad_set_id" text NOT NULL,
	"name" text NOT NULL,
	"status" text,
	"effective_status" text,
	"thumbnail_url" text,
	"meta_updated_time" timestamp with time zone,
	"deleted_at" timestamp with time zone,
	"last_synced_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ads_tenant_id_ad_id_pk" PRIMARY KEY("tenant_id","ad_id")
);
--> statement-breakpoint
ALTER TABLE "ads" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "meta_ads_campaigns" (
	"tenant_id" integer NOT NULL,
	"meta_campaign_id" text NOT NULL,
	"meta_account_id" text NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"meta_business_manager_id" text,
	"name" text NOT NULL,
	"objective" text,
	"status" text,
	"effective_status" text,
	"buying_type" text,
	"bid_strategy" text,
	"daily_budget" numeric(18, 6),
	"lifetime_budget" numeric(18, 6),
	"start_time" timestamp with time zone,
	"end_time" timestamp with time zone,
	"targeting" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"meta_created_time" timestamp with time zone,
	"meta_updated_time" timestamp with time zone,
	"deleted_at" timestamp with time zone,
	"last_synced_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "meta_ads_campaigns_tenant_id_meta_campaign_id_pk" PRIMARY KEY("tenant_id","meta_campaign_id")
);
--> statement-breakpoint
ALTER TABLE "meta_ads_campaigns" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "status_history" (
	"tenant_id" integer NOT NULL,
	"level" text NOT NULL,
	"object_id" text NOT NULL,
	"seen_at" timestamp with time zone NOT NULL,
	"effective_status" text NOT NULL,
	CONSTRAINT "status_history_tenant_id_level_object_id_seen_at_pk" PRIMARY KEY("tenant_id","level","object_id","seen_at")
);
--> statement-breakpoint
ALTER TABLE "status_history" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "sync_coverage" (
	"tenant_id" integer NOT NULL,
	"account_id" text NOT NULL,
	"level" text NOT NULL,
	"covered" datemultirange NOT NULL,
	"wanted_from" date NOT NULL,
	"complete_through" date,
	"last_synced_at" timestamp with time zone,
	CONSTRAINT "sync_coverage_tenant_id_account_id_level_pk" PRIMARY KEY("tenant_id","account_id","level")
);
--> statement-breakpoint
ALTER TABLE "sync_coverage" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "sync_runs" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"account_id" text NOT NULL,
	"trigger" text NOT NULL,
	"since" date NOT NULL,
	"until" date NOT NULL,
	"clamped_from" date,
	"status" text NOT NULL,
	"rows_read" integer DEFAULT 0 NOT NULL,
	"error_code" text,
	"error_details" jsonb,
	"hint" text,
	"requested_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	CONSTRAINT "sync_runs_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "sync_runs" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "sync_schedule" (
	"tenant_id" integer NOT NULL,
	"account_id" text NOT NULL,
	"next_due_at" timestamp with time zone NOT NULL,
	"period_seconds" integer DEFAULT 3600 NOT NULL,
	"epoch" bigint DEFAULT 0 NOT NULL,
	"claimed_until" timestamp with time zone,
	"worker" uuid,
	"worker_until" timestamp with time zone,
	"failures" integer DEFAULT 0 NOT NULL,
	"full_read_on" date,
	"deep_read_on" date,
	CONSTRAINT "sync_schedule_tenant_id_account_id_pk" PRIMARY KEY("tenant_id","account_id")
);
--> statement-breakpoint
ALTER TABLE "sync_schedule" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "sync_slices" (
	"tenant_id" integer NOT NULL,
	"run_id" uuid NOT NULL,
	"level" text NOT NULL,
	"since" date NOT NULL,
	"until" date NOT NULL,
	"position" integer NOT NULL,
	"method" text NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"page_limit" integer NOT NULL,
	"report_run_id" text,
	"report_started_at" timestamp with time zone,
	"not_before" timestamp with time zone,
	"rows" integer,
	"error_code" text,
	"error_details" jsonb,
	"decision" text,
	"finished_at" timestamp with time zone,
	CONSTRAINT "sync_slices_tenant_id_run_id_level_since_until_pk" PRIMARY KEY("tenant_id","run_id","level","since","until")
);
--> statement-breakpoint
ALTER TABLE "sync_slices" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "memberships" (
	"tenant_id" integer NOT NULL,
	"user_id" text NOT NULL,
	"role" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "memberships_tenant_id_user_id_pk" PRIMARY KEY("tenant_id","user_id")
);
--> statement-breakpoint
ALTER TABLE "memberships" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "tenant_settings" (
	"tenant_id" integer PRIMARY KEY NOT NULL,
	"timezone" text NOT NULL,
	"reporting_currency" text,
	"locale" text DEFAULT 'es' NOT NULL,
	"country" text,
	"week_start" integer DEFAULT 1 NOT NULL,
	"won_stages" text[] DEFAULT '{"closed_won"}' NOT NULL,
	"qualified_stages" text[] DEFAULT '{}' NOT NULL,
	"quiet_hours" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "tenant_settings" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "tenants" (
	"tenant_id" integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY (sequence name "tenants_tenant_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "tenants" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "audit_log" ADD CONSTRAINT "audit_log_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "automation_logs" ADD CONSTRAINT "automation_logs_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "automation_logs" ADD CONSTRAINT "automation_logs_tenant_id_rule_id_automation_rules_tenant_id_id_fk" FOREIGN KEY ("tenant_id","rule_id") REFERENCES "public"."automation_rules"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD CONSTRAINT "automation_rules_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "meta_templates" ADD CONSTRAINT "meta_templates_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ad_accounts" ADD CONSTRAINT "ad_accounts_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ad_accounts" ADD CONSTRAINT "ad_accounts_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leads" ADD CONSTRAINT "leads_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "opportunities" ADD CONSTRAINT "opportunities_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "opportunities" ADD CONSTRAINT "opportunities_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sales_transactions" ADD CONSTRAINT "sales_transactions_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sales_transactions" ADD CONSTRAINT "sales_transactions_tenant_id_opportunity_id_opportunities_tenant_id_id_fk" FOREIGN KEY ("tenant_id","opportunity_id") REFERENCES "public"."opportunities"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sales_transactions" ADD CONSTRAINT "sales_transactions_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sales_transactions" ADD CONSTRAINT "sales_transactions_tenant_id_parent_id_sales_transactions_tenant_id_id_fk" FOREIGN KEY ("tenant_id","parent_id") REFERENCES "public"."sales_transactions"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ad_sets" ADD CONSTRAINT "ad_sets_tenant_id_account_id_ad_accounts_tenant_id_account_id_fk" FOREIGN KEY ("tenant_id","account_id") REFERENCES "public"."ad_accounts"("tenant_id","account_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ads" ADD CONSTRAINT "ads_tenant_id_account_id_ad_accounts_tenant_id_account_id_fk" FOREIGN KEY ("tenant_id","account_id") REFERENCES "public"."ad_accounts"("tenant_id","account_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "meta_ads_campaigns" ADD CONSTRAINT "meta_ads_campaigns_tenant_id_meta_account_id_ad_accounts_tenant_id_account_id_fk" FOREIGN KEY ("tenant_id","meta_account_id") REFERENCES "public"."ad_accounts"("tenant_id","account_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sync_coverage" ADD CONSTRAINT "sync_coverage_tenant_id_account_id_ad_accounts_tenant_id_account_id_fk" FOREIGN KEY ("tenant_id","account_id") REFERENCES "public"."ad_accounts"("tenant_id","account_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sync_runs" ADD CONSTRAINT "sync_runs_tenant_id_account_id_ad_accounts_tenant_id_account_id_fk" FOREIGN KEY ("tenant_id","account_id") REFERENCES "public"."ad_accounts"("tenant_id","account_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sync_schedule" ADD CONSTRAINT "sync_schedule_tenant_id_account_id_ad_accounts_tenant_id_account_id_fk" FOREIGN KEY ("tenant_id","account_id") REFERENCES "public"."ad_accounts"("tenant_id","account_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sync_slices" ADD CONSTRAINT "sync_slices_tenant_id_run_id_sync_runs_tenant_id_id_fk" FOREIGN KEY ("tenant_id","run_id") REFERENCES "public"."sync_runs"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenant_settings" ADD CONSTRAINT "tenant_settings_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_log_newest" ON "audit_log" USING btree ("tenant_id","occurred_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "automation_logs_newest" ON "automation_logs" USING btree ("tenant_id","created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "automation_rules_trigger" ON "automation_rules" USING btree ("tenant_id","trigger_type");--> statement-breakpoint
CREATE UNIQUE INDEX "ad_accounts_one_primary" ON "ad_accounts" USING btree ("tenant_id") WHERE is_primary;--> statement-breakpoint
CREATE INDEX "connections_meta_user" ON "connections" USING btree ("meta_user_id");--> statement-breakpoint
CREATE INDEX "leads_created" ON "leads" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "leads_campaign" ON "leads" USING btree ("tenant_id","meta_campaign_id");--> statement-breakpoint
CREATE INDEX "opportunities_created" ON "opportunities" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "opportunities_closed" ON "opportunities" USING btree ("tenant_id","closed_at");--> statement-breakpoint
CREATE INDEX "opportunities_lead" ON "opportunities" USING btree ("tenant_id","lead_id");--> statement-breakpoint
CREATE INDEX "sales_transactions_date" ON "sales_transactions" USING btree ("tenant_id","transaction_date");--> statement-breakpoint
CREATE INDEX "sales_transactions_opportunity" ON "sales_transactions" USING btree ("tenant_id","opportunity_id");--> statement-breakpoint
CREATE INDEX "sales_transactions_lead" ON "sales_transactions" USING btree ("tenant_id","lead_id");--> statement-breakpoint
CREATE INDEX "daily_facts_unplaced" ON "daily_facts" USING btree ("tenant_id","level","entity_id") WHERE account_id = '';--> statement-breakpoint
CREATE INDEX "daily_facts_entity" ON "daily_facts" USING btree ("tenant_id","level","entity_id","day");--> statement-breakpoint
CREATE INDEX "ad_sets_campaign" ON "ad_sets" USING btree ("tenant_id","campaign_id");--> statement-breakpoint
CREATE INDEX "ads_campaign" ON "ads" USING btree ("tenant_id","campaign_id");--> statement-breakpoint
CREATE INDEX "campaigns_account" ON "meta_ads_campaigns" USING btree ("tenant_id","meta_account_id");--> statement-breakpoint
CREATE UNIQUE INDEX "sync_runs_one_active" ON "sync_runs" USING btree ("tenant_id","account_id") WHERE finished_at IS NULL;--> statement-breakpoint
CREATE INDEX "sync_runs_newest" ON "sync_runs" USING btree ("tenant_id","created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "sync_schedule_due" ON "sync_schedule" USING btree ("next_due_at");--> statement-breakpoint
CREATE INDEX "memberships_user" ON "memberships" USING btree ("user_id");--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "audit_log" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "automation_logs" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "automation_rules" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "meta_templates" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "ad_accounts" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "connections" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_counts_uses" ON "connections" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "leads" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "opportunities" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "sales_transactions" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "daily_facts" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "meta_ads_insights" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "ad_sets" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "ads" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "meta_ads_campaigns" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "status_history" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "sync_coverage" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "sync_runs" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "sync_schedule" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_the_schedule" ON "sync_schedule" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "dispatcher_claims" ON "sync_schedule" AS PERMISSIVE FOR UPDATE TO "app_dispatch" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "sync_slices" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "memberships" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "own_memberships" ON "memberships" AS PERMISSIVE FOR SELECT TO public USING (user_id = NULLIF(current_setting('app.user_id', true), ''));--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "tenant_settings" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "tenants" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);