// Many small writes as few: while one is under way, what comes meanwhile gathers for the next. Only data is shared between
// requests, never promises: on Workers one request may not wait for another's.

export type GroupingLimits = { most: number; shiftMs: number };

/** Workers let a request work on for 30 seconds after its answer. */
const defaults: GroupingLimits = { most: 200, shiftMs: 10_000 };

/** `write` gets items of one key, in their order, at most `most` at a time; what it throws is its caller's, and those items are gone. */
export function groupWrites<Key, Item>(
  write: (key: Key, items: readonly Item[]) => Promise<void>,
  now: () => number,
  limits: Partial<GroupingLimits> = {},
) {
  const { most, shiftMs } = { ...defaults, ...limits };
  const lines = new Map<Key, { items: Item[]; writer: { since: number } | undefined }>();

  /** Settles when the item is written, or when another request is there that will write it. */
  return async (key: Key, item: Item): Promise<void> => {
    const line = lines.get(key) ?? { items: [], writer: undefined };
    lines.set(key, line);
    line.items.push(item);
    // A writer that was cut off never comes back: after two shifts it is replaced.
    if (line.writer && now() - line.writer.since < 2 * shiftMs) return;
    const own = { since: now() };
    line.writer = own;
    try {
      while (line.writer === own && line.items.length > 0) {
        const group = line.items.splice(0, most);
        // At the end of a shift, who comes from now on writes for themselves.
        if (now() - own.since >= shiftMs && line.items.length === 0) line.writer = undefined;
        await write(key, group);
      }
    } finally {
      if (line.writer === own) line.writer = undefined;
      if (!line.writer && line.items.length === 0 && lines.get(key) === line) lines.delete(key);
    }
  };
}
