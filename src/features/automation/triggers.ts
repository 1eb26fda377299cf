// Which rules a happening starts, and what that occurrence is called: heard twice, it is the same.
import type { Happening } from "./executions.queries.ts";

export const triggerTypes = [
  "lead_created",
  "lead_status_changed",
  "opportunity_created",
  "appointment_reminder",
  "appointment_feedback",
  "lead_recovery",
  "post_treatment_followup",
  "patient_reactivation",
  "opportunity_stage_changed",
  "opportunity_won",
  "opportunity_lost",
  "no_reply_for",
  "schedule",
  "ctwa_conversation",
  "template_reply",
  "manual",
] as const;
export type TriggerType = (typeof triggerTypes)[number];

/** Started by what the main CRM tells (POST …/automation/events). */
export const toldTypes = [
  "appointment_reminder",
  "appointment_feedback",
  "post_treatment_followup",
  "patient_reactivation",
] as const;
export type ToldType = (typeof toldTypes)[number];

const [HOUR, DAY] = [3_600_000, 86_400_000];

/** How old a happening may be to start a rule: what is older is history, which no rule goes back to. */
const oldest: Partial<Record<TriggerType, number>> = {
  lead_recovery: 7 * DAY,
  ctwa_conversation: 12 * HOUR,
  template_reply: 12 * HOUR,
};
export const OLDEST = DAY;

export type Triggered = { id: string; triggerType: string; activatedAt: Date; isActive: boolean };
export type Stages = { wonStages: readonly string[]; lostStages: readonly string[] };
/** `at`: the instant in the business from which delays count. */
export type Start = { ruleId: string; triggerType: string; key: string; at: number };
export type Occurrence = Pick<Happening, "id" | "kind" | "key" | "leadId" | "opportunityId" | "details" | "occurredAt">;

/** The rules that a happening starts, each with its own key of this occurrence. */
export function startsOf(happening: Occurrence, rules: readonly Triggered[], stages: Stages, now: number): Start[] {
  const found = keysOf(happening, stages);
  const at = happening.occurredAt.getTime();
  return rules.flatMap(({ id, triggerType, activatedAt, isActive }) => {
    const key = found[triggerType as TriggerType];
    if (key === undefined || !isActive) return [];
    if (at < activatedAt.getTime() || now - at > (oldest[triggerType as TriggerType] ?? OLDEST)) return [];
    return [{ ruleId: id, triggerType, key, at }];
  });
}

/** What a happening is to each trigger. Rules about one thing's fate start once for it, others for each time. */
function keysOf(
  { id, kind, key, leadId, opportunityId, details }: Occurrence,
  stages: Stages,
): Partial<Record<TriggerType, string>> {
  if (leadId === null) return {};
  const to = details["to"];
  const isTo = (among: readonly string[]) => typeof to === "string" && among.includes(to);
  const fate: Partial<Record<TriggerType, string>> = {
    ...(isTo(stages.wonStages) && { opportunity_won: `won:${opportunityId}` }),
    ...(isTo(stages.lostStages) && { opportunity_lost: `lost:${opportunityId}` }),
  };
  switch (kind) {
    case "lead.created":
      return { lead_created: `lead:${leadId}`, lead_recovery: `recovery:${id}` };
    case "lead.status_changed":
      return { lead_status_changed: `status:${id}`, lead_recovery: `recovery:${id}` };
    case "opportunity.created":
      return { opportunity_created: `opportunity:${opportunityId}`, ...fate };
    case "opportunity.stage_changed":
      return { opportunity_stage_changed: `stage:${id}`, ...fate };
    case "message.received":
      return {
        ...(details["is_reply"] === true && { template_reply: `reply:${key ?? id}` }),
        ...(details["is_ctwa"] === true && { ctwa_conversation: `ctwa:${key ?? id}` }),
      };
    default:
      return {};
  }
}

/** What the main CRM told is one occurrence, however often it tells it. */
export const toldKey = (type: ToldType, externalId: string): string => `${type}:${externalId}`;
