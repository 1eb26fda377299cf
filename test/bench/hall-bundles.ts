// What the benchmark of the hall starts: the worker with another entry, and a worker that does nothing.
import { execFile } from "node:child_process";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { root } from "../world/root.ts";
import type { Variables } from "../world/settings.ts";
import { withPid } from "./cpu-of.ts";
import type { HallVariant } from "./hall-worker.ts";
import { type BenchWorker, startBenchWorker } from "./worker.ts";

/** Stands before the whole worker, and starts it when it is asked for /start. */
export const STARTER = "start.js";

export type Measurable = { url: string; pid: number; stop: () => Promise<void> };

const bundle = async (entry: string, outdir: string, signal: AbortSignal): Promise<string> => {
  const words = ["wrangler", "deploy", entry, "--dry-run", "--env", "production", "--outdir", outdir];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" };
  await promisify(execFile)(process.execPath, [join(root, ".launch.mjs"), ...words], { cwd: root, env, signal });
  renameSync(join(outdir, basename(entry, ".ts")) + ".js", join(outdir, "index.js"));
  return outdir;
};

export const makeBundles = async (dir: string, signal: AbortSignal) => {
  const empty = join(dir, "empty");
  mkdirSync(empty, { recursive: true });
  writeFileSync(
    join(empty, "index.js"),
    `export default { fetch: () => Response.json({ success: true }), scheduled() {}, queue() {} };`,
  );
  const whole = await bundle("src/index.ts", join(dir, "whole"), signal);
  writeFileSync(
    join(whole, STARTER),
    `export default {
      async fetch({ url }) {
        if (new URL(url).pathname === "/start") await import("./index.js");
        return Response.json({ success: true });
      },
      scheduled() {},
      queue() {},
    };`,
  );
  const hall = await bundle("test/bench/hall-worker.ts", join(dir, "hall"), signal);
  return { empty, whole, hall };
};

export type Bundles = Awaited<ReturnType<typeof makeBundles>>;

/** Starts a bundle; `variant` is told to the hall's, `entry` is a module of its folder. */
export const startMeasurable = async (
  folder: string,
  variables: (url: string) => Variables,
  { variant = "whole", entry = "index.js" }: { variant?: HallVariant; entry?: string } = {},
): Promise<Measurable> => {
  const { started, pid } = await withPid<BenchWorker>(() =>
    startBenchWorker(folder, (url) => ({ ...variables(url), VARIANT: variant }), { entry }),
  );
  return { url: started.url, pid, stop: started.stop };
};
