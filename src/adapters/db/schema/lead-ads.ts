import { sql } from "drizzle-orm";
import { index, integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { onPaper } from "../../../lib/on-paper.ts";
import { createdAt, instant, tenantId, tenantWall, updatedAt } from "../columns.ts";

/** The instant forms of a tenant's pages, how their answers are read, and how far they have been. */
export const leadForms = pgTable(
  "lead_forms",
  {
    tenantId: tenantId(),
    formId: text("form_id").notNull(),
    pageId: text("page_id").notNull(),
    name: text("name").notNull(),
    status: text("status"),
    locale: text("locale"),
    /** As Meta tells them: { key, label, type }. */
    questions: jsonb("questions")
      .$type<{ key: string; label: string | null; type: string | null }[]>()
      .notNull()
      .default([]),
    /** What people decided: question → where its answer goes. The rest goes by its name. */
    mapping: jsonb("mapping").$type<Record<string, string>>().notNull().default({}),
    /** Every lead that was made before this is here. */
    checkpoint: instant("checkpoint").notNull(),
    checkedAt: instant("checked_at"),
    /** The error code of the last look; null when all is well. */
    problem: text("problem"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.formId] }),
    index("lead_forms_page").on(t.tenantId, t.pageId),
    tenantWall(),
  ]),
);

/** What became of each lead of a form, by Meta's id of it. */
export const leadReceipts = pgTable(
  "lead_receipts",
  {
    tenantId: tenantId(),
    leadgenId: text("leadgen_id").notNull(),
    pageId: text("page_id").notNull(),
    formId: text("form_id"),
    status: text("status", { enum: ["done", "failed", "dropped"] }).notNull(),
    /** Of what failed, the error code. */
    problem: text("problem"),
    attempts: integer("attempts").notNull().default(1),
    receivedAt: instant("received_at").notNull(),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.leadgenId] }),
    index("lead_receipts_failed")
      .on(t.tenantId, t.pageId)
      .where(sql`status = 'failed'`),
    tenantWall(),
  ]),
);
