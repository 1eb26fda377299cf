import { Ratelimit } from "@upstash/ratelimit";
import { createDriver, type RedisOptions } from "./client.ts";

export type Allowance = { allowed: boolean; limit: number; remaining: number; resetAt: number };

/** Cloudflare's own counter (wrangler.toml, `ratelimits`): approximate, per location, and there when Redis is not. */
export type Floor = { limit: (asked: { key: string }) => Promise<{ success: boolean }> };

export type LimiterOptions = RedisOptions & {
  now: () => number;
  floor?: Floor | undefined;
  deadlineMs?: number;
  /** How many refusals an isolate keeps in mind. */
  remembered?: number;
};

const WINDOW_MS = 60_000;
// Nobody waits longer than this to be counted.
const DEADLINE_MS = 250;
const REMEMBERED = 10_000;

/** Sliding-window limits per minute. Answers undefined when it cannot be known: the caller has the policy. */
export function createLimiter(options: LimiterOptions) {
  const { now, floor, deadlineMs = DEADLINE_MS, remembered = REMEMBERED, ...redis } = options;
  const driver = createDriver(redis, deadlineMs);
  const windows = new Map<number, Ratelimit>();
  const refusals = new Map<string, { until: number; allowance: Allowance }>();

  const windowOf = (perMinute: number) => {
    let window = windows.get(perMinute);
    if (!window) {
      window = new Ratelimit({
        redis: driver,
        limiter: Ratelimit.slidingWindow(perMinute, "60 s"),
        prefix: `limit:${perMinute}`,
        // Of the whole question, which is two requests when Redis does not know the script.
        timeout: deadlineMs,
        // Off: it refuses until the window ends, and so halves what a busy caller may do (`npm run soak:limits`).
        ephemeralCache: false,
      });
      windows.set(perMinute, window);
    }
    return window;
  };

  const ask = async (key: string, perMinute: number): Promise<Allowance | undefined> => {
    try {
      const { success, limit, remaining, reset, reason } = await windowOf(perMinute).limit(key);
      // The library takes an answer that is late for a yes, with zeros for figures.
      if (reason === "timeout") return undefined;
      return { allowed: success, limit, remaining: Math.max(0, remaining), resetAt: reset };
    } catch {
      return undefined;
    }
  };

  return {
    consume: async (key: string, perMinute: number): Promise<Allowance | undefined> => {
      const name = `${perMinute}:${key}`;
      const refused = refusals.get(name);
      if (refused && refused.until > now()) return refused.allowance;
      refusals.delete(name);
      const allowance = await ask(key, perMinute);
      // A flood asks Redis four times for each place that becomes free, not each time.
      if (allowance?.allowed === false) {
        if (refusals.size >= remembered) refusals.clear();
        refusals.set(name, { until: now() + WINDOW_MS / perMinute / 4, allowance });
      }
      return allowance;
    },
    /** Whether the floor lets it pass; undefined where there is none. */
    standsOnFloor: async (key: string): Promise<boolean | undefined> => {
      try {
        return (await floor?.limit({ key }))?.success;
      } catch {
        return undefined;
      }
    },
  };
}

export type Limiter = ReturnType<typeof createLimiter>;
