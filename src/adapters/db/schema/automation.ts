import {
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
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
    lastSyncedAt: instant("last_synced_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    unique("meta_templates_identity").on(t.tenantId, t.wabaId, t.name, t.language),
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
    tenantWall(),
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
