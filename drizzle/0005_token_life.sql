ALTER TABLE "connections" ADD COLUMN "token_type" text DEFAULT 'user' NOT NULL;--> statement-breakpoint
-- By default, for rows that are there already: row level security binds the owner too, so an UPDATE would see none.
ALTER TABLE "connections" ADD COLUMN "next_check_at" timestamp with time zone DEFAULT now();--> statement-breakpoint
ALTER TABLE "connections" ALTER COLUMN "next_check_at" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "cool_down_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "renewed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "renew_failures" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "refresh_ineffective_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "warned_days" integer;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "warned_data_days" integer;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "check_claimed_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "keeper" uuid;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "keeper_until" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "audit_log_connection" ON "audit_log" USING btree ("tenant_id","occurred_at" DESC NULLS LAST) WHERE action LIKE 'connection.%';--> statement-breakpoint
CREATE INDEX "connections_check_due" ON "connections" USING btree ("next_check_at");--> statement-breakpoint
CREATE POLICY "dispatcher_claims_checks" ON "connections" AS PERMISSIVE FOR UPDATE TO "app_dispatch" USING (true) WITH CHECK (true);
--> statement-breakpoint
GRANT SELECT (next_check_at, check_claimed_until), UPDATE (check_claimed_until) ON connections TO app_dispatch;
--> statement-breakpoint
-- Fences a batch that writes what became of a token: raises, and so undoes the batch, unless the token is still of the
-- version that was used and, for a keeper, still its own. Without a keeper the token must be one that was thought alive.
CREATE FUNCTION hold_token(p_tenant_id integer, p_version integer, p_keeper uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM connections
  WHERE tenant_id = p_tenant_id AND provider = 'meta' AND kind = 'user'
    AND (p_version IS NULL OR token_version = p_version)
    AND CASE WHEN p_keeper IS NULL THEN status NOT IN ('needs_reauth', 'revoked')
      ELSE keeper = p_keeper AND keeper_until > p_at END
  FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lease lost' USING ERRCODE = 'MH001';
  END IF;
END
$$;
