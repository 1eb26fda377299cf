// Which leads of a form are to be looked at, and how far one has got.
import type { MetaLead } from "../../context.ts";

const DAY_MS = 86_400_000;
/** Webhooks may be late, and clocks differ: what was read is read again for a day. */
const LOOK_BACK_MS = DAY_MS;
/** Meta has no older ones. */
const KEPT_MS = 90 * DAY_MS;
/** Meta counts in seconds. */
const SHORTEST_MS = 1_000;

export type Window = { after: Date; before: Date };

export const windowOf = (checkpoint: Date, now: number): Window => ({
  after: new Date(Math.max(checkpoint.getTime() - LOOK_BACK_MS, now - KEPT_MS)),
  // A lead of this very second counts too.
  before: new Date(now + SHORTEST_MS),
});

/** Two halves of a window that holds too much, the older one first; undefined where it cannot be divided. */
export function halve({ after, before }: Window): [Window, Window] | undefined {
  const middle = Math.floor((after.getTime() + before.getTime()) / 2 / 1000) * 1000;
  if (before.getTime() - after.getTime() < 4 * SHORTEST_MS) return undefined;
  // Both bounds are open: the second in the middle is in the second half.
  return [
    { after, before: new Date(middle) },
    { after: new Date(middle - SHORTEST_MS), before },
  ];
}

/** Oldest first; what has no time goes before all others, so that it is never left behind. */
export const inOrder = (leads: readonly MetaLead[]): MetaLead[] =>
  leads.toSorted((a, b) => (a.createdAt?.getTime() ?? 0) - (b.createdAt?.getTime() ?? 0));

/**
 * The instant before which every lead is here: never past one that failed or was not reached, and not past the end of what
 * was listed.
 */
export function checkpointAfter(listedUntil: Date, left: readonly MetaLead[]): Date {
  const times = left.flatMap(({ createdAt }) => createdAt?.getTime() ?? []);
  return new Date(Math.min(listedUntil.getTime(), ...times));
}
