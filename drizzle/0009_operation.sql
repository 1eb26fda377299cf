CREATE TABLE "dead_messages" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text,
	"died_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "heartbeats" (
	"job" text PRIMARY KEY NOT NULL,
	"beat_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON heartbeats TO app_rw;
--> statement-breakpoint
GRANT SELECT, INSERT, DELETE ON dead_messages TO app_rw;
--> statement-breakpoint
GRANT SELECT ON heartbeats, dead_messages TO app_dispatch;
