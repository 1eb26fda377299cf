-- A chain of hashes per tenant, so that a row of the audit that is changed, taken out, moved or slipped in is found
-- (npm run audit:verify). seq, prev_hash and hash are the trigger's, whatever an insert says.
ALTER TABLE "audit_log" ADD COLUMN "seq" bigint DEFAULT 0;--> statement-breakpoint
ALTER TABLE "audit_log" ADD COLUMN "role" text;--> statement-breakpoint
ALTER TABLE "audit_log" ADD COLUMN "reason" text;--> statement-breakpoint
ALTER TABLE "audit_log" ADD COLUMN "ip" text;--> statement-breakpoint
ALTER TABLE "audit_log" ADD COLUMN "diff" jsonb;--> statement-breakpoint
ALTER TABLE "audit_log" ADD COLUMN "prev_hash" text DEFAULT '';--> statement-breakpoint
ALTER TABLE "audit_log" ADD COLUMN "hash" text DEFAULT '';--> statement-breakpoint
-- SHA-256 over all fields, each with its length before it (nothing is `-`, an empty text `0:`), so that no two rows have
-- the same text; the hash before is one of them. drizzle/audit-chain.ts computes the same without asking the database.
CREATE FUNCTION audit_hash(r audit_log) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT encode(sha256(convert_to(
    string_agg(COALESCE(octet_length(convert_to(field, 'UTF8')) || ':' || field, '-'), ',' ORDER BY place), 'UTF8')), 'hex')
  FROM unnest(ARRAY['v1', r.prev_hash, r.tenant_id::text, r.seq::text,
    to_char(r.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), r.actor, r.role, r.action, r.target, r.outcome,
    r.reason, r.http_status::text, r.request_id, r.ip, r.diff::text]) WITH ORDINALITY AS f (field, place)
$$;
--> statement-breakpoint
-- Rows from before the chain, in the order in which they came.
ALTER TABLE "audit_log" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
DO $$
DECLARE
  r audit_log;
  v_tenant integer;
  v_seq bigint;
  v_hash text;
BEGIN
  FOR r IN SELECT * FROM audit_log ORDER BY tenant_id, id LOOP
    IF v_tenant IS DISTINCT FROM r.tenant_id THEN
      v_tenant := r.tenant_id;
      v_seq := 0;
      v_hash := '';
    END IF;
    v_seq := v_seq + 1;
    r.seq := v_seq;
    r.prev_hash := v_hash;
    v_hash := audit_hash(r);
    UPDATE audit_log SET seq = r.seq, prev_hash = r.prev_hash, hash = v_hash WHERE tenant_id = r.tenant_id AND id = r.id;
  END LOOP;
END
$$;
--> statement-breakpoint
ALTER TABLE "audit_log" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "audit_log" DROP CONSTRAINT "audit_log_tenant_id_id_pk";--> statement-breakpoint
ALTER TABLE "audit_log" DROP COLUMN "id";--> statement-breakpoint
ALTER TABLE "audit_log" ALTER COLUMN "seq" SET NOT NULL, ALTER COLUMN "prev_hash" SET NOT NULL, ALTER COLUMN "hash" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "audit_log" ADD CONSTRAINT "audit_log_tenant_id_seq_pk" PRIMARY KEY("tenant_id","seq");--> statement-breakpoint
-- One writer of a tenant's chain at a time. This lock is the last a transaction takes: the audit row stands at the end of
-- the batch whose change it tells, after the lock of `outcomes` and after every row. Who holds it waits for nobody, so no
-- two ever wait for each other; and the rows of reads, which come all the time, wait for a commit and not for figures that
-- are being settled. The head is looked up in a statement of its own: it sees what was written before the lock was granted.
CREATE FUNCTION chain_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_seq bigint;
  v_hash text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('audit'), NEW.tenant_id);
  SELECT seq, hash INTO v_seq, v_hash FROM audit_log WHERE tenant_id = NEW.tenant_id ORDER BY seq DESC LIMIT 1;
  NEW.seq := COALESCE(v_seq, 0) + 1;
  NEW.prev_hash := COALESCE(v_hash, '');
  NEW.hash := audit_hash(NEW);
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER audit_log_chain BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION chain_audit();
--> statement-breakpoint
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit rows are neither changed nor deleted' USING ERRCODE = 'MH004';
END
$$;
--> statement-breakpoint
-- For owners too. There is no path around it but taking the trigger away, which db:verify tells.
CREATE TRIGGER audit_log_final BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
--> statement-breakpoint
REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM app_rw;
