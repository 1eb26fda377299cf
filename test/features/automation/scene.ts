import type { House } from "../../support/house.ts";

type Log = {
  at?: string;
  status?: string;
  trigger?: string;
  ruleId?: string | null;
  leadId?: string | null;
  leadName?: string | null;
  template?: string | null;
  error?: string | null;
};

/** What the engine leaves behind of one action. */
export async function aLog(
  house: House,
  tenantId: number,
  {
    at = "2026-11-23T14:00:00Z",
    status = "sent",
    trigger = "lead_created",
    ruleId = null,
    leadId = null,
    leadName = "Ana Pérez",
    template = "turno",
    error = null,
  }: Log = {},
): Promise<string> {
  const [row] = await house.sql<{ id: string }>(
    `INSERT INTO automation_logs (tenant_id, created_at, status, trigger_type, rule_id, lead_id, lead_name, template_name, error_message,
       trigger_data, action_type, action_config, action_result, execution_time_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '{"source":"META_ADS"}', 'send_hsm', '{"language":"es_AR"}', '{"message_id":"wamid.1"}', 120)
     RETURNING id`,
    [tenantId, at, status, trigger, ruleId, leadId, leadName, template, error],
  );
  return row?.id ?? "";
}
