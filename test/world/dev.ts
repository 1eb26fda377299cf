// npm run dev: the world, the worker and a page that stands in for the frontend.
import { runCommand } from "./command.ts";
import { withClient } from "./database.ts";
import { startPages } from "./dev-pages.ts";
import { startDevWorker } from "./dev-worker.ts";
import { mintSessionToken, owner } from "./session-token.ts";
import { stopOnSignal } from "./stop-on-signal.ts";
import { describeWorld, repositoryWorld, startWorld, type World } from "./world.ts";
import { requireFree } from "./world-ports.ts";

export type Dev = { workerUrl: string; pagesUrl: string; world: World };

/**
 * Starts everything that `npm run dev` runs; each part is handed to `onStop` as soon as it runs. `listen` takes the
 * signals back that wrangler would catch.
 */
export const startDev = async (
  { onStop, listen }: Pick<ReturnType<typeof stopOnSignal>, "onStop" | "listen">,
  print: (line: string) => void,
): Promise<Dev> => {
  const options = repositoryWorld(process.env);
  const { ports } = options;
  const world = await startWorld(options);
  onStop(world.stop);
  await requireFree(ports, ["worker", "page"]);
  const pages = await startPages({
    port: ports.page,
    api: `http://localhost:${ports.worker}`,
    settings: world.variables,
  });
  onStop(pages.stop);
  const onStart = async () => {
    world.notePrograms();
    await forgetClaims(world.databaseUrl);
  };
  const worker = await startDevWorker({ port: ports.worker, print, onStart });
  onStop(worker.stop);
  listen();
  return { workerUrl: worker.url, pagesUrl: pages.url, world };
};

// Messages that were under way are lost with the local queue. In the cloud they are not, so there the claims stand for
// minutes until cron posts them again; here that would be minutes of waiting after every change of the code.
const forgetClaims = (databaseUrl: string): Promise<void> =>
  withClient(databaseUrl, async (client) => {
    await client.query("UPDATE sync_schedule SET claimed_until = NULL, worker = NULL, worker_until = NULL");
  });

const curl = (token: string, url: string) => `  curl -s -H 'Authorization: Bearer ${token}' '${url}'`;

const welcome = async ({ workerUrl, pagesUrl, world }: Dev, seconds: number): Promise<string> => {
  const token = await mintSessionToken(owner(), { settings: world.variables, now: Date.now() });
  const api = `${workerUrl}/crm/marketing`;
  return [
    "",
    `Marketing Hub is up after ${seconds.toFixed(1)} s.`,
    "",
    `  API         ${workerUrl}   ${workerUrl}/docs   ${workerUrl}/healthz   ${workerUrl}/readyz`,
    ...describeWorld(world),
    "",
    `  Sign in as the owner of the demo tenant    ${pagesUrl}/login?as=ceo`,
    `  Connect Meta                               ${pagesUrl}/connect`,
    "",
    "Paste (there are figures once an account is connected: npm run demo does it all):",
    "",
    curl(token, `${api}/stats?time_range=last_90d`),
    curl(token, `${api}/campaigns?time_range=last_90d`),
    curl(token, `${api}/sync/runs`),
    "",
    "Ctrl-C stops everything. Changes in src are taken up at once. What the worker does:",
    "",
  ].join("\n");
};

if (import.meta.main) {
  await runCommand("npm run dev", async () => {
    const startedAt = performance.now();
    const stopping = stopOnSignal();
    const early: string[] = [];
    let print = (line: string): unknown => early.push(line);
    try {
      const dev = await startDev(stopping, (line) => print(line));
      console.log(await welcome(dev, (performance.now() - startedAt) / 1000));
      for (const line of early) console.log(line);
      print = console.log;
    } catch (error) {
      await stopping.stop();
      throw error;
    }
    await stopping.stopping;
  });
}
