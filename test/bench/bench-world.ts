// Two worlds for one run, a small and a large one: a database and a worker each, everything else shared, in a folder and on
// ports of their own; gone when it ends.
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
import { jwtSecret, metaApp, upstashToken, type Variables, variablesFor } from "../world/settings.ts";
import { type Peer, startPeer } from "./peer.ts";
import { type BenchWorker, bundleWorker, startBenchWorker } from "./worker.ts";
import { type Size, zone } from "./sizes.ts";

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
  /** Answers the same questions from the same database. */
  peer: Peer;
};

export type BenchWorlds = { small: BenchWorld; large: BenchWorld };

export const portOf = (url: string): number => Number(new URL(url).port);

type Part = { stop: () => Promise<unknown> };

const stopAll = async (parts: readonly Part[], folders: readonly string[]) => {
  for (const part of parts.toReversed()) await part.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
};

/** Starts everything; `onStop` is given at once what stops the parts that are up by then. */
export const startBenchWorlds = async (
  size: Size,
  onStop: (stop: () => Promise<void>) => void,
): Promise<BenchWorlds> => {
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
  const bundling = new AbortController();
  keep({ stop: async () => bundling.abort() });
  const bundle = await bundleWorker(dir, bundling.signal);

  const start = async (database: string): Promise<BenchWorld> => {
    await prepareDatabase(postgres, database);
    const variablesAt = (workerUrl: string) =>
      variablesFor({
        databaseHost: `${database}.localhost`,
        database,
        neonEndpoint: neon.url,
        upstashUrl: upstash.url,
        metaUrl: metaServer.url,
        workerUrl,
        frontendUrl: "http://localhost:5173",
      });
    const databaseUrl = postgres.superuserUrl(database);
    const worker = keep(await startBenchWorker(bundle, variablesAt));
    const peer = keep(await startPeer({ databaseUrl, jwtSecret }));
    const variables = variablesAt(worker.url);
    return {
      databaseUrl,
      neon,
      upstash,
      redisKind: redis.kind,
      meta,
      metaUrl: metaServer.url,
      variables,
      worker,
      peer,
    };
  };
  return { small: await start("small"), large: await start("large") };
};
