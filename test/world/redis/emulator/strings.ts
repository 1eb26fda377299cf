import { RedisError } from "../reply.ts";
import {
  addIntegers,
  formatFloat,
  inPairs,
  OK,
  syntaxError,
  toBigInt,
  toFloat,
  toInteger,
  type Command,
} from "./command.ts";
import type { Keyspace } from "./keyspace.ts";

const expiryUnits: Record<string, { factor: number; isAbsolute: boolean }> = {
  EX: { factor: 1000, isAbsolute: false },
  PX: { factor: 1, isAbsolute: false },
  EXAT: { factor: 1000, isAbsolute: true },
  PXAT: { factor: 1, isAbsolute: true },
};

/** The instant (ms) that an expiry option such as `EX 10` names; undefined when the option is none. */
const readExpiry = (option: string, amount: string | undefined, command: string, now: number): number | undefined => {
  const unit = expiryUnits[option];
  if (!unit) return undefined;
  if (amount === undefined) throw syntaxError();
  const count = toInteger(amount);
  if (count <= 0) throw new RedisError(`ERR invalid expire time in '${command}' command`);
  return count * unit.factor + (unit.isAbsolute ? 0 : now);
};

type SetOptions = { expiresAt?: number; keepsExpiry: boolean; condition?: "NX" | "XX"; returnsOld: boolean };

const readSetOptions = (words: string[], now: number): SetOptions => {
  const options: SetOptions = { keepsExpiry: false, returnsOld: false };
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index]?.toUpperCase() ?? "";
    const expiresAt = readExpiry(word, words[index + 1], "set", now);
    if (expiresAt !== undefined && options.expiresAt === undefined && !options.keepsExpiry) {
      options.expiresAt = expiresAt;
      index += 1;
    } else if ((word === "NX" || word === "XX") && (options.condition ?? word) === word) options.condition = word;
    else if (word === "KEEPTTL" && options.expiresAt === undefined) options.keepsExpiry = true;
    else if (word === "GET") options.returnsOld = true;
    else throw syntaxError();
  }
  return options;
};

const set: Command["run"] = ([key = "", value = "", ...words], keyspace) => {
  const options = readSetOptions(words, keyspace.now());
  const known = keyspace.find(key);
  const old = options.returnsOld ? (keyspace.read(key, "string") ?? null) : null;
  const isRefused = (options.condition === "NX" && known) || (options.condition === "XX" && !known);
  if (isRefused) return old;
  keyspace.setString(key, value, options.keepsExpiry ? known?.expiresAt : options.expiresAt);
  return options.returnsOld ? old : OK;
};

const setFor =
  (command: string, unit: "EX" | "PX"): Command["run"] =>
  ([key = "", amount, value = ""], keyspace) => {
    keyspace.setString(key, value, readExpiry(unit, amount, command, keyspace.now()));
    return OK;
  };

const add = (key: string, increment: bigint, keyspace: Keyspace) => {
  const sum = addIntegers(keyspace.read(key, "string") ?? "0", increment);
  keyspace.setString(key, String(sum), keyspace.find(key)?.expiresAt);
  return Number(sum);
};

const getEx: Command["run"] = ([key = "", option = "", amount], keyspace) => {
  const value = keyspace.read(key, "string") ?? null;
  if (option === "") return value;
  const isPersist = option.toUpperCase() === "PERSIST";
  const expiresAt = isPersist ? undefined : readExpiry(option.toUpperCase(), amount, "getex", keyspace.now());
  if (!isPersist && expiresAt === undefined) throw syntaxError();
  keyspace.setExpiry(key, expiresAt);
  return value;
};

const getDel: Command["run"] = ([key = ""], keyspace) => {
  const value = keyspace.read(key, "string") ?? null;
  keyspace.remove(key);
  return value;
};

const plainText = (key: string, keyspace: Keyspace) =>
  keyspace.find(key)?.kind === "string" ? (keyspace.read(key, "string") ?? null) : null;

export const stringCommands: Record<string, Command> = {
  GET: { arity: 2, run: ([key = ""], keyspace) => keyspace.read(key, "string") ?? null },
  SET: { arity: -3, run: set },
  SETEX: { arity: 4, run: setFor("setex", "EX") },
  PSETEX: { arity: 4, run: setFor("psetex", "PX") },
  SETNX: { arity: 3, run: ([key = "", value = ""], keyspace) => (set([key, value, "NX"], keyspace) === OK ? 1 : 0) },
  GETDEL: { arity: 2, run: getDel },
  GETEX: { arity: -2, run: getEx },
  GETSET: { arity: 3, run: ([key = "", value = ""], keyspace) => set([key, value, "GET"], keyspace) },
  STRLEN: { arity: 2, run: ([key = ""], keyspace) => Buffer.byteLength(keyspace.read(key, "string") ?? "") },
  APPEND: {
    arity: 3,
    run: ([key = "", more = ""], keyspace) => {
      const value = (keyspace.read(key, "string") ?? "") + more;
      keyspace.setString(key, value, keyspace.find(key)?.expiresAt);
      return Buffer.byteLength(value);
    },
  },
  INCR: { arity: 2, run: ([key = ""], keyspace) => add(key, 1n, keyspace) },
  DECR: { arity: 2, run: ([key = ""], keyspace) => add(key, -1n, keyspace) },
  INCRBY: { arity: 3, run: ([key = "", by = ""], keyspace) => add(key, toBigInt(by), keyspace) },
  DECRBY: { arity: 3, run: ([key = "", by = ""], keyspace) => add(key, -toBigInt(by), keyspace) },
  INCRBYFLOAT: {
    arity: 3,
    run: ([key = "", by = ""], keyspace) => {
      // Redis adds with more digits than we have, so ours are cut to those that can be trusted: 0.1 + 0.2 is 0.3.
      const total = toFloat(keyspace.read(key, "string") ?? "0") + toFloat(by);
      const sum = formatFloat(Number(total.toPrecision(15)));
      keyspace.setString(key, sum, keyspace.find(key)?.expiresAt);
      return sum;
    },
  },
  MGET: { arity: -2, run: (keys, keyspace) => keys.map((key) => plainText(key, keyspace)) },
  MSET: {
    arity: -3,
    run: (words, keyspace) => {
      for (const [key, value] of inPairs(words, "mset")) keyspace.setString(key, value);
      return OK;
    },
  },
};
