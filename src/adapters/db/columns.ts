import { sql } from "drizzle-orm";
import { customType, integer, numeric, pgPolicy, timestamp, uuid } from "drizzle-orm/pg-core";

// The tenant a statement runs for: set by scope.ts at the head of every batch. NULLIF, because the setting reads
// as '' (not NULL) on a pooled connection where it was once set.
const currentTenant = sql`NULLIF(current_setting('app.tenant_id', true), '')::integer`;

/** The user a statement runs for, before a tenant is chosen. */
export const currentUser = sql`NULLIF(current_setting('app.user_id', true), '')`;

/** The second wall: a row is seen, and may be written, only under its own tenant's setting. */
export const tenantWall = () =>
  pgPolicy("tenant_wall", { using: sql`tenant_id = ${currentTenant}`, withCheck: sql`tenant_id = ${currentTenant}` });

export const tenantId = () => integer("tenant_id").notNull();

/** An instant, UTC, as Date. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** Money in major units of the row's currency, as a decimal string. */
export const money = (name: string) => numeric(name, { precision: 18, scale: 6 });

/** A set of days as PostgreSQL writes it, e.g. `{[2026-01-01,2026-02-01)}`. */
export const dayRanges = customType<{ data: string }>({ dataType: () => "datemultirange" });

/** When the credits of a row were fixed; null while touches may still move them. */
export const frozenAt = () => instant("frozen_at");

export const id = () => uuid("id").notNull().defaultRandom();
export const createdAt = () => instant("created_at").notNull().defaultNow();
export const updatedAt = () => instant("updated_at").notNull().defaultNow();
