import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import { onExit } from "./on-exit.ts";
import { findFreePort } from "./ports.ts";
import { clearDataFolder } from "./postgres-orphan.ts";
import { environment, initialize, password, superuser } from "./postgres-initdb.ts";
import { findPrograms, reachableFolder, serverIdentity } from "./postgres-places.ts";

export type PostgresOptions = {
  /** Where data and log live; kept between starts. */
  dir: string;
  /** Any free one when absent. */
  port?: number;
  /** Survive a power cut (default: false, tests are quicker without). */
  durable?: boolean;
};

export type Postgres = {
  port: number;
  /** Where data and log really live: the wanted folder, or one in the temporary folder when the server's user cannot reach that. */
  dir: string;
  /** The connection string of the superuser, who is not bound by RLS. */
  superuserUrl: (database: string) => string;
  /** Creates a database, as a copy of `template` when given (idle connections to the template are closed). */
  createDatabase: (name: string, template?: string) => Promise<void>;
  /** Drops a database if it exists, whoever is connected to it. */
  dropDatabase: (name: string) => Promise<void>;
  stop: () => Promise<void>;
};

const startDeadlineMs = 30_000;

const ended = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;
const whenEnded = (child: ChildProcess) =>
  new Promise<void>((resolve) => (ended(child) ? resolve() : child.once("exit", () => resolve())));

const serverArguments = (data: string, port: number, durable: boolean) => {
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "200",
    max_wal_size: "1GB",
    ...(durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  return [
    "-D",
    data,
    "-p",
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
};

const spawnServer = (programs: string, data: string, port: number, durable: boolean, logFile: string) => {
  const log = openSync(logFile, "a");
  const child = spawn(join(programs, "postgres"), serverArguments(data, port, durable), {
    ...serverIdentity,
    cwd: data,
    env: environment,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  return child;
};

/** Resolves with undefined once connections are accepted, or with what the server said when it gave up. */
const whenReady = async (
  child: ChildProcess,
  data: string,
  logFile: string,
  logStart: number,
): Promise<string | undefined> => {
  let spawnError: Error | undefined;
  child.once("error", (error) => (spawnError = error));
  const pidFile = join(data, "postmaster.pid");
  for (const deadline = Date.now() + startDeadlineMs; Date.now() < deadline; await wait(10)) {
    if (spawnError) return spawnError.message;
    if (ended(child)) return readFileSync(logFile).subarray(logStart).toString("utf8");
    const lines = existsSync(pidFile) ? readFileSync(pidFile, "utf8").split("\n") : [];
    if (lines[0] === String(child.pid) && lines[7]?.startsWith("ready")) return undefined;
  }
  child.kill("SIGQUIT");
  return `not ready after ${startDeadlineMs} ms, see ${logFile}`;
};

// The first: backends of a killed postmaster need a moment to notice. The second: somebody took the free port we had found.
const isWorthRetrying = (complaint: string) => /pre-existing shared memory|Address already in use/.test(complaint);

const stopServer = async (child: ChildProcess) => {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (ended(child)) return;
    child.kill(signal);
    await Promise.race([whenEnded(child), wait(5000, undefined, { ref: false })]);
  }
};

/** Starts the embedded PostgreSQL 17 on 127.0.0.1; no Postgres outlives this process unless it dies by `kill -9`. */
export const startPostgres = async ({
  dir,
  port: wantedPort = 0,
  durable = false,
}: PostgresOptions): Promise<Postgres> => {
  let child: ChildProcess | undefined;
  const forget = onExit(() => child?.kill("SIGINT"));

  const start = async () => {
    const programs = findPrograms();
    const folder = reachableFolder(dir);
    const data = join(folder, "data");
    const logFile = join(folder, "postgres.log");
    const ownerFile = join(folder, "owner.pid");

    await clearDataFolder(data, ownerFile);
    if (!existsSync(join(data, "PG_VERSION"))) await initialize(programs, folder, data, durable);
    for (const deadline = Date.now() + 5000; ; await wait(50)) {
      const port = await findFreePort(wantedPort, "Postgres");
      const logStart = existsSync(logFile) ? statSync(logFile).size : 0;
      writeFileSync(ownerFile, String(process.pid));
      const server = spawnServer(programs, data, port, durable, logFile);
      child = server;
      const complaint = await whenReady(server, data, logFile, logStart);
      if (complaint === undefined) return { server, port, folder };
      if (!isWorthRetrying(complaint) || Date.now() > deadline)
        throw new Error(`Postgres did not start in ${folder}: ${complaint}`);
    }
  };

  const { server, port, folder } = await start().catch((error: unknown) => {
    child?.kill("SIGQUIT");
    forget();
    throw error;
  });

  const superuserUrl = (database: string) =>
    `postgresql://${superuser}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;

  // Without fsync copying files is several times quicker than logging every page.
  const strategy = durable ? "" : "strategy file_copy";

  const administer = async (work: (client: Client) => Promise<void>) => {
    const client = new Client({ connectionString: superuserUrl("postgres") });
    await client.connect();
    try {
      await work(client);
    } finally {
      await client.end();
    }
  };

  return {
    port,
    dir: folder,
    superuserUrl,
    createDatabase: (name, template) =>
      administer(async (client) => {
        if (template === undefined) {
          await client.query(`create database ${client.escapeIdentifier(name)} ${strategy}`);
          return;
        }
        await client.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and state = 'idle'",
          [template],
        );
        await client.query(
          `create database ${client.escapeIdentifier(name)} template ${client.escapeIdentifier(template)} ${strategy}`,
        );
      }),
    dropDatabase: (name) =>
      administer(async (client) => {
        await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`);
      }),
    stop: async () => {
      await stopServer(server);
      forget();
    },
  };
};
