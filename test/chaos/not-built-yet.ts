/** Rows of the matrix whose operation does not exist yet, or which another command holds. */
export const notBuiltYet = [
  "C3 template send (reset after execute, 5xx, timeout, 368): not built yet",
  "C3 conversions API: not built yet",
];
