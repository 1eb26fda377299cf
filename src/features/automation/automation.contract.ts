import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { pageQuery } from "../../lib/page.ts";
import { caps, fits, quietHours, schedule, steps, tree } from "./steps.contract.ts";
import { stopWords } from "./gates.ts";
import { triggerTypes } from "./triggers.ts";

export const actionTypes = ["send_hsm", "assign_seller", "update_field"] as const;
const timingUnits = ["minutes", "hours", "days", "weeks"] as const;

const RULES_AT_ONCE = 100;

/** PostgreSQL keeps no NUL in a text. */
const text = z.string().regex(/^[^\0]*$/, "tiene un carácter que no se puede guardar");

export const rulesCursor = { list: "rules", after: text.max(200) };

/** Ordered by name. */
export const rulesQuery = once(() => z.object(pageQuery(100, rulesCursor)));

export const ruleParam = once(() => z.object({ id: z.string().min(1).max(64) }));

/** What is no uuid is the id of nothing: 404, not 422. */
export const isRuleId = (id: string): boolean => z.guid().safeParse(id).success;

const free = z.record(z.string(), z.unknown());
const condition = z.looseObject({
  field: z.string().min(1).max(100),
  op: z.string().min(1).max(40),
  value: z.unknown().optional(),
});

const conditions = once(() =>
  fits(
    z
      .union([z.array(condition).max(50), free], "debe ser una lista de { field, op, value } o un objeto")
      .superRefine((value, issues) => {
        const isTree = !Array.isArray(value) && ["and", "or", "not"].some((word) => word in value);
        const problem = isTree ? tree().safeParse(value).error?.issues[0] : undefined;
        if (problem) issues.addIssue({ code: "custom", message: problem.message, path: problem.path });
      }),
  ),
);

const unwritten = z.unknown().optional();
/** What the rows of the list hold besides, so that one of them can be sent back whole; it is not written. */
const shown = once(() => ({
  trigger_count: unwritten,
  success_count: unwritten,
  error_count: unwritten,
  last_triggered_at: unwritten,
  last_run: unwritten,
  created_at: unwritten,
  updated_at: unwritten,
}));

/** A whole rule or a part of one. */
const ruleFields = once(() =>
  z.strictObject({
    ...shown(),
    id: z
      .union([z.string().max(64), z.number()])
      .nullish()
      .describe(onPaper("Of a rule that exists; without one a rule is made.")),
    name: text.trim().min(1).max(120).optional().describe(onPaper("Unique.")),
    trigger_type: z.enum(triggerTypes).optional(),
    trigger_conditions: conditions()
      .nullish()
      .describe(onPaper("A list of { field, op, value }, or the older free object.")),
    conditions: conditions().nullish().describe(onPaper("The same by its other name.")),
    action_type: z.enum(actionTypes).optional(),
    action_config: fits(free).nullish(),
    template_id: z.guid().nullish().describe(onPaper("Needed by send_hsm.")),
    template_name: text
      .max(512)
      .nullish()
      .describe(onPaper("Instead of template_id, where one template only has this name.")),
    timing_value: z.number().int().min(0).max(100_000).nullish(),
    timing_unit: z.enum(timingUnits).nullish(),
    is_active: z.boolean().optional().describe(onPaper("Default: true.")),
    steps: steps().nullish().describe(onPaper("Instead of its one action; null: back to it.")),
    purpose: z.enum(["marketing", "utility"]).nullish().describe(onPaper("Null: what the template is for.")),
    quiet_hours: quietHours().nullish().describe(onPaper("Instead of the tenant's; {}: none; null: the tenant's.")),
    caps: caps().nullish().describe(onPaper("Instead of the tenant's, each by its name.")),
    stop_on: z
      .array(z.enum(stopWords))
      .max(3)
      .nullish()
      .describe(onPaper("What ends it early; null: an answer, but for appointments nothing.")),
    schedule: schedule().nullish().describe(onPaper("When a rule of the trigger schedule runs.")),
    version: z
      .number()
      .int()
      .optional()
      .describe(onPaper("Of the rule as you know it: 409 when it has changed since.")),
  }),
);

const toInput = ({ id, ...fields }: z.output<ReturnType<typeof ruleFields>>) => ({
  id: id === null || id === undefined || id === "" ? undefined : String(id),
  name: fields.name,
  triggerType: fields.trigger_type,
  /** By either name; null means none. */
  triggerConditions: orEmpty(fields.trigger_conditions),
  conditions: orEmpty(fields.conditions),
  actionType: fields.action_type,
  actionConfig: orEmpty(fields.action_config),
  templateId: fields.template_id,
  templateName: fields.template_name ?? undefined,
  timingValue: fields.timing_value,
  timingUnit: fields.timing_unit,
  isActive: fields.is_active,
  steps: fields.steps,
  purpose: fields.purpose,
  quietHours: fields.quiet_hours,
  caps: fields.caps,
  stopOn: fields.stop_on,
  schedule: fields.schedule,
  version: fields.version,
});

export const ruleBody = once(() => ruleFields().transform(toInput));

export type RuleInput = ReturnType<typeof toInput>;
/** `field` leads to it in the body it came in. */
export type PlacedRule = RuleInput & { field: string };

const orEmpty = <T>(value: T | null | undefined): T | Record<string, never> | undefined =>
  value === null ? {} : value;

const asList = once(() =>
  z
    .strictObject({ rules: z.array(ruleBody()).max(RULES_AT_ONCE) })
    .transform(({ rules }): PlacedRule[] => rules.map((rule, index) => ({ ...rule, field: `rules.${index}.` }))),
);

const asDictionary = once(() =>
  z
    .strictObject({ rules: z.record(z.string().min(1).max(64), ruleBody()) })
    .refine(({ rules }) => Object.keys(rules).length <= RULES_AT_ONCE, `como máximo ${RULES_AT_ONCE} reglas`)
    .refine(
      ({ rules }) => Object.entries(rules).every(([key, { id = key }]) => id === key),
      "el id difiere de su clave",
    )
    .transform(({ rules }): PlacedRule[] =>
      Object.entries(rules).map(([id, rule]) => ({ ...rule, id, field: `rules.${id}.` })),
    ),
);

const asOne = once(() =>
  ruleFields()
    .extend({ rules: z.never().optional() })
    .transform((rule): PlacedRule[] => [{ ...toInput(rule), field: "" }]),
);

/** All three forms there are; a rule without id is made, one with id changes in what it names. */
export const rulesRequest = once(() => z.union([asList(), asDictionary(), asOne()], { error: explain }));

// A union says only that nothing fits: what does not fit is said of the form that was meant.
function explain({ input, errors }: { input?: unknown; errors?: unknown }): string {
  const rules = (input as { rules?: unknown } | null)?.rules;
  const form = Array.isArray(rules) ? 0 : rules === undefined ? 2 : 1;
  const issues = (errors as readonly (readonly z.core.$ZodIssue[])[])[form] ?? [];
  return issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": ")).join("; ");
}

const instant = z.iso.datetime();

export const rule = once(() =>
  z.object({
    id: z.string(),
    name: z.string(),
    trigger_type: z.string(),
    is_active: z.boolean(),
    trigger_conditions: z.unknown(),
    conditions: z.unknown().describe(onPaper("The same as trigger_conditions.")),
    action_type: z.string(),
    action_config: z.unknown(),
    template_id: z.string().nullable(),
    template_name: z.string().nullable(),
    timing_value: z.number().nullable(),
    timing_unit: z.string().nullable(),
    trigger_count: z.number(),
    success_count: z.number(),
    error_count: z.number(),
    last_triggered_at: instant.nullable(),
    last_run: instant.nullable().describe(onPaper("The same as last_triggered_at.")),
    created_at: instant,
    updated_at: instant,
    version: z.number().describe(onPaper("One more with every change.")),
    steps: z.unknown().optional().describe(onPaper("This and what follows: only where it is set.")),
    purpose: z.string().optional(),
    quiet_hours: z.unknown().optional(),
    caps: z.unknown().optional(),
    stop_on: z.array(z.string()).optional(),
    schedule: z.unknown().optional(),
    next_run_at: instant.optional(),
    stopped_by: z
      .string()
      .optional()
      .describe(onPaper("Why it sends nothing although it is active: its template's state.")),
  }),
);

export const ruleList = once(() => z.array(rule()));

/** Stands beside a list. */
export const beside = once(() => z.object({ total: z.number(), next_cursor: z.string().nullable() }));

/** Stands beside what was written. */
export const written = once(() =>
  z.object({
    updated: z.number().describe(onPaper("Rules that changed; one that was so already does not count.")),
    created: z.number(),
  }),
);

export const deleted = once(() => z.object({ id: z.string(), deleted: z.literal(true) }));
