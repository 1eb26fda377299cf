import { sql } from "drizzle-orm";
import {
  bigint,
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
import { createdAt, id, instant, money, tenantId, tenantWall } from "../columns.ts";
import { leads } from "./crm.ts";

/** How a lead came by: append-only. The lead's own columns show the newest of them. */
export const touchpoints = pgTable(
  "touchpoints",
  {
    tenantId: tenantId(),
    id: id(),
    leadId: uuid("lead_id").notNull(),
    occurredAt: instant("occurred_at").notNull(),
    channel: text("channel").notNull(),
    isPaid: boolean("is_paid").notNull(),
    sourceDetail: text("source_detail"),
    accountId: text("account_id"),
    campaignId: text("campaign_id"),
    adSetId: text("ad_set_id"),
    adId: text("ad_id"),
    formId: text("form_id"),
    leadgenId: text("leadgen_id"),
    ctwaClid: text("ctwa_clid"),
    fbclid: text("fbclid"),
    headline: text("headline"),
    body: text("body"),
    externalId: text("external_id"),
    raw: jsonb("raw"),
    recordedAt: createdAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({ columns: [t.tenantId, t.leadId], foreignColumns: [leads.tenantId, leads.id] }),
    check(
      "touchpoint_channel",
      sql`channel IN ('meta_lead_form', 'ctwa', 'utm_paid', 'organic', 'referral', 'direct', 'manual', 'import', 'email', 'other')`,
    ),
    uniqueIndex("touchpoints_leadgen").on(t.tenantId, t.leadgenId),
    uniqueIndex("touchpoints_external").on(t.tenantId, t.externalId),
    index("touchpoints_lead").on(t.tenantId, t.leadId, t.occurredAt, t.id),
    tenantWall(),
  ]),
);

/**
 * Which touch has which share of a lead, an opportunity or a sale. `views` has a bit for each model and window under
 * which that is so (attribution_view). No row: no touch had a part in it.
 */
export const attributionCredits = pgTable(
  "attribution_credits",
  {
    tenantId: tenantId(),
    subject: text("subject").notNull(),
    subjectId: uuid("subject_id").notNull(),
    touchpointId: uuid("touchpoint_id").notNull(),
    weight: numeric("weight", { precision: 9, scale: 6 }).notNull(),
    views: integer("views").notNull(),
    leadId: uuid("lead_id").notNull(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.subject, t.subjectId, t.touchpointId, t.weight] }),
    index("attribution_credits_lead").on(t.tenantId, t.leadId),
    tenantWall(),
  ]),
);

/** What each account, campaign, ad set and ad spent on a day, by Meta: derived, kept true by refresh_daily_spend(). */
export const dailySpend = pgTable(
  "daily_spend",
  {
    tenantId: tenantId(),
    level: text("level").notNull(),
    day: date("day").notNull(),
    entityId: text("entity_id").notNull(),
    accountId: text("account_id").notNull(),
    currency: text("currency").notNull(),
    spend: money("spend").notNull(),
    impressions: bigint("impressions", { mode: "number" }).notNull(),
    clicks: bigint("clicks", { mode: "number" }).notNull(),
    metaLeads: integer("meta_leads").notNull(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.level, t.day, t.entityId, t.accountId, t.currency] }),
    index("daily_spend_entity").on(t.tenantId, t.level, t.entityId, t.day),
    tenantWall(),
  ]),
);

/**
 * What each account, campaign, ad set and ad brought on a day, on cash basis under the tenant's own model and window:
 * derived, kept true by settle_outcomes(). Level `outside` is what no campaign brought. Money converts at the rate of
 * `rate_on`: for a refund the day of its sale.
 */
export const dailyOutcomes = pgTable(
  "daily_outcomes",
  {
    tenantId: tenantId(),
    level: text("level").notNull(),
    day: date("day").notNull(),
    entityId: text("entity_id").notNull(),
    accountId: text("account_id").notNull(),
    currency: text("currency").notNull(),
    rateOn: date("rate_on").notNull(),
    leads: numeric("leads", { precision: 18, scale: 6 }).notNull(),
    matchedLeads: numeric("matched_leads", { precision: 18, scale: 6 }).notNull(),
    opportunities: numeric("opportunities", { precision: 18, scale: 6 }).notNull(),
    won: numeric("won", { precision: 18, scale: 6 }).notNull(),
    sales: money("sales").notNull(),
    refunds: money("refunds").notNull(),
    openValue: money("open_value").notNull(),
    weightedValue: money("weighted_value").notNull(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.level, t.day, t.entityId, t.accountId, t.currency, t.rateOn] }),
    index("daily_outcomes_entity").on(t.tenantId, t.level, t.entityId, t.day),
    // What leads name and Meta does not know (yet): looked through after every read.
    index("daily_outcomes_unplaced")
      .on(t.tenantId, t.level, t.entityId)
      .where(sql`account_id = ''`),
    tenantWall(),
  ]),
);

/** Leads and days whose outcomes changed and are not settled yet: written by triggers, emptied by settle_outcomes(). */
export const outcomeChanges = pgTable(
  "outcome_changes",
  {
    tenantId: tenantId(),
    id: bigint("id", { mode: "number" }).generatedAlwaysAsIdentity(),
    leadId: uuid("lead_id"),
    day: date("day"),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    tenantWall(),
    pgPolicy("dispatcher_sees_changes", { for: "select", to: "app_dispatch", using: sql`true` }),
  ]),
);

/** What one `base` costs in `quote` on a day. */
export const fxRates = pgTable(
  "fx_rates",
  {
    tenantId: tenantId(),
    base: text("base").notNull(),
    quote: text("quote").notNull(),
    day: date("day").notNull(),
    rate: numeric("rate", { precision: 30, scale: 12 }).notNull(),
    source: text("source").notNull(),
    createdAt: createdAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.base, t.quote, t.day] }),
    check("fx_rate_positive", sql`rate > 0 AND base <> quote`),
    tenantWall(),
  ]),
);
