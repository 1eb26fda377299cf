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
	"payload" jsonb,
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
	"sealed_by" text GENERATED ALWAYS AS (split_part(key_sealed, '.', 1) || '.' || split_part(key_sealed, '.', 2)) STORED,
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
	"sealed_by" text GENERATED ALWAYS AS (split_part(secret_sealed, '.', 1) || '.' || split_part(secret_sealed, '.', 2)) STORED,
	"former_secret_sealed" text,
	"former_sealed_by" text GENERATED ALWAYS AS (split_part(former_secret_sealed, '.', 1) || '.' || split_part(former_secret_sealed, '.', 2)) STORED,
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
CREATE TABLE "webhook_inbox" (
	"tenant_id" integer NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"event_key" text NOT NULL,
	"topic" text NOT NULL,
	"field" text NOT NULL,
	"asset_id" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"is_late" boolean NOT NULL,
	"payload" text,
	"state" text DEFAULT 'pending' NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone,
	"posted_until" timestamp with time zone NOT NULL,
	"claimed_by" uuid,
	"last_error" text,
	"processed_at" timestamp with time zone,
	"erase_at" timestamp with time zone,
	CONSTRAINT "webhook_inbox_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "due_while_pending" CHECK ((state = 'pending') = (due_at IS NOT NULL))
);
--> statement-breakpoint
ALTER TABLE "webhook_inbox" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "meta_assets" ADD COLUMN "declined_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "meta_assets" ADD COLUMN "sealed_by" text GENERATED ALWAYS AS (split_part(token_sealed, '.', 1) || '.' || split_part(token_sealed, '.', 2)) STORED;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "steps" jsonb;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "purpose" text;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "quiet_hours" jsonb;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "caps" jsonb;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "stop_on" text[];--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "schedule" jsonb;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "activated_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "automation_rules" ADD COLUMN "next_run_at" timestamp with time zone;--> statement-breakpoint
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
ALTER TABLE "ads" ADD COLUMN "title" text;--> statement-breakpoint
ALTER TABLE "ads" ADD COLUMN "body" text;--> statement-breakpoint
ALTER TABLE "asset_schedule" ADD CONSTRAINT "asset_schedule_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "automation_executions" ADD CONSTRAINT "automation_executions_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sending_numbers" ADD CONSTRAINT "sending_numbers_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consents" ADD CONSTRAINT "consents_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversion_outbox" ADD CONSTRAINT "conversion_outbox_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversion_settings" ADD CONSTRAINT "conversion_settings_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_identities" ADD CONSTRAINT "lead_identities_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_merges" ADD CONSTRAINT "lead_merges_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_merges" ADD CONSTRAINT "lead_merges_tenant_id_into_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","into_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_moves" ADD CONSTRAINT "lead_moves_tenant_id_merge_id_lead_merges_tenant_id_id_fk" FOREIGN KEY ("tenant_id","merge_id") REFERENCES "public"."lead_merges"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "message_attempts" ADD CONSTRAINT "message_attempts_tenant_id_message_id_messages_tenant_id_id_fk" FOREIGN KEY ("tenant_id","message_id") REFERENCES "public"."messages"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "message_providers" ADD CONSTRAINT "message_providers_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "message_rates" ADD CONSTRAINT "message_rates_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "suppressions" ADD CONSTRAINT "suppressions_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notification_deliveries" ADD CONSTRAINT "notification_deliveries_endpoint" FOREIGN KEY ("tenant_id","endpoint_id") REFERENCES "public"."notification_endpoints"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notification_endpoints" ADD CONSTRAINT "notification_endpoints_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "template_syncs" ADD CONSTRAINT "template_syncs_tenant_id_tenants_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("tenant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "asset_schedule_due" ON "asset_schedule" USING btree ("next_due_at");--> statement-breakpoint
CREATE UNIQUE INDEX "automation_executions_occurrence" ON "automation_executions" USING btree ("tenant_id","rule_id","occurrence_key");--> statement-breakpoint
CREATE INDEX "automation_executions_due" ON "automation_executions" USING btree ("due_at","tenant_id") WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX "automation_executions_subject" ON "automation_executions" USING btree ("tenant_id","subject");--> statement-breakpoint
CREATE INDEX "automation_executions_lead" ON "automation_executions" USING btree ("tenant_id","lead_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "conversion_outbox_click" ON "conversion_outbox" USING btree ("tenant_id","ctwa_clid","event_name") WHERE ctwa_clid IS NOT NULL;--> statement-breakpoint
CREATE INDEX "conversion_outbox_due" ON "conversion_outbox" USING btree ("next_try_at","tenant_id") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "conversion_outbox_newest" ON "conversion_outbox" USING btree ("tenant_id","occurred_at","event_id");--> statement-breakpoint
CREATE INDEX "conversion_outbox_lead" ON "conversion_outbox" USING btree ("tenant_id","lead_id");--> statement-breakpoint
CREATE INDEX "lead_forms_page" ON "lead_forms" USING btree ("tenant_id","page_id");--> statement-breakpoint
CREATE INDEX "lead_receipts_failed" ON "lead_receipts" USING btree ("tenant_id","page_id") WHERE status = 'failed';--> statement-breakpoint
CREATE UNIQUE INDEX "intake_keys_hash" ON "intake_keys" USING btree ("key_hash");--> statement-breakpoint
CREATE INDEX "intake_payloads_received" ON "intake_payloads" USING btree ("tenant_id","received_at","id");--> statement-breakpoint
CREATE INDEX "lead_identities_lead" ON "lead_identities" USING btree ("tenant_id","lead_id");--> statement-breakpoint
CREATE UNIQUE INDEX "lead_merges_open" ON "lead_merges" USING btree ("tenant_id","lead_id") WHERE undone_at IS NULL;--> statement-breakpoint
CREATE INDEX "lead_moves_row" ON "lead_moves" USING btree ("tenant_id","kind","row_key");--> statement-breakpoint
CREATE UNIQUE INDEX "conversations_wa_id" ON "conversations" USING btree ("tenant_id","phone_number_id","wa_id");--> statement-breakpoint
CREATE UNIQUE INDEX "conversations_bsuid" ON "conversations" USING btree ("tenant_id","phone_number_id","bsuid");--> statement-breakpoint
CREATE INDEX "conversations_phone" ON "conversations" USING btree ("tenant_id","phone");--> statement-breakpoint
CREATE INDEX "conversations_lead" ON "conversations" USING btree ("tenant_id","lead_id");--> statement-breakpoint
CREATE INDEX "message_attempts_provider_id" ON "message_attempts" USING btree ("tenant_id","provider_message_id");--> statement-breakpoint
CREATE INDEX "message_providers_sealed_by" ON "message_providers" USING btree ("sealed_by","tenant_id");--> statement-breakpoint
CREATE UNIQUE INDEX "messages_occurrence" ON "messages" USING btree ("tenant_id","occurrence_key");--> statement-breakpoint
CREATE INDEX "messages_due" ON "messages" USING btree ("due_at","tenant_id") WHERE state IN ('planned', 'sending');--> statement-breakpoint
CREATE INDEX "messages_due_of_tenant" ON "messages" USING btree ("tenant_id","due_at") WHERE state IN ('planned', 'sending');--> statement-breakpoint
CREATE INDEX "messages_provider_id" ON "messages" USING btree ("tenant_id","provider_message_id");--> statement-breakpoint
CREATE INDEX "messages_lead" ON "messages" USING btree ("tenant_id","lead_id","created_at");--> statement-breakpoint
CREATE INDEX "messages_execution" ON "messages" USING btree ("tenant_id","execution_id");--> statement-breakpoint
CREATE INDEX "messages_unknown" ON "messages" USING btree ("tenant_id","updated_at") WHERE state = 'unknown';--> statement-breakpoint
CREATE INDEX "suppressions_newest" ON "suppressions" USING btree ("tenant_id","changed_at");--> statement-breakpoint
CREATE UNIQUE INDEX "notification_deliveries_once" ON "notification_deliveries" USING btree ("tenant_id","endpoint_id","happening_id");--> statement-breakpoint
CREATE INDEX "notification_deliveries_due" ON "notification_deliveries" USING btree ("next_try_at","tenant_id") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "notification_deliveries_newest" ON "notification_deliveries" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "notification_endpoints_sealed_by" ON "notification_endpoints" USING btree ("sealed_by","tenant_id");--> statement-breakpoint
CREATE INDEX "notification_endpoints_former_sealed_by" ON "notification_endpoints" USING btree ("former_sealed_by","tenant_id");--> statement-breakpoint
CREATE INDEX "template_syncs_due" ON "template_syncs" USING btree ("due_at");--> statement-breakpoint
CREATE UNIQUE INDEX "webhook_inbox_key" ON "webhook_inbox" USING btree ("tenant_id","event_key");--> statement-breakpoint
CREATE INDEX "webhook_inbox_latest" ON "webhook_inbox" USING btree ("tenant_id","received_at","id");--> statement-breakpoint
CREATE INDEX "webhook_inbox_due" ON "webhook_inbox" USING btree ("due_at") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "webhook_inbox_erase" ON "webhook_inbox" USING btree ("erase_at") WHERE erase_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "webhook_inbox_received" ON "webhook_inbox" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "meta_assets_sealed_by" ON "meta_assets" USING btree ("sealed_by","tenant_id");--> statement-breakpoint
CREATE INDEX "automation_rules_due" ON "automation_rules" USING btree ("next_run_at") WHERE is_active AND next_run_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "meta_templates_meta_id" ON "meta_templates" USING btree ("tenant_id","meta_template_id");--> statement-breakpoint
CREATE INDEX "leads_test" ON "leads" USING btree ("tenant_id","id") WHERE is_test;--> statement-breakpoint
CREATE INDEX "leads_merged" ON "leads" USING btree ("tenant_id","merged_into") WHERE merged_into IS NOT NULL;--> statement-breakpoint
CREATE POLICY "dispatcher_sees_due_rules" ON "automation_rules" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "asset_schedule" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_what_is_due" ON "asset_schedule" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "dispatcher_claims_what_is_due" ON "asset_schedule" AS PERMISSIVE FOR UPDATE TO "app_dispatch" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "automation_executions" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_due_executions" ON "automation_executions" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "sending_numbers" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "consents" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "conversion_outbox" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_due_conversions" ON "conversion_outbox" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "conversion_settings" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "lead_forms" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "lead_receipts" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "intake_keys" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_finds_keys" ON "intake_keys" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "intake_payloads" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "lead_identities" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "lead_merges" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "lead_moves" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "conversations" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "message_attempts" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "message_providers" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_provider_keys" ON "message_providers" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "message_rates" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "messages" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_due_messages" ON "messages" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "suppressions" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "notification_deliveries" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_due_deliveries" ON "notification_deliveries" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "notification_endpoints" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_endpoint_keys" ON "notification_endpoints" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "template_syncs" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_claims_syncs" ON "template_syncs" AS PERMISSIVE FOR ALL TO "app_dispatch" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "webhook_inbox" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_stores_events" ON "webhook_inbox" AS PERMISSIVE FOR INSERT TO "app_dispatch" WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_events" ON "webhook_inbox" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "dispatcher_posts_events" ON "webhook_inbox" AS PERMISSIVE FOR UPDATE TO "app_dispatch" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "dispatcher_forgets_events" ON "webhook_inbox" AS PERMISSIVE FOR DELETE TO "app_dispatch" USING (state <> 'pending' AND erase_at IS NULL);
--> statement-breakpoint
-- hand-written from here: leads
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
  PERFORM FROM lead_moves WHERE tenant_id = OLD.tenant_id AND kind = 'touchpoint' AND row_key = OLD.id::text;
  IF NOT FOUND THEN
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
--> statement-breakpoint
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
--> statement-breakpoint
GRANT SELECT (tenant_id, sealed_by) ON message_providers TO app_dispatch;
--> statement-breakpoint
GRANT SELECT (tenant_id, sealed_by, former_sealed_by) ON notification_endpoints TO app_dispatch;
--> statement-breakpoint
ALTER TABLE webhook_inbox FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, UPDATE ON webhook_inbox TO app_rw;
--> statement-breakpoint
GRANT INSERT (tenant_id, event_key, topic, field, asset_id, at, received_at, is_late, payload, due_at, posted_until)
ON webhook_inbox TO app_dispatch;
--> statement-breakpoint
GRANT SELECT (tenant_id, id, state, tries, received_at, due_at, posted_until, erase_at) ON webhook_inbox TO app_dispatch;
--> statement-breakpoint
GRANT UPDATE (posted_until, payload, erase_at), DELETE ON webhook_inbox TO app_dispatch;
--> statement-breakpoint
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
--> statement-breakpoint
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
--> statement-breakpoint
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
--> statement-breakpoint
ALTER TABLE template_syncs FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON template_syncs TO app_rw;
--> statement-breakpoint
GRANT SELECT (tenant_id, waba_id, due_at, claimed_until), INSERT (tenant_id, waba_id, due_at, claimed_until), UPDATE (claimed_until) ON template_syncs TO app_dispatch;
