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
  if (wait.do === "wait" && expiresAt !== null && wait.until >= expiresAt)
    return { do: "skip", reason: `too_late:${wait.reason}` };
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
