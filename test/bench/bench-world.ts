// A world for one run: its own folder, ports, database and worker, gone when it ends.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareDatabase } from "../world/database.ts";
import { dayNumberIn, dayText } from "../world/meta/calendar.ts";
import { largeBusiness } from "../world/meta/large-business.ts";
import { createMetaSimulator, type MetaSimulator, serveMetaSimulator } from "../world/meta/simulator.ts";
import { type NeonDoor, startNeonDoor } from "../world/neon-door.ts";
import { startPostgres } from "../world/postgres.ts";
import { startRedis } from "../world/redis/start-redis.ts";
import { startUpstashDoor, type UpstashDoor } from "../world/redis/upstash-door.ts";
import { metaApp, upstashToken, type Variables, variablesFor } from "../world/settings.ts";
import { type BenchWorker, startBenchWorker } from "./worker.ts";
import { type Size, zone } from "./sizes.ts";

const DATABASE = "bench";

export type BenchWorld = {
  /** The superuser's: past both walls, for setting the scene and for the ceiling. */
  databaseUrl: string;
  neon: NeonDoor;
  upstash: UpstashDoor;
  redisKind: string;
  meta: MetaSimulator;
  metaUrl: string;
  variables: Variables;
  worker: BenchWorker;
};

export const portOf = (url: string): number => Number(new URL(url).port);

type Part = { stop: () => Promise<unknown> };

const stopAll = async (parts: readonly Part[], folders: readonly string[]) => {
  for (const part of parts.toReversed()) await part.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
};

/** Starts everything; `onStop` is given at once what stops the parts that are up by then. */
export const startBenchWorld = async (size: Size, onStop: (stop: () => Promise<void>) => void): Promise<BenchWorld> => {
  const dir = mkdtempSync(join(tmpdir(), "marketing-hub-bench-"));
  // Postgres may run as another user, who has to get through.
  chmodSync(dir, 0o755);
  const folders = [dir];
  const parts: Part[] = [];
  const keep = <T extends Part>(part: T): T => {
    parts.push(part);
    return part;
  };
  onStop(() => stopAll(parts, folders));

  const postgres = keep(await startPostgres({ dir: join(dir, "postgres") }));
  folders.push(postgres.dir);
  await prepareDatabase(postgres, DATABASE);
  const redis = keep(await startRedis({ dir: join(dir, "redis") }));
  const upstash = keep(await startUpstashDoor({ redis, token: upstashToken }));
  const neon = keep(await startNeonDoor({ postgresPort: postgres.port }));
  const meta = createMetaSimulator({
    appId: metaApp.id,
    appSecret: metaApp.secret,
    business: largeBusiness({
      campaigns: size.sync.campaigns,
      days: size.sync.days,
      timezoneName: zone,
      until: dayText(dayNumberIn(zone, Date.now())),
    }),
  });
  const metaServer = keep(await serveMetaSimulator(meta));
  const variablesAt = (workerUrl: string) =>
    variablesFor({
      databaseHost: "bench.localhost",
      database: DATABASE,
      neonEndpoint: neon.url,
      upstashUrl: upstash.url,
      metaUrl: metaServer.url,
      workerUrl,
      frontendUrl: "http://localhost:5173",
    });
  const bundling = new AbortController();
  keep({ stop: async () => bundling.abort() });
  const worker = keep(await startBenchWorker(dir, variablesAt, bundling.signal));
  return {
    databaseUrl: postgres.superuserUrl(DATABASE),
    neon,
    upstash,
    redisKind: redis.kind,
    meta,
    metaUrl: metaServer.url,
    variables: variablesAt(worker.url),
    worker,
  };
};
