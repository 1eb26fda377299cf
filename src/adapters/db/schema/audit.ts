import { sql } from "drizzle-orm";
import { bigint, index, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { onPaper } from "../../../lib/on-paper.ts";
import { instant, tenantId, tenantWall } from "../columns.ts";
import { tenants } from "./tenancy.ts";

/** Who did what, and how it ended. The runtime role may insert and read, never change or delete. */
export const auditLog = pgTable(
  "audit_log",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    id: bigint("id", { mode: "number" }).notNull().generatedAlwaysAsIdentity(),
    occurredAt: instant("occurred_at").notNull(),
    actor: text("actor").notNull(),
    action: text("action").notNull(),
    target: text("target"),
    outcome: text("outcome").notNull(),
    httpStatus: integer("http_status"),
    requestId: text("request_id").notNull(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index("audit_log_newest").on(t.tenantId, t.occurredAt.desc()),
    // What befell the connection is read with its state.
    index("audit_log_connection")
      .on(t.tenantId, t.occurredAt.desc())
      .where(sql`action LIKE 'connection.%'`),
    tenantWall(),
  ]),
);
