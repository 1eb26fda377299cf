import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  date,
  foreignKey,
  index,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { onPaper } from "../../../lib/on-paper.ts";
import { createdAt, frozenAt, id, instant, money, tenantId, tenantWall, updatedAt } from "../columns.ts";
import { tenants } from "./tenancy.ts";

export const leads = pgTable(
  "leads",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    id: id(),
    /** Its id in the system that sent it. */
    externalId: text("external_id"),
    firstName: text("first_name"),
    lastName: text("last_name"),
    phoneNumber: text("phone_number"),
    email: text("email"),
    status: text("status").notNull().default("new"),
    assignedSellerId: text("assigned_seller_id"),
    leadSource: text("lead_source").notNull().default("ORGANIC"),
    metaCampaignId: text("meta_campaign_id"),
    metaAdId: text("meta_ad_id"),
    metaAdHeadline: text("meta_ad_headline"),
    metaAdBody: text("meta_ad_body"),
    externalIds: jsonb("external_ids").notNull().default({}),
    tags: jsonb("tags").notNull().default([]),
    /** What a form asked besides: question → answer. */
    answers: jsonb("answers").notNull().default({}),
    /** Made with Meta's tools for testing: counts nowhere. */
    isTest: boolean("is_test").notNull().default(false),
    /** The lead that this one turned out to be; what was its own is there now. */
    mergedInto: uuid("merged_into"),
    frozenAt: frozenAt(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex("leads_external").on(t.tenantId, t.externalId),
    index("leads_created").on(t.tenantId, t.createdAt),
    index("leads_campaign").on(t.tenantId, t.metaCampaignId),
    index("leads_test")
      .on(t.tenantId, t.id)
      .where(sql`is_test`),
    index("leads_merged")
      .on(t.tenantId, t.mergedInto)
      .where(sql`merged_into IS NOT NULL`),
    tenantWall(),
  ]),
);

export const opportunities = pgTable(
  "opportunities",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    id: id(),
    externalId: text("external_id"),
    leadId: uuid("lead_id").notNull(),
    sellerId: text("seller_id"),
    name: text("name").notNull(),
    description: text("description"),
    value: money("value").notNull(),
    currency: text("currency").notNull(),
    stage: text("stage").notNull(),
    /** Percent. */
    probability: numeric("probability"),
    expectedCloseDate: date("expected_close_date"),
    closedAt: instant("closed_at"),
    closeReason: text("close_reason"),
    lostReason: text("lost_reason"),
    tags: jsonb("tags").notNull().default([]),
    customFields: jsonb("custom_fields").notNull().default({}),
    frozenAt: frozenAt(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({ columns: [t.tenantId, t.leadId], foreignColumns: [leads.tenantId, leads.id] }),
    uniqueIndex("opportunities_external").on(t.tenantId, t.externalId),
    index("opportunities_created").on(t.tenantId, t.createdAt),
    index("opportunities_closed").on(t.tenantId, t.closedAt),
    index("opportunities_lead").on(t.tenantId, t.leadId),
    tenantWall(),
  ]),
);

export const salesTransactions = pgTable(
  "sales_transactions",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    id: id(),
    externalId: text("external_id"),
    opportunityId: uuid("opportunity_id"),
    leadId: uuid("lead_id"),
    // `amount` carries its sign: refunds and chargebacks are negative rows that name their sale.
    kind: text("kind").notNull().default("sale"),
    parentId: uuid("parent_id"),
    amount: money("amount").notNull(),
    currency: text("currency").notNull(),
    transactionDate: date("transaction_date").notNull(),
    /** Touches after it had no part in the sale; where it is not known, the end of transaction_date. */
    soldAt: instant("sold_at"),
    description: text("description"),
    paymentMethod: text("payment_method"),
    paymentStatus: text("payment_status").notNull().default("pending"),
    paymentReference: text("payment_reference"),
    attributionSource: text("attribution_source"),
    metaCampaignId: text("meta_campaign_id"),
    metaAdId: text("meta_ad_id"),
    invoiceNumber: text("invoice_number"),
    notes: text("notes"),
    frozenAt: frozenAt(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({ columns: [t.tenantId, t.opportunityId], foreignColumns: [opportunities.tenantId, opportunities.id] }),
    foreignKey({ columns: [t.tenantId, t.leadId], foreignColumns: [leads.tenantId, leads.id] }),
    foreignKey({ columns: [t.tenantId, t.parentId], foreignColumns: [t.tenantId, t.id] }),
    check(
      "sale_sign",
      sql`(kind = 'sale' AND amount >= 0) OR (kind IN ('refund', 'chargeback') AND amount <= 0) OR kind = 'adjustment'`,
    ),
    uniqueIndex("sales_transactions_external").on(t.tenantId, t.externalId),
    index("sales_transactions_parent")
      .on(t.tenantId, t.parentId)
      .where(sql`parent_id IS NOT NULL`),
    index("sales_transactions_date").on(t.tenantId, t.transactionDate),
    index("sales_transactions_opportunity").on(t.tenantId, t.opportunityId),
    index("sales_transactions_lead").on(t.tenantId, t.leadId),
    tenantWall(),
  ]),
);

/** Every stage an opportunity came to; written by a trigger, never changed. */
export const opportunityStageEvents = pgTable(
  "opportunity_stage_events",
  {
    tenantId: tenantId(),
    id: id(),
    opportunityId: uuid("opportunity_id").notNull(),
    fromStage: text("from_stage"),
    toStage: text("to_stage").notNull(),
    occurredAt: instant("occurred_at").notNull(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({ columns: [t.tenantId, t.opportunityId], foreignColumns: [opportunities.tenantId, opportunities.id] }),
    index("opportunity_stage_events_opportunity").on(t.tenantId, t.opportunityId, t.occurredAt),
    tenantWall(),
  ]),
);
