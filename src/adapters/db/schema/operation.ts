// What the worker notes about itself, for whoever watches over it. No tenant's data, so no tenant's wall.
import { pgTable, text } from "drizzle-orm/pg-core";
import { instant } from "../columns.ts";

/** When each job last ended well. */
export const heartbeats = pgTable("heartbeats", {
  job: text("job").primaryKey(),
  beatAt: instant("beat_at").notNull(),
});

/** Messages that were given up after all their retries; a week of them is kept. */
export const deadMessages = pgTable("dead_messages", {
  id: text("id").primaryKey(),
  kind: text("kind"),
  diedAt: instant("died_at").notNull(),
});
