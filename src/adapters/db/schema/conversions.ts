import { sql } from "drizzle-orm";
import {
  boolean,
  foreignKey,
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
import { createdAt, instant, money, tenantId, tenantWall, updatedAt } from "../columns.ts";
import { leads } from "./crm.ts";
import { tenants } from "./tenancy.ts";

/** How a tenant tells Meta what became of its leads; no row: not at all. */
export const conversionSettings = pgTable(
  "conversion_settings",
  {
    tenantId: integer("tenant_id")
      .primaryKey()
      .references(() => tenants.tenantId),
    isEnabled: boolean("is_enabled").notNull().default(false),
    /** Takes the stages of the CRM. */
    datasetId: text("dataset_id"),
    /** Takes what came of clicks to WhatsApp: the dataset of this WhatsApp account. */
    wabaId: text("waba_id"),
    ctwaDatasetId: text("ctwa_dataset_id"),
    /** Only with a lead's word; without it, unless the lead said no. */
    requiresConsent: boolean("requires_consent").notNull().default(true),
    /** What differs from the defaults of features/conversions/event-map.ts. */
    events: jsonb("events")
      .$type<Record<string, { on?: boolean; name?: string; whatsapp?: string | null }>>()
      .notNull()
      .default({}),
    /** A stage → the event's name, or null: none. */
    stages: jsonb("stages").$type<Record<string, string | null>>().notNull().default({}),
    testEventCode: text("test_event_code"),
    dataProcessingOptions: jsonb("data_processing_options").$type<{
      options: "LDU"[];
      country: number;
      state: number;
    } | null>(),
    /** The error code of the last attempt to send; null when all is well. */
    problem: text("problem"),
    updatedAt: updatedAt(),
  },
  onPaper(() => [tenantWall()]),
);

/** What a lead allowed or refused, and when: never changed, the latest word counts. */
export const consents = pgTable(
  "consents",
  {
    tenantId: tenantId(),
    leadId: uuid("lead_id").notNull(),
    purpose: text("purpose").notNull(),
    at: instant("at").notNull(),
    isGranted: boolean("is_granted").notNull(),
    /** Where it was said, e.g. the form's disclaimer. */
    source: text("source").notNull(),
    recordedAt: createdAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.leadId, t.purpose, t.at] }),
    foreignKey({ columns: [t.tenantId, t.leadId], foreignColumns: [leads.tenantId, leads.id] }).onDelete("cascade"),
    tenantWall(),
  ]),
);

export const conversionStates = ["pending", "sent", "expired", "refused", "no_consent", "excluded", "unknown"] as const;

/** What Meta is to hear, each thing once: pointers and ids of Meta's, nothing of people. They are looked up when it is sent. */
export const conversionOutbox = pgTable(
  "conversion_outbox",
  {
    tenantId: tenantId(),
    /** Says what it is about, so that it is the same however often it is sent: `lead:<id>:qualified`, `sale:<id>`. */
    eventId: text("event_id").notNull(),
    eventName: text("event_name").notNull(),
    kind: text("kind", { enum: ["crm", "ctwa"] }).notNull(),
    leadId: uuid("lead_id").notNull(),
    saleId: uuid("sale_id"),
    leadgenId: text("leadgen_id"),
    ctwaClid: text("ctwa_clid"),
    /** When it happened in the business. */
    occurredAt: instant("occurred_at").notNull(),
    value: money("value"),
    currency: text("currency"),
    state: text("state", { enum: conversionStates }).notNull().default("pending"),
    /** Why it was not sent, or not yet: a code. */
    reason: text("reason"),
    datasetId: text("dataset_id"),
    attempts: integer("attempts").notNull().default(0),
    nextTryAt: instant("next_try_at").notNull(),
    claimedUntil: instant("claimed_until"),
    claim: uuid("claim"),
    /** Since when Meta may have it: sent, and never answered. */
    maybeSentAt: instant("maybe_sent_at"),
    sentAt: instant("sent_at"),
    fbtraceId: text("fbtrace_id"),
    createdAt: createdAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.eventId] }),
    // Meta counts one event of a name for a click.
    uniqueIndex("conversion_outbox_click")
      .on(t.tenantId, t.ctwaClid, t.eventName)
      .where(sql`ctwa_clid IS NOT NULL`),
    index("conversion_outbox_due")
      .on(t.nextTryAt, t.tenantId)
      .where(sql`state = 'pending'`),
    index("conversion_outbox_newest").on(t.tenantId, t.occurredAt, t.eventId),
    index("conversion_outbox_lead").on(t.tenantId, t.leadId),
    foreignKey({ columns: [t.tenantId, t.leadId], foreignColumns: [leads.tenantId, leads.id] }).onDelete("cascade"),
    tenantWall(),
    // By these columns only (grants).
    pgPolicy("dispatcher_sees_due_conversions", { for: "select", to: "app_dispatch", using: sql`true` }),
  ]),
);
