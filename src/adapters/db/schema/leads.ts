import { index, foreignKey, pgTable, primaryKey, text, uniqueIndex, uuid, jsonb, pgPolicy } from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm";
import { onPaper } from "../../../lib/on-paper.ts";
import { createdAt, id, instant, tenantId, tenantWall } from "../columns.ts";
import { leads } from "./crm.ts";

/** By what a lead is known again: `value` as features/leads/identities.ts writes it; of a test lead after `test:`. */
export const leadIdentities = pgTable(
  "lead_identities",
  {
    tenantId: tenantId(),
    kind: text("kind").notNull(),
    value: text("value").notNull(),
    leadId: uuid("lead_id").notNull(),
    createdAt: createdAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.kind, t.value] }),
    foreignKey({ columns: [t.tenantId, t.leadId], foreignColumns: [leads.tenantId, leads.id] }).onDelete("cascade"),
    index("lead_identities_lead").on(t.tenantId, t.leadId),
    tenantWall(),
  ]),
);

/** Two leads that turned out to be one person. */
export const leadMerges = pgTable(
  "lead_merges",
  {
    tenantId: tenantId(),
    id: id(),
    /** The one that is no more. */
    leadId: uuid("lead_id").notNull(),
    intoId: uuid("into_id").notNull(),
    /** Columns of the kept lead that its touches show, as they were. */
    shownBefore: jsonb("shown_before").notNull(),
    mergedAt: instant("merged_at").notNull(),
    undoneAt: instant("undone_at"),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({ columns: [t.tenantId, t.leadId], foreignColumns: [leads.tenantId, leads.id] }),
    foreignKey({ columns: [t.tenantId, t.intoId], foreignColumns: [leads.tenantId, leads.id] }),
    uniqueIndex("lead_merges_open")
      .on(t.tenantId, t.leadId)
      .where(sql`undone_at IS NULL`),
    tenantWall(),
  ]),
);

/** What went along with a merge, and goes back when it is undone: later arrivals for the lead that is no more, too. */
export const leadMoves = pgTable(
  "lead_moves",
  {
    tenantId: tenantId(),
    mergeId: uuid("merge_id").notNull(),
    kind: text("kind").notNull(),
    /** The row's id; of an identity its kind, a colon and its value. */
    rowKey: text("row_key").notNull(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.mergeId, t.kind, t.rowKey] }),
    foreignKey({ columns: [t.tenantId, t.mergeId], foreignColumns: [leadMerges.tenantId, leadMerges.id] }),
    index("lead_moves_row").on(t.tenantId, t.kind, t.rowKey),
    tenantWall(),
  ]),
);

/** Who may send leads without a session: a website, a landing page. */
export const intakeKeys = pgTable(
  "intake_keys",
  {
    tenantId: tenantId(),
    id: id(),
    name: text("name").notNull(),
    /** SHA-256 of the key, which is told once and kept nowhere. */
    keyHash: text("key_hash").notNull(),
    createdAt: createdAt(),
    revokedAt: instant("revoked_at"),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex("intake_keys_hash").on(t.keyHash),
    tenantWall(),
    // By these columns only (grants).
    pgPolicy("dispatcher_finds_keys", { for: "select", to: "app_dispatch", using: sql`true` }),
  ]),
);

/** The last that came, for whoever connects a form: fifty of a tenant are kept. */
export const intakePayloads = pgTable(
  "intake_payloads",
  {
    tenantId: tenantId(),
    id: id(),
    keyId: uuid("key_id").notNull(),
    receivedAt: instant("received_at").notNull(),
    /** Null where it was no JSON object. */
    payload: jsonb("payload"),
    /** `created`, `known`, or the code of the error. */
    outcome: text("outcome").notNull(),
    problem: text("problem"),
    leadId: uuid("lead_id"),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index("intake_payloads_received").on(t.tenantId, t.receivedAt, t.id),
    tenantWall(),
  ]),
);
