import { Ratelimit } from "@upstash/ratelimit";
import type { RedisClient } from "./client.ts";

export type Allowance = { allowed: boolean; limit: number; remaining: number; resetAt: number };

/** Sliding-window limits per minute. Answers undefined when Redis cannot be asked: the caller has the policy. */
export function createLimiter(redis: RedisClient) {
  const windows = new Map<number, Ratelimit>();
  const windowOf = (perMinute: number) => {
    let window = windows.get(perMinute);
    if (!window) {
      // timeout 0: the driver has its own deadline, and the library's would answer "allowed" when it passes.
      window = new Ratelimit({
        redis: redis.driver,
        limiter: Ratelimit.slidingWindow(perMinute, "60 s"),
        prefix: `limit:${perMinute}`,
        timeout: 0,
        ephemeralCache: new Map(),
      });
      windows.set(perMinute, window);
    }
    return window;
  };

  return {
    consume: async (key: string, perMinute: number): Promise<Allowance | undefined> => {
      try {
        const { success, limit, remaining, reset } = await windowOf(perMinute).limit(key);
        return { allowed: success, limit, remaining: Math.max(0, remaining), resetAt: reset };
      } catch {
        return undefined;
      }
    },
  };
}

export type Limiter = ReturnType<typeof createLimiter>;
