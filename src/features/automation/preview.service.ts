// Who would get what, and why others would not: the engine's own answer, of leads that nothing is started for.
import type { Ctx } from "../../context.ts";
import { getRule } from "./automation.service.ts";
import { fillTemplate } from "./components.ts";
import { dueAt } from "./due.ts";
import { decide, reasonsAgainst } from "./engine.ts";
import { factsOf, snapshotOf } from "./facts.ts";
import { loadFacts } from "./load-facts.ts";
import type { Known } from "./facts.queries.ts";
import { getFrame } from "./frame.ts";
import { explainReason } from "./reasons.ts";
import { stepsOf } from "./rule-steps.ts";
import { newestLeads } from "./preview.queries.ts";
import { nameOf, parametersOf, recipientOf } from "./steps.ts";

const NEWEST = 50;

/** Sends nothing and writes nothing. Throws rule.not_found. */
export async function previewRule(ctx: Ctx, ruleId: string, leadIds: readonly string[] | undefined) {
  const rule = await getRule(ctx, ruleId);
  const frame = await getFrame(ctx);
  const ids = leadIds ?? (await newestLeads(ctx, NEWEST));
  const step = stepsOf(rule)[0];
  const ask = (recipients: ReadonlyMap<string, ReturnType<typeof recipientOf>>, category: string | null) =>
    loadFacts(
      ctx,
      [...new Set(ids)].map((id) => ({
        key: id,
        lead_id: id,
        rule_id: ruleId,
        execution_id: null,
        opportunity_id: null,
        template_id: step?.template_id ?? rule.templateId,
        template_category: category,
        recipient_phone: recipients.get(id)?.phone ?? null,
        recipient_bsuid: recipients.get(id)?.bsuid ?? null,
        phone_number_id: null,
        started_at: new Date(frame.now).toISOString(),
      })),
      frame,
    );
  // Whom it would reach is known of the lead, and only then whether they want it.
  const first = await ask(new Map(), null);
  const recipients = new Map(first.map((one) => [one.key, recipientOf(one, frame.country)]));
  const known = await ask(recipients, first[0]?.template?.category ?? null);
  const isSending = step?.action_type === "send_hsm";
  const due =
    step?.wait && !("from" in step.wait && step.wait.from === "event")
      ? dueAt(step.wait, { step: frame.now, zone: frame.timezone })
      : frame.now;
  const leads = known
    .filter(({ lead }) => lead !== null)
    .map((one) => describe(one, { recipient: recipients.get(one.key), isSending, step, due, frame }));
  return {
    rule_id: ruleId,
    would_send: leads.filter(({ decision }) => decision === "send" || decision === "wait").length,
    leads,
  };
}

type Asked = {
  recipient: ReturnType<typeof recipientOf>;
  isSending: boolean;
  step: ReturnType<typeof stepsOf>[number] | undefined;
  due: number;
  frame: Awaited<ReturnType<typeof getFrame>>;
};

function describe(known: Known, { recipient, isSending, step, due, frame }: Asked) {
  const facts = factsOf(
    known,
    { isMessage: true, createdAt: frame.now, stepConditions: step?.conditions, hasTemplate: isSending },
    frame,
    true,
  );
  const asked = {
    ...facts,
    lead: facts.lead && { ...facts.lead, canBeReached: !isSending || recipient !== undefined },
  };
  // What is no message knows no template, no window and no number.
  const free = isSending ? asked : { ...asked, template: { status: "APPROVED" as const }, isSuppressed: false };
  const filled =
    isSending && step
      ? fillTemplate(known.template?.components, parametersOf(step), snapshotOf(known, frame.now))
      : undefined;
  const missing = filled && "missing" in filled ? `missing_parameter:${filled.missing}` : undefined;
  const decision = missing === undefined ? decide(free) : { do: "stop" as const, reason: missing };
  const reasons = [...new Set([...(missing === undefined ? [] : [missing]), ...reasonsAgainst(free)])];
  return {
    lead_id: known.key,
    lead_name: nameOf(known),
    decision: decision.do,
    until: decision.do === "wait" ? new Date(decision.until).toISOString() : null,
    reasons,
    explanation: reasons[0] === undefined ? null : explainReason(reasons[0]),
    template_name: known.template?.name ?? null,
    text: filled && "texts" in filled ? filled.texts.join("\n") : null,
    due_at: new Date(due).toISOString(),
  };
}
