import { RedisError } from "../reply.ts";
import {
  formatFloat,
  inPairs,
  sliceInclusive,
  syntaxError,
  toFloat,
  toInteger,
  type Command,
  type Value,
} from "./command.ts";
import type { Keyspace } from "./keyspace.ts";

type Member = [name: string, score: number];

const scoresAt = (key: string, keyspace: Keyspace) => keyspace.read(key, "zset") ?? new Map<string, number>();

const compareBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

const inOrder = (scores: Map<string, number>): Member[] =>
  [...scores].toSorted(([a, x], [b, y]) => x - y || compareBytes(a, b));

const addFlags = ["NX", "XX", "GT", "LT", "CH", "INCR"] as const;
type AddFlag = (typeof addFlags)[number];

const readAddFlags = (words: string[]) => {
  const flags = new Set<AddFlag>();
  const firstPair = words.findIndex((word) => {
    const flag = addFlags.find((known) => known === word.toUpperCase());
    if (flag) flags.add(flag);
    return !flag;
  });
  return { flags, pairs: words.slice(firstPair < 0 ? words.length : firstPair) };
};

const isAllowed = (flags: Set<AddFlag>, known: number | undefined, next: number) => {
  if (known === undefined) return !flags.has("XX");
  return !flags.has("NX") && !(flags.has("GT") && next <= known) && !(flags.has("LT") && next >= known);
};

const add: Command["run"] = ([key = "", ...words], keyspace) => {
  const { flags, pairs } = readAddFlags(words);
  if (pairs.length === 0 || pairs.length % 2 !== 0) throw syntaxError();
  if (flags.has("NX") && flags.has("XX"))
    throw new RedisError("ERR XX and NX options at the same time are not compatible");
  if ((["NX", "GT", "LT"] as const).filter((flag) => flags.has(flag)).length > 1) {
    throw new RedisError("ERR GT, LT, and/or NX options at the same time are not compatible");
  }
  if (flags.has("INCR") && pairs.length > 2)
    throw new RedisError("ERR INCR option supports a single increment-element pair");
  const changes = inPairs(pairs, "zadd").map(([score, name]): Member => [name, toFloat(score)]);
  return keyspace.change(key, "zset", (scores): Value => {
    let added = 0;
    let updated = 0;
    let result: string | null = null;
    for (const [name, amount] of changes) {
      const known = scores.get(name);
      const next = flags.has("INCR") ? (known ?? 0) + amount : amount;
      if (!isAllowed(flags, known, next)) continue;
      scores.set(name, next);
      result = formatFloat(next);
      if (known === undefined) added += 1;
      else if (known !== next) updated += 1;
    }
    if (flags.has("INCR")) return result;
    return flags.has("CH") ? added + updated : added;
  });
};

const toBound = (text: string) => {
  const isOpen = text.startsWith("(");
  return {
    isOpen,
    score: toFloat(isOpen ? text.slice(1) : text, () => new RedisError("ERR min or max is not a float")),
  };
};

const within = (minimum: string, maximum: string) => {
  const [low, high] = [toBound(minimum), toBound(maximum)];
  return ([, score]: Member) =>
    (low.isOpen ? score > low.score : score >= low.score) && (high.isOpen ? score < high.score : score <= high.score);
};

type RangeOptions = {
  byScore: boolean;
  reverse: boolean;
  withScores: boolean;
  limit?: [offset: number, count: number];
};

const readRangeOptions = (words: string[]): RangeOptions => {
  const options: RangeOptions = { byScore: false, reverse: false, withScores: false };
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index]?.toUpperCase();
    const [offset, count] = words.slice(index + 1, index + 3);
    if (word === "BYSCORE") options.byScore = true;
    else if (word === "REV") options.reverse = true;
    else if (word === "WITHSCORES") options.withScores = true;
    else if (word === "LIMIT" && offset !== undefined && count !== undefined) {
      options.limit = [toInteger(offset), toInteger(count)];
      index += 2;
    } else throw syntaxError();
  }
  return options;
};

const cutTo = (members: Member[], [offset, count]: [number, number]) =>
  offset < 0 ? [] : members.slice(offset, count < 0 ? undefined : offset + count);

const range = ([key = "", start = "", stop = ""]: string[], options: RangeOptions, keyspace: Keyspace): string[] => {
  const ordered = inOrder(scoresAt(key, keyspace));
  if (options.reverse) ordered.reverse();
  if (options.limit && !options.byScore) {
    throw new RedisError("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
  }
  const [minimum, maximum] = options.reverse ? [stop, start] : [start, stop];
  const chosen = options.byScore
    ? cutTo(ordered.filter(within(minimum, maximum)), options.limit ?? [0, -1])
    : sliceInclusive(ordered, toInteger(start), toInteger(stop));
  return chosen.flatMap(([name, score]) => (options.withScores ? [name, formatFloat(score)] : [name]));
};

const removeByScore: Command["run"] = ([key = "", minimum = "", maximum = ""], keyspace) => {
  const isWithin = within(minimum, maximum);
  return keyspace.change(key, "zset", (scores) => {
    const doomed = [...scores].filter(isWithin);
    for (const [name] of doomed) scores.delete(name);
    return doomed.length;
  });
};

export const sortedSetCommands: Record<string, Command> = {
  ZADD: { arity: -4, run: add },
  ZINCRBY: { arity: 4, run: ([key = "", by = "", name = ""], keyspace) => add([key, "INCR", by, name], keyspace) },
  ZREM: {
    arity: -3,
    run: ([key = "", ...names], keyspace) =>
      keyspace.change(key, "zset", (scores) => names.filter((name) => scores.delete(name)).length),
  },
  ZREMRANGEBYSCORE: { arity: 4, run: removeByScore },
  ZCARD: { arity: 2, run: ([key = ""], keyspace) => scoresAt(key, keyspace).size },
  ZCOUNT: {
    arity: 4,
    run: ([key = "", minimum = "", maximum = ""], keyspace) =>
      [...scoresAt(key, keyspace)].filter(within(minimum, maximum)).length,
  },
  ZSCORE: {
    arity: 3,
    run: ([key = "", name = ""], keyspace) => {
      const score = scoresAt(key, keyspace).get(name);
      return score === undefined ? null : formatFloat(score);
    },
  },
  ZRANGE: { arity: -4, run: (words, keyspace) => range(words, readRangeOptions(words.slice(3)), keyspace) },
  ZRANGEBYSCORE: {
    arity: -4,
    run: (words, keyspace) => range(words, { ...readRangeOptions(words.slice(3)), byScore: true }, keyspace),
  },
};
