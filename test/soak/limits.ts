// npm run soak:limits — how exact the limiter is, and what it costs while Redis is ill, on a real redis-server.
//
// Accuracy: requests come evenly over fifty windows of a virtual clock, at 0.9, 1, 2 and 10 times the limit, to one isolate
// and to four that share Redis; ideal is what the limit lets through, or all that came. Outage: how long a question takes.
import { pathToFileURL } from "node:url";
import { createLimiter } from "../../src/adapters/redis/limiter.ts";
import { findServerProgram, startRedisServer } from "../world/redis/redis-server.ts";
import { startUpstashDoor, type UpstashDoor } from "../world/redis/upstash-door.ts";
import type { Fault } from "../world/faults.ts";

const WINDOW_MS = 60_000;
const START = Date.parse("2026-11-23T15:00:00Z");

/** The clock that the limiter and its library see. */
export type VirtualClock = { now: () => number; set: (at: number) => void };

export type Accuracy = { limit: number; load: number; isolates: number; ratio: number; asked: number };

export async function measureAccuracy(
  { url, token }: Pick<UpstashDoor, "url" | "token">,
  clock: VirtualClock,
  { limit, load, isolates, windows }: { limit: number; load: number; isolates: number; windows: number },
): Promise<Accuracy> {
  const limiters = Array.from({ length: isolates }, () =>
    createLimiter({ url, token, now: clock.now, deadlineMs: 10_000 }),
  );
  const key = crypto.randomUUID();
  const count = Math.round(limit * load * windows);
  const step = (windows * WINDOW_MS) / count;
  let admitted = 0;
  for (let index = 0; index < count; index += 1) {
    // In the middle of its step: on the very border of a window the whole of the one before still counts.
    clock.set(START + (index + 0.5) * step);
    const allowance = await limiters[index % isolates]?.consume(key, limit);
    if (!allowance) throw new Error("Redis did not answer in time: the machine is too busy to measure.");
    if (allowance.allowed) admitted += 1;
  }
  const ideal = Math.min(1, load) * limit * windows;
  return { limit, load, isolates, ratio: admitted / ideal, asked: count };
}

/** How long a question takes, in milliseconds, slowest last; every one must be left without an answer. */
export async function measureOutage(door: UpstashDoor, fault: Fault, times: number): Promise<number[]> {
  const limiter = createLimiter({ url: door.url, token: door.token, now: () => performance.now() });
  door.setFault(fault);
  const taken: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const startedAt = performance.now();
    if (await limiter.consume(`${index}`, 60)) throw new Error(`${fault.kind}: an answer all the same.`);
    taken.push(performance.now() - startedAt);
  }
  door.setFault(undefined);
  return taken.toSorted((a, b) => a - b);
}

export const faults: Fault[] = [
  { kind: "latency", ms: 5_000 },
  { kind: "status", status: 500 },
  { kind: "status", status: 429 },
  { kind: "html" },
  { kind: "reset-before" },
];

async function main(): Promise<void> {
  const program = findServerProgram();
  if (!program) throw new Error("Neither redis-server nor valkey-server is on PATH.");
  const redis = await startRedisServer(program, {});
  const door = await startUpstashDoor({ redis, token: "soak" });
  const realNow = Date.now;
  let at = START;
  const clock = { now: () => at, set: (next: number) => (at = next) };
  let failed = 0;
  const tell = (isGood: boolean, line: string) => {
    if (!isGood) failed += 1;
    console.log(`${isGood ? "✓" : "✗"} ${line}`);
  };
  try {
    Date.now = () => Math.floor(at);
    for (const isolates of [1, 4]) {
      for (const limit of [10, 20, 30, 60, 100]) {
        for (const load of [0.9, 1, 2, 10]) {
          const { ratio } = await measureAccuracy(door, clock, { limit, load, isolates, windows: 50 });
          const most = isolates === 1 ? 1.05 : 1.1;
          tell(
            ratio >= 0.99 && ratio <= most,
            `${isolates} isolate(s), ${limit}/min at ${load}×: admitted/ideal ${ratio.toFixed(3)}`,
          );
        }
      }
    }
    Date.now = realNow;
    for (const fault of faults) {
      const taken = await measureOutage(door, fault, 200);
      const [p50, p99] = [taken[100] ?? Infinity, taken[197] ?? Infinity];
      const name = Object.values(fault).join(" ");
      tell(p99 <= 300, `Redis ${name}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms of 200, none answered`);
    }
  } finally {
    Date.now = realNow;
    await door.stop();
    await redis.stop();
  }
  if (failed > 0) process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
