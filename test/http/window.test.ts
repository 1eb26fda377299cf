// The short form of `npm run soak:limits`: ten windows, on a real Redis where there is one, else on the emulator.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { measureAccuracy, type VirtualClock } from "../soak/limits.ts";
import { startRedis } from "../world/redis/start-redis.ts";
import type { Redis } from "../world/redis/reply.ts";
import { startUpstashDoor, type UpstashDoor } from "../world/redis/upstash-door.ts";

let redis: Redis;
let door: UpstashDoor;
const clock: VirtualClock = { now: () => Date.now(), set: (at) => vi.setSystemTime(at) };

beforeAll(async () => {
  redis = await startRedis({});
  door = await startUpstashDoor({ redis, token: "window" });
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterAll(async () => {
  vi.useRealTimers();
  await door.stop();
  await redis.stop();
});

describe("what the window lets through, of what the limit promises", () => {
  test.each([
    [0.9, 1],
    [1, 1],
    [2, 1],
    [10, 1],
    [10, 4],
  ])("at %s times the limit, from %s isolates", async (load, isolates) => {
    const { ratio } = await measureAccuracy(door, clock, { limit: 10, load, isolates, windows: 5 });
    expect(ratio).toBeGreaterThanOrEqual(0.99);
    expect(ratio).toBeLessThanOrEqual(isolates === 1 ? 1.05 : 1.1);
  });
});
