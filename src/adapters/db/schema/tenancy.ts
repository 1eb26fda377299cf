import { sql } from "drizzle-orm";
import { boolean, index, integer, jsonb, pgPolicy, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { createdAt, tenantId, tenantWall, updatedAt } from "../columns.ts";

export const tenants = pgTable(
  "tenants",
  {
    tenantId: integer("tenant_id").primaryKey().generatedByDefaultAsIdentity(),
    name: text("name").notNull(),
    status: text("status").notNull().default("active"),
    createdAt: createdAt(),
  },
  () => [tenantWall()],
);

export const tenantSettings = pgTable(
  "tenant_settings",
  {
    tenantId: integer("tenant_id")
      .primaryKey()
      .references(() => tenants.tenantId),
    timezone: text("timezone").notNull(),
    reportingCurrency: text("reporting_currency"),
    locale: text("locale").notNull().default("es"),
    country: text("country"),
    weekStart: integer("week_start").notNull().default(1),
    wonStages: text("won_stages").array().notNull().default(["closed_won"]),
    qualifiedStages: text("qualified_stages").array().notNull().default([]),
    quietHours: jsonb("quiet_hours").notNull().default({}),
    updatedAt: updatedAt(),
  },
  () => [tenantWall()],
);

export const memberships = pgTable(
  "memberships",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    userId: text("user_id").notNull(),
    role: text("role").notNull(),
    status: text("status").notNull().default("active"),
    isDefault: boolean("is_default").notNull().default(false),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.userId] }),
    index("memberships_user").on(t.userId),
    tenantWall(),
    // Before a tenant is chosen a user may read their own memberships, and nothing else.
    pgPolicy("own_memberships", {
      for: "select",
      using: sql`user_id = NULLIF(current_setting('app.user_id', true), '')`,
    }),
  ],
);
