import { join } from "node:path";
import { findFreePort } from "../world/ports.ts";
import { root } from "../world/root.ts";
import type { Variables } from "../world/settings.ts";

type LogLine = Record<string, unknown> & { event: string };

export type BenchWorker = {
  url: string;
  /** Lines of the worker's log with this event, since the start. */
  logged: (event: string) => LogLine[];
  /** Does what cron does once a minute. */
  tick: () => Promise<void>;
  stop: () => Promise<void>;
};

const KEPT_EVENTS = new Set(["job", "job.dead", "sync.slice_failed", "sync.stopped"]);

const readLine = (message: string): LogLine | undefined => {
  const event = /"event":"([^"]+)"/.exec(message)?.[1];
  return event !== undefined && KEPT_EVENTS.has(event) ? (JSON.parse(message) as LogLine) : undefined;
};

/** The real worker in workerd, bundled as it ships, on a port of its own. `variables` receives its address. */
export const startBenchWorker = async (dir: string, variablesAt: (url: string) => Variables): Promise<BenchWorker> => {
  // Read when wrangler is loaded: without them it asks Cloudflare for the shape of a request, and counts who uses it.
  process.env["CLOUDFLARE_CF_FETCH_ENABLED"] ??= "false";
  process.env["WRANGLER_SEND_METRICS"] ??= "false";
  const { unstable_startWorker: startWorker } = await import("wrangler");
  const port = await findFreePort(0, "the worker");
  const url = `http://127.0.0.1:${port}`;
  const lines: LogLine[] = [];
  const variables = Object.entries(variablesAt(url));
  const worker = await startWorker({
    config: join(root, "wrangler.toml"),
    bindings: Object.fromEntries(variables.map(([name, value]) => [name, { type: "plain_text" as const, value }])),
    dev: {
      server: { hostname: "127.0.0.1", port },
      inspector: false,
      watch: false,
      logLevel: "error",
      persist: join(dir, "worker"),
      structuredLogsHandler: ({ message }: { message: string }) => {
        const line = readLine(message);
        if (line) lines.push(line);
      },
    },
  });
  await worker.ready;
  return {
    url,
    logged: (wanted) => lines.filter(({ event }) => event === wanted),
    tick: async () => {
      const answer = await fetch(`${url}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`);
      if (!answer.ok) throw new Error(`Cron failed: ${answer.status} ${await answer.text()}`);
      await answer.body?.cancel();
    },
    stop: () => worker.dispose(),
  };
};
