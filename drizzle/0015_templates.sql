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
CREATE TABLE "template_syncs" (
	"tenant_id" integer NOT NULL,
	"waba_id" text NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"claimed_until" timestamp with time zone,
	"synced_at" timestamp with time zone,
	"problem" text,
	CONSTRAINT "template_syncs_tenant_id_waba_id_pk" PRIMARY KEY("tenant_id","waba_id")
);
--> statement-breakpoint
ALTER TABLE "template_syncs" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "parameter_format" text;--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "quality_score" text;--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "rejected_reason" text;--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "previous_category" text;--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "correct_category" text;--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "submitted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "status_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "quality_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "category_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "components_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "lead_identities" ADD CONSTRAINT "lead_identities_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_merges" ADD CONSTRAINT "lead_merges_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_merges" ADD CONSTRAINT "lead_merges_tenant_id_into_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","into_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_moves" ADD CONSTRAINT "lead_moves_tenant_id_merge_id_lead_merges_tenant_id_id_fk" FOREIGN KEY ("tenant_id","merge_id") REFERENCES "public"."lead_merges"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "template_syncs" ADD CONSTRAINT "template_syncs_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "intake_keys_hash" ON "intake_keys" USING btree ("key_hash");--> statement-breakpoint
CREATE INDEX "intake_payloads_received" ON "intake_payloads" USING btree ("tenant_id","received_at","id");--> statement-breakpoint
CREATE INDEX "lead_identities_lead" ON "lead_identities" USING btree ("tenant_id","lead_id");--> statement-breakpoint
CREATE UNIQUE INDEX "lead_merges_open" ON "lead_merges" USING btree ("tenant_id","lead_id") WHERE undone_at IS NULL;--> statement-breakpoint
CREATE INDEX "lead_moves_row" ON "lead_moves" USING btree ("tenant_id","kind","row_key");--> statement-breakpoint
CREATE INDEX "template_syncs_due" ON "template_syncs" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "meta_templates_meta_id" ON "meta_templates" USING btree ("tenant_id","meta_template_id");--> statement-breakpoint
CREATE INDEX "leads_test" ON "leads" USING btree ("tenant_id","id") WHERE is_test;--> statement-breakpoint
CREATE INDEX "leads_merged" ON "leads" USING btree ("tenant_id","merged_into") WHERE merged_into IS NOT NULL;--> statement-breakpoint
CREATE INDEX "conversations_phone" ON "conversations" USING btree ("tenant_id","phone");--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "intake_keys" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_finds_keys" ON "intake_keys" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "intake_payloads" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "lead_identities" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "lead_merges" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "lead_moves" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "template_syncs" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_claims_syncs" ON "template_syncs" AS PERMISSIVE FOR ALL TO "app_dispatch" USING (true) WITH CHECK (true);
--> statement-breakpoint
-- hand-written from here
ALTER TABLE template_syncs FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON template_syncs TO app_rw;
--> statement-breakpoint
GRANT SELECT (tenant_id, waba_id, due_at, claimed_until), INSERT (tenant_id, waba_id, due_at, claimed_until), UPDATE (claimed_until) ON template_syncs TO app_dispatch;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON meta_templates TO app_rw;
