CREATE TABLE "asset_schedule" (
	"tenant_id" integer NOT NULL,
	"task" text NOT NULL,
	"asset_id" text DEFAULT '' NOT NULL,
	"next_due_at" timestamp with time zone NOT NULL,
	"claimed_until" timestamp with time zone,
	"worker" uuid,
	"worker_until" timestamp with time zone,
	"failures" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "asset_schedule_tenant_id_task_asset_id_pk" PRIMARY KEY("tenant_id","task","asset_id")
);
--> statement-breakpoint
ALTER TABLE "asset_schedule" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "lead_forms" (
	"tenant_id" integer NOT NULL,
	"form_id" text NOT NULL,
	"page_id" text NOT NULL,
	"name" text NOT NULL,
	"status" text,
	"locale" text,
	"questions" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"mapping" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"checkpoint" timestamp with time zone NOT NULL,
	"checked_at" timestamp with time zone,
	"problem" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "lead_forms_tenant_id_form_id_pk" PRIMARY KEY("tenant_id","form_id")
);
--> statement-breakpoint
ALTER TABLE "lead_forms" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "lead_receipts" (
	"tenant_id" integer NOT NULL,
	"leadgen_id" text NOT NULL,
	"page_id" text NOT NULL,
	"form_id" text,
	"status" text NOT NULL,
	"problem" text,
	"attempts" integer DEFAULT 1 NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "lead_receipts_tenant_id_leadgen_id_pk" PRIMARY KEY("tenant_id","leadgen_id")
);
--> statement-breakpoint
ALTER TABLE "lead_receipts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "meta_assets" ADD COLUMN "declined_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "meta_assets" ADD COLUMN "sealed_by" text GENERATED ALWAYS AS (split_part(token_sealed, '.', 1) || '.' || split_part(token_sealed, '.', 2)) STORED;--> statement-breakpoint
ALTER TABLE "ads" ADD COLUMN "title" text;--> statement-breakpoint
ALTER TABLE "ads" ADD COLUMN "body" text;--> statement-breakpoint
ALTER TABLE "asset_schedule" ADD CONSTRAINT "asset_schedule_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "asset_schedule_due" ON "asset_schedule" USING btree ("next_due_at");--> statement-breakpoint
CREATE INDEX "lead_forms_page" ON "lead_forms" USING btree ("tenant_id","page_id");--> statement-breakpoint
CREATE INDEX "lead_receipts_failed" ON "lead_receipts" USING btree ("tenant_id","page_id") WHERE status = 'failed';--> statement-breakpoint
CREATE INDEX "meta_assets_sealed_by" ON "meta_assets" USING btree ("sealed_by","tenant_id");--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "asset_schedule" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_what_is_due" ON "asset_schedule" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "dispatcher_claims_what_is_due" ON "asset_schedule" AS PERMISSIVE FOR UPDATE TO "app_dispatch" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "lead_forms" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "lead_receipts" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);
--> statement-breakpoint
-- hand-written from here
ALTER TABLE asset_schedule FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE lead_forms FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE lead_receipts FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON asset_schedule, lead_forms, lead_receipts TO app_rw;
--> statement-breakpoint
GRANT SELECT (tenant_id, task, asset_id, next_due_at, claimed_until), UPDATE (claimed_until) ON asset_schedule TO app_dispatch;
--> statement-breakpoint
GRANT SELECT (sealed_by) ON meta_assets TO app_dispatch;
