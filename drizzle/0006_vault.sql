ALTER TABLE "connections" DROP CONSTRAINT "token_is_sealed";--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "sealed_by" text GENERATED ALWAYS AS (split_part(token_sealed, '.', 1) || '.' || split_part(token_sealed, '.', 2)) STORED;--> statement-breakpoint
CREATE INDEX "connections_sealed_by" ON "connections" USING btree ("sealed_by","tenant_id");--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "token_is_sealed" CHECK (token_sealed ~ '^v(1[.][\w-]{1,32}|2[.][\w-]{1,32}[.][\w-]{80})[.][\w-]{16}[.][\w-]{22,}$');--> statement-breakpoint
-- Which tenants have tokens under an older key; never the tokens.
GRANT SELECT (sealed_by) ON connections TO app_dispatch;
