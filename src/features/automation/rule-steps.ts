// What a rule does, one after the other: its steps, or its one action as rules had it before there were steps.
import type { Delay, Unit } from "./due.ts";
import type { StopWord } from "./gates.ts";
import { toldTypes, type TriggerType } from "./triggers.ts";

export type Step = {
  action_type: string;
  action_config: Readonly<Record<string, unknown>>;
  template_id: string | null;
  wait: Delay | undefined;
  conditions: unknown;
};

type Stored = {
  triggerType: string;
  steps: unknown;
  actionType: string;
  actionConfig: unknown;
  templateId: string | null;
  timingValue: number | null;
  timingUnit: string | null;
};

const isTold = (triggerType: string) => (toldTypes as readonly string[]).includes(triggerType);

/** A reminder comes before what it reminds of: its timing, told without a sign, is how long. */
const before = (triggerType: string) => triggerType === "appointment_reminder";

export function stepsOf(rule: Stored): Step[] {
  if (Array.isArray(rule.steps) && rule.steps.length > 0)
    return (rule.steps as (Partial<Step> & { action_type: string })[]).map((step) => ({
      action_type: step.action_type,
      action_config: step.action_config ?? {},
      template_id: step.template_id ?? rule.templateId,
      wait: step.wait,
      conditions: step.conditions ?? null,
    }));
  const { triggerType, timingValue: value, timingUnit } = rule;
  const unit = timingUnit as Unit;
  // The silence that a no_reply_for or lead_recovery waits for is its timing too.
  const wait: Delay | undefined =
    value === null
      ? undefined
      : { value: before(triggerType) ? -value : value, unit, from: isTold(triggerType) ? "event" : "step" };
  const config = typeof rule.actionConfig === "object" && rule.actionConfig !== null ? rule.actionConfig : {};
  return [
    {
      action_type: rule.actionType,
      action_config: config as Step["action_config"],
      template_id: rule.templateId,
      wait,
      conditions: null,
    },
  ];
}

/** What ends a rule early, where it does not say itself: an answer; nothing where an appointment was made. */
export const stopsOf = ({
  triggerType,
  stopOn,
}: {
  triggerType: string;
  stopOn: readonly string[] | null;
}): StopWord[] => (stopOn ?? (isTold(triggerType) ? [] : ["reply"])) as StopWord[];

/** Their silence is what they are about: an answer counts from what started them, not from our first message. */
export const isAboutSilence = (triggerType: string): boolean =>
  (["no_reply_for", "lead_recovery"] satisfies TriggerType[] as string[]).includes(triggerType);
