/** The same order for the same number. */
export function shuffled<T>(rows: readonly T[], order: number): T[] {
  let state = order >>> 0;
  // Park and Miller; good enough to mix a few rows.
  const next = () => (state = (state * 48_271 + 11) % 2_147_483_647);
  return rows
    .map((row) => ({ row, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ row }) => row);
}
