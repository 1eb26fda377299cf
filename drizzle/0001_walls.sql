-- Row level security for owners too, and what each role may do. app_rw serves requests and jobs; app_dispatch is a
-- hat that app_rw puts on for one batch (SET LOCAL ROLE) to see which accounts are due. Both roles are made by
-- `npm run db:migrate` before the first migration and are neither owner nor BYPASSRLS.
DO $$
DECLARE
  walled regclass;
BEGIN
  FOR walled IN
    SELECT attrelid::regclass FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE a.attname = 'tenant_id' AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', walled);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO app_rw', walled);
  END LOOP;
END
$$;
--> statement-breakpoint
REVOKE UPDATE, DELETE ON audit_log FROM app_rw;
--> statement-breakpoint
REVOKE INSERT, UPDATE, DELETE ON tenants, memberships FROM app_rw;
--> statement-breakpoint
GRANT SELECT ON sync_schedule TO app_dispatch;
--> statement-breakpoint
GRANT UPDATE (claimed_until, epoch) ON sync_schedule TO app_dispatch;
--> statement-breakpoint
GRANT SELECT (tenant_id, meta_user_id, status) ON connections TO app_dispatch;
--> statement-breakpoint
-- Fences the batch of a worker that lost its account: raises, so the whole batch (one transaction) is undone.
CREATE FUNCTION hold_sync_lease(
  p_tenant_id integer, p_account_id text, p_epoch bigint, p_worker uuid, p_until timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sync_schedule SET worker_until = p_until, claimed_until = GREATEST(claimed_until, p_until)
  WHERE tenant_id = p_tenant_id AND account_id = p_account_id AND epoch = p_epoch AND worker = p_worker;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lease lost' USING ERRCODE = 'MH001';
  END IF;
  -- For the rest of the batch, see refresh_daily_facts.
  PERFORM set_config('enable_nestloop', 'off', true);
END
$$;
