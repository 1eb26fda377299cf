CREATE TABLE "automation_executions" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"rule_id" uuid NOT NULL,
	"trigger_type" text NOT NULL,
	"occurrence_key" text NOT NULL,
	"subject" text,
	"lead_id" uuid NOT NULL,
	"opportunity_id" uuid,
	"state" text DEFAULT 'waiting' NOT NULL,
	"step" integer DEFAULT 0 NOT NULL,
	"generation" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"event_at" timestamp with time zone,
	"event" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"reason" text,
	"holder" uuid,
	"held_until" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "automation_executions_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "automation_executions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "sending_numbers" (
	"tenant_id" integer NOT NULL,
	"number" text NOT NULL,
	"breaker" text DEFAULT 'closed' NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"openings" integer DEFAULT 0 NOT NULL,
	"open_until" timestamp with time zone,
	"probe_until" timestamp with time zone,
	"reason" text,
	"next_send_at" timestamp with time zone,
	"holder" uuid,
	"held_until" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sending_numbers_tenant_id_number_pk" PRIMARY KEY("tenant_id","number")
);
--> statement-breakpoint
ALTER TABLE "sending_numbers" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "steps" jsonb;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "purpose" text;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "quiet_hours" jsonb;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "caps" jsonb;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "stop_on" text[];--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "schedule" jsonb;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "activated_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "next_run_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "automation_executions" ADD CONSTRAINT "automation_executions_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sending_numbers" ADD CONSTRAINT "sending_numbers_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "automation_executions_occurrence" ON "automation_executions" USING btree ("tenant_id","rule_id","occurrence_key");--> statement-breakpoint
CREATE INDEX "automation_executions_due" ON "automation_executions" USING btree ("due_at","tenant_id") WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX "automation_executions_subject" ON "automation_executions" USING btree ("tenant_id","subject");--> statement-breakpoint
CREATE INDEX "automation_executions_lead" ON "automation_executions" USING btree ("tenant_id","lead_id","created_at");--> statement-breakpoint
CREATE INDEX "automation_rules_due" ON "automation_rules" USING btree ("next_run_at") WHERE is_active AND next_run_at IS NOT NULL;--> statement-breakpoint
CREATE POLICY "dispatcher_sees_due_rules" ON "automation_rules" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "automation_executions" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_due_executions" ON "automation_executions" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "sending_numbers" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);
--> statement-breakpoint
-- hand-written from here
ALTER TABLE automation_executions FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE sending_numbers FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON automation_executions, sending_numbers TO app_rw;
--> statement-breakpoint
GRANT SELECT (tenant_id, state, due_at, held_until) ON automation_executions TO app_dispatch;
--> statement-breakpoint
GRANT SELECT (tenant_id, is_active, next_run_at) ON automation_rules TO app_dispatch;
--> statement-breakpoint
-- Fences the batch of a step: raises, and so undoes it, unless the execution still waits at that step and is still the holder's.
CREATE FUNCTION hold_execution(p_tenant_id integer, p_id uuid, p_step integer, p_holder uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM automation_executions
  WHERE tenant_id = p_tenant_id AND id = p_id AND state = 'waiting' AND step = p_step AND holder = p_holder
  FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lease lost' USING ERRCODE = 'MH001';
  END IF;
END
$$;
--> statement-breakpoint
-- The counters of a rule follow what it does: each start, each success, each failure once.
CREATE FUNCTION count_for_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'messages' THEN
    UPDATE automation_rules SET
      success_count = success_count + (OLD.accepted_at IS NULL AND NEW.accepted_at IS NOT NULL)::integer,
      error_count = error_count + (OLD.failed_at IS NULL AND NEW.failed_at IS NOT NULL)::integer
    WHERE tenant_id = NEW.tenant_id AND id = NEW.rule_id;
  ELSIF TG_OP = 'INSERT' THEN
    UPDATE automation_rules SET trigger_count = trigger_count + 1,
      last_triggered_at = GREATEST(last_triggered_at, NEW.created_at)
    WHERE tenant_id = NEW.tenant_id AND id = NEW.rule_id;
  ELSE
    UPDATE automation_rules SET error_count = error_count + 1 WHERE tenant_id = NEW.tenant_id AND id = NEW.rule_id;
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER execution_counted AFTER INSERT ON automation_executions FOR EACH ROW EXECUTE FUNCTION count_for_rule();
--> statement-breakpoint
CREATE TRIGGER execution_failed AFTER UPDATE OF state ON automation_executions FOR EACH ROW
WHEN (NEW.state = 'stopped' AND OLD.state <> 'stopped' AND NEW.reason LIKE 'failed:%') EXECUTE FUNCTION count_for_rule();
--> statement-breakpoint
CREATE TRIGGER message_counted AFTER UPDATE ON messages FOR EACH ROW
WHEN (NEW.rule_id IS NOT NULL AND ((OLD.accepted_at IS NULL AND NEW.accepted_at IS NOT NULL) OR (OLD.failed_at IS NULL AND NEW.failed_at IS NOT NULL)))
EXECUTE FUNCTION count_for_rule();
