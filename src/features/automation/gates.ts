// Every reason not to do a step, or not to send a message now: each a small question to the facts. The engine asks them all.
import type { Verdict } from "./conditions.ts";
import { nextAllowed, type QuietHours } from "./quiet-hours.ts";

export type Decision =
  | { do: "send" }
  | { do: "wait"; until: number; reason: string }
  /** Not this step; those after it go on. */
  | { do: "skip"; reason: string }
  /** Nothing more of this execution. */
  | { do: "stop"; reason: string };

export const stopWords = ["reply", "goal", "human"] as const;
export type StopWord = (typeof stopWords)[number];

export type Caps = { per_contact_per_day?: number; per_contact_per_week?: number; per_contact?: number };
/** Messages that count against the caps, and when the local day and week begin anew. */
export type Counted = { today: number; thisWeek: number; ofRule: number; dayEnds: number; weekEnds: number };

export type Facts = {
  now: number;
  /** Null: a person sends it, for whom neither quiet hours nor caps nor conditions are. */
  rule: {
    isThere: boolean;
    isActive: boolean;
    stopOn: readonly StopWord[];
    quietHours: readonly QuietHours[];
    caps: Caps;
  } | null;
  /** Null where nothing is sent, and for what is written freely. */
  template: { status: "APPROVED" | "PENDING" | "REJECTED" | "PAUSED" } | null;
  /** Written freely: only within 24 hours of what the person last wrote. */
  freeUntil: number | null;
  lead: { isTest: boolean; isGone: boolean; canBeReached: boolean } | null;
  isSuppressed: boolean;
  hasRefusedConsent: boolean;
  /** What has happened since the rule started. */
  happened: Readonly<Record<StopWord, boolean>>;
  /** The step before: what became of its message. */
  before: "none" | "open" | "failed" | "done";
  conditions: Verdict;
  counted: Counted;
  /** After it, the message would come too late to mean anything. */
  expiresAt: number | null;
  number: {
    problem: string | null;
    /** Until when its breaker is open; null when it is not. */
    openUntil: number | null;
    /** When the last message went to the same person. */
    lastToPerson: number | null;
    /** People reached in the last 24 hours, this one not among them; null where there is no limit or they are. */
    tier: { used: number; limit: number; frees: number } | null;
  };
};

export type Gate = (facts: Facts) => Decision | undefined;

const stop = (reason: string): Decision => ({ do: "stop", reason });
const wait = (until: number, reason: string): Decision => ({ do: "wait", until, reason });

export const PAIR_MS = 6_000;
export const PROBLEM_MS = 15 * 60_000;
export const TEMPLATE_MS = 60 * 60_000;
export const BEFORE_MS = 10 * 60_000;

/** Whether the execution goes on at all. */
export const endings: readonly Gate[] = [
  ({ rule }) => (rule && !rule.isThere ? stop("rule_gone") : undefined),
  ({ rule }) => (rule && !rule.isActive ? stop("rule_inactive") : undefined),
  ({ lead }) => (lead?.isGone ? stop("lead_gone") : undefined),
  ({ lead }) => (lead?.isTest ? stop("test_lead") : undefined),
  ({ rule, happened }) => {
    const word = rule?.stopOn.find((one) => happened[one]);
    return word === undefined ? undefined : stop(`stopped_by_${word}`);
  },
  ({ before }) => (before === "failed" ? stop("earlier_step_failed") : undefined),
  ({ rule, conditions }) =>
    rule && !conditions.holds ? stop(`conditions:${conditions.because ?? "none"}`) : undefined,
];

/** What no waiting changes about this message. */
export const refusals: readonly Gate[] = [
  ({ isSuppressed }) => (isSuppressed ? stop("suppressed") : undefined),
  ({ hasRefusedConsent }) => (hasRefusedConsent ? stop("no_consent") : undefined),
  ({ lead }) => (lead && !lead.canBeReached ? stop("no_recipient") : undefined),
  ({ template }) => (template?.status === "REJECTED" ? stop("template_rejected") : undefined),
  ({ template, freeUntil, now }) =>
    template === null && (freeUntil === null || freeUntil <= now)
      ? { do: "skip", reason: "outside_window" }
      : undefined,
  ({ rule, counted }) =>
    rule && isReached(rule.caps.per_contact, counted.ofRule) ? { do: "skip", reason: "cap_of_rule" } : undefined,
  ({ expiresAt, now }) => (expiresAt !== null && expiresAt <= now ? { do: "skip", reason: "too_late" } : undefined),
  ({ rule, now }) => (rule && nextAllowed(now, rule.quietHours) === undefined ? stop("always_quiet") : undefined),
];

/** What passes by waiting. */
export const delays: readonly Gate[] = [
  ({ template, now }) =>
    template && template.status !== "APPROVED" && template.status !== "REJECTED"
      ? wait(now + TEMPLATE_MS, `template_${template.status.toLowerCase()}`)
      : undefined,
  ({ number, now }) => (number.problem === null ? undefined : wait(now + PROBLEM_MS, "number_problem")),
  ({ number, now }) =>
    number.openUntil !== null && number.openUntil > now ? wait(number.openUntil, "breaker_open") : undefined,
  ({ rule, now }) => {
    const allowed = rule ? nextAllowed(now, rule.quietHours) : now;
    return allowed !== undefined && allowed > now ? wait(allowed, "quiet_hours") : undefined;
  },
  ({ rule, counted }) =>
    rule && isReached(rule.caps.per_contact_per_day, counted.today) ? wait(counted.dayEnds, "cap_of_day") : undefined,
  ({ rule, counted }) =>
    rule && isReached(rule.caps.per_contact_per_week, counted.thisWeek)
      ? wait(counted.weekEnds, "cap_of_week")
      : undefined,
  ({ number }) => (number.tier && number.tier.used >= number.tier.limit ? wait(number.tier.frees, "tier") : undefined),
  ({ number: { lastToPerson }, now }) =>
    lastToPerson !== null && lastToPerson + PAIR_MS > now ? wait(lastToPerson + PAIR_MS, "pair_rate") : undefined,
];

/** Before a step: the message before it is still to go. */
export const order: readonly Gate[] = [
  ({ before, now }) => (before === "open" ? wait(now + BEFORE_MS, "earlier_step_open") : undefined),
];

const isReached = (cap: number | undefined, count: number) => cap !== undefined && count >= cap;
