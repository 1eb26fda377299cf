// What changed between two states of a thing, for the audit: the fields that differ, before and after. Fields of which a
// state knows nothing (undefined) are left out; those named in `hidden` only say that they changed.

type Fields = Readonly<Record<string, unknown>>;

/** `{ field: { before, after } }`; a hidden field is `{ field: "changed" }`. */
export function differenceOf(before: Fields, after: Fields, hidden: readonly string[] = []): Record<string, unknown> {
  const differing = Object.keys(after).filter(
    (name) => after[name] !== undefined && ordered(after[name]) !== ordered(before[name] ?? null),
  );
  return Object.fromEntries(
    differing.map((name) => [
      name,
      hidden.includes(name) ? "changed" : { before: before[name] ?? null, after: after[name] },
    ]),
  );
}

/** As text, keys in order: jsonb keeps them in its own. */
export const ordered = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
