import { bigint, boolean, date, integer, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { onPaper } from "../../../lib/on-paper.ts";
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
  onPaper((t) => [
    // The day stands before the entity: a slice is one contiguous stretch of the key, for reading and for replacing.
    primaryKey({ columns: [t.tenantId, t.accountId, t.level, t.date, t.entityId, t.attributionSetting] }),
    tenantWall(),
  ]),
);
