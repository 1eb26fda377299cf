import { startEmulator } from "./emulator/emulator.ts";
import { findServerProgram, startRedisServer } from "./redis-server.ts";
import type { Redis } from "./reply.ts";

export type RedisOptions = {
  dir?: string;
  port?: number;
  /** The emulator's clock, in milliseconds. A real server has its own. */
  now?: () => number;
};

/** Starts the real server on PATH, or the emulator when there is none or WORLD_REDIS is "emulator". */
export const startRedis = async ({ now, ...options }: RedisOptions = {}): Promise<Redis> => {
  const program = process.env["WORLD_REDIS"] === "emulator" ? undefined : findServerProgram();
  return program ? startRedisServer(program, options) : startEmulator(now ? { now } : {});
};
