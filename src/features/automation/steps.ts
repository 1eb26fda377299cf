// The steps of rules that are due: each is asked about and then done, in one batch with the execution's going on. Whoever dies
// before that batch has done nothing, whoever dies after it has done it: no step is done twice.
import type { Ctx, Statement } from "../../context.ts";
import { isAppError, toAppError } from "../../errors.ts";
import { toE164 } from "../../lib/phone.ts";
import { insertMessages } from "../messages/outbox.queries.ts";
import { fillTemplate } from "./components.ts";
import { dueAt } from "./due.ts";
import { decideStep } from "./engine.ts";
import { claimDue, countSuccess, type Execution, hold, insertLog, turnExecution } from "./executions.queries.ts";
import { factsOf, snapshotOf } from "./facts.ts";
import { type Known, loadFacts, type Subject } from "./facts.queries.ts";
import { getFrame } from "./frame.ts";
import { assignSeller, auditOfAction, setField } from "./lead-actions.queries.ts";
import { explainReason } from "./reasons.ts";
import { type Step, stepsOf } from "./rule-steps.ts";
import { runScheduled } from "./scheduled.ts";

const AT_ONCE = 50;
const MOST_ROUNDS = 20;

/** All steps of the tenant that are due, and what its rules look for by themselves. */
export async function runSteps(ctx: Ctx): Promise<void> {
  await runScheduled(ctx);
  const holder = ctx.uuid();
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const claimed = await claimDue(ctx, holder, AT_ONCE);
    if (claimed.length > 0) await runAll(ctx, claimed);
    if (claimed.length < AT_ONCE) return;
  }
}

type Frame = Awaited<ReturnType<typeof getFrame>>;

async function runAll(ctx: Ctx, claimed: readonly Execution[]): Promise<void> {
  const frame = await getFrame(ctx);
  const rules = await loadFacts(
    ctx,
    claimed.map((one) => toSubject(one, null)),
    frame,
  );
  const stepOf = new Map(rules.map((known) => [known.key, known.rule ? stepsOf(ruleOf(known.rule)) : []]));
  // A step may send another template than the rule names.
  const templates = claimed.filter(({ id, step }) => stepOf.get(id)?.[step]?.template_id);
  const withTemplates = await loadFacts(
    ctx,
    templates.map((one) => toSubject(one, stepOf.get(one.id)?.[one.step]?.template_id ?? null)),
    frame,
  );
  const known = new Map([...rules, ...withTemplates].map((one) => [one.key, one]));
  for (const execution of claimed) {
    const facts = known.get(execution.id);
    if (!facts) continue;
    try {
      await runStep(ctx, execution, facts, stepOf.get(execution.id) ?? [], frame);
    } catch (thrown) {
      // Called off, or somebody else's by now.
      if (isAppError(thrown, "lease.lost")) continue;
      if (isAppError(thrown, "database.unavailable")) throw thrown;
      // What fails for itself ends, and holds up nobody behind it.
      const { code, note } = toAppError(thrown);
      ctx.log("automation.step_failed", { tenantId: ctx.tenantId, id: execution.id, outcome: code, note });
      await end(ctx, execution, facts, undefined, `failed:${code}`).catch((lost: unknown) => {
        if (!isAppError(lost, "lease.lost")) throw lost;
      });
    }
  }
}

async function runStep(
  ctx: Ctx,
  execution: Execution,
  known: Known,
  steps: readonly Step[],
  frame: Frame,
): Promise<void> {
  const step = steps[execution.step];
  const facts = factsOf(
    known,
    { isMessage: false, createdAt: execution.createdAt.getTime(), hasTemplate: false },
    frame,
    true,
  );
  const decision = decideStep(facts);
  if (decision.do === "wait")
    return void (await ctx.db.run(
      hold(ctx, execution),
      turnExecution(ctx, execution.id, { dueAt: new Date(decision.until), reason: decision.reason }),
    ));
  if (decision.do !== "send") return end(ctx, execution, known, step, decision.reason);
  if (!step) return void (await ctx.db.run(hold(ctx, execution), goOn(ctx, execution, steps, frame)));
  const own = factsOf(
    known,
    { isMessage: false, createdAt: frame.now, stepConditions: step.conditions, hasTemplate: false },
    frame,
    true,
  );
  // A step of its own conditions is left out, and those after it go on.
  if (!own.conditions.holds) return void (await ctx.db.run(hold(ctx, execution), goOn(ctx, execution, steps, frame)));
  const done = act(ctx, execution, known, step, frame);
  if (!Array.isArray(done)) return end(ctx, execution, known, step, `failed:${done.failed}`);
  const audit =
    step.action_type === "send_hsm"
      ? []
      : [auditOfAction(ctx, execution.ruleId, step.action_type, Object.keys(step.action_config))];
  await ctx.db.run(hold(ctx, execution), ...done, goOn(ctx, execution, steps, frame), ...audit);
}

/** To the step after, or to the end. */
function goOn(ctx: Ctx, execution: Execution, steps: readonly Step[], { now, timezone: zone }: Frame): Statement {
  const step = execution.step + 1;
  const next = steps[step];
  if (!next) return turnExecution(ctx, execution.id, { state: "done", step, reason: null, finishedAt: new Date(now) });
  const due = next.wait ? dueAt(next.wait, { step: now, event: execution.eventAt?.getTime(), zone }) : now;
  return turnExecution(ctx, execution.id, { step, dueAt: new Date(due), reason: null });
}

async function end(
  ctx: Ctx,
  execution: Execution,
  known: Known,
  step: Step | undefined,
  reason: string,
): Promise<void> {
  const isFailed = reason.startsWith("failed:");
  const why = reason.replace(/^failed:/, "");
  await ctx.db.run(
    hold(ctx, execution),
    turnExecution(ctx, execution.id, { state: "stopped", reason, finishedAt: new Date(ctx.now()) }),
    insertLog(ctx, {
      ...told(execution, known, step),
      status: isFailed ? "error" : "skipped",
      actionResult: { reason: why },
      errorMessage: explainReason(why),
    }),
  );
}

type Failed = { failed: string };

function act(ctx: Ctx, execution: Execution, known: Known, step: Step, frame: Frame): Statement[] | Failed {
  switch (step.action_type) {
    case "send_hsm":
      return plan(ctx, execution, known, step, frame);
    case "assign_seller":
    case "update_field": {
      const done = change(ctx, execution, step);
      if (!Array.isArray(done)) return done;
      const log = insertLog(ctx, {
        ...told(execution, known, step),
        status: "success",
        actionResult: step.action_config,
        errorMessage: null,
      });
      return [...done, log, countSuccess(ctx, execution.ruleId)];
    }
    default:
      return { failed: "unknown_action" };
  }
}

/** The message of a step, with what it says now; whether it goes out, the send job asks again. */
function plan(ctx: Ctx, execution: Execution, known: Known, step: Step, { now, country }: Frame): Statement[] | Failed {
  const { template } = known;
  if (!template) return { failed: "template_missing" };
  const recipient = recipientOf(known, country);
  if (!recipient) return { failed: "no_recipient" };
  const filled = fillTemplate(template.components, parametersOf(step), snapshotOf(known, now));
  if ("missing" in filled) return { failed: `missing_parameter:${filled.missing}` };
  const from = step.action_config["phone_number_id"];
  return [
    insertMessages(ctx, [
      {
        occurrenceKey: `${execution.id}:${execution.step}:${execution.generation}`,
        dueAt: new Date(now),
        executionId: execution.id,
        ruleId: execution.ruleId,
        leadId: execution.leadId,
        triggerType: execution.triggerType,
        triggerData: execution.event,
        template,
        components: filled.components,
        recipient,
        ...(typeof from === "string" && { phoneNumberId: from }),
      },
    ]),
  ];
}

/** What a rule says of its template's variables. */
export const parametersOf = ({ action_config: config }: Pick<Step, "action_config">): unknown =>
  config["parameters"] ?? config["variables"];

/** By phone, or by what WhatsApp calls who has none. */
export function recipientOf({ lead, bsuid }: Pick<Known, "lead" | "bsuid">, country: string | null) {
  const written = lead?.["phone_number"];
  const phone = typeof written === "string" ? toE164(written, country) : undefined;
  if (phone !== undefined) return { phone };
  return bsuid === null ? undefined : { bsuid };
}

function change(ctx: Ctx, { leadId }: Execution, { action_type, action_config: config }: Step): Statement[] | Failed {
  if (action_type === "assign_seller") {
    const seller = config["seller_id"];
    if (typeof seller !== "string" && typeof seller !== "number") return { failed: "no_seller" };
    return [assignSeller(ctx, leadId, String(seller), config["overwrite"] === true)];
  }
  const { field, value } = config;
  if (field !== "status" && field !== "tags" && field !== "assigned_seller_id") return { failed: "field_not_allowed" };
  if (typeof value !== "string" || value === "" || value.length > 255) return { failed: "no_value" };
  return [setField(ctx, leadId, field, value)];
}

const told = (execution: Execution, known: Known, step: Step | undefined) => ({
  ruleId: execution.ruleId,
  leadId: execution.leadId,
  leadName: nameOf(known),
  templateName: known.template?.name ?? null,
  triggerType: execution.triggerType,
  triggerData: execution.event,
  actionType: step?.action_type ?? "send_hsm",
  actionConfig: step?.action_config ?? {},
});

export const nameOf = ({ lead }: Pick<Known, "lead">): string | null =>
  [lead?.["first_name"], lead?.["last_name"]].filter((part) => typeof part === "string" && part !== "").join(" ") ||
  null;

export const ruleOf = (rule: NonNullable<Known["rule"]>) => ({
  triggerType: rule.trigger_type,
  steps: rule.steps,
  actionType: rule.action_type,
  actionConfig: rule.action_config,
  templateId: rule.template_id,
  timingValue: rule.timing_value,
  timingUnit: rule.timing_unit,
});

const toSubject = (execution: Execution, templateId: string | null): Subject => ({
  key: execution.id,
  lead_id: execution.leadId,
  rule_id: execution.ruleId,
  execution_id: execution.id,
  opportunity_id: execution.opportunityId,
  template_id: templateId,
  template_category: null,
  recipient_phone: null,
  recipient_bsuid: null,
  phone_number_id: null,
  started_at: execution.startedAt.toISOString(),
});
