import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  date,
  foreignKey,
  index,
  integer,
  jsonb,
  numeric,
  pgPolicy,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { onPaper } from "../../../lib/on-paper.ts";
import { createdAt, id, instant, tenantId, tenantWall, updatedAt } from "../columns.ts";
import { tenants } from "./tenancy.ts";

export const messageStates = [
  "planned",
  /** Somebody is at it, or died at it: until it is known which, it is not sent again. */
  "sending",
  /** The provider took it; what became of it, its status tells. */
  "accepted",
  "delivered",
  "read",
  "failed",
  /** It may have been sent, or not: only a status or a person says which. */
  "unknown",
  /** Not sent, on purpose. */
  "dropped",
] as const;

/**
 * The outbox: every message that is, was or will be sent. A row is made once per occurrence, before anything is sent.
 * A trigger keeps the template's counters and the row of automation_logs (same id) in step with it.
 */
export const messages = pgTable(
  "messages",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    id: id(),
    /** What it is sent for, e.g. `execution:step`: a second message of the same key is none. */
    occurrenceKey: text("occurrence_key").notNull(),
    state: text("state", { enum: messageStates }).notNull().default("planned"),
    /** Planned: not before. Sending: until when whoever sends it is believed to live. */
    dueAt: instant("due_at").notNull(),
    claimedUntil: instant("claimed_until"),
    executionId: uuid("execution_id"),
    ruleId: uuid("rule_id"),
    leadId: uuid("lead_id"),
    triggerType: text("trigger_type").notNull().default("manual"),
    triggerData: jsonb("trigger_data").notNull().default({}),
    templateId: uuid("template_id"),
    templateName: text("template_name").notNull(),
    templateLanguage: text("template_language").notNull(),
    /** MARKETING, UTILITY or AUTHENTICATION. */
    templateCategory: text("template_category").notNull(),
    /** With their parameters, as Meta takes them. */
    components: jsonb("components").$type<unknown[]>().notNull().default([]),
    /** E.164. */
    recipientPhone: text("recipient_phone"),
    recipientBsuid: text("recipient_bsuid"),
    /** Null: the tenant's default number. */
    phoneNumberId: text("phone_number_id"),
    /** Why it waits, was dropped or is unknown. */
    reason: text("reason"),
    attempts: integer("attempts").notNull().default(0),
    provider: text("provider"),
    providerMessageId: text("provider_message_id"),
    /** The recipient as WhatsApp knows it, which may not be the phone it was sent to. */
    waId: text("wa_id"),
    /** Meta holds it back while it watches the template's quality. */
    isHeld: boolean("is_held").notNull().default(false),
    acceptedAt: instant("accepted_at"),
    sentAt: instant("sent_at"),
    deliveredAt: instant("delivered_at"),
    readAt: instant("read_at"),
    failedAt: instant("failed_at"),
    repliedAt: instant("replied_at"),
    errorCode: integer("error_code"),
    /** For people, in Spanish. */
    errorText: text("error_text"),
    billable: boolean("billable"),
    pricingCategory: text("pricing_category"),
    pricingType: text("pricing_type"),
    pricingModel: text("pricing_model"),
    cost: numeric("cost", { precision: 18, scale: 6 }),
    costCurrency: text("cost_currency"),
    createdBy: text("created_by").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex("messages_occurrence").on(t.tenantId, t.occurrenceKey),
    index("messages_due")
      .on(t.dueAt, t.tenantId)
      .where(sql`state IN ('planned', 'sending')`),
    index("messages_due_of_tenant")
      .on(t.tenantId, t.dueAt)
      .where(sql`state IN ('planned', 'sending')`),
    index("messages_provider_id").on(t.tenantId, t.providerMessageId),
    index("messages_lead").on(t.tenantId, t.leadId, t.createdAt),
    index("messages_execution").on(t.tenantId, t.executionId),
    index("messages_unknown")
      .on(t.tenantId, t.updatedAt)
      .where(sql`state = 'unknown'`),
    check("message_has_recipient", sql`recipient_phone IS NOT NULL OR recipient_bsuid IS NOT NULL`),
    tenantWall(),
    // By these columns only (grants).
    pgPolicy("dispatcher_sees_due_messages", { for: "select", to: "app_dispatch", using: sql`true` }),
  ]),
);

/** One call of the provider; written before it is made. */
export const messageAttempts = pgTable(
  "message_attempts",
  {
    tenantId: tenantId(),
    messageId: uuid("message_id").notNull(),
    number: integer("number").notNull(),
    provider: text("provider").notNull(),
    startedAt: instant("started_at").notNull(),
    endedAt: instant("ended_at"),
    /** accepted, refused, unknown; not_sent where a person said so. Null: it is under way, or it died. */
    outcome: text("outcome"),
    errorCode: integer("error_code"),
    reason: text("reason"),
    providerMessageId: text("provider_message_id"),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.messageId, t.number] }),
    foreignKey({ columns: [t.tenantId, t.messageId], foreignColumns: [messages.tenantId, messages.id] }),
    index("message_attempts_provider_id").on(t.tenantId, t.providerMessageId),
    tenantWall(),
  ]),
);

/** What is known of a chat between one of the tenant's numbers and one person; never what was said. */
export const conversations = pgTable(
  "conversations",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    id: id(),
    phoneNumberId: text("phone_number_id").notNull(),
    /** Digits. */
    waId: text("wa_id"),
    /** E.164, of the wa_id. */
    phone: text("phone"),
    bsuid: text("bsuid"),
    leadId: uuid("lead_id"),
    firstInboundAt: instant("first_inbound_at").notNull(),
    lastInboundAt: instant("last_inbound_at").notNull(),
    lastInboundId: text("last_inbound_id").notNull(),
    lastInboundType: text("last_inbound_type").notNull(),
    /** Of the last click on an ad: the chat is free for 72 hours if it is answered within 24. */
    referredAt: instant("referred_at"),
    freeEntryUntil: instant("free_entry_until"),
    /** The first ad that led here; never changes. */
    firstReferral: jsonb("first_referral"),
    lastReferral: jsonb("last_referral"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex("conversations_wa_id").on(t.tenantId, t.phoneNumberId, t.waId),
    uniqueIndex("conversations_bsuid").on(t.tenantId, t.phoneNumberId, t.bsuid),
    index("conversations_phone").on(t.tenantId, t.phone),
    index("conversations_lead").on(t.tenantId, t.leadId),
    check("conversation_has_person", sql`wa_id IS NOT NULL OR bsuid IS NOT NULL`),
    tenantWall(),
  ]),
);

export const suppressionPurposes = ["marketing", "utility", "all"] as const;

/** Who wants no messages: by identity, so that it outlives the lead. What was said last, counts. */
export const suppressions = pgTable(
  "suppressions",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    kind: text("kind", { enum: ["phone", "bsuid"] }).notNull(),
    /** E.164, or the BSUID. */
    value: text("value").notNull(),
    purpose: text("purpose", { enum: suppressionPurposes }).notNull(),
    isActive: boolean("is_active").notNull(),
    /** word, preference, provider or person: who said so. */
    source: text("source").notNull(),
    changedAt: instant("changed_at").notNull(),
    createdAt: createdAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.kind, t.value, t.purpose] }),
    index("suppressions_newest").on(t.tenantId, t.changedAt),
    tenantWall(),
  ]),
);

/** What a message costs, from a day on. */
export const messageRates = pgTable(
  "message_rates",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    /** How the recipient's phone begins (54, 1809), or * for any other; the longest one counts. */
    market: text("market").notNull(),
    /** Of `pricing.category`: marketing, utility… */
    category: text("category").notNull(),
    effectiveOn: date("effective_on").notNull(),
    rate: numeric("rate", { precision: 18, scale: 6 }).notNull(),
    currency: text("currency").notNull(),
  },
  onPaper((t) => [primaryKey({ columns: [t.tenantId, t.market, t.category, t.effectiveOn] }), tenantWall()]),
);

/** Through whom a tenant sends; without a row, through Meta's Cloud API. */
export const messageProviders = pgTable(
  "message_providers",
  {
    tenantId: tenantId()
      .primaryKey()
      .references(() => tenants.tenantId),
    provider: text("provider", { enum: ["cloud", "ycloud"] }).notNull(),
    /** The tenant's own number at YCloud, E.164. */
    sender: text("sender"),
    /** In an envelope of lib/vault.ts. */
    keySealed: text("key_sealed"),
    sealedBy: text("sealed_by").generatedAlwaysAs(
      sql`split_part(key_sealed, '.', 1) || '.' || split_part(key_sealed, '.', 2)`,
    ),
    /** The default number at the Cloud API; null: the oldest that is there. */
    phoneNumberId: text("phone_number_id"),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [
    index("message_providers_sealed_by").on(t.sealedBy, t.tenantId),
    tenantWall(),
    // By these columns only (grants).
    pgPolicy("dispatcher_sees_provider_keys", { for: "select", to: "app_dispatch", using: sql`true` }),
  ]),
);
