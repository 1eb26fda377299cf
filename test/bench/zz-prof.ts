import { readFileSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { createApp } from "/work/main/src/app.ts";
import { createTools } from "/work/main/src/deps.ts";
import { parseEnv } from "/work/main/src/env.ts";
const hold = JSON.parse(readFileSync("/tmp/hold.json", "utf8"));
const p = parseEnv(hold.variables) as any;
const app = createApp(createTools(p.env, { queue: { sendBatch: async () => {} }, write: () => {} } as any));
const ex = { waitUntil: (x: Promise<unknown>) => x.catch(() => {}), passThroughOnException() {}, props: {} } as any;
let k = 0;
const once = async (path: string) => {
  const r = await app.request("http://x" + path, { headers: hold.readers[k++ % 50] }, {}, ex);
  const t = await r.text();
  if (r.status !== 200) throw new Error(t);
  return t.length;
};
const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.setSamplingInterval", { interval: 200 });
for (const [name, path] of [
  ["stats", "/crm/marketing/stats?time_range=last_30d"],
  ["campaigns", "/crm/marketing/campaigns?time_range=last_30d&limit=50"],
  ["runs", "/crm/marketing/sync/runs"],
] as const) {
  for (let i = 0; i < 60; i++) await once(path);
  const n = 120;
  const c0 = process.cpuUsage();
  for (let i = 0; i < n; i++) await once(path);
  const c = process.cpuUsage(c0);
  await session.post("Profiler.start");
  for (let i = 0; i < n; i++) await once(path);
  const { profile } = await session.post("Profiler.stop");
  writeFileSync(`/tmp/prof/${name}.cpuprofile`, JSON.stringify(profile));
  console.log(name, "cpu ms/request in node", ((c.user + c.system) / 1000 / n).toFixed(2));
}
process.exit();
