// The engine's decision, a pure function of the facts. What forbids goes before what delays; of all delays the longest counts,
// unless the message would come too late by then.
import { type Decision, delays, endings, type Facts, type Gate, order, refusals } from "./gates.ts";

const answersOf = (gates: readonly Gate[], facts: Facts): Decision[] => gates.flatMap((gate) => gate(facts) ?? []);

function latest(decisions: readonly Decision[]): Decision | undefined {
  const waits = decisions.filter((one) => one.do === "wait");
  return waits.toSorted((a, b) => b.until - a.until)[0];
}

/** Whether a message may go out now. Deferring is no failure. */
export function decide(facts: Facts): Decision {
  const forbidden = answersOf([...endings, ...refusals], facts);
  const [first] = [...forbidden.filter((one) => one.do === "stop"), ...forbidden];
  if (first) return first;
  const wait = latest(answersOf(delays, facts));
  if (!wait) return { do: "send" };
  const { expiresAt } = facts;
  if (wait.do === "wait" && expiresAt !== null && wait.until >= expiresAt) return { do: "skip", reason: `too_late:${wait.reason}` };
  return wait;
}

/** Whether a step of a rule is done now; its message, if it is one, is asked about again when it goes out. */
export function decideStep(facts: Facts): Decision {
  const [ended] = answersOf(endings, facts);
  return ended ?? latest(answersOf(order, facts)) ?? { do: "send" };
}

/** Every reason there is, for the preview. */
export const reasonsAgainst = (facts: Facts): string[] =>
  answersOf([...endings, ...refusals, ...delays], facts).flatMap((one) => (one.do === "send" ? [] : one.reason));

export type Breaker = { state: "closed" | "open" | "half_open"; failures: number; openings: number; openUntil: number | null };

export const closed: Breaker = { state: "closed", failures: 0, openings: 0, openUntil: null };

const THRESHOLD = 5;
const [SHORTEST, LONGEST] = [5 * 60_000, 6 * 3_600_000];

/**
 * Of one number. Only what the provider or the account is to blame for counts: a wrong phone is no failure, and no success
 * either. Open, it lets nothing through until its time has passed; then one message, which closes it or opens it for twice
 * as long.
 */
export function turnBreaker(breaker: Breaker, outcome: "ok" | "blame" | "neither", now: number, until?: number): Breaker {
  if (outcome === "ok") return closed;
  if (outcome === "neither") return breaker;
  const failures = breaker.failures + 1;
  if (breaker.state === "closed" && failures < THRESHOLD && until === undefined) return { ...breaker, failures };
  const openings = breaker.openings + 1;
  const pause = Math.min(SHORTEST * 2 ** (openings - 1), LONGEST);
  return { state: "open", failures, openings, openUntil: Math.max(now + pause, until ?? 0) };
}

/** `half_open` once its time has passed. */
export const breakerAt = (breaker: Breaker, now: number): Breaker =>
  breaker.state === "open" && breaker.openUntil !== null && breaker.openUntil <= now
    ? { ...breaker, state: "half_open" }
    : breaker;
