import { RedisError } from "../reply.ts";

type Values = {
  string: string;
  hash: Map<string, string>;
  set: Set<string>;
  zset: Map<string, number>;
  list: string[];
};
export type Kind = keyof Values;

type Entry = { [K in Kind]: { kind: K; value: Values[K] } }[Kind] & {
  /** Rises with every new key and never changes, so that SCAN can go on where it stopped. */
  place: number;
  expiresAt?: number | undefined;
};

const empty: { [K in Exclude<Kind, "string">]: () => Values[K] } = {
  hash: () => new Map(),
  set: () => new Set(),
  zset: () => new Map(),
  list: () => [],
};

const sizeOf = (value: Values[Exclude<Kind, "string">]) => (Array.isArray(value) ? value.length : value.size);

/** The keys, their values and their expiry. Types are checked here: WRONGTYPE is thrown by every access of the wrong kind. */
export const createKeyspace = (now: () => number) => {
  const entries = new Map<string, Entry>();
  let lastPlace = 0;

  const find = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    if (entry?.expiresAt === undefined || entry.expiresAt > now()) return entry;
    entries.delete(key);
    return undefined;
  };

  const read = <K extends Kind>(key: string, kind: K): Values[K] | undefined => {
    const entry = find(key);
    if (!entry) return undefined;
    if (entry.kind !== kind) throw new RedisError("WRONGTYPE Operation against a key holding the wrong kind of value");
    return entry.value as Values[K];
  };

  const put = <K extends Kind>(key: string, kind: K, value: Values[K], expiresAt?: number) => {
    const place = find(key)?.place ?? ++lastPlace;
    entries.set(key, { kind, value, place, expiresAt } as Entry);
  };

  return {
    now,
    find,
    read,
    setString: (key: string, value: string, expiresAt?: number) => put(key, "string", value, expiresAt),

    /** Lets `change` work on the collection, which is made when absent and removed when it ends up empty. */
    change: <K extends Exclude<Kind, "string">, R>(key: string, kind: K, change: (value: Values[K]) => R): R => {
      const known = read(key, kind);
      const value: Values[K] = known ?? empty[kind]();
      const result = change(value);
      if (sizeOf(value) === 0) entries.delete(key);
      else if (known === undefined) put(key, kind, value);
      return result;
    },

    setExpiry: (key: string, expiresAt: number | undefined) => {
      const entry = find(key);
      if (entry) entry.expiresAt = expiresAt;
    },
    remove: (key: string): boolean => find(key) !== undefined && entries.delete(key),
    clear: () => entries.clear(),
    /** Living keys in the order in which they came into being. */
    keys: () => [...entries.keys()].filter((key) => find(key) !== undefined),
  };
};

export type Keyspace = ReturnType<typeof createKeyspace>;
