import { sql } from "drizzle-orm";
import {
  bigint,
  index,
  integer,
  jsonb,
  pgPolicy,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { onPaper } from "../../../lib/on-paper.ts";
import { createdAt, instant, tenantId, tenantWall } from "../columns.ts";

/**
 * What happened in a tenant's CRM, written by triggers in the transaction in which it happened, or by noteHappenings():
 * rules start from it, conversions and notifications are made of it. Written only while somebody listens (is_listened).
 */
export const happenings = pgTable(
  "happenings",
  {
    tenantId: tenantId(),
    id: bigint("id", { mode: "number" }).generatedAlwaysAsIdentity(),
    /** `lead.created`, `opportunity.stage_changed`, `message.failed`… (lib/happening-kinds.ts) */
    kind: text("kind").notNull(),
    leadId: uuid("lead_id"),
    opportunityId: uuid("opportunity_id"),
    saleId: uuid("sale_id"),
    /** What else there is to know of it, e.g. { from, to }: ids and codes, nothing of people. */
    details: jsonb("details").$type<Record<string, unknown>>().notNull().default({}),
    /** Who tells of it a second time says the same key. */
    key: text("key"),
    /** When it happened in the business, which may be long before it was told. */
    occurredAt: instant("occurred_at").notNull(),
    recordedAt: createdAt(),
    handledAt: instant("handled_at"),
    /** How often handling it failed; after the last try it is left alone. */
    failures: integer("failures").notNull().default(0),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex("happenings_key").on(t.tenantId, t.kind, t.key),
    index("happenings_open")
      .on(t.tenantId, t.id)
      .where(sql`handled_at IS NULL`),
    index("happenings_handled").on(t.tenantId, t.handledAt),
    tenantWall(),
    // By these columns only (grants).
    pgPolicy("dispatcher_sees_happenings", { for: "select", to: "app_dispatch", using: sql`true` }),
  ]),
);
