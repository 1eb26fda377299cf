import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, jsonb, pgPolicy, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { onPaper } from "../../../lib/on-paper.ts";
import { createdAt, currentUser, instant, tenantId, tenantWall, updatedAt } from "../columns.ts";

export const tenants = pgTable(
  "tenants",
  {
    tenantId: integer("tenant_id").primaryKey().generatedByDefaultAsIdentity(),
    name: text("name").notNull(),
    status: text("status").notNull().default("active"),
    createdAt: createdAt(),
  },
  onPaper(() => [tenantWall()]),
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
    lostStages: text("lost_stages").array().notNull().default(["closed_lost"]),
    qualifiedStages: text("qualified_stages").array().notNull().default([]),
    quietHours: jsonb("quiet_hours").notNull().default({}),
    caps: jsonb("caps").notNull().default({}),
    defaultModel: text("default_model").notNull().default("last_paid_touch"),
    /** Days; null is a lead's whole life. */
    defaultWindow: integer("default_window"),
    fiscalYearStart: integer("fiscal_year_start").notNull().default(1),
    updatedAt: updatedAt(),
  },
  onPaper(() => [tenantWall()]),
);

export const memberships = pgTable(
  "memberships",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    userId: text("user_id").notNull(),
    role: text("role").notNull(),
    status: text("status").notNull().default("active"),
    isDefault: boolean("is_default").notNull().default(false),
    /** Sessions from before it are over: the main CRM sets it when somebody logs out everywhere or changes their password. */
    sessionsValidFrom: instant("sessions_valid_from"),
    createdAt: createdAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.userId] }),
    index("memberships_user").on(t.userId),
    tenantWall(),
    // Before a tenant is chosen a user may read their own memberships, and nothing else.
    pgPolicy("own_memberships", {
      for: "select",
      using: sql`user_id = ${currentUser}`,
    }),
  ]),
);

/** Grows whenever an answer about a tenant may have changed (renew_answers): what is kept of an answer is held to it. */
export const answerVersions = pgTable(
  "answer_versions",
  { tenantId: integer("tenant_id").primaryKey(), version: bigint("version", { mode: "number" }).notNull() },
  onPaper(() => [
    tenantWall(),
    pgPolicy("own_tenants", {
      for: "select",
      using: sql`tenant_id IN (SELECT m.tenant_id FROM memberships m WHERE m.user_id = ${currentUser})`,
    }),
  ]),
);

/** What was answered to a request that acts, for whoever sends it again (http/idempotency.ts). */
export const idempotencyKeys = pgTable(
  "idempotency_keys",
  {
    tenantId: tenantId(),
    key: text("key").notNull(),
    route: text("route").notNull(),
    requestHash: text("request_hash").notNull(),
    status: integer("status"),
    answer: text("answer"),
    claimedAt: instant("claimed_at").notNull(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.route, t.key] }),
    index("idempotency_keys_age").on(t.tenantId, t.claimedAt),
    tenantWall(),
  ]),
);
