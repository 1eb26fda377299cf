import { sql } from "drizzle-orm";
import {
  bigint,
  date,
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
import { createdAt, dayRanges, id, instant, tenantId, tenantWall } from "../columns.ts";
import { adAccounts } from "./connection.ts";

/** When each account is due. The only table the dispatcher (role app_dispatch) works on. */
export const syncSchedule = pgTable(
  "sync_schedule",
  {
    tenantId: tenantId(),
    accountId: text("account_id").notNull(),
    nextDueAt: instant("next_due_at").notNull(),
    periodSeconds: integer("period_seconds").notNull().default(3600),
    // A claim hands the account to one message; `epoch` counts claims, so a message of an older claim is stale.
    epoch: bigint("epoch", { mode: "number" }).notNull().default(0),
    claimedUntil: instant("claimed_until"),
    // The worker that holds the account now; a second delivery of the same message finds it held.
    worker: uuid("worker"),
    workerUntil: instant("worker_until"),
    failures: integer("failures").notNull().default(0),
    fullReadOn: date("full_read_on"),
    deepReadOn: date("deep_read_on"),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.accountId] }),
    foreignKey({ columns: [t.tenantId, t.accountId], foreignColumns: [adAccounts.tenantId, adAccounts.accountId] }),
    index("sync_schedule_due").on(t.nextDueAt),
    tenantWall(),
    pgPolicy("dispatcher_sees_the_schedule", { for: "select", to: "app_dispatch", using: sql`true` }),
    pgPolicy("dispatcher_claims", { for: "update", to: "app_dispatch", using: sql`true`, withCheck: sql`true` }),
  ]),
);

export const syncRuns = pgTable(
  "sync_runs",
  {
    tenantId: tenantId(),
    id: id(),
    accountId: text("account_id").notNull(),
    trigger: text("trigger").notNull(),
    since: date("since").notNull(),
    until: date("until").notNull(),
    clampedFrom: date("clamped_from"),
    status: text("status").notNull(),
    rowsRead: integer("rows_read").notNull().default(0),
    errorCode: text("error_code"),
    errorDetails: jsonb("error_details"),
    hint: text("hint"),
    requestedBy: text("requested_by").notNull(),
    createdAt: createdAt(),
    startedAt: instant("started_at"),
    finishedAt: instant("finished_at"),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({ columns: [t.tenantId, t.accountId], foreignColumns: [adAccounts.tenantId, adAccounts.accountId] }),
    uniqueIndex("sync_runs_one_active")
      .on(t.tenantId, t.accountId)
      .where(sql`finished_at IS NULL`),
    index("sync_runs_newest").on(t.tenantId, t.createdAt.desc()),
    tenantWall(),
  ]),
);

/** One bounded piece of a run: a level and a stretch of days (level `structure` has the days of its run). */
export const syncSlices = pgTable(
  "sync_slices",
  {
    tenantId: tenantId(),
    runId: uuid("run_id").notNull(),
    level: text("level", { enum: ["structure", "account", "campaign", "ad"] }).notNull(),
    since: date("since").notNull(),
    until: date("until").notNull(),
    position: integer("position").notNull(),
    method: text("method", { enum: ["direct", "report"] }).notNull(),
    status: text("status", { enum: ["pending", "waiting", "done", "failed", "split", "cancelled"] })
      .notNull()
      .default("pending"),
    attempts: integer("attempts").notNull().default(0),
    pageLimit: integer("page_limit").notNull(),
    reportRunId: text("report_run_id"),
    reportStartedAt: instant("report_started_at"),
    notBefore: instant("not_before"),
    rows: integer("rows"),
    errorCode: text("error_code"),
    errorDetails: jsonb("error_details"),
    decision: text("decision"),
    finishedAt: instant("finished_at"),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.runId, t.level, t.since, t.until] }),
    foreignKey({ columns: [t.tenantId, t.runId], foreignColumns: [syncRuns.tenantId, syncRuns.id] }),
    tenantWall(),
  ]),
);

/** Which days of an account are known, per level: unknown is not zero. */
export const syncCoverage = pgTable(
  "sync_coverage",
  {
    tenantId: tenantId(),
    accountId: text("account_id").notNull(),
    level: text("level").notNull(),
    covered: dayRanges("covered").notNull(),
    // First day wanted, and the cursor: the last day of the unbroken stretch that starts there.
    wantedFrom: date("wanted_from").notNull(),
    completeThrough: date("complete_through"),
    lastSyncedAt: instant("last_synced_at"),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.accountId, t.level] }),
    foreignKey({ columns: [t.tenantId, t.accountId], foreignColumns: [adAccounts.tenantId, adAccounts.accountId] }),
    tenantWall(),
  ]),
);
