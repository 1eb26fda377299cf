import { variablesFor } from "../world/settings.ts";
import { startLoader } from "./load.ts";
import { execSync } from "node:child_process";
const { Miniflare } = await import("miniflare");
const bindings = variablesFor({databaseHost:"x.localhost",database:"x",neonEndpoint:"http://127.0.0.1:1/sql",upstashUrl:"http://127.0.0.1:1",metaUrl:"http://127.0.0.1:1",workerUrl:"http://127.0.0.1:1",frontendUrl:"http://localhost:5173"});
const base = { modules: true, scriptPath: "/tmp/mf/bundle/index.js", compatibilityDate: "2026-10-01", bindings, queueProducers: { JOBS: "jobs" } };
const l = startLoader();
for (const [name, opts] of Object.entries({ plain: { ...base, handleStructuredLogs: () => {} }, direct: { ...base, handleStructuredLogs: () => {}, unsafeDirectSockets: [{ port: 18999 }] } })) {
  const mf = new Miniflare({ host: "127.0.0.1", port: 0, ...opts } as never);
  const url = await mf.ready;
  const target = name === "direct" ? "http://127.0.0.1:18999" : url.origin;
  for (const c of [1,16,64]) console.log(name, c, await l.measure({url:target,connections:c,seconds:2,requests:[{method:"GET",path:"/healthz",headers:{}}]}));
  await mf.dispose();
}
process.exit();
