// Meta's many words for a template's state, folded to the four that the frontend knows.

export const statuses = ["APPROVED", "PENDING", "REJECTED", "PAUSED"] as const;
export type Status = (typeof statuses)[number];

/** Ours, for a template that Meta has not seen. */
export const DRAFT = "DRAFT";
/** Ours: handed to Meta, and not known yet whether it arrived. */
export const SUBMITTING = "SUBMITTING";

/** Words that no event of Meta's may leave behind. */
export const isOurWord = (status: string): boolean => status === DRAFT || status === SUBMITTING;

// Only what is approved can be sent. What never will be again counts as rejected: the chat panel leaves it out.
const words: Record<Exclude<Status, "PAUSED">, readonly string[]> = {
  APPROVED: ["APPROVED"],
  PENDING: ["PENDING", "PENDING_APPROVAL", "IN_APPEAL", DRAFT, SUBMITTING],
  REJECTED: ["REJECTED", "DISABLED", "PENDING_DELETION", "DELETED"],
};
const known = Object.values(words).flat();

/** A word that is not known cannot be sent at present: PAUSED. */
export function foldStatus(stored: string): Status {
  const word = stored.toUpperCase();
  return statuses.find((status) => status !== "PAUSED" && words[status].includes(word)) ?? "PAUSED";
}

/** The stored words behind a status, or those it must not be. */
export const wordsOf = (status: Status): { among: readonly string[] } | { notAmong: readonly string[] } =>
  status === "PAUSED" ? { notAmong: known } : { among: words[status] };

/** What Meta would take at present, by Meta's own word alone: never a draft of ours. */
export const isSendable = (template: { status: string; metaTemplateId: string | null }): boolean =>
  template.metaTemplateId !== null && foldStatus(template.status) === "APPROVED";

/** For now or for good, and not just because Meta looks at it. */
export const isStop = (word: string): boolean => ["PAUSED", "REJECTED"].includes(foldStatus(word));

const verdicts = new Set(["PAUSED", "DISABLED", "REJECTED"]);

/** Told whatever the template was before; any other word only where it was approved. */
export const isVerdict = (word: string): boolean => verdicts.has(word);

/** Whether whoever relies on the template is to be told. */
export const isStopAfter = (before: string, word: string): boolean =>
  isVerdict(word)
    ? before.toUpperCase() !== word
    : foldStatus(before) === "APPROVED" && foldStatus(word) !== "APPROVED";

const restored = new Set(["REINSTATED", "UNPAUSE", "UNPAUSED"]);

/** What an event leaves a template in; undefined where it says nothing about that. */
export function statusAfter(event: string, title?: string | null): string | undefined {
  const word = event.toUpperCase();
  // A warning: it may still be sent.
  if (word === "FLAGGED") return undefined;
  if (restored.has(word) || (title && restored.has(title.toUpperCase()))) return "APPROVED";
  return isOurWord(word) ? undefined : word;
}
