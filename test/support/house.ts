// A whole house for one test file: the app, its jobs and its queue on real parts, with a database copied from the
// template, a Meta of its own and a clock that only the test moves.
import { inject } from "vitest";
import pg from "pg";
import { type App, createApp } from "../../src/app.ts";
import type { Tools } from "../../src/context.ts";
import { createTools } from "../../src/deps.ts";
import { parseEnv } from "../../src/env.ts";
import { runBatch, runCron } from "../../src/jobs.ts";
import {
  createMetaSimulator,
  type MetaSimulator,
  type MetaSimulatorOptions,
  serveMetaSimulator,
} from "../world/meta/simulator.ts";
import { type NeonDoor, startNeonDoor } from "../world/neon-door.ts";
import { startEmulator } from "../world/redis/emulator/emulator.ts";
import { startUpstashDoor, type UpstashDoor } from "../world/redis/upstash-door.ts";
import { metaApp, upstashToken, variablesFor } from "../world/settings.ts";
import { type Clock, createClock, minutes, seconds } from "./clock.ts";
import { type Death, outside, untilDeath } from "./fuse.ts";
import { TEMPLATE } from "./global-setup.ts";
import { createQueue, type FakeQueue } from "./queue.ts";

export const WORKER_URL = "https://api.crm.test";
export const FRONTEND_URL = "https://crm.test";

export type House = {
  app: App;
  tools: Tools;
  clock: Clock;
  queue: FakeQueue;
  meta: MetaSimulator;
  neon: NeonDoor;
  upstash: UpstashDoor;
  /** The superuser: past both walls, for setting the scene and for looking. */
  sql: <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<Row[]>;
  logs: string[];
  /** Sends a request to the app and waits for what it left to do after its answer. */
  request: (path: string, init?: RequestInit) => Promise<Response>;
  /** What cron does in a minute. */
  tick: () => Promise<void>;
  /** Minutes go by: cron ticks and the queue delivers, until nothing is left to do or `upTo` has passed. */
  settle: (options?: { upTo?: number; copies?: number }) => Promise<void>;
  /** The same house for another isolate: its own clients, the same world. */
  anotherIsolate: () => { app: App; tools: Tools };
  /**
   * An isolate of its own works (its cron and its consumer too) and dies as told; then a fresh one has cron and queue,
   * and what the dead one had not acknowledged comes again after half a minute.
   */
  crash: (
    death: Death,
    work: (isolate: { app: App; tools: Tools }) => Promise<unknown>,
  ) => ReturnType<typeof untilDeath>;
  stop: () => Promise<void>;
};

export type HouseOptions = {
  meta?: MetaSimulatorOptions;
  variables?: Partial<Record<keyof ReturnType<typeof variablesFor>, string>>;
};

export async function aHouse({ meta: metaOptions, variables: overrides }: HouseOptions = {}): Promise<House> {
  const clock = createClock();
  const database = `house_${crypto.randomUUID().replaceAll("-", "")}`;
  await withSuperuser("postgres", (client) =>
    client.query(`CREATE DATABASE ${database} TEMPLATE ${TEMPLATE} STRATEGY file_copy`),
  );

  const meta = createMetaSimulator({
    now: clock.now,
    appId: metaApp.id,
    appSecret: metaApp.secret,
    redirectUris: [`${WORKER_URL}/crm/auth/meta/callback`],
    callbacks: {
      deauthorizeUrl: `${WORKER_URL}/crm/auth/meta/deauthorize`,
      deletionUrl: `${WORKER_URL}/crm/auth/meta/data-deletion`,
      send: (url, init) => sendTo(app, url, init),
    },
    webhooks: { url: `${WORKER_URL}/webhooks/meta`, send: (url, init) => sendTo(app, url, init) },
    ...metaOptions,
  });
  const redis = await startEmulator({ now: clock.now });
  const [metaServer, neon, upstash] = await Promise.all([
    serveMetaSimulator(meta),
    startNeonDoor({ postgresPort: inject("postgresPort") }),
    startUpstashDoor({ redis, token: upstashToken }),
  ]);

  const variables = variablesFor({
    databaseHost: `${database}.local`,
    database,
    neonEndpoint: neon.url,
    upstashUrl: upstash.url,
    metaUrl: metaServer.url,
    workerUrl: WORKER_URL,
    frontendUrl: FRONTEND_URL,
  });
  const parsed = parseEnv({ ...variables, ENVIRONMENT: "test", ...overrides });
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const { env } = parsed;

  const logs: string[] = [];
  const queue: FakeQueue = createQueue(clock, (batch) => runBatch(isolate.tools, batch));
  const build = () => {
    const binding: typeof queue.binding = { sendBatch: (messages) => outside(() => queue.binding.sendBatch(messages)) };
    const built = createTools(env, {
      queue: binding,
      limiterDeadlineMs: 5_000,
      now: clock.now,
      write: (line) => logs.push(line),
    });
    return { tools: built, app: createApp(built) };
  };
  const { tools, app } = build();
  // Who has cron and queue.
  let isolate = { tools, app };
  const superuser = new pg.Pool({ connectionString: inject("superuserUrl") + database, max: 2 });

  const tick = () => runCron(isolate.tools, "* * * * *");
  return {
    app,
    tools,
    clock,
    queue,
    meta,
    neon,
    upstash,
    logs,
    sql: async (text, values) => (await superuser.query(text, values)).rows,
    request: async (path, init) => sendTo(app, path, init),
    tick,
    settle: async ({ upTo = minutes(24 * 60), copies = 1 } = {}) => {
      for (const end = clock.now() + upTo; clock.now() < end; clock.advance(minutes(1))) {
        await meta.deliverWebhooks();
        await tick();
        while ((await queue.deliverDue({ copies })) > 0);
        const open = await superuser.query("SELECT FROM sync_runs WHERE finished_at IS NULL LIMIT 1");
        if (open.rowCount === 0 && queue.waiting().length === 0) return;
      }
    },
    anotherIsolate: build,
    crash: async (death, work) => {
      const dying = build();
      isolate = dying;
      const end = await untilDeath(death, () => work(dying));
      isolate = build();
      queue.redeliver(seconds(30));
      return end;
    },
    stop: async () => {
      await Promise.all([metaServer.stop(), neon.stop(), upstash.stop(), superuser.end()]);
      await redis.stop();
      // A connection that is still closing would be killed with FORCE; the whole server is thrown away in the end.
      await withSuperuser("postgres", (client) => client.query(`DROP DATABASE ${database}`)).catch(() => undefined);
    },
  };
}

/** Sends a request to an app and waits for its `waitUntil`s. */
export async function sendTo(app: App, path: string, init?: RequestInit): Promise<Response> {
  const background: Promise<unknown>[] = [];
  const execution = {
    waitUntil: (work: Promise<unknown>) => background.push(work),
    passThroughOnException: () => undefined,
    props: {},
  };
  const response = await app.request(new URL(path, WORKER_URL), init, {}, execution as unknown as ExecutionContext);
  await Promise.all(background);
  return response;
}

async function withSuperuser<T>(database: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: inject("superuserUrl") + database });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
