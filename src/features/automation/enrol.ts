// Starts rules: from what happened, from what the main CRM tells, by hand. A start is a row; doubled, it is none.
import type { Happening, Statement } from "./executions.queries.ts";
import type { Needs } from "../../context.ts";
import { judge } from "./conditions.ts";
import { dueAt } from "./due.ts";
import { insertExecutions, type NewExecution, supersede } from "./executions.queries.ts";
import { snapshotOf } from "./facts.ts";
import { loadFacts } from "./load-facts.ts";
import type { Known, Subject } from "./facts.queries.ts";
import { getFrame } from "./frame.ts";
import { stepsOf } from "./rule-steps.ts";
import { listActiveRules, type StartingRule } from "./rules.queries.ts";
import { startsOf } from "./triggers.ts";

type Acts = Needs<"db" | "now" | "uuid" | "tenantId">;

/** Whom a rule is to start for, why, and since when. */
export type Candidate = {
  rule: StartingRule;
  leadId: string;
  opportunityId?: string | null;
  key: string;
  subject?: string;
  at: number;
  eventAt?: number;
  event: Readonly<Record<string, unknown>>;
};

/** What these happenings start, to be written in one batch with their being handled. The same ones twice start nothing more. */
export async function enrol(ctx: Acts, happenings: readonly Happening[]): Promise<Statement[]> {
  const rules = await listActiveRules(ctx);
  if (rules.length === 0) return [];
  const frame = await getFrame(ctx);
  const candidates = happenings.flatMap((one): Candidate[] =>
    startsOf(one, rules, frame, frame.now).flatMap(({ ruleId, key, at }) => {
      const rule = rules.find(({ id }) => id === ruleId);
      if (!rule || one.leadId === null) return [];
      return [
        {
          rule,
          leadId: one.leadId,
          opportunityId: one.opportunityId,
          key,
          at,
          event: { ...one.details, kind: one.kind },
        },
      ];
    }),
  );
  const started = await judgeCandidates(ctx, candidates, frame);
  if (started.length === 0) return [];
  const silences = started.filter(({ trigger_type }) => trigger_type === "lead_recovery");
  return [
    ...(silences.length > 0
      ? [
          supersede(
            ctx,
            silences.map(({ rule_id, lead_id, occurrence_key }) => ({
              ruleId: rule_id,
              leadId: lead_id,
              key: occurrence_key,
            })),
          ),
        ]
      : []),
    insertExecutions(ctx, started),
  ];
}

type Frame = Awaited<ReturnType<typeof getFrame>>;

/** The executions of those whose conditions hold now; they are asked again before each step and each message. */
export async function judgeCandidates(
  ctx: Acts,
  candidates: readonly Candidate[],
  frame: Frame,
  onRefused: (candidate: Candidate, reason: string) => void = () => undefined,
): Promise<NewExecution[]> {
  const known = new Map((await loadFacts(ctx, candidates.map(toSubject), frame)).map((one) => [one.key, one]));
  return candidates.flatMap((candidate, index) => {
    const started = begin(ctx, candidate, known.get(String(index)), frame);
    if (typeof started !== "string") return [started];
    onRefused(candidate, started);
    return [];
  });
}

const toSubject = ({ rule, leadId, opportunityId = null, at }: Candidate, index: number): Subject => ({
  key: String(index),
  lead_id: leadId,
  rule_id: rule.id,
  execution_id: null,
  opportunity_id: opportunityId,
  template_id: rule.templateId,
  template_category: null,
  recipient_phone: null,
  recipient_bsuid: null,
  phone_number_id: null,
  started_at: new Date(at).toISOString(),
});

/** How long after its time a step before an appointment still makes sense. */
const LATE = 5 * 60_000;

function begin(
  ctx: Acts,
  candidate: Candidate,
  known: Known | undefined,
  { now, timezone: zone }: Frame,
): NewExecution | string {
  const { rule, leadId, opportunityId = null, key, subject = null, at, eventAt, event } = candidate;
  if (!known?.lead || known.lead["merged_into"]) return "lead_gone";
  if (known.lead["is_test"] === true) return "test_lead";
  const verdict = judge(rule.triggerConditions, { ...snapshotOf(known, now), event });
  if (!verdict.holds) return `conditions:${verdict.because ?? "none"}`;
  const steps = stepsOf(rule);
  const dueOf = (index: number) => {
    const wait = steps[index]?.wait;
    return wait ? dueAt(wait, { step: at, event: eventAt, zone }) : at;
  };
  // What was to come before an appointment that is too near now, is left out.
  const isLate = (index: number) => eventAt !== undefined && dueOf(index) < now - LATE && dueOf(index) < eventAt;
  const step = steps.findIndex((_, index) => !isLate(index));
  if (step === -1) return "too_late";
  return {
    id: ctx.uuid(),
    rule_id: rule.id,
    trigger_type: rule.triggerType,
    occurrence_key: key,
    subject,
    lead_id: leadId,
    opportunity_id: opportunityId,
    step,
    due_at: new Date(dueOf(step)).toISOString(),
    started_at: new Date(at).toISOString(),
    event_at: eventAt === undefined ? null : new Date(eventAt).toISOString(),
    event,
  };
}
