/** Rows of the matrix whose operation does not exist yet, or which another command holds. */
export const notBuiltYet = [
  "C1–C4 webhooks: not built yet",
  "C3 conversions API: not built yet",
  "C4 replay of dead messages by hand: not built yet",
];
