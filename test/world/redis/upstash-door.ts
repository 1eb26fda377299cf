// Upstash's REST protocol: https://upstash.com/docs/redis/features/restapi
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { startDoor, type Answer, type Exchange } from "../door.ts";
import type { Fault } from "../faults.ts";
import { RedisError, type Redis, type Reply } from "./reply.ts";
import { createScriptHashes } from "./script-hashes.ts";

export type UpstashDoorOptions = { redis: Redis; token: string; port?: number; faults?: Fault };

export type UpstashDoor = {
  url: string;
  token: string;
  requests: () => number;
  /** Faults match on the command's words joined by spaces; the commands of a pipeline are joined by line breaks. */
  setFault: (fault: Fault | undefined) => void;
  stop: () => Promise<void>;
};

type Outcome = { result: Reply } | { error: string };
type Command = string[];

const answer = (status: number, body: unknown): Answer => ({ status, body: JSON.stringify(body) });

const digest = (text: string) => createHash("sha256").update(text).digest();
const isSame = (a: string, b: string) => timingSafeEqual(digest(a), digest(b));

const toBase64 = (text: string) => Buffer.from(text, "utf8").toString("base64");

/** As the driver decodes: a lone "OK" stays as it is, every other string is encoded. */
const encode = (reply: Reply): Reply => {
  const deep = (part: Reply): Reply => {
    if (Array.isArray(part)) return part.map(deep);
    return typeof part === "string" ? toBase64(part) : part;
  };
  return reply === "OK" ? reply : deep(reply);
};

const isWord = (value: unknown) => ["string", "number", "boolean"].includes(typeof value);

const toCommand = (value: unknown): Command | undefined =>
  Array.isArray(value) && value.length > 0 && value.every(isWord) ? value.map(String) : undefined;

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const toCommands = (value: unknown): Command[] | undefined => {
  if (!Array.isArray(value)) return undefined;
  const commands = value.map(toCommand);
  return commands.every((command) => command !== undefined) ? commands : undefined;
};

/** `/set/key/value?EX=10`; a POST body is one more word at the end. */
const readPath = (url: URL, body: string): Command => {
  const options = [...url.searchParams]
    .filter(([name]) => name !== "_token")
    .flatMap(([name, value]) => (value === "" ? [name] : [name, value]));
  return [...url.pathname.slice(1).split("/").map(decodeURIComponent), ...(body === "" ? [] : [body]), ...options];
};

type Request = { mode: "one" | "pipeline" | "transaction"; commands: Command[] };

const readRequest = (url: URL, body: string): Request | undefined => {
  const value = parseJson(body);
  if (url.pathname === "/") {
    const command = toCommand(value);
    return command && { mode: "one", commands: [command] };
  }
  if (url.pathname === "/pipeline" || url.pathname === "/multi-exec") {
    const commands = toCommands(value);
    return commands && { mode: url.pathname === "/pipeline" ? "pipeline" : "transaction", commands };
  }
  return { mode: "one", commands: [readPath(url, body)] };
};

const describe = (error: unknown) => (error instanceof RedisError ? error.message : `ERR ${String(error)}`);

/** Starts a local stand-in for Upstash in front of a Redis. */
export const startUpstashDoor = async ({ redis, token, port, faults }: UpstashDoorOptions): Promise<UpstashDoor> => {
  const scripts = createScriptHashes();

  const execute = async (command: Command): Promise<Outcome> => {
    try {
      const reply = await redis.execute(scripts.toRedis(command));
      return { result: scripts.loadedHash(command) ?? reply };
    } catch (error) {
      return { error: describe(error) };
    }
  };

  const executeTransaction = async (commands: Command[]): Promise<Outcome[] | { error: string }> => {
    // All in one tick: that is what keeps other requests out of the transaction.
    const steps = [["MULTI"], ...commands.map(scripts.toRedis), ["EXEC"]];
    const settled = await Promise.allSettled(steps.map((command) => redis.execute(command)));
    const last = settled.at(-1);
    if (last?.status !== "fulfilled" || !Array.isArray(last.value)) {
      const failure = settled.find((step) => step.status === "rejected");
      return { error: `EXECABORT Transaction discarded because of: ${describe(failure?.reason)}` };
    }
    return last.value.map((reply, index) =>
      reply instanceof RedisError
        ? { error: reply.message }
        : { result: scripts.loadedHash(commands[index] ?? []) ?? reply },
    );
  };

  const perform = ({ mode, commands: [first = [], ...others] }: Request) => {
    if (mode === "one") return execute(first);
    if (mode === "transaction") return executeTransaction([first, ...others]);
    return Promise.all([first, ...others].map(execute));
  };

  const isAllowed = (request: IncomingMessage, url: URL) => {
    const presented = request.headers.authorization?.replace(/^Bearer /, "") ?? url.searchParams.get("_token") ?? "";
    return isSame(presented, token);
  };

  const understand = (request: IncomingMessage, body: string): Exchange | Answer => {
    const url = new URL(request.url ?? "/", "http://upstash");
    if (!isAllowed(request, url)) return answer(401, { error: "WRONGPASS invalid or missing auth token" });
    const read = readRequest(url, body);
    if (!read || read.commands.length === 0) return answer(400, { error: "ERR failed to parse command" });
    const isEncoded = request.headers["upstash-encoding"] === "base64";
    const finish = (outcome: Outcome) =>
      isEncoded && "result" in outcome ? { result: encode(outcome.result) } : outcome;
    return {
      text: read.commands.map((command) => command.join(" ")).join("\n"),
      run: async () => {
        const outcome = await perform(read);
        if (Array.isArray(outcome)) return answer(200, outcome.map(finish));
        return answer("error" in outcome ? 400 : 200, finish(outcome));
      },
    };
  };

  const door = await startDoor("the Upstash door", { port, faults }, understand);
  return { url: door.origin, token, requests: door.requests, setFault: door.setFault, stop: door.stop };
};
