CREATE TABLE "meta_assets" (
	"tenant_id" integer NOT NULL,
	"kind" text NOT NULL,
	"asset_id" text NOT NULL,
	"parent_id" text,
	"name" text NOT NULL,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"token_sealed" text,
	"subscribed_at" timestamp with time zone,
	"checked_at" timestamp with time zone,
	"problem" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"released_at" timestamp with time zone,
	CONSTRAINT "meta_assets_tenant_id_kind_asset_id_pk" PRIMARY KEY("tenant_id","kind","asset_id")
);
--> statement-breakpoint
ALTER TABLE "meta_assets" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "happenings" (
	"tenant_id" integer NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "happenings_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"lead_id" uuid,
	"opportunity_id" uuid,
	"sale_id" uuid,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"key" text,
	"occurred_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"handled_at" timestamp with time zone,
	"failures" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "happenings_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "happenings" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "answers" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "is_test" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "merged_into" uuid;--> statement-breakpoint
ALTER TABLE "meta_assets" ADD CONSTRAINT "meta_assets_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "meta_assets_one_owner" ON "meta_assets" USING btree ("kind","asset_id") WHERE released_at IS NULL;--> statement-breakpoint
CREATE INDEX "meta_assets_parent" ON "meta_assets" USING btree ("tenant_id","parent_id");--> statement-breakpoint
CREATE UNIQUE INDEX "happenings_key" ON "happenings" USING btree ("tenant_id","kind","key");--> statement-breakpoint
CREATE INDEX "happenings_open" ON "happenings" USING btree ("tenant_id","id") WHERE handled_at IS NULL;--> statement-breakpoint
CREATE INDEX "happenings_handled" ON "happenings" USING btree ("tenant_id","handled_at");--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "meta_assets" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_finds_owners" ON "meta_assets" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "happenings" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_happenings" ON "happenings" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);
--> statement-breakpoint
-- hand-written from here
ALTER TABLE meta_assets FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE happenings FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON meta_assets, happenings TO app_rw;
--> statement-breakpoint
GRANT SELECT (tenant_id, kind, asset_id, released_at) ON meta_assets TO app_dispatch;
--> statement-breakpoint
GRANT SELECT (tenant_id, handled_at, failures) ON happenings TO app_dispatch;
--> statement-breakpoint
ALTER TABLE meta_assets ADD CONSTRAINT asset_token_is_sealed
CHECK (token_sealed ~ '^v(1[.][\w-]{1,32}|2[.][\w-]{1,32}[.][\w-]{80})[.][\w-]{16}[.][\w-]{22,}$');
--> statement-breakpoint
-- Whether anything would come of a tenant's happenings: where nobody listens, none are written.
CREATE FUNCTION is_listened(p_tenant_id integer) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM automation_rules WHERE tenant_id = p_tenant_id AND is_active)
$$;
--> statement-breakpoint
CREATE FUNCTION note_happening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT is_listened(NEW.tenant_id) THEN RETURN NULL; END IF;
  IF TG_TABLE_NAME = 'leads' AND TG_OP = 'INSERT' THEN
    INSERT INTO happenings (tenant_id, kind, lead_id, occurred_at)
    VALUES (NEW.tenant_id, 'lead.created', NEW.id, NEW.created_at);
  ELSIF TG_TABLE_NAME = 'leads' THEN
    INSERT INTO happenings (tenant_id, kind, lead_id, details, occurred_at)
    VALUES (NEW.tenant_id, 'lead.status_changed', NEW.id, jsonb_build_object('from', OLD.status, 'to', NEW.status), NEW.updated_at);
  ELSIF TG_TABLE_NAME = 'opportunity_stage_events' THEN
    INSERT INTO happenings (tenant_id, kind, lead_id, opportunity_id, details, occurred_at)
    SELECT NEW.tenant_id, CASE WHEN NEW.from_stage IS NULL THEN 'opportunity.created' ELSE 'opportunity.stage_changed' END,
      o.lead_id, o.id, jsonb_strip_nulls(jsonb_build_object('from', NEW.from_stage, 'to', NEW.to_stage)), NEW.occurred_at
    FROM opportunities o WHERE o.tenant_id = NEW.tenant_id AND o.id = NEW.opportunity_id;
  ELSE
    INSERT INTO happenings (tenant_id, kind, lead_id, opportunity_id, sale_id, key, occurred_at)
    VALUES (NEW.tenant_id, 'sale.completed', NEW.lead_id, NEW.opportunity_id, NEW.id, NEW.id::text,
      COALESCE(NEW.sold_at, NEW.created_at))
    ON CONFLICT (tenant_id, kind, key) DO NOTHING;
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER note_created AFTER INSERT ON leads FOR EACH ROW EXECUTE FUNCTION note_happening();
--> statement-breakpoint
CREATE TRIGGER note_status AFTER UPDATE OF status ON leads FOR EACH ROW
WHEN (NEW.status IS DISTINCT FROM OLD.status) EXECUTE FUNCTION note_happening();
--> statement-breakpoint
CREATE TRIGGER note_stage_event AFTER INSERT ON opportunity_stage_events FOR EACH ROW EXECUTE FUNCTION note_happening();
--> statement-breakpoint
CREATE TRIGGER note_sale AFTER INSERT OR UPDATE OF payment_status ON sales_transactions FOR EACH ROW
WHEN (NEW.kind = 'sale' AND NEW.payment_status = 'completed') EXECUTE FUNCTION note_happening();
