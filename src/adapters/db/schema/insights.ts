import { sql } from "drizzle-orm";
import { bigint, boolean, date, index, integer, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { instant, money, tenantId, tenantWall } from "../columns.ts";

export const metaAdsInsights = pgTable(
  "meta_ads_insights",
  {
    tenantId: tenantId(),
    accountId: text("account_id").notNull(),
    level: text("level").notNull(),
    date: date("date").notNull(),
    entityId: text("entity_id").notNull(),
    attributionSetting: text("attribution_setting").notNull(),
    metaCampaignId: text("meta_campaign_id"),
    currency: text("currency").notNull(),
    spend: money("spend").notNull(),
    impressions: bigint("impressions", { mode: "number" }).notNull(),
    clicks: bigint("clicks", { mode: "number" }).notNull(),
    inlineLinkClicks: bigint("inline_link_clicks", { mode: "number" }).notNull(),
    reach: bigint("reach", { mode: "number" }),
    metaLeads: integer("meta_leads").notNull(),
    conversations: integer("conversations").notNull(),
    actions: jsonb("actions").notNull(),
    actionValues: jsonb("action_values").notNull(),
    isFinal: boolean("is_final").notNull(),
    syncedAt: instant("synced_at").notNull(),
    syncRunId: uuid("sync_run_id").notNull(),
  },
  (t) => [
    // The day stands before the entity: a slice is one contiguous stretch of the key, for reading and for replacing.
    primaryKey({ columns: [t.tenantId, t.accountId, t.level, t.date, t.entityId, t.attributionSetting] }),
    tenantWall(),
  ],
);

/** What each campaign, ad and account spent and brought on a day: derived, kept true by refresh_daily_facts(). */
export const dailyFacts = pgTable(
  "daily_facts",
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
    leads: integer("leads").notNull(),
    opportunities: integer("opportunities").notNull(),
    won: integer("won").notNull(),
    revenue: money("revenue").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.level, t.day, t.entityId, t.accountId, t.currency] }),
    // What leads name and Meta does not know (yet): looked through after every read.
    index("daily_facts_unplaced")
      .on(t.tenantId, t.level, t.entityId)
      .where(sql`account_id = ''`),
    index("daily_facts_entity").on(t.tenantId, t.level, t.entityId, t.day),
    tenantWall(),
  ],
);
