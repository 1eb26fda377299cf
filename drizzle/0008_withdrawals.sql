CREATE TABLE "withdrawals" (
	"code_hash" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"meta_user_id" text,
	"issued_at" timestamp with time zone NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"done_at" timestamp with time zone,
	CONSTRAINT "forgotten_when_done" CHECK ((done_at IS NULL) = (meta_user_id IS NOT NULL))
);
--> statement-breakpoint
ALTER TABLE "withdrawals" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "withdrawals_open" ON "withdrawals" USING btree ("received_at") WHERE done_at IS NULL;--> statement-breakpoint
CREATE POLICY "dispatcher_keeps_withdrawals" ON "withdrawals" AS PERMISSIVE FOR ALL TO "app_dispatch" USING (true) WITH CHECK (true);
--> statement-breakpoint
ALTER TABLE withdrawals FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- The dispatcher's alone: app_rw sees it only under that hat. What was asked cannot be made undone.
GRANT SELECT, INSERT ON withdrawals TO app_dispatch;
--> statement-breakpoint
GRANT UPDATE (meta_user_id, done_at) ON withdrawals TO app_dispatch;
--> statement-breakpoint
-- A token that was granted after the request is not meant.
GRANT SELECT (issued_at) ON connections TO app_dispatch;
--> statement-breakpoint
-- Fences a batch that ends a connection on somebody's word: raises, and so undoes the batch, when the token has changed since.
CREATE FUNCTION hold_token_version(p_tenant_id integer, p_version integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM connections
  WHERE tenant_id = p_tenant_id AND provider = 'meta' AND kind = 'user' AND token_version = p_version
  FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lease lost' USING ERRCODE = 'MH001';
  END IF;
END
$$;
