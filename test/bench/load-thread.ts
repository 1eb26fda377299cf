// Runs beside the doors in a thread of its own, so that sending and counting take no time from them.
import autocannon from "autocannon";
import { parentPort } from "node:worker_threads";
import type { Load, Measured } from "./load.ts";

const SAMPLE_MS = 100;
const TIMES_LONGER = 2;
// A slow answer is still one: it is to be counted, not given up.
const GIVE_UP_SECONDS = 60;

const percentile = (sorted: Float64Array, share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;

const run = async ({ url, connections, requests, status: wanted = 200 }: Load, seconds: number): Promise<Measured> => {
  const latencies: number[] = [];
  let clients = 0;
  let refused = 0;
  const running = autocannon({
    url,
    connections,
    duration: seconds,
    sampleInt: SAMPLE_MS,
    timeout: GIVE_UP_SECONDS,
    // Each connection has requests of its own where there are enough, so that no user is asked for by all at once.
    setupClient: (client) => {
      const mine = requests.filter((_, place) => place % connections === clients);
      clients += 1;
      client.setRequests(structuredClone(mine.length > 0 ? mine : requests));
    },
  });
  running.on("response", (_client: unknown, status: number, _bytes: number, ms: number) => {
    latencies.push(ms);
    if (status !== wanted) refused += 1;
  });
  const { duration, errors, timeouts } = await running;
  const failed = errors + timeouts + refused;
  if (failed > 0)
    throw new Error(
      `${failed} of ${latencies.length} requests to ${requests[0]?.path} failed (${refused} by their status).`,
    );
  const sorted = Float64Array.from(latencies).sort();
  return {
    requests: sorted.length,
    answered: sorted.length,
    perSecond: sorted.length / duration,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
  };
};

/** Where not even one answer came to each connection it takes longer: what is cut off at the end would be all there is. */
const measure = async (load: Load): Promise<Measured> => {
  const first = await run(load, load.seconds);
  if (first.requests >= load.connections) return first;
  const second = await run(load, load.seconds * TIMES_LONGER);
  return { ...second, answered: first.answered + second.answered };
};

parentPort?.on("message", (load: Load) => {
  measure(load).then(
    (measured) => parentPort?.postMessage({ measured }),
    (error: unknown) => parentPort?.postMessage({ problem: String(error) }),
  );
});
