/** Rows of the matrix whose operation does not exist yet, or which another command holds. */
export const notBuiltYet: readonly string[] = [];
