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
ALTER TABLE "template_syncs" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "parameter_format" text;
--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "quality_score" text;
--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "rejected_reason" text;
--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "previous_category" text;
--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "correct_category" text;
--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "submitted_at" timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "status_at" timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "quality_at" timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "category_at" timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "meta_templates" ADD COLUMN "components_at" timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "template_syncs" ADD CONSTRAINT "template_syncs_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "template_syncs_due" ON "template_syncs" USING btree ("due_at");
--> statement-breakpoint
CREATE INDEX "meta_templates_meta_id" ON "meta_templates" USING btree ("tenant_id","meta_template_id");
--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "template_syncs" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);
--> statement-breakpoint
CREATE POLICY "dispatcher_claims_syncs" ON "template_syncs" AS PERMISSIVE FOR ALL TO "app_dispatch" USING (true) WITH CHECK (true);
--> statement-breakpoint
-- hand-written from here
ALTER TABLE template_syncs FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON template_syncs TO app_rw;
--> statement-breakpoint
GRANT SELECT (tenant_id, waba_id, due_at, claimed_until), INSERT (tenant_id, waba_id, due_at, claimed_until), UPDATE (claimed_until) ON template_syncs TO app_dispatch;
