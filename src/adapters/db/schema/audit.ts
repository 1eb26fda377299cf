import { sql } from "drizzle-orm";
import { bigint, index, integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { onPaper } from "../../../lib/on-paper.ts";
import { instant, tenantId, tenantWall } from "../columns.ts";
import { tenants } from "./tenancy.ts";

/**
 * Who did what, and how it ended. Rows are added, never changed or deleted: the runtime role may not, and a trigger refuses
 * it to owners too. `seq`, `prevHash` and `hash` chain a tenant's rows; a trigger writes them, whatever an insert says.
 */
export const auditLog = pgTable(
  "audit_log",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    /** 1, 2, 3 … without a gap, per tenant. */
    seq: bigint("seq", { mode: "number" }).notNull().default(0),
    occurredAt: instant("occurred_at").notNull(),
    actor: text("actor").notNull(),
    role: text("role"),
    action: text("action").notNull(),
    target: text("target"),
    outcome: text("outcome").notNull(),
    /** An error code of ours, or `replayed`. */
    reason: text("reason"),
    httpStatus: integer("http_status"),
    requestId: text("request_id").notNull(),
    /** Of the network, not of the person: see lib/network.ts. */
    ip: text("ip"),
    /** Changed fields, before and after, or counts: no secrets, nothing of people. */
    diff: jsonb("diff"),
    prevHash: text("prev_hash").notNull().default(""),
    hash: text("hash").notNull().default(""),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.seq] }),
    index("audit_log_newest").on(t.tenantId, t.occurredAt.desc()),
    // What befell the connection is read with its state.
    index("audit_log_connection")
      .on(t.tenantId, t.occurredAt.desc())
      .where(sql`action LIKE 'connection.%'`),
    tenantWall(),
  ]),
);
