// Three doors: requests, cron, queue. Settings are parsed and clients built once per isolate.
import { createApp, createUnconfiguredApp } from "./app.ts";
import { createTools } from "./deps.ts";
import { parseEnv } from "./env.ts";
import { runBatch, runCron } from "./jobs.ts";

/** Bindings that a deployment may have. */
type Optional = { METRICS?: AnalyticsEngineDataset };

let built: ReturnType<typeof build> | undefined;

function build(bindings: Env) {
  const parsed = parseEnv(bindings);
  if ("problems" in parsed) {
    console.error(JSON.stringify({ event: "config.invalid", problems: parsed.problems }));
    return { tools: undefined, app: createUnconfiguredApp(parsed.problems) };
  }
  const tools = createTools(parsed.env, {
    queue: bindings.JOBS,
    floor: bindings.FLOOR,
    metrics: (bindings as Optional).METRICS,
  });
  return { tools, app: createApp(tools) };
}

const house = (bindings: Env) => (built ??= build(bindings));

function toolsOf(bindings: Env) {
  const { tools } = house(bindings);
  if (!tools) throw new Error("The worker is not configured: /readyz names what is missing.");
  return tools;
}

export default {
  fetch: (request, bindings, execution) => house(bindings).app.fetch(request, bindings, execution),
  scheduled: (event, bindings) => runCron(toolsOf(bindings), event.cron),
  queue: (batch, bindings) => runBatch(toolsOf(bindings), batch),
} satisfies ExportedHandler<Env>;
