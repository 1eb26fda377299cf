// Finished answers in the memory of one isolate: the least recently read go first, and none lives long.

export type KeptAnswer = { body: Uint8Array; etag: string };

export type KeptAnswers = ReturnType<typeof createKeptAnswers>;

export type KeepingLimits = { totalBytes: number; answerBytes: number; maxAgeMs: number };

const MEBIBYTE = 1024 * 1024;

const defaults: KeepingLimits = { totalBytes: 8 * MEBIBYTE, answerBytes: 2 * MEBIBYTE, maxAgeMs: 60_000 };

export function createKeptAnswers(now: () => number, limits: Partial<KeepingLimits> = {}) {
  const { totalBytes, answerBytes, maxAgeMs } = { ...defaults, ...limits };
  // A Map remembers the order of insertion: the first is the one read longest ago.
  const entries = new Map<string, KeptAnswer & { keptAt: number; bytes: number }>();
  let held = 0;

  const drop = (key: string) => {
    held -= entries.get(key)?.bytes ?? 0;
    entries.delete(key);
  };

  return {
    find: (key: string): KeptAnswer | undefined => {
      const entry = entries.get(key);
      if (!entry) return undefined;
      if (now() - entry.keptAt >= maxAgeMs) {
        drop(key);
        return undefined;
      }
      entries.delete(key);
      entries.set(key, entry);
      return entry;
    },
    keep: (key: string, { body, etag }: KeptAnswer): void => {
      drop(key);
      const bytes = body.byteLength + 2 * (key.length + etag.length);
      if (bytes > answerBytes) return;
      entries.set(key, { body, etag, keptAt: now(), bytes });
      held += bytes;
      for (const oldest of entries.keys()) {
        if (held <= totalBytes) return;
        drop(oldest);
      }
    },
    heldBytes: (): number => held,
  };
}
