// Starts what all tests share: a PostgreSQL with a migrated template database, a Redis, and for the worker project a
// whole world of its own. Every house (house.ts) copies the template.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { prepareDatabase } from "../world/database.ts";
import { createMetaSimulator, serveMetaSimulator } from "../world/meta/simulator.ts";
import { startNeonDoor } from "../world/neon-door.ts";
import { startPostgres } from "../world/postgres.ts";
import { startRedis } from "../world/redis/start-redis.ts";
import { startUpstashDoor } from "../world/redis/upstash-door.ts";
import { metaApp, upstashToken, type Variables, variablesFor } from "../world/settings.ts";
import { startUpstream } from "./upstream.ts";

export const TEMPLATE = "template_app";

declare module "vitest" {
  interface ProvidedContext {
    postgresPort: number;
    superuserUrl: string;
    upstashUrl: string;
    redisKind: string;
    worker: Variables;
    mainBackendUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(tmpdir(), "marketing-hub-test-"));
  // Postgres does not run as root: its user must be able to walk in.
  chmodSync(dir, 0o755);
  const [postgres, redis] = await Promise.all([startPostgres({ dir }), startRedis()]);
  const upstash = await startUpstashDoor({ redis, token: upstashToken });
  await prepareDatabase(postgres, TEMPLATE);
  await postgres.createDatabase("worker", TEMPLATE);

  const workerUrl = "http://localhost:8787";
  const simulator = createMetaSimulator({
    appId: metaApp.id,
    appSecret: metaApp.secret,
    redirectUris: [`${workerUrl}/crm/auth/meta/callback`],
  });
  const [neon, meta, mainBackend] = await Promise.all([
    startNeonDoor({ postgresPort: postgres.port }),
    serveMetaSimulator(simulator),
    startUpstream(),
  ]);

  project.provide("postgresPort", postgres.port);
  project.provide("superuserUrl", postgres.superuserUrl(""));
  project.provide("upstashUrl", upstash.url);
  project.provide("redisKind", redis.kind);
  project.provide("mainBackendUrl", mainBackend.url);
  project.provide(
    "worker",
    variablesFor({
      databaseHost: "worker.local",
      database: "worker",
      neonEndpoint: neon.url,
      upstashUrl: upstash.url,
      metaUrl: meta.url,
      workerUrl,
      frontendUrl: "http://localhost:5173",
    }),
  );
  console.log(`The world is up: PostgreSQL on ${postgres.port}, Redis is ${redis.kind}.`);

  return async () => {
    await Promise.all([neon.stop(), meta.stop(), upstash.stop(), mainBackend.stop()]);
    await Promise.all([postgres.stop(), redis.stop()]);
    rmSync(dir, { recursive: true, force: true });
  };
}
