import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
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

/** Where a tenant wants to be told of what happens. */
export const notificationEndpoints = pgTable(
  "notification_endpoints",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    id: id(),
    url: text("url").notNull(),
    description: text("description").notNull().default(""),
    /** Kinds of happenings (lib/happening-kinds.ts). */
    events: text("events").array().notNull(),
    /** Envelopes of lib/vault.ts: the key that signs, and the one before it for as long as both do. */
    secretSealed: text("secret_sealed").notNull(),
    sealedBy: text("sealed_by").generatedAlwaysAs(
      sql`split_part(secret_sealed, '.', 1) || '.' || split_part(secret_sealed, '.', 2)`,
    ),
    formerSecretSealed: text("former_secret_sealed"),
    formerSealedBy: text("former_sealed_by").generatedAlwaysAs(
      sql`split_part(former_secret_sealed, '.', 1) || '.' || split_part(former_secret_sealed, '.', 2)`,
    ),
    formerUntil: instant("former_until"),
    isActive: boolean("is_active").notNull().default(true),
    /** Why it is not active, where nobody switched it off: `gone` (it answered 410) or `failing`. */
    disabledReason: text("disabled_reason"),
    /** Since when nothing has arrived; null while all is well. */
    failingSince: instant("failing_since"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index("notification_endpoints_sealed_by").on(t.sealedBy, t.tenantId),
    index("notification_endpoints_former_sealed_by").on(t.formerSealedBy, t.tenantId),
    tenantWall(),
    // By these columns only (grants).
    pgPolicy("dispatcher_sees_endpoint_keys", { for: "select", to: "app_dispatch", using: sql`true` }),
  ]),
);

export const deliveryStates = ["pending", "delivered", "failed", "dropped"] as const;

/** What an endpoint is to be told, each happening once: pointers. What they point to is looked up when it is sent. */
export const notificationDeliveries = pgTable(
  "notification_deliveries",
  {
    tenantId: tenantId(),
    id: id(),
    endpointId: uuid("endpoint_id").notNull(),
    happeningId: bigint("happening_id", { mode: "number" }).notNull(),
    kind: text("kind").notNull(),
    leadId: uuid("lead_id"),
    opportunityId: uuid("opportunity_id"),
    saleId: uuid("sale_id"),
    details: jsonb("details").$type<Record<string, unknown>>().notNull().default({}),
    occurredAt: instant("occurred_at").notNull(),
    state: text("state", { enum: deliveryStates }).notNull().default("pending"),
    attempts: integer("attempts").notNull().default(0),
    nextTryAt: instant("next_try_at").notNull(),
    claimedUntil: instant("claimed_until"),
    claim: uuid("claim"),
    /** Of the last attempt: what it was answered, or why there was no answer. */
    status: integer("status"),
    problem: text("problem"),
    deliveredAt: instant("delivered_at"),
    createdAt: createdAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex("notification_deliveries_once").on(t.tenantId, t.endpointId, t.happeningId),
    index("notification_deliveries_due")
      .on(t.nextTryAt, t.tenantId)
      .where(sql`state = 'pending'`),
    index("notification_deliveries_newest").on(t.tenantId, t.createdAt, t.id),
    foreignKey({
      name: "notification_deliveries_endpoint",
      columns: [t.tenantId, t.endpointId],
      foreignColumns: [notificationEndpoints.tenantId, notificationEndpoints.id],
    }).onDelete("cascade"),
    tenantWall(),
    // By these columns only (grants).
    pgPolicy("dispatcher_sees_due_deliveries", { for: "select", to: "app_dispatch", using: sql`true` }),
  ]),
);
