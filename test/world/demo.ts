// npm run demo: the whole journey against a running `npm run dev`, or against one of its own that it stops at the end.
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { runCommand } from "./command.ts";
import { runDemo } from "./demo-journey.ts";
import { readDevVars } from "./dev-vars.ts";
import { startDev } from "./dev.ts";
import { createProgressBar } from "./progress-bar.ts";
import { root } from "./root.ts";
import { findRunning } from "./running.ts";
import { mintSessionToken, owner } from "./session-token.ts";
import { stopOnSignal } from "./stop-on-signal.ts";

const isUp = (workerUrl: string) =>
  fetch(`${workerUrl}/healthz`, { signal: AbortSignal.timeout(3000) }).then(
    ({ ok }) => ok,
    () => false,
  );

/** The worker of the running stack; starts one when there is none. */
const findWorker = async (stopping: ReturnType<typeof stopOnSignal>): Promise<string> => {
  const running = findRunning(join(root, ".world", "state.json"));
  if (running) {
    const workerUrl = `http://localhost:${running.ports.worker}`;
    if (await isUp(workerUrl)) return workerUrl;
    throw new Error(
      `The world runs (process ${running.pid}) but no worker answers at ${workerUrl}: start npx wrangler dev, or stop the world.`,
    );
  }
  console.log("Nothing runs yet: starting the world and the worker");
  const { workerUrl } = await startDev(stopping, () => undefined);
  return workerUrl;
};

await runCommand("npm run demo", async () => {
  const stopping = stopOnSignal();
  const startedAt = performance.now();
  try {
    const workerUrl = await findWorker(stopping);
    const settings = { ...readDevVars(join(root, ".dev.vars")), ...process.env };
    const token = await mintSessionToken(owner(), { settings, now: Date.now() });
    const progress = createProgressBar(process.stdout);
    await runDemo({
      call: fetch,
      wait,
      print: console.log,
      onProgress: (percent) => {
        progress.show(percent);
        if (percent === 100) progress.end();
      },
      workerUrl,
      token,
    });
    console.log(`\nDone in ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`);
  } finally {
    await stopping.stop();
  }
});
// Clients and file watchers that are still open keep nobody waiting.
process.exit();
