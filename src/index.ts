// Three doors: requests, cron, queue. Settings are parsed and clients built once per isolate.
import { createApp } from "./app.ts";
import { createTools } from "./deps.ts";
import { type EnvProblem, parseEnv } from "./env.ts";
import { runBatch, runCron } from "./jobs.ts";

type House = { tools: ReturnType<typeof createTools>; app: ReturnType<typeof createApp> };

let built: House | { problems: EnvProblem[] } | undefined;

function house(bindings: Env): House | { problems: EnvProblem[] } {
  if (built) return built;
  const parsed = parseEnv(bindings);
  if ("problems" in parsed) {
    console.error(JSON.stringify({ event: "config.invalid", problems: parsed.problems }));
    return (built = parsed);
  }
  const tools = createTools(parsed.env, { queue: bindings.JOBS });
  return (built = { tools, app: createApp(tools) });
}

function required(bindings: Env): House {
  const ready = house(bindings);
  if ("problems" in ready) throw new Error("The worker is not configured: see the log of /readyz.");
  return ready;
}

function misconfigured(request: Request, problems: EnvProblem[]): Response {
  if (new URL(request.url).pathname === "/healthz") return Response.json({ status: "ok" });
  const error = { code: "config.invalid", message: "The worker is not configured.", details: { problems } };
  return Response.json(
    { success: false, detail: error.message, error },
    { status: 503, headers: { "Retry-After": "60" } },
  );
}

export default {
  fetch: (request, bindings, execution) => {
    const ready = house(bindings);
    return "problems" in ready ? misconfigured(request, ready.problems) : ready.app.fetch(request, bindings, execution);
  },
  scheduled: (event, bindings) => runCron(required(bindings).tools, event.cron),
  queue: (batch, bindings) => runBatch(required(bindings).tools, batch),
} satisfies ExportedHandler<Env>;
