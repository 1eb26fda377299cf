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
CREATE UNIQUE INDEX "webhook_inbox_key" ON "webhook_inbox" USING btree ("tenant_id","event_key");--> statement-breakpoint
CREATE INDEX "webhook_inbox_latest" ON "webhook_inbox" USING btree ("tenant_id","received_at","id");--> statement-breakpoint
CREATE INDEX "webhook_inbox_due" ON "webhook_inbox" USING btree ("due_at") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "webhook_inbox_erase" ON "webhook_inbox" USING btree ("erase_at") WHERE erase_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "webhook_inbox_received" ON "webhook_inbox" USING btree ("received_at");--> statement-breakpoint
CREATE POLICY "tenant_wall" ON "webhook_inbox" AS PERMISSIVE FOR ALL TO public USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer) WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::integer);--> statement-breakpoint
CREATE POLICY "dispatcher_stores_events" ON "webhook_inbox" AS PERMISSIVE FOR INSERT TO "app_dispatch" WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "dispatcher_sees_events" ON "webhook_inbox" AS PERMISSIVE FOR SELECT TO "app_dispatch" USING (true);--> statement-breakpoint
CREATE POLICY "dispatcher_posts_events" ON "webhook_inbox" AS PERMISSIVE FOR UPDATE TO "app_dispatch" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "dispatcher_forgets_events" ON "webhook_inbox" AS PERMISSIVE FOR DELETE TO "app_dispatch" USING (state <> 'pending' AND erase_at IS NULL);
--> statement-breakpoint
-- hand-written from here
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
