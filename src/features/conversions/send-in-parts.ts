// Meta refuses a whole batch for one bad event: it is halved until the bad one stands alone. Bounded: what is not reached
// within so many calls stays as it was, for the next run.
import { isAppError } from "../../errors.ts";

export type Part<T> =
  | { kind: "sent"; events: readonly T[]; fbtraceId: string | null }
  | { kind: "refused"; event: T; reason: string }
  /** Not taken, and nothing to do with any one event: `thrown` says what. */
  | { kind: "failed"; events: readonly T[]; thrown: unknown }
  | { kind: "untried"; events: readonly T[] };

/** A parameter of Meta's is wrong: in a batch, some event. The other kinds of a bad request are about us or our app. */
const isAboutAnEvent = (thrown: unknown): boolean =>
  isAppError(thrown, "meta.bad_request") &&
  (thrown.reason === "event_too_old" || (thrown.details["metaCode"] === 100 && thrown.reason === null));

export async function sendInParts<T>(
  events: readonly T[],
  send: (events: readonly T[]) => Promise<{ fbtraceId: string | null }>,
  mostCalls: number,
): Promise<Part<T>[]> {
  const done: Part<T>[] = [];
  const open: (readonly T[])[] = events.length > 0 ? [events] : [];
  for (let calls = 0; calls < mostCalls && open.length > 0; calls += 1) {
    const batch = open.shift() ?? [];
    const [first] = batch;
    try {
      done.push({ kind: "sent", events: batch, ...(await send(batch)) });
    } catch (thrown) {
      if (!isAboutAnEvent(thrown)) {
        done.push({ kind: "failed", events: batch, thrown });
        break;
      }
      const middle = batch.length >> 1;
      if (middle > 0) open.unshift(batch.slice(0, middle), batch.slice(middle));
      else if (first !== undefined) done.push({ kind: "refused", event: first, reason: reasonOf(thrown) });
    }
  }
  const untried = open.flat();
  return untried.length > 0 ? [...done, { kind: "untried", events: untried }] : done;
}

const reasonOf = (thrown: unknown): string => (isAppError(thrown) && thrown.reason) || "refused_by_meta";
