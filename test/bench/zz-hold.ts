import { writeFileSync } from "node:fs";
import { withClient } from "../world/database.ts";
import { stopOnSignal } from "../world/stop-on-signal.ts";
import { startBenchWorld } from "./bench-world.ts";
import { seedTenants } from "./business.ts";
import { mintReaders } from "./readers.ts";
import { countRoundTrips } from "./round-trips.ts";
import { full } from "./sizes.ts";
const { onStop, listen } = stopOnSignal();
const world = await startBenchWorld(full, onStop);
listen();
await withClient(world.databaseUrl, (c) => seedTenants(c, full));
const readers = await mintReaders(world.variables, 50);
const M = "/crm/marketing";
const trips = await countRoundTrips(
  world,
  [
    `${M}/stats?time_range=last_30d`,
    `${M}/campaigns?time_range=last_30d&limit=50`,
    `${M}/stats/roi?time_range=last_30d`,
  ],
  readers[0]!,
);
const sizes: Record<string, number> = {};
for (const t of trips) {
  const a = await fetch(world.worker.url + t.path, { headers: readers[1]! });
  sizes[t.path] = (await a.arrayBuffer()).byteLength;
}
writeFileSync(
  "/tmp/hold.json",
  JSON.stringify({
    pid: process.pid,
    databaseUrl: world.databaseUrl,
    variables: world.variables,
    worker: world.worker.url,
    readers,
    sizes,
    trips: trips.map((t) => ({ path: t.path, asked: t.asked.map((e) => ({ headers: e.headers, body: e.body() })) })),
  }),
);
console.log("held", sizes);
await new Promise((r) => setTimeout(r, 3_600_000));
