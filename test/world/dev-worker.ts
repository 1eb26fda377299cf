import { setTimeout as wait } from "node:timers/promises";
import { join } from "node:path";
import { root } from "./root.ts";
import { describeLog } from "./dev-log.ts";

const MINUTE_MS = 60_000;

export type DevWorker = { url: string; stop: () => Promise<void> };

/** What cron does in the cloud; wrangler never does it by itself. */
const tick = async (url: string): Promise<void> => {
  const answer = await fetch(`${url}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`);
  await answer.body?.cancel();
};

const fireCrons = async (url: string, until: AbortSignal): Promise<void> => {
  while (!until.aborted) {
    await tick(url).catch(() => undefined);
    await wait(MINUTE_MS - (Date.now() % MINUTE_MS), undefined, { signal: until }).catch(() => undefined);
  }
};

/**
 * The worker as `wrangler dev` runs it, in this process: rebuilt when a file of src changes, its variables from .dev.vars,
 * its cron fired every minute.
 */
export const startDevWorker = async ({
  port,
  print,
  onStart,
}: {
  port: number;
  print: (line: string) => void;
  /** After the first build and after each reload: the local queue is empty then, whatever was in it. */
  onStart: () => Promise<void>;
}): Promise<DevWorker> => {
  // Read when wrangler is loaded: without them it asks Cloudflare for the shape of a request, counts who uses it, and
  // tells every delivery of the queue.
  process.env["CLOUDFLARE_CF_FETCH_ENABLED"] ??= "false";
  process.env["WRANGLER_SEND_METRICS"] ??= "false";
  process.env["WRANGLER_LOG"] ??= "warn";
  const { unstable_startWorker: startWorker } = await import("wrangler");
  const worker = await startWorker({
    config: join(root, "wrangler.toml"),
    dev: {
      server: { hostname: "localhost", port },
      inspector: false,
      watch: true,
      logLevel: "warn",
      persist: join(root, ".world", "worker"),
      structuredLogsHandler: ({ level, message }: { level: string; message: string }) => {
        const line = describeLog(level, message);
        if (line !== undefined) print(line);
      },
    },
  });
  const url = `http://localhost:${port}`;
  // Answered once the worker's first build runs.
  await worker.fetch(`${url}/healthz`);
  await onStart();
  const restart = async () => {
    await onStart();
    await tick(url);
    print("the worker was reloaded");
  };
  worker.raw.on("reloadComplete", () => {
    restart().catch((error: unknown) => print(`after a reload: ${String(error)}`));
  });
  const ending = new AbortController();
  const crons = fireCrons(url, ending.signal);
  return {
    url,
    stop: async () => {
      ending.abort();
      await crons;
      await worker.dispose();
    },
  };
};
