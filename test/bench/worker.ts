// The real worker in workerd: the bundle that ships, behind a socket of its own. `wrangler dev` would do, but its proxy and
// its observability cost ten times what the worker's own hall costs, and would be all that the floor shows.
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { unstable_readConfig as readConfig } from "wrangler";
import { findFreePort } from "../world/ports.ts";
import { root } from "../world/root.ts";
import type { Variables } from "../world/settings.ts";

type LogLine = Record<string, unknown> & { event: string };

export type BenchWorker = {
  url: string;
  /** The lines that jobs left in the worker's log. */
  jobs: () => LogLine[];
  /** Does what cron does once a minute. */
  tick: () => Promise<void>;
  stop: () => Promise<void>;
};

type Miniflare = { ready: Promise<URL>; dispose: () => Promise<void> };
type MiniflarePackage = {
  Miniflare: new (options: object) => Miniflare;
  convertV4MiniflareOptions: (options: object) => object;
};

// Not a dependency of ours: the one that our wrangler brings along.
const { Miniflare, convertV4MiniflareOptions } = createRequire(createRequire(import.meta.url).resolve("wrangler"))(
  "miniflare",
) as MiniflarePackage;

const config = join(root, "wrangler.toml");
/** Makes the bundle that ships, until `signal`, and tells its folder. */
export const bundleWorker = async (dir: string, signal: AbortSignal): Promise<string> => {
  const outdir = join(dir, "bundle");
  const words = ["wrangler", "deploy", "--dry-run", "--env", "production", "--outdir", outdir];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" };
  await promisify(execFile)(process.execPath, [join(root, ".launch.mjs"), ...words], { cwd: root, env, signal });
  return outdir;
};

/** Of wrangler.toml, what is used here. */
type Settings = {
  name: string;
  compatibility_date: string;
  compatibility_flags: string[];
  queues: {
    producers?: { binding: string; queue: string }[];
    consumers?: {
      queue: string;
      max_batch_size?: number;
      max_batch_timeout?: number;
      max_retries?: number;
      dead_letter_queue?: string;
    }[];
  };
};

const queuesOf = ({ queues }: Settings) => ({
  queueProducers: Object.fromEntries(
    (queues.producers ?? []).map(({ binding, queue }) => [binding, { queueName: queue }]),
  ),
  queueConsumers: Object.fromEntries(
    (queues.consumers ?? []).map((consumer) => [
      consumer.queue,
      {
        maxBatchSize: consumer.max_batch_size,
        maxBatchTimeout: consumer.max_batch_timeout,
        maxRetries: consumer.max_retries,
        deadLetterQueue: consumer.dead_letter_queue,
      },
    ]),
  ),
});

const readJob = (message: string): LogLine | undefined =>
  message.includes('"event":"job"') ? (JSON.parse(message) as LogLine) : undefined;

type WorkerOptions = {
  /** Hears every line of the worker's log. */
  onLog?: (line: string) => void;
  /** Another module of the bundle's folder that stands before it. */
  entry?: string;
};

/** Starts a bundle on a free port; `variablesAt` is told its address. */
export const startBenchWorker = async (
  bundle: string,
  variablesAt: (url: string) => Variables,
  { onLog = () => undefined, entry = "index.js" }: WorkerOptions = {},
): Promise<BenchWorker> => {
  const settings = readConfig({ config }, { hideWarnings: true }) as Settings;
  const port = await findFreePort(0, "the worker");
  const url = `http://127.0.0.1:${port}`;
  const jobs: LogLine[] = [];
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: settings.name,
      modules: [...new Set([entry, "index.js"])].map((name) => ({ type: "ESModule", path: join(bundle, name) })),
      modulesRoot: bundle,
      compatibilityDate: settings.compatibility_date,
      compatibilityFlags: settings.compatibility_flags,
      bindings: variablesAt(url),
      ...queuesOf(settings),
      host: "127.0.0.1",
      unsafeDirectSockets: [{ host: "127.0.0.1", port }],
      unsafeTriggerHandlers: true,
      cf: false,
      handleStructuredLogs: ({ message }: { message: string }) => {
        onLog(message);
        const job = readJob(message);
        if (job) jobs.push(job);
      },
    }),
  );
  const front = await miniflare.ready;
  return {
    url,
    jobs: () => jobs,
    tick: async () => {
      const answer = await fetch(new URL("/cdn-cgi/local/scheduled?cron=*+*+*+*+*", front));
      if (!answer.ok) throw new Error(`Cron failed: ${answer.status} ${await answer.text()}`);
      await answer.body?.cancel();
    },
    stop: () => miniflare.dispose(),
  };
};
