import { startBenchWorker } from "/work/main/test/bench/worker.ts";
import { variablesFor } from "/work/main/test/world/settings.ts";
import { startLoader } from "/work/main/test/bench/load.ts";
import { execSync } from "node:child_process";
const w = await startBenchWorker("/tmp/floor-x", (u) => variablesFor({databaseHost:"x.localhost",database:"x",neonEndpoint:"http://127.0.0.1:1/sql",upstashUrl:"http://127.0.0.1:1",metaUrl:"http://127.0.0.1:1",workerUrl:u,frontendUrl:"http://localhost:5173"}));
const l = startLoader();
for (const c of [1,16,64]) console.log(c, await l.measure({url:w.url,connections:c,seconds:2,requests:[{method:"GET",path:"/healthz",headers:{}}]}));
console.log(execSync("ps -eo pid,ppid,time,args | grep workerd | cut -c1-150").toString());
process.exit();
