// npm run world: everything outside the worker, and a .dev.vars that is true for it. `npx wrangler dev` in another
// terminal then just works; npm run dev and npm run demo start the same world and the worker beside it.
import { join } from "node:path";
import { runCommand } from "./command.ts";
import { prepareDatabase } from "./database.ts";
import { withEnvironment, writeDevVars } from "./dev-vars.ts";
import { createDemoBusiness } from "./meta/business.ts";
import { createMetaSimulator, serveMetaSimulator } from "./meta/simulator.ts";
import { startNeonDoor } from "./neon-door.ts";
import { startPostgres } from "./postgres.ts";
import { startRedis } from "./redis/start-redis.ts";
import { startUpstashDoor } from "./redis/upstash-door.ts";
import { root } from "./root.ts";
import { takeFolder } from "./running.ts";
import { readSeedDay, seedDemo } from "./seed.ts";
import { metaApp, upstashToken, type Variables, variablesFor } from "./settings.ts";
import { stopOnSignal } from "./stop-on-signal.ts";
import { type Ports, readPorts, requireFree } from "./world-ports.ts";

const DATABASE = "app";
const WEBHOOK_RETRIES_MS = 5_000;

export type World = {
  variables: Variables;
  /** Names of variables that the environment sets: the world's own values stand back. */
  fromEnvironment: string[];
  databaseUrl: string;
  redisKind: string;
  /** The simulator's address; undefined where one's own Meta is in its place. */
  metaUrl: string | undefined;
  /** Notes the programs that were started under this process, for the start after a `kill -9`. */
  notePrograms: () => void;
  stop: () => Promise<void>;
};

export type WorldOptions = {
  ports: Ports;
  /** Where data and state are kept. */
  dir: string;
  /** Its variables win over the world's. */
  env: NodeJS.ProcessEnv;
  devVarsFile: string;
};

const startMeta = async (ports: Ports, redirectUri: string, anchor: string) => {
  const simulator = createMetaSimulator({
    appId: metaApp.id,
    appSecret: metaApp.secret,
    redirectUris: [redirectUri],
    callbacks: {
      deauthorizeUrl: new URL("deauthorize", redirectUri).href,
      deletionUrl: new URL("data-deletion", redirectUri).href,
      send: (url, init) => fetch(url, init),
    },
    webhooks: { url: new URL("/webhooks/meta", redirectUri).href, send: (url, init) => fetch(url, init) },
    business: createDemoBusiness({ anchor }),
    // A report is ready in seconds: at Meta it takes minutes, which nobody wants to watch.
    settings: { reports: { firstPollRace: false, stageMs: 1000, advanceByPolls: true, nextOutcomes: [] } },
  });
  const server = await serveMetaSimulator(simulator, { port: ports.meta });
  const retries = setInterval(() => void simulator.deliverWebhooks(), WEBHOOK_RETRIES_MS);
  return {
    url: server.url,
    stop: () => {
      clearInterval(retries);
      return server.stop();
    },
  };
};

/** Starts the world, seeds an empty database and writes the variables. Throws a sentence when it cannot. */
export const startWorld = async ({ ports, dir, env, devVarsFile }: WorldOptions): Promise<World> => {
  const hasOwnMeta = Boolean(env["META_GRAPH_BASE_URL"] && env["META_DIALOG_BASE_URL"]);
  const running = await takeFolder(join(dir, "state.json"), ports);
  const started: { stop: () => Promise<void> }[] = [];
  const keep = <T extends { stop: () => Promise<void> }>(part: T): T => {
    started.push(part);
    return part;
  };
  const stop = async () => {
    for (const part of started.toReversed()) await part.stop();
    running.remove();
  };

  const refuseTaken = async (error: unknown): Promise<never> => {
    await requireFree(ports, ["postgres"]);
    throw error;
  };

  try {
    const startDatabase = async () => {
      const starting = startPostgres({ dir: join(dir, "pg"), port: ports.postgres });
      // Only now: an orphan of ours may have held the port, and starting Postgres ends it.
      const postgres = keep(await starting.catch((error: unknown) => refuseTaken(error)));
      await prepareDatabase(postgres, DATABASE);
      await seedDemo(postgres.superuserUrl(DATABASE), { now: Date.now() });
      return postgres;
    };
    await requireFree(ports, hasOwnMeta ? ["neon", "upstash"] : ["neon", "upstash", "meta"]);
    const postgres = await startDatabase();
    const databaseUrl = postgres.superuserUrl(DATABASE);
    const redis = keep(await startRedis({ dir: join(dir, "redis") }));
    const neon = keep(await startNeonDoor({ postgresPort: postgres.port, port: ports.neon }));
    const upstash = keep(await startUpstashDoor({ redis, token: upstashToken, port: ports.upstash }));
    const ownVariables = variablesFor({
      databaseHost: "app.localhost",
      database: DATABASE,
      neonEndpoint: neon.url,
      upstashUrl: upstash.url,
      metaUrl: `http://127.0.0.1:${ports.meta}`,
      workerUrl: `http://localhost:${ports.worker}`,
      frontendUrl: `http://localhost:${ports.page}`,
    });
    const { variables, own } = withEnvironment(ownVariables, env);
    const startSimulator = async () => startMeta(ports, variables.META_REDIRECT_URI, await readSeedDay(databaseUrl));
    const meta = hasOwnMeta ? undefined : keep(await startSimulator());
    writeDevVars(devVarsFile, variables);
    running.notePrograms();
    return {
      variables,
      fromEnvironment: own,
      databaseUrl,
      redisKind: redis.kind,
      metaUrl: meta?.url,
      notePrograms: running.notePrograms,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** The world of this repository, as the environment wants it. */
export const repositoryWorld = (env: NodeJS.ProcessEnv): WorldOptions => ({
  ports: readPorts(env),
  dir: join(root, ".world"),
  env,
  devVarsFile: join(root, ".dev.vars"),
});

/** One line per part, to be read by people. */
export const describeWorld = ({ databaseUrl, redisKind, metaUrl, variables, fromEnvironment }: World): string[] => [
  `  Meta        ${metaUrl ? `${metaUrl}/__sim (simulated: board, clock, faults)` : `${variables.META_GRAPH_BASE_URL} (your own)`}`,
  `  PostgreSQL  ${databaseUrl}`,
  `  Redis       ${redisKind}, at ${variables.UPSTASH_REDIS_REST_URL} as Upstash`,
  ...(fromEnvironment.length > 0 ? [`  Yours       ${fromEnvironment.join(", ")} (from the environment)`] : []),
];

if (import.meta.main) {
  await runCommand("npm run world", async () => {
    const { stopping, onStop } = stopOnSignal();
    const options = repositoryWorld(process.env);
    const world = await startWorld(options);
    onStop(world.stop);
    console.log(["", "The world is up, and .dev.vars is true for it:", "", ...describeWorld(world), ""].join("\n"));
    console.log(
      "  In another terminal: npx wrangler dev (crons do not fire by themselves there)\n  Ctrl-C stops it.\n",
    );
    await stopping;
  });
}
