// Redis in memory, for machines without a Redis server: what the drivers and ordinary use need, checked against the real server
// by redis.contract.test.ts. Known limits: Lua strings that are not UTF-8 are not kept, and Lua integers have 32 bits.
import { RedisError, type Redis, type Reply } from "../reply.ts";
import { hashCommands, listCommands, setCommands } from "./collections.ts";
import { OK, toInteger, wrongArity, type Command, type Value } from "./command.ts";
import { keyCommands } from "./keys.ts";
import { createKeyspace, type Keyspace } from "./keyspace.ts";
import { createScripts } from "./scripts.ts";
import { sortedSetCommands } from "./sorted-sets.ts";
import { stringCommands } from "./strings.ts";

const plainCommands: Record<string, Command> = {
  ...stringCommands,
  ...keyCommands,
  ...hashCommands,
  ...setCommands,
  ...listCommands,
  ...sortedSetCommands,
};

type Scripts = ReturnType<typeof createScripts>;

const splitScriptArguments = (count = "", words: string[]) => {
  const keys = toInteger(count);
  if (keys < 0) throw new RedisError("ERR Number of keys can't be negative");
  if (keys > words.length) throw new RedisError("ERR Number of keys can't be greater than number of args");
  return [words.slice(0, keys), words.slice(keys)] as const;
};

const scriptCommands = (scripts: Scripts): Record<string, Command> => {
  const evaluate: Command = {
    arity: -3,
    run: ([source = "", count, ...words]) => {
      const [keys, args] = splitScriptArguments(count, words);
      return scripts.runLoaded(scripts.load(source), keys, args);
    },
  };
  const evaluateSha: Command = {
    arity: -3,
    run: ([sha = "", count, ...words]) => scripts.runLoaded(sha, ...splitScriptArguments(count, words)),
  };
  const manage: Command["run"] = ([action = "", ...words]) => {
    const [first] = words;
    switch (action.toUpperCase()) {
      case "LOAD":
        if (first === undefined || words.length > 1) throw wrongArity("script|load");
        return scripts.load(first);
      case "EXISTS":
        if (first === undefined) throw wrongArity("script|exists");
        return words.map((sha) => (scripts.has(sha) ? 1 : 0));
      case "FLUSH":
        if (first !== undefined && !/^a?sync$/i.test(first))
          throw new RedisError("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
        scripts.flush();
        return OK;
      default:
        throw new RedisError(`ERR unknown subcommand '${action}'. Try SCRIPT HELP.`);
    }
  };
  return {
    EVAL: evaluate,
    EVAL_RO: evaluate,
    EVALSHA: evaluateSha,
    EVALSHA_RO: evaluateSha,
    SCRIPT: { arity: -2, run: manage },
  };
};

type Complaints = { unknown(name: string, args: string[]): RedisError; arity(name: string): RedisError };

const complaintsToClients: Complaints = {
  unknown: (name, args) =>
    new RedisError(
      `ERR unknown command '${name}', with args beginning with: ${args.map((arg) => `'${arg}' `).join("")}`,
    ),
  arity: (name) => wrongArity(name.toLowerCase()),
};

const complaintsToScripts: Complaints = {
  unknown: () => new RedisError("ERR Unknown Redis command called from script"),
  arity: () => new RedisError("ERR Wrong number of args calling Redis command from script"),
};

const findCommand = (
  commands: Record<string, Command>,
  [name = "", ...args]: string[],
  complaints: Complaints,
): Command => {
  const upper = name.toUpperCase();
  const command = Object.hasOwn(commands, upper) ? commands[upper] : undefined;
  if (!command) throw complaints.unknown(name, args);
  const count = args.length + 1;
  if (command.arity < 0 ? count < -command.arity : count !== command.arity) throw complaints.arity(name);
  return command;
};

const runCommand = (
  commands: Record<string, Command>,
  words: string[],
  keyspace: Keyspace,
  complaints = complaintsToClients,
): Value => findCommand(commands, words, complaints).run(words.slice(1), keyspace);

const valueOrError = (run: () => Value): Value => {
  try {
    return run();
  } catch (error) {
    if (error instanceof RedisError) return error;
    throw error;
  }
};

const toReply = (value: Value): Reply => {
  if (Array.isArray(value)) return value.map(toReply);
  return typeof value === "object" && value !== null && "ok" in value ? value.ok : value;
};

const controls = new Set(["MULTI", "EXEC", "DISCARD"]);

/** MULTI, EXEC and DISCARD of one connection around `commands`. */
const createSession = (commands: Record<string, Command>, keyspace: Keyspace) => {
  let queue: string[][] | undefined;
  let isSpoiled = false;

  const finish = () => {
    const finished = { queued: queue ?? [], wasSpoiled: isSpoiled };
    queue = undefined;
    isSpoiled = false;
    return finished;
  };
  const execute = (): Value => {
    const { queued, wasSpoiled } = finish();
    if (wasSpoiled) throw new RedisError("EXECABORT Transaction discarded because of previous errors.");
    return queued.map((words) => valueOrError(() => runCommand(commands, words, keyspace)));
  };
  const enqueue = (words: string[], waiting: string[][]): Value => {
    try {
      findCommand(commands, words, complaintsToClients);
    } catch (error) {
      isSpoiled = true;
      throw error;
    }
    waiting.push(words);
    return { ok: "QUEUED" };
  };

  return (words: string[]): Value => {
    const name = words[0]?.toUpperCase() ?? "";
    if (controls.has(name) && words.length > 1) throw wrongArity(name.toLowerCase());
    if (name === "MULTI") {
      if (queue) throw new RedisError("ERR MULTI calls can not be nested");
      queue = [];
      return OK;
    }
    if (!queue && controls.has(name)) throw new RedisError(`ERR ${name} without MULTI`);
    if (name === "EXEC") return execute();
    if (name === "DISCARD") {
      finish();
      return OK;
    }
    return queue ? enqueue(words, queue) : runCommand(commands, words, keyspace);
  };
};

/** Starts an empty Redis in this process. `now` (milliseconds) drives expiry and TIME. */
export const startEmulator = async ({ now = Date.now }: { now?: () => number } = {}): Promise<Redis> => {
  const keyspace = createKeyspace(now);
  const scripts = createScripts((words) => {
    const isForbidden = /^(eval|evalsha|eval_ro|evalsha_ro|script|multi|exec|discard)$/i.test(words[0] ?? "");
    if (isForbidden) throw new RedisError("ERR This Redis command is not allowed from script");
    return runCommand(plainCommands, words, keyspace, complaintsToScripts);
  });
  const session = createSession({ ...plainCommands, ...scriptCommands(scripts) }, keyspace);
  return {
    kind: "emulator",
    execute: async (command) => {
      const value = session(command);
      if (value instanceof RedisError) throw value;
      return toReply(value);
    },
    stop: async () => keyspace.clear(),
  };
};
