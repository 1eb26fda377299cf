// npm run sync -- --tenant 1 --since 2026-08-01: reads a stretch of days again, by hand, and shows how far it is.
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ApiError, createApi } from "./api-client.ts";
import { runCommand } from "./command.ts";
import { readDevVars } from "./dev-vars.ts";
import { createProgressBar } from "./progress-bar.ts";
import { root } from "./root.ts";
import { findSession, mintSessionToken } from "./session-token.ts";
import { describeRun, watchRuns } from "./watch-runs.ts";

const usage =
  "npm run sync -- --since <YYYY-MM-DD> [--until <YYYY-MM-DD>] [--tenant 1] [--role ceo] [--account <id>] [--url http://localhost:8787]";

type Started = { run_id: string; clamped_from: string | null };

await runCommand(usage, async () => {
  const { values } = parseArgs({
    options: {
      tenant: { type: "string", default: "1" },
      role: { type: "string", default: "ceo" },
      since: { type: "string" },
      until: { type: "string" },
      account: { type: "string" },
      url: { type: "string", default: `http://localhost:${process.env["WORKER_PORT"] ?? "8787"}` },
    },
  });
  if (values.since === undefined) throw new Error(`--since is missing.\n\nUsage: ${usage}`);
  const settings = { ...readDevVars(join(root, ".dev.vars")), ...process.env };
  const session = findSession({ tenantId: Number(values.tenant), role: values.role });
  const token = await mintSessionToken(session, { settings, now: Date.now() });
  const call = (url: string, init?: RequestInit) =>
    fetch(url, init).catch((cause: unknown) => {
      throw new Error(`No worker answers at ${values.url}: is npm run dev running?`, { cause });
    });
  const api = createApi({ call, workerUrl: values.url, token, wait });

  const asked = { since: values.since, until: values.until, account_id: values.account };
  const started = await api.post<Started>("/crm/marketing/sync", asked).catch((error: unknown) => {
    const active = error instanceof ApiError ? error.details["run_id"] : undefined;
    if (typeof active !== "string") throw error;
    console.log("A sync of this account is under way already; this is how far it is:");
    return { run_id: active, clamped_from: null };
  });
  if (started.clamped_from !== null)
    console.log(`Meta keeps 37 months: nothing before that is read (asked for ${started.clamped_from}).`);

  process.on("SIGINT", () => {
    console.log(
      `\nThe sync goes on without being watched: GET ${values.url}/crm/marketing/sync/runs/${started.run_id}`,
    );
    process.exit(130);
  });
  const progress = createProgressBar(process.stdout);
  const runs = await watchRuns(api, [started.run_id], {
    wait,
    onProgress: (percent) => progress.show(percent),
    giveUpMs: 3 * 3_600_000,
  });
  progress.end();
  for (const run of runs) console.log(describeRun(run));
  if (runs.some(({ status }) => status !== "succeeded")) process.exitCode = 1;
});
