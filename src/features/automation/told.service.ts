// What starts rules from outside: appointments and treatments that the main CRM tells of, and people by hand.
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { toE164 } from "../../lib/phone.ts";
import { getRule } from "./automation.service.ts";
import { type Candidate, judgeCandidates } from "./enrol.ts";
import { getFrame } from "./frame.ts";
import type { Told } from "./operate.contract.ts";
import { findToldLead, saveStarts } from "./told.queries.ts";
import { listActiveRules, type StartingRule } from "./rules.queries.ts";
import { toldKey } from "./triggers.ts";

type Refused = { lead_id: string | null; rule_id: string; reason: string };
export type Started = { started: number; not_started: Refused[] };

const refuse = (list: Refused[]) => (candidate: Candidate, reason: string) =>
  void list.push({ lead_id: candidate.leadId, rule_id: candidate.rule.id, reason });

/** Starts, moves or calls off what rules do about an appointment. Told twice, it changes nothing. Throws lead.not_found. */
export async function tellEvent(ctx: Ctx, told: Told): Promise<Started> {
  const frame = await getFrame(ctx);
  const phone = told.lead.phone === undefined ? undefined : (toE164(told.lead.phone, frame.country) ?? told.lead.phone);
  const leadId = await findToldLead(ctx, { ...told.lead, phone });
  if (leadId === undefined) throw new AppError("lead.not_found", "No encontramos ese lead.");
  const subject = toldKey(told.type, told.externalId);
  const at = Date.parse(told.occursAt);
  const key = `${subject}:${new Date(at).toISOString()}`;
  const rules =
    told.cancelled === true ? [] : (await listActiveRules(ctx)).filter(({ triggerType }) => triggerType === told.type);
  const event = {
    ...told.fields,
    type: told.type,
    external_id: told.externalId,
    occurs_at: new Date(at).toISOString(),
  };
  const refused: Refused[] = [];
  const candidates = rules.flatMap((rule): Candidate[] => {
    // It was before the rule ran: history.
    if (at < rule.activatedAt.getTime()) {
      refused.push({ lead_id: leadId, rule_id: rule.id, reason: "before_activation" });
      return [];
    }
    return [{ rule, leadId, key, subject, at: frame.now, eventAt: at, event }];
  });
  const starts = await judgeCandidates(ctx, candidates, frame, refuse(refused));
  await saveStarts(ctx, starts, { subject, exceptKey: told.cancelled === true ? null : key });
  return { started: starts.length, not_started: refused };
}

/** Starts a rule for these leads, once for each and moment. Throws rule.not_found, rule.inactive. */
export async function enrolByHand(ctx: Ctx, ruleId: string, leadIds: readonly string[]): Promise<Started> {
  const rule: StartingRule = await getRule(ctx, ruleId);
  if (!rule.isActive) throw new AppError("rule.inactive", "La regla está pausada: activala primero.");
  const frame = await getFrame(ctx);
  const refused: Refused[] = [];
  const candidates = [...new Set(leadIds)].map((leadId) => ({
    rule,
    leadId,
    key: `manual:${leadId}:${new Date(frame.now).toISOString()}`,
    at: frame.now,
    event: { kind: "manual" },
  }));
  const starts = await judgeCandidates(ctx, candidates, frame, refuse(refused));
  await saveStarts(ctx, starts);
  return { started: starts.length, not_started: refused };
}
