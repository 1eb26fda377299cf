import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  index,
  integer,
  pgPolicy,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { onPaper } from "../../../lib/on-paper.ts";
import { id, instant, tenantId, tenantWall } from "../columns.ts";

/**
 * What Meta has told of a tenant's assets, one row per event, stored before Meta is answered. What it says is kept as long as
 * it may be worked on again (a week after it was), that it came for a month: so long it is recognised when it comes again.
 */
export const webhookInbox = pgTable(
  "webhook_inbox",
  {
    tenantId: tenantId(),
    id: id(),
    /** A digest: what is in it may say who somebody is. */
    eventKey: text("event_key").notNull(),
    topic: text("topic").notNull(),
    field: text("field").notNull(),
    assetId: text("asset_id").notNull(),
    /** When Meta made the entry, or when it came. */
    at: instant("at").notNull(),
    receivedAt: instant("received_at").notNull(),
    /** It had happened more than a week before it came. */
    isLate: boolean("is_late").notNull(),
    /** JSON, of people: erased in time. */
    payload: text("payload"),
    state: text("state", { enum: ["pending", "done", "failed"] })
      .notNull()
      .default("pending"),
    tries: integer("tries").notNull().default(0),
    /** Pending: when it may be worked on; meanwhile somebody does, or nobody may yet. */
    dueAt: instant("due_at"),
    /** Until then a message for it is on its way. */
    postedUntil: instant("posted_until").notNull(),
    claimedBy: uuid("claimed_by"),
    lastError: text("last_error"),
    processedAt: instant("processed_at"),
    eraseAt: instant("erase_at"),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex("webhook_inbox_key").on(t.tenantId, t.eventKey),
    index("webhook_inbox_latest").on(t.tenantId, t.receivedAt, t.id),
    index("webhook_inbox_due")
      .on(t.dueAt)
      .where(sql`state = 'pending'`),
    index("webhook_inbox_erase")
      .on(t.eraseAt)
      .where(sql`erase_at IS NOT NULL`),
    index("webhook_inbox_received").on(t.receivedAt),
    check("due_while_pending", sql`(state = 'pending') = (due_at IS NOT NULL)`),
    tenantWall(),
    // By these columns only (grants): it stores what comes, posts what is due, and forgets in time.
    pgPolicy("dispatcher_stores_events", { for: "insert", to: "app_dispatch", withCheck: sql`true` }),
    pgPolicy("dispatcher_sees_events", { for: "select", to: "app_dispatch", using: sql`true` }),
    pgPolicy("dispatcher_posts_events", { for: "update", to: "app_dispatch", using: sql`true`, withCheck: sql`true` }),
    pgPolicy("dispatcher_forgets_events", {
      for: "delete",
      to: "app_dispatch",
      using: sql`state <> 'pending' AND erase_at IS NULL`,
    }),
  ]),
);
