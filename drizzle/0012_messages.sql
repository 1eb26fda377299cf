CREATE TABLE "conversations" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"phone_number_id" text NOT NULL,
	"wa_id" text,
	"phone" text,
	"bsuid" text,
	"lead_id" uuid,
	"first_inbound_at" timestamp with time zone NOT NULL,
	"last_inbound_at" timestamp with time zone NOT NULL,
	"last_inbound_id" text NOT NULL,
	"last_inbound_type" text NOT NULL,
	"referred_at" timestamp with time zone,
	"free_entry_until" timestamp with time zone,
	"first_referral" jsonb,
	"last_referral" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "conversations_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "conversation_has_person" CHECK (wa_id IS NOT NULL OR bsuid IS NOT NULL)
);
--> statement-breakpoint
ALTER TABLE "conversations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "message_attempts" (
	"tenant_id" integer NOT NULL,
	"message_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"provider" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"outcome" text,
	"error_code" integer,
	"reason" text,
	"provider_message_id" text,
	CONSTRAINT "message_attempts_tenant_id_message_id_number_pk" PRIMARY KEY("tenant_id","message_id","number")
);
--> statement-breakpoint
ALTER TABLE "message_attempts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "message_providers" (
	"tenant_id" integer PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"sender" text,
	"key_sealed" text,
	"phone_number_id" text,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "message_providers" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "message_rates" (
	"tenant_id" integer NOT NULL,
	"market" text NOT NULL,
	"category" text NOT NULL,
	"effective_on" date NOT NULL,
	"rate" numeric(18, 6) NOT NULL,
	"currency" text NOT NULL,
	CONSTRAINT "message_rates_tenant_id_market_category_effective_on_pk" PRIMARY KEY("tenant_id","market","category","effective_on")
);
--> statement-breakpoint
ALTER TABLE "message_rates" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "messages" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"occurrence_key" text NOT NULL,
	"state" text DEFAULT 'planned' NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"claimed_until" timestamp with time zone,
	"execution_id" uuid,
	"rule_id" uuid,
	"lead_id" uuid,
	"trigger_type" text DEFAULT 'manual' NOT NULL,
	"trigger_data" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"template_id" uuid,
	"template_name" text NOT NULL,
	"template_language" text NOT NULL,
	"template_category" text NOT NULL,
	"components" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"recipient_phone" text,
	"recipient_bsuid" text,
	"phone_number_id" text,
	"reason" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"provider" text,
	"provider_message_id" text,
	"wa_id" text,
	"is_held" boolean DEFAULT false NOT NULL,
	"accepted_at" timestamp with time zone,
	"sent_at" timestamp with time zone,
	"delivered_at" timestamp with time zone,
	"read_at" timestamp with time zone,
	"failed_at" timestamp with time zone,
	"replied_at" timestamp with time zone,
	"error_code" integer,
	"error_text" text,
	"billable" boolean,
	"pricing_category" text,
	"pricing_type" text,
	"pricing_model" text,
	"cost" numeric(18, 6),
	"cost_currency" text,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "messages_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "message_has_recipient" CHECK (recipient_phone IS NOT NULL OR recipient_bsuid IS NOT NULL)
);
--> statement-breakpoint
ALTER TABLE "messages" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "suppressions" (
	"tenant_id" integer NOT NULL,
	"kind" text NOT NULL,
	"value" text NOT NULL,
	"purpose" text NOT NULL,
	"is_active" boolean NOT NULL,
	"source" text NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "suppressions_tenant_id_kind_value_purpose_pk" PRIMARY KEY("tenant_id","kind","value","purpose")
);
--> statement-breakpoint
ALTER TABLE "suppressions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "message_attempts" ADD CONSTRAINT "message_attempts_tenant_id_message_id_messages_tenant_id_id_fk" FOREIGN KEY ("tenant_id","message_id") REFERENCES "public"."messages"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "message_providers" ADD CONSTRAINT "message_providers_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "message_rates" ADD CONSTRAINT "message_rates_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "suppressions" ADD CONSTRAINT "suppressions_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "conversations_wa_id" ON "conversations" USING btree ("tenant_id","phone_number_id","wa_id");--> statement-breakpoint
CREATE UNIQUE INDEX "conversations_bsuid" ON "conversations" USING btree ("tenant_id","phone_number_id","bsuid");--> statement-breakpoint
CREATE INDEX "conversations_phone" ON "conversations" USING btree ("tenant_id","phone");--> statement-breakpoint
CREATE INDEX "conversations_lead" ON "conversations" USING btree ("tenant_id","lead_id");--> statement-breakpoint
CREATE INDEX "message_attempts_provider_id" ON "message_attempts" USING btree ("tenant_id","provider_message_id");--> statement-breakpoint
CREATE UNIQUE INDEX "messages_occurrence" ON "messages" USING btree ("tenant_id","occurrence_key");--> statement-breakpoint
CREATE INDEX "messages_due" ON "messages" USING btree ("due_at","tenant_id") WHERE state IN ('planned', 'sending');--> statement-breakpoint
CREATE INDEX "messages_due_of_tenant" ON "messages" USING btree ("tenant_id","due_at") WHERE state IN ('planned', 'sending');--> statement-breakpoint
CREATE INDEX "messages_provider_id" ON "messages" USING btree ("tenant_id","provider_message_id");--> statement-breakpoint
CREATE INDEX "messages_lead" ON "messages" USING btree ("tenant_id","lead_id","created_at");--> statement-breakpoint
CREATE INDEX "messages_execution" ON "messages" USING btree ("tenant_id","execution_id");--> statement-breakpoint
CREATE INDEX "messages_unknown" ON "messages" USING btree ("tenant_id","updated_at") WHERE state = 'unknown';--> statement-breakpoint
CREATE INDEX "suppressions_newest" ON "suppressions" USING btree ("tenant_id","changed_at");--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "conversations" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "message_attempts" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "message_providers" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "message_rates" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "messages" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_due_messages" ON "messages" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "suppressions" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);
--> statement-breakpoint
-- hand-written from here
ALTER TABLE messages FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE message_attempts FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE conversations FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE suppressions FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE message_rates FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE message_providers FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- A message and its attempts stay: what was sent is known for good.
GRANT SELECT, INSERT, UPDATE ON messages, message_attempts, conversations, suppressions TO app_rw;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON message_rates, message_providers TO app_rw;
--> statement-breakpoint
GRANT SELECT (tenant_id, state, due_at, claimed_until) ON messages TO app_dispatch;
--> statement-breakpoint
ALTER TABLE message_providers ADD CONSTRAINT provider_key_is_sealed
CHECK (key_sealed ~ '^v(1[.][\w-]{1,32}|2[.][\w-]{1,32}[.][\w-]{80})[.][\w-]{16}[.][\w-]{22,}$');
--> statement-breakpoint
-- The log and the template's counters follow the message: each step counts once, however often it is told.
CREATE FUNCTION follow_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO automation_logs (tenant_id, id, rule_id, lead_id, lead_name, template_name, trigger_type, trigger_data,
    action_type, action_config, action_result, status, error_message, created_at)
  VALUES (NEW.tenant_id, NEW.id, NEW.rule_id, NEW.lead_id,
    (SELECT NULLIF(concat_ws(' ', l.first_name, l.last_name), '') FROM leads l WHERE l.tenant_id = NEW.tenant_id AND l.id = NEW.lead_id),
    NEW.template_name, NEW.trigger_type, NEW.trigger_data, 'send_hsm',
    jsonb_strip_nulls(jsonb_build_object('template_id', NEW.template_id, 'template_name', NEW.template_name, 'language', NEW.template_language)),
    jsonb_strip_nulls(jsonb_build_object('state', NEW.state, 'attempts', NEW.attempts, 'provider_message_id', NEW.provider_message_id,
      'error_code', NEW.error_code, 'reason', NEW.reason, 'cost', NEW.cost, 'currency', NEW.cost_currency, 'category', NEW.pricing_category)),
    CASE WHEN NEW.state IN ('planned', 'sending') THEN 'pending' WHEN NEW.state = 'accepted' THEN 'sent'
      WHEN NEW.state = 'dropped' THEN 'skipped' ELSE NEW.state END,
    COALESCE(NEW.error_text, NEW.reason), NEW.created_at)
  ON CONFLICT (tenant_id, id) DO UPDATE SET status = EXCLUDED.status, action_result = EXCLUDED.action_result,
    error_message = EXCLUDED.error_message;
  UPDATE meta_templates SET
    sent_count = sent_count + (OLD.accepted_at IS NULL AND NEW.accepted_at IS NOT NULL)::integer,
    delivered_count = delivered_count + (OLD.delivered_at IS NULL AND NEW.delivered_at IS NOT NULL)::integer,
    read_count = read_count + (OLD.read_at IS NULL AND NEW.read_at IS NOT NULL)::integer,
    replied_count = replied_count + (OLD.replied_at IS NULL AND NEW.replied_at IS NOT NULL)::integer
  WHERE tenant_id = NEW.tenant_id AND id = NEW.template_id AND (
    (OLD.accepted_at IS NULL AND NEW.accepted_at IS NOT NULL) OR (OLD.delivered_at IS NULL AND NEW.delivered_at IS NOT NULL)
    OR (OLD.read_at IS NULL AND NEW.read_at IS NOT NULL) OR (OLD.replied_at IS NULL AND NEW.replied_at IS NOT NULL));
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER message_followed AFTER INSERT OR UPDATE ON messages FOR EACH ROW EXECUTE FUNCTION follow_message();
