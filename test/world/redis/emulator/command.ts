import { RedisError } from "../reply.ts";
import type { Keyspace } from "./keyspace.ts";

/** A status such as OK, which Lua sees as `{ ok = "OK" }` and everybody else as a string. */
export type Status = { ok: string };
export type Value = string | number | null | Status | RedisError | Value[];

export type Command = {
  /** As Redis counts: with the command's own name; negative means "at least". */
  arity: number;
  run: (args: string[], keyspace: Keyspace) => Value;
};

export const OK: Status = { ok: "OK" };

export const notAnInteger = () => new RedisError("ERR value is not an integer or out of range");
export const notAFloat = () => new RedisError("ERR value is not a valid float");
export const syntaxError = () => new RedisError("ERR syntax error");

const limit = 2n ** 63n;

/** Reads a 64-bit integer as strictly as Redis does. */
export const toBigInt = (text: string, complain = notAnInteger): bigint => {
  if (!/^(0|-?[1-9]\d{0,18})$/.test(text)) throw complain();
  const value = BigInt(text);
  if (value >= limit || value < -limit) throw complain();
  return value;
};

export const toInteger = (text: string, complain = notAnInteger): number => Number(toBigInt(text, complain));

/** Adds as a 64-bit integer would; throws when it would overflow. */
export const addIntegers = (text: string, increment: bigint, complain = notAnInteger): bigint => {
  const sum = toBigInt(text, complain) + increment;
  if (sum >= limit || sum < -limit) throw new RedisError("ERR increment or decrement would overflow");
  return sum;
};

export const toFloat = (text: string, complain = notAFloat): number => {
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite) return infinite[1] === "-" ? -Infinity : Infinity;
  if (text.trim() !== text || text === "" || Number.isNaN(Number(text))) throw complain();
  return Number(text);
};

export const formatFloat = (value: number): string => {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  return value > 0 ? "inf" : "-inf";
};

/** Groups `[a, b, c, d]` as `[[a, b], [c, d]]`; throws as the named command does when one is left over. */
export const inPairs = (words: string[], command: string): [string, string][] => {
  if (words.length % 2 !== 0) throw wrongArity(command);
  return Array.from({ length: words.length / 2 }, (_, index) => [words[index * 2] ?? "", words[index * 2 + 1] ?? ""]);
};

export const wrongArity = (command: string) => new RedisError(`ERR wrong number of arguments for '${command}' command`);

/** Resolves negative positions and cuts to what exists, as LRANGE and ZRANGE do. */
export const sliceInclusive = <T>(items: T[], start: number, stop: number): T[] => {
  const from = start < 0 ? Math.max(items.length + start, 0) : start;
  const to = stop < 0 ? items.length + stop : stop;
  return from > to ? [] : items.slice(from, to + 1);
};

const escapeLiteral = (character: string) => character.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");

/** Redis' glob patterns as a regular expression. */
export const globToRegExp = (glob: string): RegExp => {
  const source = glob.replace(
    /\\([\s\S])|\[(\^?)((?:\\[\s\S]|[^\]])*)\]|[\s\S]/g,
    (part, escaped?: string, not?: string, set?: string) => {
      if (escaped !== undefined) return escapeLiteral(escaped);
      if (set !== undefined)
        return `[${not}${set.replace(/\\[\s\S]|[[\]^]/g, (special) => escapeLiteral(special.slice(-1)))}]`;
      if (part === "*") return "[\\s\\S]*";
      if (part === "?") return "[\\s\\S]";
      return escapeLiteral(part);
    },
  );
  return new RegExp(`^${source}$`);
};
