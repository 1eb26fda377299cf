// The circuit breaker of a number. Only what the provider or the account is to blame for counts: a wrong phone is no failure,
// and no success either. Open, it lets nothing through until its time has passed; then one message, which closes it, or opens
// it for twice as long.
import { judge } from "../messages/send-errors.ts";

export type Breaker = {
  state: "closed" | "open" | "half_open";
  failures: number;
  openings: number;
  openUntil: number | null;
};

export const closed: Breaker = { state: "closed", failures: 0, openings: 0, openUntil: null };

const THRESHOLD = 5;
const [SHORTEST, LONGEST] = [5 * 60_000, 6 * 3_600_000];

export function turnBreaker(
  breaker: Breaker,
  outcome: "ok" | "blame" | "neither",
  now: number,
  until?: number,
): Breaker {
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

/** What one attempt says of the number: `unknown` is a provider that did not answer. */
export function blameOf(
  outcome: string | null,
  errorCode: number | null,
): { blame: "ok" | "blame" | "neither"; seconds?: number } {
  if (outcome === "accepted") return { blame: "ok" };
  if (outcome === "unknown") return { blame: "blame" };
  if (outcome !== "refused" || errorCode === null) return { blame: "neither" };
  const { act, seconds } = judge(errorCode);
  // It cannot send until somebody has seen to it: open at once.
  if (act === "stop_number" || act === "reconnect")
    return { blame: "blame", ...(seconds !== undefined && { seconds }) };
  return { blame: failing.has(errorCode) ? "blame" : "neither" };
}

/** Meta itself does not work, whoever the message is for. */
const failing = new Set([1, 2, 131000, 131016, 131057, 135000]);
