import { setTimeout as wait } from "node:timers/promises";
import type { BenchWorld, BenchWorlds } from "./bench-world.ts";
import { countCpu, type CpuMs } from "./cpu.ts";
import type { LoadRequest, Loader, Measured } from "./load.ts";
import type { Headers } from "./readers.ts";
import type { Size } from "./sizes.ts";
import type { Exchange } from "./traffic.ts";

export type Side = keyof BenchWorlds;

export type Target = {
  name: string;
  side: Side;
  url: string;
  /** Called before each measurement. */
  requests: () => LoadRequest[];
  /** The first of the requests is sent once by itself, before each measurement: what it leaves behind is there for all. */
  isPrimed?: boolean;
  status?: number;
};

/** Medians over the rounds; CPU is milliseconds per request. */
export type Cell = {
  name: string;
  side: Side;
  connections: number;
  perSecond: number;
  p50: number;
  p99: number;
  cpu: CpuMs | undefined;
};

const WARM_UP = { connections: 16, seconds: 0.5 };
// What was under way when a cell ended must not be there when the next one begins.
const REST_MS = 200;

let asked = 0;

/**
 * The same question under an address that was never asked before: the worker keeps finished answers by their address, and
 * this parameter means nothing to it (nor to the peer). So everything is done but looking at an answer that is there.
 */
export const fresh = (path: string): string => {
  asked += 1;
  return `${path}${path.includes("?") ? "&" : "?"}fresh=${asked}`;
};

type Place = { name: string; side: Side; url: string; path: string; readers: readonly Headers[] };

const get = (path: string, headers: Headers): LoadRequest => ({ method: "GET", path, headers });

/** Every request finds the finished answer, if answers are kept there. */
export const keptTarget = ({ name, side, url, path, readers }: Place): Target => ({
  name,
  side,
  url,
  isPrimed: true,
  requests: () => readers.map((headers) => get(path, headers)),
});

/** No request finds a finished answer. */
export const freshTarget = ({ name, side, url, path, readers }: Place): Target => ({
  name,
  side,
  url,
  requests: () => readers.map((headers) => get(fresh(path), headers)),
});

/** Every request says which answer it has already, and that is still the answer. */
export const unchangedTarget = ({ name, side, url, path, readers }: Place, etag: string): Target => ({
  name,
  side,
  url,
  status: 304,
  isPrimed: true,
  requests: () => readers.map((headers) => get(path, { ...headers, "if-none-match": etag })),
});

const isSent = (name: string) => name.startsWith("neon-") || name === "content-type";

/** What the worker asked of the database, asked again without the worker. */
export const bareTarget = (
  { neon }: BenchWorld,
  { name, side }: Pick<Target, "name" | "side">,
  { path, headers, body }: Exchange,
): Target => {
  const kept = Object.entries(headers).flatMap(([header, value]) =>
    isSent(header) ? [[header, String(value)] as const] : [],
  );
  const request = { method: "POST" as const, path, headers: Object.fromEntries(kept), body: body() };
  return { name, side, url: new URL(neon.url).origin, requests: () => [request] };
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

type Round = Measured & { cpu: CpuMs | undefined };

const summarise = ({ name, side }: Target, connections: number, rounds: readonly Round[]): Cell => {
  const perRequest = (of: keyof CpuMs) => median(rounds.map(({ cpu, answered }) => (cpu ? cpu[of] / answered : NaN)));
  return {
    name,
    side,
    connections,
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    p50: median(rounds.map(({ p50 }) => p50)),
    p99: median(rounds.map(({ p99 }) => p99)),
    cpu: rounds.every(({ cpu }) => cpu)
      ? { server: perRequest("server"), postgres: perRequest("postgres") }
      : undefined,
  };
};

/** Every target at every concurrency, in interleaved rounds, so that a noisy neighbour disturbs all of them alike. */
export const benchReads = async (
  loader: Loader,
  targets: readonly Target[],
  { connections: concurrencies, rounds, seconds }: Size["load"],
): Promise<Cell[]> => {
  const prepare = async ({ url, requests, isPrimed = false }: Target): Promise<LoadRequest[]> => {
    const all = requests();
    const [first] = all;
    if (isPrimed && first) await (await fetch(url + first.path, { headers: first.headers })).arrayBuffer();
    return all;
  };
  const measure = ({ url, status = 200 }: Target, all: LoadRequest[], how: { connections: number; seconds: number }) =>
    loader.measure({ url, requests: all, status, ...how });

  for (const target of targets) await measure(target, await prepare(target), WARM_UP);
  const measured = new Map<string, Round[]>();
  const keyOf = ({ name, side }: Target, connections: number) => `${name} ${side} ${connections}`;
  for (let round = 0; round < rounds; round += 1) {
    for (const connections of concurrencies) {
      for (const target of targets) {
        const requests = await prepare(target);
        await wait(REST_MS);
        const stopCounting = countCpu();
        const one = await measure(target, requests, { connections, seconds });
        const key = keyOf(target, connections);
        measured.set(key, [...(measured.get(key) ?? []), { ...one, cpu: stopCounting() }]);
      }
    }
  }
  return targets.flatMap((target) =>
    concurrencies.map((connections) => summarise(target, connections, measured.get(keyOf(target, connections)) ?? [])),
  );
};
