// The frame of the contract suite: every test runs through the Upstash door and production's drivers, on the emulator always and on a real
// server when one is on PATH. What both pass is what the emulator may be trusted with.
import { Redis as UpstashRedis, type RedisConfigNodejs } from "@upstash/redis";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { startEmulator } from "./emulator/emulator.ts";
import { findServerProgram, startRedisServer } from "./redis-server.ts";
import type { Redis } from "./reply.ts";
import { startUpstashDoor, type UpstashDoor } from "./upstash-door.ts";

const program = findServerProgram();
let clock = Date.parse("2026-11-23T00:00:00Z");

const kinds = [
  {
    title: "the emulator",
    isHere: true,
    start: () => startEmulator({ now: () => clock }),
    pass: async (ms: number): Promise<void> => {
      clock += ms;
    },
  },
  {
    title: program
      ? `the real ${program.kind} on PATH`
      : "a real server (skipped: neither redis-server nor valkey-server is on PATH)",
    isHere: program !== undefined,
    start: async (): Promise<Redis> => {
      if (!program) throw new Error("no server");
      return startRedisServer(program, {});
    },
    pass: (ms: number): Promise<void> => wait(ms + 5),
  },
];

const token = "a token";

export type Contract = {
  redis: Redis;
  door: UpstashDoor;
  /** The driver, sending every command once, in a request of its own. */
  client: UpstashRedis;
  aClient: (options?: Partial<RedisConfigNodejs>) => UpstashRedis;
  /** A key nobody else uses. */
  aKey: () => string;
  /** Lets time pass: the emulator's clock is moved, the real server is waited for. */
  pass: (ms: number) => Promise<void>;
  /** Asks without the driver; answers `[status, body]`. */
  post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<[number, unknown]>;
};

/** Declares `suite` once per kind of Redis. `redis`, `door` and `client` are there once the tests run. */
export const onEveryRedis = (suite: (the: Contract) => void) => {
  describe.each(kinds)("$title", ({ isHere, start, pass }) => {
    let names = 0;
    const the = {
      pass,
      aKey: () => `key:${(names += 1)}`,
      aClient: (options = {}) =>
        new UpstashRedis({
          url: the.door.url,
          token,
          retry: { retries: 0 },
          enableTelemetry: false,
          enableAutoPipelining: false,
          ...options,
        }),
      post: async (path, body, headers = {}) => {
        const response = await fetch(the.door.url + path, {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, ...headers },
          body: typeof body === "string" ? body : JSON.stringify(body),
        });
        return [response.status, await response.json()];
      },
    } as Contract;

    describe.runIf(isHere)("behind the door", () => {
      beforeAll(async () => {
        the.redis = await start();
        the.door = await startUpstashDoor({ redis: the.redis, token });
        the.client = the.aClient();
      });
      afterEach(() => the.door.setFault(undefined));
      afterAll(async () => {
        await the.door.stop();
        await the.redis.stop();
      });
      suite(the);
    });
  });
};
