import { Redis } from "@upstash/redis/cloudflare";
import { AppError } from "../../errors.ts";

const DEADLINE_MS = 1_000;

export type RedisOptions = { url: string; token: string };

/**
 * Upstash over REST. Nothing is sent twice: the driver would repeat commands that already happened (`retry: false`
 * still tries once more), and each command below is safe to lose. Nothing is pipelined: a read and a write of one tick
 * would go out in parallel. The deadline is a function because a plain AbortSignal makes an aborted GET answer garbage.
 */
export const createDriver = ({ url, token }: RedisOptions, deadlineMs: number) =>
  new Redis({
    url,
    token,
    retry: { retries: 0 },
    enableAutoPipelining: false,
    automaticDeserialization: false,
    enableTelemetry: false,
    signal: () => AbortSignal.timeout(deadlineMs),
  });

export function createRedis(options: RedisOptions) {
  const driver = createDriver(options, DEADLINE_MS);

  return {
    ping: () => asked(() => driver.ping()),
    /** `isFresh`: what a replica does not have is asked of the primary, where every command that may write goes. */
    get: async (key: string, { isFresh = false } = {}): Promise<string | null> => {
      const found = await asked(() => driver.get<string>(key));
      return found === null && isFresh ? asked(() => driver.getex<string>(key)) : found;
    },
    set: (key: string, value: string, ttlSeconds: number) => asked(() => driver.set(key, value, { ex: ttlSeconds })),
    delete: (key: string) => asked(() => driver.del(key)),
    /**
     * True for exactly one `owner` per key, also when Redis executes the command and its answer is lost: who is
     * not told "OK" reads back whose name stands there.
     */
    claim: async (key: string, owner: string, ttlSeconds: number): Promise<boolean> => {
      try {
        if ((await driver.set(key, owner, { nx: true, ex: ttlSeconds })) === "OK") return true;
      } catch {
        // Unknown outcome: the read below decides.
      }
      const holder = await asked(() => driver.get<string>(key));
      if (holder !== null) return holder === owner;
      return (await asked(() => driver.set(key, owner, { nx: true, ex: ttlSeconds }))) === "OK";
    },
  };
}

export type RedisClient = ReturnType<typeof createRedis>;

// The driver's messages hold the whole command with its arguments: they end here.
async function asked<T>(command: () => Promise<T>): Promise<T> {
  try {
    return await command();
  } catch {
    throw new AppError("redis.unavailable", "Un servicio interno no responde. Probá de nuevo en unos minutos.");
  }
}
