// Meta's many words for a template's state, folded to the four that the frontend knows.

export const statuses = ["APPROVED", "PENDING", "REJECTED", "PAUSED"] as const;
export type Status = (typeof statuses)[number];

/** Ours, for a template that Meta has not seen. */
export const DRAFT = "DRAFT";

// Only what is approved can be sent. What never will be again counts as rejected: the chat panel leaves it out.
const words: Record<Exclude<Status, "PAUSED">, readonly string[]> = {
  APPROVED: ["APPROVED"],
  PENDING: ["PENDING", "PENDING_APPROVAL", "IN_APPEAL", DRAFT],
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
