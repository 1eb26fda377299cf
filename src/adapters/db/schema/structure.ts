import { foreignKey, index, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { onPaper } from "../../../lib/on-paper.ts";
import { createdAt, id, instant, money, tenantId, tenantWall, updatedAt } from "../columns.ts";
import { adAccounts } from "./connection.ts";

export const metaAdsCampaigns = pgTable(
  "meta_ads_campaigns",
  {
    tenantId: tenantId(),
    metaCampaignId: text("meta_campaign_id").notNull(),
    metaAccountId: text("meta_account_id").notNull(),
    id: id(),
    metaBusinessManagerId: text("meta_business_manager_id"),
    name: text("name").notNull(),
    objective: text("objective"),
    status: text("status"),
    effectiveStatus: text("effective_status"),
    buyingType: text("buying_type"),
    bidStrategy: text("bid_strategy"),
    dailyBudget: money("daily_budget"),
    lifetimeBudget: money("lifetime_budget"),
    startTime: instant("start_time"),
    endTime: instant("end_time"),
    targeting: jsonb("targeting").notNull().default({}),
    metaCreatedTime: instant("meta_created_time"),
    metaUpdatedTime: instant("meta_updated_time"),
    // Gone at Meta: archived or deleted objects keep their row, their history and their name.
    deletedAt: instant("deleted_at"),
    lastSyncedAt: instant("last_synced_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.metaCampaignId] }),
    foreignKey({ columns: [t.tenantId, t.metaAccountId], foreignColumns: [adAccounts.tenantId, adAccounts.accountId] }),
    index("campaigns_account").on(t.tenantId, t.metaAccountId),
    tenantWall(),
  ]),
);

export const adSets = pgTable(
  "ad_sets",
  {
    tenantId: tenantId(),
    adSetId: text("ad_set_id").notNull(),
    accountId: text("account_id").notNull(),
    campaignId: text("campaign_id").notNull(),
    name: text("name").notNull(),
    status: text("status"),
    effectiveStatus: text("effective_status"),
    optimizationGoal: text("optimization_goal"),
    dailyBudget: money("daily_budget"),
    lifetimeBudget: money("lifetime_budget"),
    startTime: instant("start_time"),
    endTime: instant("end_time"),
    targeting: jsonb("targeting").notNull().default({}),
    metaUpdatedTime: instant("meta_updated_time"),
    deletedAt: instant("deleted_at"),
    lastSyncedAt: instant("last_synced_at"),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.adSetId] }),
    foreignKey({ columns: [t.tenantId, t.accountId], foreignColumns: [adAccounts.tenantId, adAccounts.accountId] }),
    index("ad_sets_campaign").on(t.tenantId, t.campaignId),
    tenantWall(),
  ]),
);

export const ads = pgTable(
  "ads",
  {
    tenantId: tenantId(),
    adId: text("ad_id").notNull(),
    accountId: text("account_id").notNull(),
    campaignId: text("campaign_id").notNull(),
    adSetId: text("ad_set_id").notNull(),
    name: text("name").notNull(),
    status: text("status"),
    effectiveStatus: text("effective_status"),
    thumbnailUrl: text("thumbnail_url"),
    /** What people read, where Meta tells. */
    title: text("title"),
    body: text("body"),
    metaUpdatedTime: instant("meta_updated_time"),
    deletedAt: instant("deleted_at"),
    lastSyncedAt: instant("last_synced_at"),
    createdAt: createdAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.adId] }),
    foreignKey({ columns: [t.tenantId, t.accountId], foreignColumns: [adAccounts.tenantId, adAccounts.accountId] }),
    index("ads_campaign").on(t.tenantId, t.campaignId),
    tenantWall(),
  ]),
);

export const statusHistory = pgTable(
  "status_history",
  {
    tenantId: tenantId(),
    level: text("level").notNull(),
    objectId: text("object_id").notNull(),
    seenAt: instant("seen_at").notNull(),
    effectiveStatus: text("effective_status").notNull(),
  },
  onPaper((t) => [primaryKey({ columns: [t.tenantId, t.level, t.objectId, t.seenAt] }), tenantWall()]),
);
