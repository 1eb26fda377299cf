/** What can go wrong between a client and a server that speaks HTTP. */
export type FaultKind =
  /** The work is done at once, the answer comes late: who gives up meanwhile must not conclude that nothing happened. */
  | { kind: "latency"; ms: number }
  /** Answers with this status without doing the work. */
  | { kind: "status"; status: number; body?: string }
  /** Resets the connection without doing the work. */
  | { kind: "reset-before" }
  /** Does the work, then resets the connection without an answer. */
  | { kind: "reset-after-execute" }
  /** Does the work, sends the first bytes of the answer, then ends the connection. */
  | { kind: "truncate"; bytes: number }
  /** Does the work, sends the answer in pieces of so many bytes with a pause after each. */
  | { kind: "drip"; bytes: number; everyMs: number }
  /** Does the work, answers with headers that lie: these stand over the true ones. */
  | { kind: "headers"; headers: Readonly<Record<string, string>> }
  /** The request arrives twice, one after the other; the second answer is the one that is seen. */
  | { kind: "duplicate" }
  /** Answers 200 with an HTML page without doing the work. */
  | { kind: "html" };

/** `times`: for so many requests (default: until replaced). `match`: only requests whose text (SQL, command) fits. */
export type Fault = FaultKind & { times?: number; match?: RegExp };

export const htmlPage = "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>";

/** Holds the fault in force and counts how often it still applies. */
export const createFaultBox = (initial?: Fault) => {
  let fault: Fault | undefined;
  let left = 0;

  const set = (next: Fault | undefined) => {
    fault = next;
    left = next?.times ?? Infinity;
  };

  const take = (text: string): FaultKind | undefined => {
    if (!fault || left <= 0) return undefined;
    if (fault.match && text.search(fault.match) < 0) return undefined;
    left -= 1;
    return fault;
  };

  set(initial);
  return { set, take };
};
