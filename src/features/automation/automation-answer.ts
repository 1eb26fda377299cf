import type * as z from "zod";
import { foldStatus } from "../templates/template-status.ts";
import type { rule } from "./automation.contract.ts";
import { PENDING, showStatus } from "./log-status.ts";
import type { log } from "./logs.contract.ts";
import type { Log } from "./logs.queries.ts";
import type { Rule } from "./rules.queries.ts";

export function describeRule(row: Rule): z.input<ReturnType<typeof rule>> {
  const lastRun = row.lastTriggeredAt?.toISOString() ?? null;
  return {
    id: row.id,
    name: row.name,
    trigger_type: row.triggerType,
    is_active: row.isActive,
    trigger_conditions: row.triggerConditions,
    conditions: row.triggerConditions,
    action_type: row.actionType,
    action_config: row.actionConfig,
    template_id: row.templateId,
    template_name: row.templateName,
    timing_value: row.timingValue,
    timing_unit: row.timingUnit,
    trigger_count: row.triggerCount,
    success_count: row.successCount,
    error_count: row.errorCount,
    last_triggered_at: lastRun,
    last_run: lastRun,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    version: row.version,
    ...(row.steps !== null && { steps: row.steps }),
    ...(row.purpose !== null && { purpose: row.purpose }),
    ...(row.quietHours !== null && { quiet_hours: row.quietHours }),
    ...(row.caps !== null && { caps: row.caps }),
    ...(row.stopOn !== null && { stop_on: row.stopOn }),
    ...(row.schedule !== null && { schedule: row.schedule }),
    ...(row.nextRunAt !== null && row.isActive && { next_run_at: row.nextRunAt.toISOString() }),
    ...(isStopped(row) && { stopped_by: `template_${foldStatus(row.templateStatus).toLowerCase()}` }),
  };
}

/** Active, and its template may not be sent: the gate holds every message of it. */
const isStopped = (row: Rule): row is Rule & { templateStatus: string } =>
  row.isActive &&
  row.actionType === "send_hsm" &&
  row.templateStatus !== null &&
  foldStatus(row.templateStatus) !== "APPROVED";

export function describeLog(row: Log): z.input<ReturnType<typeof log>> {
  const shown = row.status === PENDING ? ({ status: PENDING, result: null } as const) : showStatus(row.status);
  return {
    id: row.id,
    rule_id: row.ruleId,
    lead_id: row.leadId,
    lead_name: row.leadName,
    patient_name: row.leadName,
    trigger_type: row.triggerType,
    trigger_data: row.triggerData,
    action_type: row.actionType,
    action_config: row.actionConfig,
    action_result: row.actionResult,
    template_name: row.templateName,
    ...shown,
    error_details: row.errorMessage,
    error_message: row.errorMessage,
    execution_time_ms: row.executionTimeMs,
    created_at: row.createdAt.toISOString(),
  };
}

/** The columns of the CSV; instants are UTC. */
export const logColumns = [
  "created_at",
  "lead_name",
  "trigger_type",
  "status",
  "result",
  "template_name",
  "action_type",
  "error_details",
  "execution_time_ms",
  "lead_id",
  "rule_id",
  "id",
] as const;

type Line = [string, ...(string | number | null)[]];

export async function* linesOf(rows: AsyncIterable<Log>): AsyncGenerator<Line> {
  for await (const row of rows) {
    const { created_at, ...rest } = describeLog(row);
    const [, ...others] = logColumns;
    yield [created_at, ...others.map((column) => rest[column])];
  }
}
