import { setTimeout as wait } from "node:timers/promises";
import type { BenchWorld } from "./bench-world.ts";
import { countCpu, type CpuMs } from "./cpu.ts";
import type { LoadRequest, Loader, Measured } from "./load.ts";
import type { Headers } from "./readers.ts";
import type { Size } from "./sizes.ts";
import type { Exchange } from "./traffic.ts";

export const concurrencies = [1, 16, 64] as const;
export type Concurrency = (typeof concurrencies)[number];

export type Target = { name: string; url: string; requests: LoadRequest[] };

/** Medians over the rounds; CPU is milliseconds per request. */
export type Cell = {
  name: string;
  connections: Concurrency;
  perSecond: number;
  p50: number;
  p99: number;
  cpu: CpuMs | undefined;
};

const WARM_UP = { connections: 16, seconds: 0.5 };
// What was under way when a cell ended must not be there when the next one begins.
const REST_MS = 200;

export const routeTarget = (
  { worker }: BenchWorld,
  name: string,
  path: string,
  readers: readonly Headers[],
): Target => ({
  name,
  url: worker.url,
  requests: readers.map((headers) => ({ method: "GET", path, headers })),
});

const isSent = (name: string) => name.startsWith("neon-") || name === "content-type";

/** What the worker asked of the database, asked again without the worker. */
export const bareTarget = ({ neon }: BenchWorld, name: string, { path, headers, body }: Exchange): Target => {
  const kept = Object.entries(headers).flatMap(([header, value]) =>
    isSent(header) ? [[header, String(value)] as const] : [],
  );
  return {
    name,
    url: new URL(neon.url).origin,
    requests: [{ method: "POST", path, headers: Object.fromEntries(kept), body: body() }],
  };
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const summarise = (
  name: string,
  connections: Concurrency,
  rounds: readonly (Measured & { cpu: CpuMs | undefined })[],
): Cell => {
  const perRequest = (of: keyof CpuMs) => median(rounds.map(({ cpu, answered }) => (cpu ? cpu[of] / answered : NaN)));
  return {
    name,
    connections,
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    p50: median(rounds.map(({ p50 }) => p50)),
    p99: median(rounds.map(({ p99 }) => p99)),
    cpu: rounds.every(({ cpu }) => cpu)
      ? { worker: perRequest("worker"), postgres: perRequest("postgres") }
      : undefined,
  };
};

/** Every target at every concurrency, in interleaved rounds, so that a noisy neighbour disturbs all of them alike. */
export const benchReads = async (
  loader: Loader,
  targets: readonly Target[],
  { rounds, seconds }: Size["load"],
): Promise<Cell[]> => {
  for (const { url, requests } of targets) await loader.measure({ url, requests, ...WARM_UP });
  const measured = new Map<string, (Measured & { cpu: CpuMs | undefined })[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const connections of concurrencies) {
      for (const { name, url, requests } of targets) {
        await wait(REST_MS);
        const stopCounting = countCpu();
        const one = await loader.measure({ url, requests, connections, seconds });
        const key = `${name} ${connections}`;
        measured.set(key, [...(measured.get(key) ?? []), { ...one, cpu: stopCounting() }]);
      }
    }
  }
  return targets.flatMap(({ name }) =>
    concurrencies.map((connections) => summarise(name, connections, measured.get(`${name} ${connections}`) ?? [])),
  );
};
