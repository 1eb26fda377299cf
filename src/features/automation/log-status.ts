// How an action ended, in two vocabularies: `status` is what the view of logs knows (what became of the message), `result` what
// its types say (what became of the action).

export const statuses = ["sent", "delivered", "read", "failed"] as const;
export const results = ["success", "error", "skipped"] as const;

type Shown = { status: (typeof statuses)[number]; result: (typeof results)[number] };

/** Has not ended: not in the log before it has, unless it is asked for. */
export const PENDING = "pending";

// A skipped action reached nobody: `failed`, with the reason in error_details.
const ends: Readonly<Record<string, Shown>> = {
  sent: { status: "sent", result: "success" },
  success: { status: "sent", result: "success" },
  delivered: { status: "delivered", result: "success" },
  read: { status: "read", result: "success" },
  failed: { status: "failed", result: "error" },
  error: { status: "failed", result: "error" },
  skipped: { status: "failed", result: "skipped" },
};

/** A word that is not known proves nothing arrived. */
export const showStatus = (stored: string): Shown => ends[stored] ?? { status: "failed", result: "error" };

export const filters = [...statuses, ...results, PENDING] as const;
export type StatusFilter = (typeof filters)[number];

/** The stored words a filter of either vocabulary means, or those it must not be. Without one, all that has ended. */
export function wordsOf(
  filter: StatusFilter | undefined,
): { among: readonly string[] } | { notAmong: readonly string[] } {
  if (filter === undefined) return { notAmong: [PENDING] };
  if (filter === PENDING) return { among: [PENDING] };
  const words = Object.keys(ends);
  // Unknown words count among these.
  if (filter === "failed" || filter === "error")
    return { notAmong: [PENDING, ...words.filter((word) => !holds(ends[word], filter))] };
  return { among: words.filter((word) => holds(ends[word], filter)) };
}

const holds = (end: Shown | undefined, filter: StatusFilter): boolean =>
  end !== undefined && (end.status === filter || end.result === filter);
