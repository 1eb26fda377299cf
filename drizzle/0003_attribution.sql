CREATE TABLE "attribution_credits" (
	"tenant_id" integer NOT NULL,
	"subject" text NOT NULL,
	"subject_id" uuid NOT NULL,
	"touchpoint_id" uuid NOT NULL,
	"weight" numeric(9, 6) NOT NULL,
	"views" integer NOT NULL,
	"lead_id" uuid NOT NULL,
	CONSTRAINT "attribution_credits_tenant_id_subject_subject_id_touchpoint_id_weight_pk" PRIMARY KEY("tenant_id","subject","subject_id","touchpoint_id","weight")
);
--> statement-breakpoint
ALTER TABLE "attribution_credits" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "daily_outcomes" (
	"tenant_id" integer NOT NULL,
	"level" text NOT NULL,
	"day" date NOT NULL,
	"entity_id" text NOT NULL,
	"account_id" text NOT NULL,
	"currency" text NOT NULL,
	"rate_on" date NOT NULL,
	"leads" numeric(18, 6) NOT NULL,
	"matched_leads" numeric(18, 6) NOT NULL,
	"opportunities" numeric(18, 6) NOT NULL,
	"won" numeric(18, 6) NOT NULL,
	"sales" numeric(18, 6) NOT NULL,
	"refunds" numeric(18, 6) NOT NULL,
	"open_value" numeric(18, 6) NOT NULL,
	"weighted_value" numeric(18, 6) NOT NULL,
	CONSTRAINT "daily_outcomes_tenant_id_level_day_entity_id_account_id_currency_rate_on_pk" PRIMARY KEY("tenant_id","level","day","entity_id","account_id","currency","rate_on")
);
--> statement-breakpoint
ALTER TABLE "daily_outcomes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "daily_spend" (
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
	CONSTRAINT "daily_spend_tenant_id_level_day_entity_id_account_id_currency_pk" PRIMARY KEY("tenant_id","level","day","entity_id","account_id","currency")
);
--> statement-breakpoint
ALTER TABLE "daily_spend" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "fx_rates" (
	"tenant_id" integer NOT NULL,
	"base" text NOT NULL,
	"quote" text NOT NULL,
	"day" date NOT NULL,
	"rate" numeric(30, 12) NOT NULL,
	"source" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "fx_rates_tenant_id_base_quote_day_pk" PRIMARY KEY("tenant_id","base","quote","day"),
	CONSTRAINT "fx_rate_positive" CHECK (rate > 0 AND base <> quote)
);
--> statement-breakpoint
ALTER TABLE "fx_rates" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "outcome_changes" (
	"tenant_id" integer NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "outcome_changes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"lead_id" uuid,
	"day" date,
	CONSTRAINT "outcome_changes_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "outcome_changes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "touchpoints" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"lead_id" uuid NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"channel" text NOT NULL,
	"is_paid" boolean NOT NULL,
	"source_detail" text,
	"account_id" text,
	"campaign_id" text,
	"ad_set_id" text,
	"ad_id" text,
	"form_id" text,
	"leadgen_id" text,
	"ctwa_clid" text,
	"fbclid" text,
	"headline" text,
	"body" text,
	"external_id" text,
	"raw" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "touchpoints_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "touchpoint_channel" CHECK (channel IN ('meta_lead_form', 'ctwa', 'utm_paid', 'organic', 'referral', 'direct', 'manual', 'import', 'email', 'other'))
);
--> statement-breakpoint
ALTER TABLE "touchpoints" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "opportunity_stage_events" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"opportunity_id" uuid NOT NULL,
	"from_stage" text,
	"to_stage" text NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	CONSTRAINT "opportunity_stage_events_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "opportunity_stage_events" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "answer_versions" (
	"tenant_id" integer PRIMARY KEY NOT NULL,
	"version" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "answer_versions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"tenant_id" integer NOT NULL,
	"key" text NOT NULL,
	"route" text NOT NULL,
	"request_hash" text NOT NULL,
	"status" integer,
	"answer" text,
	"claimed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_tenant_id_route_key_pk" PRIMARY KEY("tenant_id","route","key")
);
--> statement-breakpoint
ALTER TABLE "idempotency_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "automation_logs" DROP CONSTRAINT "automation_logs_tenant_id_rule_id_automation_rules_tenant_id_id_fk";
--> statement-breakpoint
DROP INDEX "automation_logs_newest";--> statement-breakpoint
ALTER TABLE "meta_templates" ALTER COLUMN "meta_template_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "meta_templates" ALTER COLUMN "waba_id" SET DEFAULT '';--> statement-breakpoint
ALTER TABLE "automation_logs" ADD COLUMN "lead_id" uuid;--> statement-breakpoint
ALTER TABLE "automation_logs" ADD COLUMN "lead_name" text;--> statement-breakpoint
ALTER TABLE "automation_logs" ADD COLUMN "template_name" text;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "template_id" uuid;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "timing_value" integer;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "timing_unit" text;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "external_id" text;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "frozen_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "opportunities" ADD COLUMN "external_id" text;--> statement-breakpoint
ALTER TABLE "opportunities" ADD COLUMN "frozen_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sales_transactions" ADD COLUMN "external_id" text;--> statement-breakpoint
ALTER TABLE "sales_transactions" ADD COLUMN "sold_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sales_transactions" ADD COLUMN "frozen_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "tenant_settings" ADD COLUMN "lost_stages" text[] DEFAULT '{"closed_lost"}' NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant_settings" ADD COLUMN "caps" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant_settings" ADD COLUMN "default_model" text DEFAULT 'last_paid_touch' NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant_settings" ADD COLUMN "default_window" integer;--> statement-breakpoint
ALTER TABLE "tenant_settings" ADD COLUMN "fiscal_year_start" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "touchpoints" ADD CONSTRAINT "touchpoints_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "opportunity_stage_events" ADD CONSTRAINT "opportunity_stage_events_tenant_id_opportunity_id_opportunities_tenant_id_id_fk" FOREIGN KEY ("tenant_id","opportunity_id") REFERENCES "public"."opportunities"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idempotency_keys_age" ON "idempotency_keys" USING btree ("tenant_id","claimed_at");--> statement-breakpoint
CREATE INDEX "attribution_credits_lead" ON "attribution_credits" USING btree ("tenant_id","lead_id");--> statement-breakpoint
CREATE INDEX "daily_outcomes_entity" ON "daily_outcomes" USING btree ("tenant_id","level","entity_id","day");--> statement-breakpoint
CREATE INDEX "daily_outcomes_unplaced" ON "daily_outcomes" USING btree ("tenant_id","level","entity_id") WHERE account_id = '';--> statement-breakpoint
CREATE INDEX "daily_spend_entity" ON "daily_spend" USING btree ("tenant_id","level","entity_id","day");--> statement-breakpoint
CREATE UNIQUE INDEX "touchpoints_leadgen" ON "touchpoints" USING btree ("tenant_id","leadgen_id");--> statement-breakpoint
CREATE UNIQUE INDEX "touchpoints_external" ON "touchpoints" USING btree ("tenant_id","external_id");--> statement-breakpoint
CREATE INDEX "touchpoints_lead" ON "touchpoints" USING btree ("tenant_id","lead_id","occurred_at","id");--> statement-breakpoint
CREATE INDEX "opportunity_stage_events_opportunity" ON "opportunity_stage_events" USING btree ("tenant_id","opportunity_id","occurred_at");--> statement-breakpoint
ALTER TABLE "automation_rules" ADD CONSTRAINT "automation_rules_tenant_id_template_id_meta_templates_tenant_id_id_fk" FOREIGN KEY ("tenant_id","template_id") REFERENCES "public"."meta_templates"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "leads_external" ON "leads" USING btree ("tenant_id","external_id");--> statement-breakpoint
CREATE UNIQUE INDEX "opportunities_external" ON "opportunities" USING btree ("tenant_id","external_id");--> statement-breakpoint
CREATE UNIQUE INDEX "sales_transactions_external" ON "sales_transactions" USING btree ("tenant_id","external_id");--> statement-breakpoint
CREATE INDEX "sales_transactions_parent" ON "sales_transactions" USING btree ("tenant_id","parent_id") WHERE parent_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "automation_logs_newest" ON "automation_logs" USING btree ("tenant_id","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
ALTER TABLE "automation_rules" ADD CONSTRAINT "automation_rules_name" UNIQUE("tenant_id","name");--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "attribution_credits" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "daily_outcomes" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "daily_spend" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "fx_rates" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "outcome_changes" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_changes" ON "outcome_changes" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "touchpoints" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "opportunity_stage_events" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "answer_versions" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "own_tenants" ON "answer_versions" AS PERMISSIVE FOR SELECT TO public USING (tenant_id IN (SELECT m.tenant_id FROM memberships m WHERE m.user_id = NULLIF(current_setting('app.user_id', true), '')));--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "idempotency_keys" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);