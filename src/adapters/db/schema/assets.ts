import { sql } from "drizzle-orm";
import { index, integer, jsonb, pgPolicy, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { onPaper } from "../../../lib/on-paper.ts";
import { createdAt, instant, tenantId, tenantWall, updatedAt } from "../columns.ts";
import { tenants } from "./tenancy.ts";

export const assetKinds = ["page", "waba", "phone_number"] as const;

/**
 * What of Meta's belongs to a tenant, besides ad accounts. Whose a webhook is, is read here and nowhere else: an asset that
 * is not released is one tenant's.
 */
export const metaAssets = pgTable(
  "meta_assets",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    kind: text("kind", { enum: assetKinds }).notNull(),
    assetId: text("asset_id").notNull(),
    /** Of a phone number, its WhatsApp account. */
    parentId: text("parent_id"),
    name: text("name").notNull(),
    /** What Meta says of it, e.g. { display_phone_number, quality_rating, messaging_limit, currency, timezone }. */
    details: jsonb("details").$type<Record<string, unknown>>().notNull().default({}),
    /** A page's own token, in an envelope of lib/vault.ts. */
    tokenSealed: text("token_sealed"),
    /** When Meta last confirmed that it sends us what happens there. */
    subscribedAt: instant("subscribed_at"),
    checkedAt: instant("checked_at"),
    /** The error code of the last check; null when all is well. */
    problem: text("problem"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    releasedAt: instant("released_at"),
    /** When a person chose not to use it: it is found again each night, and left alone. */
    declinedAt: instant("declined_at"),
    // Format and key of the envelope (`v2.k1`): what the dispatcher may see of it.
    sealedBy: text("sealed_by").generatedAlwaysAs(
      sql`split_part(token_sealed, '.', 1) || '.' || split_part(token_sealed, '.', 2)`,
    ),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.kind, t.assetId] }),
    uniqueIndex("meta_assets_one_owner")
      .on(t.kind, t.assetId)
      .where(sql`released_at IS NULL`),
    index("meta_assets_parent").on(t.tenantId, t.parentId),
    index("meta_assets_sealed_by").on(t.sealedBy, t.tenantId),
    tenantWall(),
    // By these columns only (grants).
    pgPolicy("dispatcher_finds_owners", { for: "select", to: "app_dispatch", using: sql`true` }),
  ]),
);

/**
 * When Meta is to be asked again: nightly for what a tenant owns there (`bind`, of no asset), hourly for each page's leads
 * (`leads`). What keeps a task is taken, and given up again, by one worker at a time.
 */
export const assetSchedule = pgTable(
  "asset_schedule",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    task: text("task", { enum: ["bind", "leads"] }).notNull(),
    assetId: text("asset_id").notNull().default(""),
    nextDueAt: instant("next_due_at").notNull(),
    claimedUntil: instant("claimed_until"),
    worker: uuid("worker"),
    workerUntil: instant("worker_until"),
    failures: integer("failures").notNull().default(0),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.task, t.assetId] }),
    index("asset_schedule_due").on(t.nextDueAt),
    tenantWall(),
    pgPolicy("dispatcher_sees_what_is_due", { for: "select", to: "app_dispatch", using: sql`true` }),
    pgPolicy("dispatcher_claims_what_is_due", {
      for: "update",
      to: "app_dispatch",
      using: sql`true`,
      withCheck: sql`true`,
    }),
  ]),
);
