// A world for one run of the fuzzer: the bundle that ships in workerd, a database, a Redis and a Meta of its own, in a folder
// that is gone when it ends.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { bundleWorker, startBenchWorker } from "../bench/worker.ts";
import { prepareDatabase } from "../world/database.ts";
import { createMetaSimulator, serveMetaSimulator } from "../world/meta/simulator.ts";
import { type NeonDoor, startNeonDoor } from "../world/neon-door.ts";
import { startPostgres } from "../world/postgres.ts";
import { startRedis } from "../world/redis/start-redis.ts";
import { startUpstashDoor } from "../world/redis/upstash-door.ts";
import { metaApp, upstashToken, type Variables, variablesFor } from "../world/settings.ts";
import type { Target } from "./scene.ts";

const DATABASE = "fuzzed";

/** Stands before the bundle and tells what comes to its queue, which nobody outside can see. */
const LISTENER = "listener.js";
const MESSAGE = "message of the queue: ";
const listener = `import worker from "./index.js";
export default { ...worker, queue: (batch, ...rest) => {
  for (const { body } of batch.messages) console.log(${JSON.stringify(MESSAGE)} + JSON.stringify(body));
  return worker.queue(batch, ...rest);
} };
`;

export type FuzzWorld = Target & {
  variables: Variables;
  neon: NeonDoor;
  /** Every line that the worker logged. */
  logs: string[];
  /** Every message that its queue delivered. */
  messages: string[];
  /** Where the bundle lies, with its source map. */
  bundle: string;
  /** Every token that Meta has given. */
  tokensOfMeta: () => string[];
  upstash: { url: string; token: string };
};

type Part = { stop: () => Promise<unknown> };

/** Starts everything; `onStop` is given at once what stops the parts that are up by then. */
export async function startFuzzWorld(onStop: (stop: () => Promise<void>) => void): Promise<FuzzWorld> {
  const dir = mkdtempSync(join(tmpdir(), "marketing-hub-fuzz-"));
  // Postgres may run as another user, who has to get through.
  chmodSync(dir, 0o755);
  const parts: Part[] = [];
  const keep = <T extends Part>(part: T): T => {
    parts.push(part);
    return part;
  };
  const bundling = new AbortController();
  onStop(async () => {
    bundling.abort();
    for (const part of parts.toReversed()) await part.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const postgres = keep(await startPostgres({ dir: join(dir, "postgres") }));
  const redis = keep(await startRedis({ dir: join(dir, "redis") }));
  const upstash = keep(await startUpstashDoor({ redis, token: upstashToken }));
  const neon = keep(await startNeonDoor({ postgresPort: postgres.port }));
  await prepareDatabase(postgres, DATABASE);
  const meta = createMetaSimulator({ appId: metaApp.id, appSecret: metaApp.secret });
  const metaServer = keep(await serveMetaSimulator(meta));
  const bundle = await bundleWorker(dir, bundling.signal);
  const variablesAt = (workerUrl: string): Variables => ({
    ...variablesFor({
      databaseHost: `${DATABASE}.localhost`,
      database: DATABASE,
      neonEndpoint: neon.url,
      upstashUrl: upstash.url,
      metaUrl: metaServer.url,
      workerUrl,
      frontendUrl: "http://localhost:5173",
    }),
    ADMIN_TOKEN: "local-admin-token-local-admin-token",
  });
  writeFileSync(join(bundle, LISTENER), listener);
  const logs: string[] = [];
  const messages: string[] = [];
  const onLog = (line: string) => (line.startsWith(MESSAGE) ? messages : logs).push(line);
  const worker = keep(await startBenchWorker(bundle, variablesAt, { onLog, entry: LISTENER }));
  const variables = variablesAt(worker.url);
  meta.state.redirectUris.push(variables.META_REDIRECT_URI);
  const superuser = new pg.Pool({ connectionString: postgres.superuserUrl(DATABASE), max: 2 });
  keep({ stop: () => superuser.end() });
  return {
    send: (path, init) => fetch(worker.url + path, init),
    sql: async (text, values) => (await superuser.query(text, values)).rows,
    askMeta: async (path) => meta.app.request(path),
    jwtSecret: variables.JWT_SECRET,
    adminToken: variables.ADMIN_TOKEN,
    now: Date.now,
    variables,
    neon,
    logs,
    messages,
    bundle,
    tokensOfMeta: () => [...meta.state.tokens.keys()],
    upstash: { url: upstash.url, token: upstashToken },
  };
}
