/** True for what has at most so many levels of lists and objects. Deeper, JSON.stringify itself would run out of stack. */
export const isShallow = (value: unknown, levels: number): boolean =>
  typeof value !== "object" ||
  value === null ||
  (levels > 0 && Object.values(value).every((part) => isShallow(part, levels - 1)));
