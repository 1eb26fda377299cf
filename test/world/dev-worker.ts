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
  onReload,
}: {
  port: number;
  print: (line: string) => void;
  onReload: () => void;
}): Promise<DevWorker> => {
  // Read when wrangler is loaded: without them it asks Cloudflare for the shape of a request, and counts who uses it.
  process.env["CLOUDFLARE_CF_FETCH_ENABLED"] ??= "false";
  process.env["WRANGLER_SEND_METRICS"] ??= "false";
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
  let isFirst = true;
  worker.raw.on("reloadComplete", () => {
    if (!isFirst) print("the worker was reloaded");
    isFirst = false;
    onReload();
  });
  const url = `http://localhost:${port}`;
  // Answered once the worker's first build runs.
  await worker.fetch(`${url}/healthz`);
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
