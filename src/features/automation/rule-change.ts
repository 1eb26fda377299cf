// What a rule becomes by what was sent: defaults, the two names of its conditions, its template, and what cannot be.
import { type AppError, fieldError } from "../../errors.ts";
import { differenceOf, ordered } from "../../lib/difference.ts";
import { foldStatus } from "../templates/template-status.ts";
import type { PlacedRule, RuleInput } from "./automation.contract.ts";
import type { Rule, RuleColumns, RuleTemplate } from "./rules.queries.ts";

export type RuleChange = Partial<RuleColumns>;

export const stepTemplates = ({ steps }: Pick<RuleInput, "steps">): string[] =>
  (steps ?? []).flatMap(({ template_id }) => template_id ?? []);

const unset = {
  triggerConditions: {},
  actionConfig: {},
  templateId: null,
  timingValue: null,
  timingUnit: null,
  isActive: true,
} as const;

/** The columns of a new rule. Throws request.invalid. */
export function columnsOf(input: PlacedRule, templates: readonly RuleTemplate[]): RuleColumns {
  const { name, triggerType, actionType } = input;
  if (name === undefined) throw refusal(input, "name", "falta");
  if (triggerType === undefined) throw refusal(input, "trigger_type", "falta");
  if (actionType === undefined) throw refusal(input, "action_type", "falta");
  const columns = { ...unset, name, triggerType, actionType, ...given(input, undefined, templates) };
  refuseImpossible(input, columns, templates);
  return columns;
}

/** The columns that were sent for a rule there is. Throws request.invalid. */
export function changeOf(input: PlacedRule, stored: Rule, templates: readonly RuleTemplate[]): RuleChange {
  const change = given(input, stored, templates);
  refuseImpossible(input, { ...stored, ...change }, templates);
  return change;
}

export const isWhole = ({ name, triggerType, actionType }: RuleInput): boolean =>
  name !== undefined && triggerType !== undefined && actionType !== undefined;

/** For a whole rule in the place of another: what it does not name is unset. Whether it runs stays, unless it says so. */
export function replacing(input: RuleInput): RuleInput {
  const { triggerConditions, conditions = triggerConditions ?? {}, actionConfig = {} } = input;
  const { templateName, templateId = templateName === undefined ? null : undefined } = input;
  const { timingValue = null, timingUnit = null } = input;
  const { steps = null, purpose = null, quietHours = null, caps = null, stopOn = null, schedule = null } = input;
  const beyond = { steps, purpose, quietHours, caps, stopOn, schedule };
  return { ...input, ...beyond, conditions, actionConfig, templateId, timingValue, timingUnit };
}

function given(input: PlacedRule, stored: Rule | undefined, templates: readonly RuleTemplate[]): RuleChange {
  const { name, triggerType, actionType, actionConfig, timingValue, timingUnit, isActive } = input;
  const change = {
    name,
    triggerType,
    triggerConditions: conditionsOf(input, stored),
    actionType,
    actionConfig,
    templateId: templateOf(input, templates),
    timingValue,
    timingUnit,
    isActive,
    steps: input.steps,
    purpose: input.purpose,
    quietHours: input.quietHours,
    caps: input.caps,
    stopOn: input.stopOn,
    schedule: input.schedule,
  };
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

/** Two names for one thing: where both were sent, the one that is news. */
function conditionsOf(input: PlacedRule, stored: Rule | undefined): unknown {
  const [one, other] = [input.triggerConditions, input.conditions];
  if (one === undefined || other === undefined || isSame(one, other)) return one ?? other;
  if (stored && isSame(one, stored.triggerConditions)) return other;
  if (stored && isSame(other, stored.triggerConditions)) return one;
  throw refusal(input, "conditions", "difiere de trigger_conditions: mandá uno solo");
}

function templateOf(input: PlacedRule, templates: readonly RuleTemplate[]): string | null | undefined {
  const { templateId, templateName } = input;
  if (templateId !== undefined || templateName === undefined) return templateId;
  const [named, another] = templates.filter(({ name }) => name === templateName);
  if (!named) throw refusal(input, "template_name", "no hay una plantilla con ese nombre");
  if (another) throw refusal(input, "template_name", "hay una en cada idioma: mandá template_id");
  return named.id;
}

function refuseImpossible(
  input: PlacedRule,
  { actionType, triggerType, templateId, isActive, timingValue, timingUnit, schedule, steps }: RuleColumns,
  templates: readonly RuleTemplate[],
): void {
  if (triggerType === "schedule" && !schedule) throw refusal(input, "schedule", "falta: cuándo corre la regla");
  for (const [index, { action_type, template_id }] of (input.steps ?? []).entries())
    if (action_type === "send_hsm" && !templates.some(({ id }) => id === (template_id ?? templateId)))
      throw refusal(input, `steps.${index}.template_id`, "hace falta una plantilla que exista para enviar");
  const template = templates.find(({ id }) => id === templateId);
  if (templateId !== null && !template) throw refusal(input, "template_id", "esa plantilla no existe");
  if (actionType === "send_hsm" && !template && !steps)
    throw refusal(input, "template_id", "hace falta una plantilla para enviar");
  if (isActive && template && foldStatus(template.status) === "REJECTED")
    throw refusal(input, "template_id", "Meta no acepta esa plantilla: la regla no puede estar activa");
  if ((timingValue === null) !== (timingUnit === null))
    throw refusal(
      input,
      timingValue === null ? "timing_value" : "timing_unit",
      "falta: el valor y la unidad van juntos",
    );
}

export const refusal = ({ field: place }: Pick<PlacedRule, "field">, name: string, problem: string): AppError =>
  fieldError(`${place}${name}`, problem);

/** What people write into a rule freely may name people: of that the audit only tells that it changed. */
const free = ["triggerConditions", "actionConfig", "steps"];

/** What becomes of each rule, under its id; nothing of rules that stay as they are. */
export function differenceOfRules(
  stored: ReadonlyMap<string, Rule>,
  rules: readonly (RuleChange & { id: string })[],
): Record<string, unknown> {
  const told = rules.map(({ id, ...columns }) => [id, differenceOf(stored.get(id) ?? {}, columns, free)] as const);
  return Object.fromEntries(told.filter(([, difference]) => Object.keys(difference).length > 0));
}

const isSame = (a: unknown, b: unknown): boolean => ordered(a) === ordered(b);
