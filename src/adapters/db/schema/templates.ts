import { sql } from "drizzle-orm";
import { index, pgPolicy, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { onPaper } from "../../../lib/on-paper.ts";
import { instant, tenantId, tenantWall } from "../columns.ts";
import { tenants } from "./tenancy.ts";

/** When the templates of a WhatsApp account are read from Meta again, and how it went last. */
export const templateSyncs = pgTable(
  "template_syncs",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    wabaId: text("waba_id").notNull(),
    dueAt: instant("due_at").notNull(),
    /** The cron has posted its message. */
    claimedUntil: instant("claimed_until"),
    /** Of the last reading that was complete. */
    syncedAt: instant("synced_at"),
    /** The error code of the last reading; null when all is well. */
    problem: text("problem"),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.wabaId] }),
    index("template_syncs_due").on(t.dueAt),
    tenantWall(),
    // By these columns only (grants).
    pgPolicy("dispatcher_claims_syncs", { for: "all", to: "app_dispatch", using: sql`true`, withCheck: sql`true` }),
  ]),
);
