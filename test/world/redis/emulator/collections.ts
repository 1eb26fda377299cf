import { RedisError } from "../reply.ts";
import { addIntegers, inPairs, OK, sliceInclusive, toBigInt, toInteger, wrongArity, type Command } from "./command.ts";
import type { Keyspace } from "./keyspace.ts";

const hashAt = (key: string, keyspace: Keyspace) => keyspace.read(key, "hash") ?? new Map<string, string>();
const setAt = (key: string, keyspace: Keyspace) => keyspace.read(key, "set") ?? new Set<string>();
const listAt = (key: string, keyspace: Keyspace) => keyspace.read(key, "list") ?? [];

const setFields: Command["run"] = ([key = "", ...words], keyspace) => {
  const pairs = inPairs(words, "hset");
  return keyspace.change(key, "hash", (fields) => {
    const before = fields.size;
    for (const [field, value] of pairs) fields.set(field, value);
    return fields.size - before;
  });
};

const addToField: Command["run"] = ([key = "", field = "", by = ""], keyspace) => {
  const increment = toBigInt(by);
  const sum = addIntegers(
    hashAt(key, keyspace).get(field) ?? "0",
    increment,
    () => new RedisError("ERR hash value is not an integer"),
  );
  keyspace.change(key, "hash", (fields) => fields.set(field, String(sum)));
  return Number(sum);
};

export const hashCommands: Record<string, Command> = {
  HSET: { arity: -4, run: setFields },
  HMSET: {
    arity: -4,
    run: ([key = "", ...words], keyspace) => {
      if (words.length % 2 !== 0) throw wrongArity("hmset");
      setFields([key, ...words], keyspace);
      return OK;
    },
  },
  HSETNX: {
    arity: 4,
    run: ([key = "", field = "", value = ""], keyspace) =>
      hashAt(key, keyspace).has(field) ? 0 : setFields([key, field, value], keyspace),
  },
  HGET: { arity: 3, run: ([key = "", field = ""], keyspace) => hashAt(key, keyspace).get(field) ?? null },
  HMGET: {
    arity: -3,
    run: ([key = "", ...fields], keyspace) => {
      const known = hashAt(key, keyspace);
      return fields.map((field) => known.get(field) ?? null);
    },
  },
  HGETALL: { arity: 2, run: ([key = ""], keyspace) => [...hashAt(key, keyspace)].flat() },
  HKEYS: { arity: 2, run: ([key = ""], keyspace) => [...hashAt(key, keyspace).keys()] },
  HVALS: { arity: 2, run: ([key = ""], keyspace) => [...hashAt(key, keyspace).values()] },
  HDEL: {
    arity: -3,
    run: ([key = "", ...names], keyspace) =>
      keyspace.change(key, "hash", (fields) => names.filter((name) => fields.delete(name)).length),
  },
  HINCRBY: { arity: 4, run: addToField },
  HEXISTS: { arity: 3, run: ([key = "", field = ""], keyspace) => (hashAt(key, keyspace).has(field) ? 1 : 0) },
  HLEN: { arity: 2, run: ([key = ""], keyspace) => hashAt(key, keyspace).size },
};

export const setCommands: Record<string, Command> = {
  SADD: {
    arity: -3,
    run: ([key = "", ...words], keyspace) =>
      keyspace.change(key, "set", (members) => {
        const before = members.size;
        for (const word of words) members.add(word);
        return members.size - before;
      }),
  },
  SREM: {
    arity: -3,
    run: ([key = "", ...words], keyspace) =>
      keyspace.change(key, "set", (members) => words.filter((word) => members.delete(word)).length),
  },
  SMEMBERS: { arity: 2, run: ([key = ""], keyspace) => [...setAt(key, keyspace)] },
  SISMEMBER: { arity: 3, run: ([key = "", word = ""], keyspace) => (setAt(key, keyspace).has(word) ? 1 : 0) },
  SMISMEMBER: {
    arity: -3,
    run: ([key = "", ...words], keyspace) => {
      const members = setAt(key, keyspace);
      return words.map((word) => (members.has(word) ? 1 : 0));
    },
  },
  SCARD: { arity: 2, run: ([key = ""], keyspace) => setAt(key, keyspace).size },
};

const push =
  (add: (items: string[], word: string) => number): Command["run"] =>
  ([key = "", ...words], keyspace) =>
    keyspace.change(key, "list", (items) => {
      for (const word of words) add(items, word);
      return items.length;
    });

const pop =
  (takeFrom: (items: string[]) => string | undefined): Command["run"] =>
  ([key = "", count], keyspace) => {
    if (count === undefined) return keyspace.change(key, "list", (items) => takeFrom(items) ?? null);
    const outOfRange = () => new RedisError("ERR value is out of range, must be positive");
    const wanted = toInteger(count, outOfRange);
    if (wanted < 0) throw outOfRange();
    if (!keyspace.read(key, "list")) return null;
    return keyspace.change(key, "list", (items) =>
      Array.from({ length: Math.min(wanted, items.length) }, () => takeFrom(items) ?? null),
    );
  };

export const listCommands: Record<string, Command> = {
  LPUSH: { arity: -3, run: push((items, word) => items.unshift(word)) },
  RPUSH: { arity: -3, run: push((items, word) => items.push(word)) },
  LPOP: { arity: -2, run: pop((items) => items.shift()) },
  RPOP: { arity: -2, run: pop((items) => items.pop()) },
  LLEN: { arity: 2, run: ([key = ""], keyspace) => listAt(key, keyspace).length },
  LRANGE: {
    arity: 4,
    run: ([key = "", start = "", stop = ""], keyspace) =>
      sliceInclusive(listAt(key, keyspace), toInteger(start), toInteger(stop)),
  },
  LTRIM: {
    arity: 4,
    run: ([key = "", start = "", stop = ""], keyspace) => {
      const kept = sliceInclusive(listAt(key, keyspace), toInteger(start), toInteger(stop));
      keyspace.change(key, "list", (items) => items.splice(0, items.length, ...kept));
      return OK;
    },
  },
};
