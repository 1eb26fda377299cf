import { sql } from "drizzle-orm";
import {
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  pgPolicy,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { onPaper } from "../../../lib/on-paper.ts";
import { createdAt, id, instant, tenantId, tenantWall, updatedAt } from "../columns.ts";
import { tenants } from "./tenancy.ts";

export const metaTemplates = pgTable(
  "meta_templates",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    id: id(),
    /** Null for a template that was not submitted to Meta. */
    metaTemplateId: text("meta_template_id"),
    wabaId: text("waba_id").notNull().default(""),
    name: text("name").notNull(),
    category: text("category").notNull(),
    language: text("language").notNull(),
    status: text("status").notNull(),
    components: jsonb("components").notNull(),
    example: jsonb("example"),
    sentCount: integer("sent_count").notNull().default(0),
    deliveredCount: integer("delivered_count").notNull().default(0),
    readCount: integer("read_count").notNull().default(0),
    repliedCount: integer("replied_count").notNull().default(0),
    /** Null: not told. */
    parameterFormat: text("parameter_format"),
    qualityScore: text("quality_score"),
    /** Meta's, or why it refused to take a draft. */
    rejectedReason: text("rejected_reason"),
    previousCategory: text("previous_category"),
    /** What Meta will make of `category`. */
    correctCategory: text("correct_category"),
    /** When it was last handed to Meta, whatever became of it. */
    submittedAt: instant("submitted_at"),
    /** Of the newest word of Meta's on each: what is older changes nothing. */
    statusAt: instant("status_at"),
    qualityAt: instant("quality_at"),
    categoryAt: instant("category_at"),
    componentsAt: instant("components_at"),
    lastSyncedAt: instant("last_synced_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    unique("meta_templates_identity").on(t.tenantId, t.wabaId, t.name, t.language),
    index("meta_templates_meta_id").on(t.tenantId, t.metaTemplateId),
    tenantWall(),
  ]),
);

export const automationRules = pgTable(
  "automation_rules",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    id: id(),
    name: text("name").notNull(),
    triggerType: text("trigger_type").notNull(),
    triggerConditions: jsonb("trigger_conditions").notNull(),
    actionType: text("action_type").notNull(),
    actionConfig: jsonb("action_config").notNull(),
    templateId: uuid("template_id"),
    timingValue: integer("timing_value"),
    timingUnit: text("timing_unit"),
    isActive: boolean("is_active").notNull().default(true),
    /** What it does, one after the other; null: its one action, after its timing. */
    steps: jsonb("steps"),
    /** marketing or utility; null: what its template is for. */
    purpose: text("purpose"),
    /** Null: the tenant's. {}: none. */
    quietHours: jsonb("quiet_hours"),
    /** Beside the tenant's. */
    caps: jsonb("caps"),
    /** Null: by its trigger. */
    stopOn: text("stop_on").array(),
    /** When a rule of the trigger schedule runs. */
    schedule: jsonb("schedule"),
    /** One more with every change. */
    version: integer("version").notNull().default(1),
    /** What happened before it starts nothing: since then it has been active, by this trigger. */
    activatedAt: instant("activated_at").notNull().defaultNow(),
    /** When it is to look for leads by itself. */
    nextRunAt: instant("next_run_at"),
    lastTriggeredAt: instant("last_triggered_at"),
    triggerCount: integer("trigger_count").notNull().default(0),
    successCount: integer("success_count").notNull().default(0),
    errorCount: integer("error_count").notNull().default(0),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({ columns: [t.tenantId, t.templateId], foreignColumns: [metaTemplates.tenantId, metaTemplates.id] }),
    unique("automation_rules_name").on(t.tenantId, t.name),
    index("automation_rules_trigger").on(t.tenantId, t.triggerType),
    index("automation_rules_due")
      .on(t.nextRunAt)
      .where(sql`is_active AND next_run_at IS NOT NULL`),
    tenantWall(),
    // By these columns only (grants).
    pgPolicy("dispatcher_sees_due_rules", { for: "select", to: "app_dispatch", using: sql`true` }),
  ]),
);

export const automationLogs = pgTable(
  "automation_logs",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    id: id(),
    /** Of a rule that may be gone by now. */
    ruleId: uuid("rule_id"),
    leadId: uuid("lead_id"),
    leadName: text("lead_name"),
    templateName: text("template_name"),
    triggerType: text("trigger_type").notNull(),
    triggerData: jsonb("trigger_data").notNull(),
    actionType: text("action_type").notNull(),
    actionConfig: jsonb("action_config").notNull(),
    actionResult: jsonb("action_result"),
    status: text("status").notNull(),
    errorMessage: text("error_message"),
    executionTimeMs: integer("execution_time_ms"),
    createdAt: createdAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index("automation_logs_newest").on(t.tenantId, t.createdAt.desc(), t.id.desc()),
    tenantWall(),
  ]),
);

/** A rule at work for one lead, once per occurrence: a row that is due, until its last step is done. */
export const automationExecutions = pgTable(
  "automation_executions",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    id: id(),
    /** Of a rule that may be gone by now. */
    ruleId: uuid("rule_id").notNull(),
    triggerType: text("trigger_type").notNull(),
    /** What started it (triggers.ts): a second one of the same key is none. */
    occurrenceKey: text("occurrence_key").notNull(),
    /** What was told of it to come, e.g. `appointment_reminder:4711`: told anew, it may move or end. */
    subject: text("subject"),
    leadId: uuid("lead_id").notNull(),
    opportunityId: uuid("opportunity_id"),
    state: text("state", { enum: ["waiting", "done", "stopped"] })
      .notNull()
      .default("waiting"),
    /** The step that is due, from 0. */
    step: integer("step").notNull().default(0),
    /** One more each time it begins anew. */
    generation: integer("generation").notNull().default(0),
    dueAt: instant("due_at").notNull(),
    /** When what started it happened. */
    startedAt: instant("started_at").notNull(),
    /** When what was told is to be. */
    eventAt: instant("event_at"),
    event: jsonb("event").$type<Record<string, unknown>>().notNull().default({}),
    /** Why it waits, or ended. */
    reason: text("reason"),
    holder: uuid("holder"),
    heldUntil: instant("held_until"),
    finishedAt: instant("finished_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex("automation_executions_occurrence").on(t.tenantId, t.ruleId, t.occurrenceKey),
    index("automation_executions_due")
      .on(t.dueAt, t.tenantId)
      .where(sql`state = 'waiting'`),
    index("automation_executions_subject").on(t.tenantId, t.subject),
    index("automation_executions_lead").on(t.tenantId, t.leadId, t.createdAt),
    tenantWall(),
    // By these columns only (grants).
    pgPolicy("dispatcher_sees_due_executions", { for: "select", to: "app_dispatch", using: sql`true` }),
  ]),
);

/** A number that is sent from: its circuit breaker, and when its next message may go. `*`: whose turn it is to send. */
export const sendingNumbers = pgTable(
  "sending_numbers",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    number: text("number").notNull(),
    breaker: text("breaker", { enum: ["closed", "open"] })
      .notNull()
      .default("closed"),
    failures: integer("failures").notNull().default(0),
    openings: integer("openings").notNull().default(0),
    openUntil: instant("open_until"),
    /** Half open: one message is on its way to find out. */
    probeUntil: instant("probe_until"),
    reason: text("reason"),
    nextSendAt: instant("next_send_at"),
    holder: uuid("holder"),
    heldUntil: instant("held_until"),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [primaryKey({ columns: [t.tenantId, t.number] }), tenantWall()]),
);
