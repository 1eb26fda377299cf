// A first sync of one account, as cron starts it: with no deep read behind it the worker reads ninety days and today, every
// slice directly. No report is polled for, so there is no waiting that Meta asked for.
import { setTimeout as wait } from "node:timers/promises";
import type pg from "pg";
import { parseEnv } from "../../src/env.ts";
import { createVault } from "../../src/lib/vault.ts";
import { largeAccountId } from "../world/meta/large-business.ts";
import { type BenchWorld, portOf } from "./bench-world.ts";
import { seedCrm } from "./business.ts";
import { type TenantSize, zone } from "./sizes.ts";
import { type Exchange, totalMs, watchTraffic } from "./traffic.ts";

export const SYNC_TENANT = 900_001;
const GIVE_UP_MS = 120_000;
const POLL_MS = 100;

export type SyncMeasured = {
  rows: { level: string; rows: number }[];
  totalRows: number;
  /** From the run's start to its end, with the queue's pauses between messages. */
  wallMs: number;
  /** What the messages took: the sum of the worker's own job log lines. */
  busyMs: number;
  messages: number;
  /** The parts of `busyMs`. */
  metaMs: number;
  commitMs: number;
  otherDatabaseMs: number;
  workerMs: number;
  pages: number;
  commits: number;
  /** The same pages, fetched again one by one without the worker. */
  plainFetchMs: number;
};

const seal = async ({ variables }: BenchWorld, connectionId: string, token: string): Promise<string> => {
  const parsed = parseEnv(variables);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const vault = createVault(parsed.env.TOKEN_ENCRYPTION_KEYS, (bytes) => crypto.getRandomValues(new Uint8Array(bytes)));
  return vault.seal(token, { tenantId: SYNC_TENANT, connectionId, kind: "user" });
};

/** A tenant with a CRM and one connected account that was never read and is due now. */
const seedDueAccount = async (world: BenchWorld, client: pg.Client, size: TenantSize): Promise<void> => {
  const connectionId = crypto.randomUUID();
  const sealed = await seal(world, connectionId, world.meta.issueToken().value);
  await client.query("INSERT INTO tenants (tenant_id, name) VALUES ($1, 'Cuenta grande')", [SYNC_TENANT]);
  await client.query("INSERT INTO tenant_settings (tenant_id, timezone) VALUES ($1, $2)", [SYNC_TENANT, zone]);
  await client.query(
    `INSERT INTO connections (tenant_id, id, kind, status, token_sealed, granted_scopes, connected_by)
     VALUES ($1, $2, 'user', 'active', $3, '{ads_read,business_management}', 'user:bench')`,
    [SYNC_TENANT, connectionId, sealed],
  );
  await client.query(
    `INSERT INTO ad_accounts (tenant_id, account_id, connection_id, name, currency, timezone_name, account_status, is_primary)
     VALUES ($1, $2, $3, 'Cuenta grande', 'ARS', $4, 1, true)`,
    [SYNC_TENANT, largeAccountId, connectionId, zone],
  );
  await seedCrm(client, SYNC_TENANT, size);
  await client.query("SELECT rebuild_facts($1)", [SYNC_TENANT]);
  await client.query("INSERT INTO sync_schedule (tenant_id, account_id, next_due_at) VALUES ($1, $2, now())", [
    SYNC_TENANT,
    largeAccountId,
  ]);
};

type Run = { status: string; error_code: string | null; ms: number };

const whenFinished = async ({ worker }: BenchWorld, client: pg.Client): Promise<Run> => {
  for (const deadline = Date.now() + GIVE_UP_MS; Date.now() < deadline; await wait(POLL_MS)) {
    const { rows } = await client.query<Run>(
      `SELECT status, error_code, (extract(epoch FROM finished_at - created_at) * 1000)::float8 AS ms
       FROM sync_runs WHERE tenant_id = $1 AND finished_at IS NOT NULL`,
      [SYNC_TENANT],
    );
    const [run] = rows;
    if (run) return run;
  }
  const outcomes = worker.jobs().map(({ outcome, ms }) => `${String(outcome)} after ${String(ms)} ms`);
  throw new Error(
    `The sync did not end within ${GIVE_UP_MS / 1000} s. Its messages: ${outcomes.join(", ") || "none"}.`,
  );
};

const isPage = ({ method, path }: Exchange) => method === "GET" && /\/insights\?/.test(path);
const isCommit = (exchange: Exchange) => exchange.body().includes("meta_ads_insights AS i");

const fetchAgain = async ({ metaUrl }: BenchWorld, pages: readonly Exchange[]): Promise<number> => {
  const startedAt = performance.now();
  for (const { path, headers } of pages) {
    const answer = await fetch(metaUrl + path, { headers: { authorization: headers.authorization ?? "" } });
    if (!answer.ok) throw new Error(`The simulated Meta answered ${answer.status} the second time.`);
    await answer.text();
  }
  return performance.now() - startedAt;
};

/** `size` is that of the CRM whose leads name the campaigns that are read. */
export const benchSync = async (world: BenchWorld, client: pg.Client, size: TenantSize): Promise<SyncMeasured> => {
  await seedDueAccount(world, client, size);
  const { result: run, exchanges } = await watchTraffic(async () => {
    await world.worker.tick();
    const finished = await whenFinished(world, client);
    await wait(POLL_MS);
    return finished;
  });
  if (run.status !== "succeeded") throw new Error(`The sync ended ${run.status}: ${run.error_code}`);
  const { rows } = await client.query<{ level: string; rows: number }>(
    "SELECT level, count(*)::int AS rows FROM meta_ads_insights WHERE tenant_id = $1 GROUP BY level ORDER BY rows",
    [SYNC_TENANT],
  );
  const jobs = world.worker.jobs().filter(({ tenantId }) => tenantId === SYNC_TENANT);
  const busyMs = jobs.reduce((sum, { ms }) => sum + Number(ms), 0);
  const meta = exchanges.filter(({ port }) => port === portOf(world.metaUrl));
  const pages = meta.filter(isPage);
  // Cron's own claim is made before the first message.
  const database = exchanges.filter(
    (exchange) => exchange.port === portOf(world.neon.url) && !exchange.body().includes("app_dispatch"),
  );
  const commits = database.filter(isCommit);
  const [metaMs, databaseMs, commitMs] = [totalMs(meta), totalMs(database), totalMs(commits)];
  return {
    rows,
    totalRows: rows.reduce((sum, level) => sum + level.rows, 0),
    wallMs: run.ms,
    busyMs,
    messages: jobs.length,
    metaMs,
    commitMs,
    otherDatabaseMs: databaseMs - commitMs,
    workerMs: busyMs - metaMs - databaseMs,
    pages: pages.length,
    commits: commits.length,
    plainFetchMs: await fetchAgain(world, pages),
  };
};
