import type { Needs } from "../../context.ts";
import { AppError, isAppError } from "../../errors.ts";
import { encodeCursor } from "../../lib/page.ts";
import { isRuleId, type PlacedRule, type RuleInput, rulesCursor } from "./automation.contract.ts";
import { ordered } from "../../lib/difference.ts";
import { getSettings } from "../settings/settings.service.ts";
import {
  changeOf,
  columnsOf,
  differenceOfRules,
  isWhole,
  refusal,
  replacing,
  type RuleChange,
  stepTemplates,
} from "./rule-change.ts";
import { scheduledRun } from "./scheduled.ts";
import {
  deleteRule,
  findForChange,
  findRule,
  listRules,
  type Rule,
  type RuleColumns,
  writeRules,
} from "./rules.queries.ts";

type Writes = Needs<"db" | "now" | "uuid" | "audit" | "tenantId">;

export async function getRulePage(
  ctx: Needs<"db">,
  page: { limit: number; offset: number; cursor?: string | undefined },
): Promise<{ rules: Rule[]; total: number; nextCursor: string | null }> {
  const { rules: found, total } = await listRules(ctx, page);
  const rules = found.slice(0, page.limit);
  const last = found.length > page.limit ? rules.at(-1) : undefined;
  return { rules, total, nextCursor: last ? encodeCursor(rulesCursor.list, last.name) : null };
}

/** Throws rule.not_found. */
export async function getRule(ctx: Needs<"db">, ruleId: string): Promise<Rule> {
  const rule = isRuleId(ruleId) ? await findRule(ctx, ruleId) : undefined;
  if (!rule) throw notFound(ruleId);
  return rule;
}

/**
 * Makes the rules that have no id and changes those that have one, all or none. Throws rule.not_found, rule.duplicate, and
 * request.invalid for what cannot be.
 */
export async function saveRules(
  ctx: Writes,
  inputs: readonly PlacedRule[],
): Promise<{ updated: number; created: number; rules: Rule[] }> {
  if (inputs.length === 0) return { updated: 0, created: 0, rules: [] };
  const wanted = inputs.flatMap(({ id }) => id ?? []);
  const twice = inputs.find(({ id }, index) => id !== undefined && inputs.findIndex((one) => one.id === id) < index);
  if (twice) throw refusal(twice, "id", "está dos veces");
  const { rules, templates } = await findForChange(ctx, {
    ids: wanted.filter(isRuleId),
    templateIds: inputs.flatMap((input) => [...(input.templateId ? [input.templateId] : []), ...stepTemplates(input)]),
    templateNames: inputs.flatMap(({ templateName }) => templateName ?? []),
  });
  const stored = new Map(rules.map((rule) => [rule.id, rule]));
  const missing = wanted.find((id) => !stored.has(id));
  if (missing !== undefined) throw notFound(missing);

  const changes = inputs.flatMap((input) => {
    const rule = stored.get(input.id ?? "");
    if (!rule) return [];
    if (input.version !== undefined && input.version !== rule.version) throw outdated();
    return [{ id: rule.id, change: changeOf(input, rule, templates) }];
  });
  const created = inputs.flatMap((input) =>
    input.id === undefined ? [{ ...columnsOf(input, templates), id: ctx.uuid() }] : [],
  );
  const planned = await planRuns(ctx, stored, created, changes);
  const diff = differenceOfRules(stored, [...created, ...changes.map(({ id, change }) => ({ id, ...change }))]);
  const written = await refuseDuplicate(writeRules(ctx, planned.created, planned.changes, diff));
  return { ...written, created: created.length };
}

/** When those that look for leads by themselves look next, where this change moves it. */
async function planRuns(
  ctx: Writes,
  stored: ReadonlyMap<string, Rule>,
  created: readonly (RuleColumns & { id: string })[],
  changes: readonly { id: string; change: RuleChange }[],
) {
  const all = [...created, ...changes.map(({ id, change }) => ({ ...stored.get(id), ...change }))];
  if (!all.some(({ triggerType }) => triggerType === "schedule" || triggerType === "no_reply_for"))
    return { created, changes };
  const { timezone } = await getSettings(ctx);
  const runOf = (rule: { triggerType?: string; schedule?: unknown }) => {
    const run = scheduledRun({ triggerType: rule.triggerType ?? "", schedule: rule.schedule }, ctx.now(), timezone);
    return run === undefined ? null : new Date(run);
  };
  return {
    created: created.map((rule) => ({ ...rule, nextRunAt: runOf(rule) })),
    changes: changes.map(({ id, change }) => {
      const before = stored.get(id);
      const isMoved =
        (change.triggerType !== undefined && change.triggerType !== before?.triggerType) ||
        (change.schedule !== undefined && ordered(change.schedule) !== ordered(before?.schedule ?? null)) ||
        (change.isActive === true && before?.isActive === false);
      return { id, change: isMoved ? { ...change, nextRunAt: runOf({ ...before, ...change }) } : change };
    }),
  };
}

/** As saveRules, for one there is. */
export async function changeRule(
  ctx: Writes,
  ruleId: string,
  input: RuleInput,
): Promise<{ rule: Rule; updated: number }> {
  const placed = { ...input, field: "" };
  if (input.id !== undefined && input.id !== ruleId) throw refusal(placed, "id", "difiere del de la dirección");
  const { rules, updated } = await saveRules(ctx, [{ ...placed, id: ruleId }]);
  const [rule] = rules;
  // Somebody deleted it meanwhile.
  if (!rule) throw notFound(ruleId);
  return { rule, updated };
}

/** A whole rule replaces; a part of one, as the frontend sends it by PUT too, changes what it names. */
export const replaceRule = (ctx: Writes, ruleId: string, input: RuleInput) =>
  changeRule(ctx, ruleId, isWhole(input) ? replacing(input) : input);

/** Throws rule.not_found. */
export async function removeRule(ctx: Needs<"db" | "now" | "audit">, ruleId: string): Promise<void> {
  const isDeleted = isRuleId(ruleId) && (await deleteRule(ctx, ruleId));
  if (!isDeleted) throw notFound(ruleId);
}

async function refuseDuplicate<T>(writing: Promise<T>): Promise<T> {
  try {
    return await writing;
  } catch (thrown) {
    if (!isAppError(thrown, "database.conflict") || thrown.note !== UNIQUE_VIOLATION) throw thrown;
    throw new AppError("rule.duplicate", "Ya hay una regla con ese nombre.");
  }
}

const outdated = () => new AppError("request.conflict", "Otra persona cambió la regla recién. Volvé a cargarla.");

const UNIQUE_VIOLATION = "23505";

const notFound = (id: string) => new AppError("rule.not_found", `No encontramos la regla ${id}.`, { details: { id } });
