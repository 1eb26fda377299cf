import { RedisError } from "../reply.ts";
import { globToRegExp, OK, syntaxError, toInteger, wrongArity, type Command } from "./command.ts";
import type { Keyspace } from "./keyspace.ts";

const expireConditions: Record<string, (known: number | undefined, next: number) => boolean> = {
  NX: (known) => known === undefined,
  XX: (known) => known !== undefined,
  GT: (known, next) => known !== undefined && next > known,
  LT: (known, next) => known === undefined || next < known,
};

const expire =
  (factor: number, isAbsolute: boolean): Command["run"] =>
  ([key = "", amount = "", ...options], keyspace) => {
    const expiresAt = toInteger(amount) * factor + (isAbsolute ? 0 : keyspace.now());
    const conditions = options.map((option) => {
      const condition = expireConditions[option.toUpperCase()];
      if (!condition) throw new RedisError(`ERR Unsupported option ${option}`);
      return condition;
    });
    const names = options.map((option) => option.toUpperCase());
    if (names.includes("NX") && names.some((name) => name !== "NX")) {
      throw new RedisError("ERR NX and XX, GT or LT options at the same time are not compatible");
    }
    const entry = keyspace.find(key);
    if (!entry || !conditions.every((holds) => holds(entry.expiresAt, expiresAt))) return 0;
    if (expiresAt <= keyspace.now()) keyspace.remove(key);
    else keyspace.setExpiry(key, expiresAt);
    return 1;
  };

const timeToLive =
  (unitMs: number): Command["run"] =>
  ([key = ""], keyspace) => {
    const entry = keyspace.find(key);
    if (!entry) return -2;
    return entry.expiresAt === undefined ? -1 : Math.round((entry.expiresAt - keyspace.now()) / unitMs);
  };

const persist: Command["run"] = ([key = ""], keyspace) => {
  if (keyspace.find(key)?.expiresAt === undefined) return 0;
  keyspace.setExpiry(key, undefined);
  return 1;
};

const remove: Command["run"] = (keys, keyspace) => keys.filter((key) => keyspace.remove(key)).length;

const placeOf = (key: string, keyspace: Keyspace) => keyspace.find(key)?.place ?? 0;

const scan: Command["run"] = ([cursor = "", ...words], keyspace) => {
  const after = toInteger(cursor, () => new RedisError("ERR invalid cursor"));
  const options = { MATCH: "*", COUNT: "10", TYPE: "" };
  for (let index = 0; index < words.length; index += 2) {
    const name = words[index]?.toUpperCase() ?? "";
    const value = words[index + 1];
    if (!(name in options) || value === undefined) throw syntaxError();
    options[name as keyof typeof options] = value;
  }
  const count = toInteger(options.COUNT);
  if (count < 1) throw syntaxError();
  const remaining = keyspace.keys().filter((key) => placeOf(key, keyspace) > after);
  const page = remaining.slice(0, count);
  const last = page.at(-1);
  const next = last === undefined || remaining.length <= count ? 0 : placeOf(last, keyspace);
  const pattern = globToRegExp(options.MATCH);
  const type = options.TYPE.toLowerCase();
  return [String(next), page.filter((key) => pattern.test(key) && (type === "" || keyspace.find(key)?.kind === type))];
};

const clear: Command["run"] = ([mode, ...others], keyspace) => {
  if (others.length > 0 || (mode !== undefined && !/^a?sync$/i.test(mode))) throw syntaxError();
  keyspace.clear();
  return OK;
};

const time: Command["run"] = (_, { now }) => {
  const ms = now();
  return [String(Math.floor(ms / 1000)), String(Math.floor((ms % 1000) * 1000))];
};

const ping: Command["run"] = ([message, ...others]) => {
  if (others.length > 0) throw wrongArity("ping");
  return message ?? { ok: "PONG" };
};

export const keyCommands: Record<string, Command> = {
  DEL: { arity: -2, run: remove },
  UNLINK: { arity: -2, run: remove },
  EXISTS: { arity: -2, run: (keys, keyspace) => keys.filter((key) => keyspace.find(key)).length },
  EXPIRE: { arity: -3, run: expire(1000, false) },
  PEXPIRE: { arity: -3, run: expire(1, false) },
  EXPIREAT: { arity: -3, run: expire(1000, true) },
  PEXPIREAT: { arity: -3, run: expire(1, true) },
  TTL: { arity: 2, run: timeToLive(1000) },
  PTTL: { arity: 2, run: timeToLive(1) },
  PERSIST: { arity: 2, run: persist },
  TYPE: { arity: 2, run: ([key = ""], keyspace) => ({ ok: keyspace.find(key)?.kind ?? "none" }) },
  KEYS: { arity: 2, run: ([glob = ""], keyspace) => keyspace.keys().filter((key) => globToRegExp(glob).test(key)) },
  SCAN: { arity: -2, run: scan },
  DBSIZE: { arity: 1, run: (_, keyspace) => keyspace.keys().length },
  FLUSHALL: { arity: -1, run: clear },
  FLUSHDB: { arity: -1, run: clear },
  PING: { arity: -1, run: ping },
  ECHO: { arity: 2, run: ([message = ""]) => message },
  TIME: { arity: 1, run: time },
};
