// How often a read asks the database and Redis, and how often it waits for one answer before asking the next.
import { setTimeout as wait } from "node:timers/promises";
import { type BenchWorld, portOf } from "./bench-world.ts";
import type { Headers } from "./readers.ts";
import { fresh } from "./reads.ts";
import { type Exchange, longestChain, watchTraffic } from "./traffic.ts";

export const MOST_SEQUENTIAL = 2;

// Every answer of both doors comes this late: what is asked in parallel then overlaps, however short the work.
const ANSWER_LATENCY_MS = 40;

export type RoundTrips = {
  path: string;
  database: number;
  redis: number;
  sequential: number;
  /** The same where the worker has the finished answer. */
  kept: { database: number; sequential: number };
  /** Written behind the answer's back: nobody waits for them. */
  audits: number;
  /** What was asked of the database for the answer, in order. */
  asked: Exchange[];
};

const isAudit = (exchange: Exchange) => /insert into \\?"audit_log/.test(exchange.body());

const get = async (url: string, headers: Headers) => {
  const answer = await fetch(url, { headers });
  if (!answer.ok) throw new Error(`GET ${url} answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
};

export const countRoundTrips = async (
  { worker, neon, upstash }: BenchWorld,
  paths: readonly string[],
  reader: Headers,
): Promise<RoundTrips[]> => {
  const [database, redis] = [portOf(neon.url), portOf(upstash.url)];
  const watch = async (path: string) => {
    const before = { database: neon.requests(), redis: upstash.requests() };
    const { exchanges } = await watchTraffic(async () => {
      await get(worker.url + path, reader);
      await wait(4 * ANSWER_LATENCY_MS);
    });
    const outside = exchanges.filter(({ port }) => port === database || port === redis);
    const counted = neon.requests() - before.database + upstash.requests() - before.redis;
    if (counted !== outside.length)
      throw new Error(`The doors counted ${counted} requests for ${path}, the watcher ${outside.length}.`);
    const forAnswer = outside.filter((exchange) => !isAudit(exchange));
    const asked = forAnswer.filter(({ port }) => port === database).toSorted((a, b) => a.startedAt - b.startedAt);
    return { outside, forAnswer, asked };
  };

  const count = async (path: string): Promise<RoundTrips> => {
    const asFresh = fresh(path);
    const { outside, forAnswer, asked } = await watch(asFresh);
    const again = await watch(asFresh);
    return {
      path,
      database: asked.length,
      redis: forAnswer.length - asked.length,
      sequential: longestChain(forAnswer),
      kept: { database: again.asked.length, sequential: longestChain(again.forAnswer) },
      audits: outside.length - forAnswer.length,
      asked,
    };
  };

  // The first request teaches Redis the limiter's script.
  for (const path of paths) await get(worker.url + path, reader);
  await wait(4 * ANSWER_LATENCY_MS);
  for (const door of [neon, upstash]) door.setFault({ kind: "latency", ms: ANSWER_LATENCY_MS });
  try {
    const found: RoundTrips[] = [];
    for (const path of paths) found.push(await count(path));
    return found;
  } finally {
    for (const door of [neon, upstash]) door.setFault(undefined);
  }
};
