import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { listenLocally } from "./ports.ts";
import { startPostgres, type Postgres } from "./postgres.ts";

let dir: string;
const running: Postgres[] = [];
const children: ChildProcess[] = [];

const start = async (port?: number) => {
  const postgres = await startPostgres(port === undefined ? { dir } : { dir, port });
  running.push(postgres);
  return postgres;
};

const ask = async (url: string, sql: string) => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
};

const pidFile = () => join(dir, "data", "postmaster.pid");
const pidLine = (index: number) => Number(readFileSync(pidFile(), "utf8").split("\n")[index]);
const postmasterPid = () => pidLine(0);
const postmasterPort = () => pidLine(3);

const isListening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });

const endChild = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill();
  });

// One data folder for all, because initdb takes most of the time: every test stores under names of its own.
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "world-pg-"));
  chmodSync(dir, 0o755);
});

afterEach(async () => {
  await Promise.all(children.splice(0).map(endChild));
  await Promise.all(running.splice(0).map((postgres) => postgres.stop()));
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

test("what was stored is still there after stop and start", async () => {
  const first = await start();
  await first.createDatabase("kept");
  await ask(first.superuserUrl("kept"), "create table note as select 'kept' as text");
  await first.stop();
  await expect(ask(first.superuserUrl("kept"), "select 1")).rejects.toThrow(/ECONNREFUSED/);

  const second = await start();
  expect(await ask(second.superuserUrl("kept"), "select text from note")).toEqual([{ text: "kept" }]);
});

test("it is PostgreSQL 17, asks for a password, and its text functions know more than ASCII", async () => {
  const postgres = await start();
  const url = postgres.superuserUrl("postgres");
  const [row] = await ask(
    url,
    "select current_setting('server_version_num')::int / 10000 as major, upper('ñandú') as upper",
  );
  expect(row).toEqual({ major: 17, upper: "ÑANDÚ" });
  const wrong = new URL(url);
  wrong.password = "wrong";
  await expect(ask(wrong.href, "select 1")).rejects.toMatchObject({ code: "28P01" });
});

test("a database is copied from a template although somebody idles on it, and dropped although somebody is connected", async () => {
  const postgres = await start();
  await postgres.createDatabase("app");
  await ask(postgres.superuserUrl("app"), "create table note as select 'copied' as text");
  const idler = new Client({ connectionString: postgres.superuserUrl("app") });
  idler.on("error", () => undefined);
  await idler.connect();

  await postgres.createDatabase("copy of app", "app");
  expect(await ask(postgres.superuserUrl("copy of app"), "select text from note")).toEqual([{ text: "copied" }]);

  const user = new Client({ connectionString: postgres.superuserUrl("copy of app") });
  user.on("error", () => undefined);
  await user.connect();
  await postgres.dropDatabase("copy of app");
  await expect(ask(postgres.superuserUrl("copy of app"), "select 1")).rejects.toMatchObject({ code: "3D000" });
});

test("it starts again after kill -9 of the postmaster", async () => {
  const first = await start();
  await ask(
    first.superuserUrl("postgres"),
    "set synchronous_commit to on; create table note as select 'survived' as text",
  );
  process.kill(postmasterPid(), "SIGKILL");

  const second = await start();
  expect(await ask(second.superuserUrl("postgres"), "select text from note")).toEqual([{ text: "survived" }]);
});

const program = `
  import { startPostgres } from ${JSON.stringify(join(import.meta.dirname, "postgres.ts"))};
  await startPostgres({ dir: process.argv[1] });
  console.log("started");
  setInterval(() => undefined, 1000);
`;

/** A process of its own that has started Postgres on `dir`. */
const anOwner = async () => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, dir], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  children.push(child);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const whenEnded = new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
  return { child, whenEnded };
};

test("an orphan whose owner was killed with -9 is replaced", async () => {
  const { child, whenEnded } = await anOwner();
  const port = postmasterPort();
  child.kill("SIGKILL");
  await whenEnded;
  expect(await isListening(port)).toBe(true);

  await start();
  expect(await isListening(port)).toBe(false);
});

test("a Postgres whose owner lives is left alone", async () => {
  const { child } = await anOwner();
  await expect(start()).rejects.toThrow(`in use by process ${child.pid}`);
  expect(await isListening(postmasterPort())).toBe(true);
});

test.each(["SIGINT", "SIGTERM"] as const)("%s to its owner ends Postgres too", async (signal) => {
  const { child, whenEnded } = await anOwner();
  const port = postmasterPort();
  child.kill(signal);
  expect(await whenEnded).toBe(signal);
  await expect.poll(() => isListening(port)).toBe(false);
});

test("a pid file whose number now belongs to another program does no harm to that program", async () => {
  const first = await start();
  const text = readFileSync(pidFile(), "utf8");
  await first.stop();
  const bystander = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"]);
  children.push(bystander);
  writeFileSync(pidFile(), text.replace(/^\d+/, String(bystander.pid)));

  await start();
  expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
});

test.runIf(process.getuid?.() === 0)(
  "under a folder that the server's user cannot enter, data moves to the temporary folder and stays",
  async () => {
    const closed = join(dir, "closed");
    mkdirSync(closed, { mode: 0o700 });
    const startThere = async () => {
      const postgres = await startPostgres({ dir: join(closed, "pg") });
      running.push(postgres);
      return postgres;
    };
    const first = await startThere();
    expect(first.dir).not.toContain(dir);
    await ask(first.superuserUrl("postgres"), "create table note as select 'kept' as text");
    await first.stop();

    const second = await startThere();
    expect(second.dir).toBe(first.dir);
    expect(await ask(second.superuserUrl("postgres"), "select text from note")).toEqual([{ text: "kept" }]);
    await second.stop();
    rmSync(second.dir, { recursive: true });
  },
);

test("a taken port is named in the message", async () => {
  const other = createServer();
  const port = await listenLocally(other, 0, "the test");
  await expect(start(port)).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken, so Postgres cannot start there.`);
  other.close();
});
