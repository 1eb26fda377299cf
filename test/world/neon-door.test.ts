import { neon, neonConfig, type NeonQueryFunction } from "@neondatabase/serverless";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/neon-http";
import { integer, pgTable, text } from "drizzle-orm/pg-core";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startNeonDoor, type NeonDoor } from "./neon-door.ts";
import { startPostgres, type Postgres } from "./postgres.ts";

let dir: string;
let postgres: Postgres;
let door: NeonDoor;
/** Has one connection only, so that two requests must share it. */
let narrowDoor: NeonDoor;
let databases = 0;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "world-neon-"));
  chmodSync(dir, 0o755);
  postgres = await startPostgres({ dir });
  door = await startNeonDoor({ postgresPort: postgres.port });
  narrowDoor = await startNeonDoor({ postgresPort: postgres.port, limits: { perTarget: 1 } });
  neonConfig.fetchEndpoint = (host) => (host === "narrow.localtest" ? narrowDoor.url : door.url);
}, 20_000);

afterEach(() => {
  door.setFault(undefined);
  door.setRewrite(undefined);
});

afterAll(async () => {
  await Promise.all([door.stop(), narrowDoor.stop()]);
  await postgres.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** As Neon's: the host is not that of our Postgres. */
const neonUrl = (database: string) => {
  const url = new URL(postgres.superuserUrl(database));
  url.host = "db.localtest";
  url.port = "";
  return url.href;
};

const aDatabase = async () => {
  databases += 1;
  const name = `test_${databases}`;
  await postgres.createDatabase(name);
  return neonUrl(name);
};

const throughNarrowDoor = (url: string) => url.replace("db.localtest", "narrow.localtest");

const note = pgTable("note", { id: integer().primaryKey(), body: text().notNull() });

/** A database of its own with one empty table, and both drivers on it. */
const aNotebook = async () => {
  const query = neon(await aDatabase());
  await query`create table note (id int primary key, body text not null)`;
  return { query, db: drizzle(query) };
};

const count = async (query: NeonQueryFunction<false, false>) =>
  (await query`select count(*)::int as n from note`)[0]?.["n"];

test("values come back as the driver reads Postgres' text", async () => {
  const query = neon(neonUrl("postgres"));
  const [row] =
    await query`select 12.50::numeric as amount, '2026-11-23T04:05:06.789Z'::timestamptz as at, '2026-11-23'::date::text as day,
    '{"a":[1,"ü"]}'::jsonb as doc, 9007199254740993::bigint as big, '\\xdeadbeef'::bytea as bytes, array[1,2,null]::int[] as numbers,
    array['a"b','c,d'] as words, null::text as nothing, daterange('2026-01-01','2026-02-01') as span, true as yes, 1.5::float8 as float, 'ñ🙂' as emoji`;
  expect(row).toEqual({
    amount: "12.50",
    at: new Date("2026-11-23T04:05:06.789Z"),
    day: "2026-11-23",
    doc: { a: [1, "ü"] },
    big: "9007199254740993",
    bytes: Buffer.from("deadbeef", "hex"),
    numbers: [1, 2, null],
    words: ['a"b', "c,d"],
    nothing: null,
    span: "[2026-01-01,2026-02-01)",
    yes: true,
    float: 1.5,
    emoji: "ñ🙂",
  });
});

test("parameters of every kind arrive", async () => {
  const query = neon(neonUrl("postgres"));
  const at = new Date("2026-11-23T04:05:06.789Z");
  const [row] =
    await query`select ${1}::int as i, ${true}::bool as b, ${at}::timestamptz as at, ${null}::text as n, ${{ a: 1 }}::jsonb as doc,
    ${["x", "y"]}::text[] as words, ${Buffer.from("ff00", "hex")}::bytea as bytes, ${"'; drop table note; --"}::text as text`;
  expect(row).toEqual({
    i: 1,
    b: true,
    at,
    n: null,
    doc: { a: 1 },
    words: ["x", "y"],
    bytes: Buffer.from("ff00", "hex"),
    text: "'; drop table note; --",
  });
});

test("full results and array mode carry fields, command and row count", async () => {
  const { query } = await aNotebook();
  const full = neon(neonUrl(`test_${databases}`), { fullResults: true, arrayMode: true });
  await query`insert into note values (1, 'a'), (2, 'b')`;
  const result = await full`select id, body from note order by id`;
  expect(result).toMatchObject({
    command: "SELECT",
    rowCount: 2,
    rowAsArray: true,
    rows: [
      [1, "a"],
      [2, "b"],
    ],
  });
  expect(result.fields.map(({ name, dataTypeID }) => [name, dataTypeID])).toEqual([
    ["id", 23],
    ["body", 25],
  ]);
  expect(await full`update note set body = 'c' where id > ${0}`).toMatchObject({
    command: "UPDATE",
    rowCount: 2,
    rows: [],
  });
  expect(await full`create table other (id int)`).toMatchObject({ command: "CREATE", rowCount: null });
});

test("a batch is one transaction: an error takes everything back", async () => {
  const { query, db } = await aNotebook();
  const batch = db.batch([
    db.insert(note).values({ id: 1, body: "first" }),
    db.insert(note).values({ id: 2, body: "second" }),
    db.insert(note).values({ id: 1, body: "again" }),
  ]);
  await expect(batch).rejects.toMatchObject({ name: "NeonDbError", code: "23505", constraint: "note_pkey" });
  expect(await count(query)).toBe(0);
  const [, rows] = await db.batch([db.insert(note).values({ id: 3, body: "kept" }), db.select().from(note)]);
  expect(rows).toEqual([{ id: 3, body: "kept" }]);
});

test("a violation that shows at commit is an error and takes everything back", async () => {
  const { query } = await aNotebook();
  await query`create table page (note_id int references note deferrable initially deferred)`;
  await expect(
    query.transaction([query`insert into note values (1, 'a')`, query`insert into page values (2)`]),
  ).rejects.toMatchObject({ code: "23503" });
  expect(await count(query)).toBe(0);
});

test("a transaction-local setting holds within its batch and is gone in the next request on the same connection", async () => {
  const db = drizzle(neon(throughNarrowDoor(await aDatabase())));
  const read = sql`select current_setting('app.tenant', true) as tenant, pg_backend_pid() as pid`;
  const [, inside] = await db.batch([db.execute(sql`select set_config('app.tenant', 't1', true)`), db.execute(read)]);
  expect(inside.rows[0]).toMatchObject({ tenant: "t1" });
  expect((await db.execute(read)).rows[0]).toEqual({
    tenant: expect.toBeOneOf(["", null]),
    pid: inside.rows[0]?.["pid"],
  });
});

test("not even a session-wide setting or a temporary table reaches the next request", async () => {
  const query = neon(throughNarrowDoor(await aDatabase()));
  const [first] = await query`select set_config('app.tenant', 't1', false), pg_backend_pid() as pid`;
  await query`create temporary table secret as select 1`;
  await expect(query`select * from secret`).rejects.toMatchObject({ code: "42P01" });
  const [second] = await query`select current_setting('app.tenant', true) as tenant, pg_backend_pid() as pid`;
  expect(second).toEqual({ tenant: expect.toBeOneOf(["", null]), pid: first?.["pid"] });
});

test("the batch's isolation level, read-only and deferrable reach Postgres", async () => {
  const query = neon(await aDatabase());
  const settings = query`select current_setting('transaction_isolation') as level, current_setting('transaction_read_only') as ro, current_setting('transaction_deferrable') as de`;
  const [[row] = []] = await query.transaction([settings], {
    isolationLevel: "Serializable",
    readOnly: true,
    deferrable: true,
  });
  expect(row).toEqual({ level: "serializable", ro: "on", de: "on" });
});

test("errors carry what Postgres said", async () => {
  const { query, db } = await aNotebook();
  await query`insert into note values (1, 'a')`;
  await expect(query`insert into note values (1, 'b')`).rejects.toMatchObject({
    name: "NeonDbError",
    severity: "ERROR",
    code: "23505",
    detail: "Key (id)=(1) already exists.",
    schema: "public",
    table: "note",
    constraint: "note_pkey",
  });
  await expect(query`selec 1`).rejects.toMatchObject({ code: "42601", position: "1" });
  await expect(query`select * from note where bdy = 'x'`).rejects.toMatchObject({
    code: "42703",
    hint: expect.stringContaining("note.body"),
  });
  await expect(db.insert(note).values({ id: 1, body: "b" })).rejects.toMatchObject({ cause: { code: "23505" } });
});

test("several statements in one query are refused, as on Neon", async () => {
  const { query } = await aNotebook();
  await expect(query.query("delete from note; select 1")).rejects.toMatchObject({ code: "42601" });
});

test("failures to connect are 400 with a code", async () => {
  const wrongPassword = new URL(neonUrl("postgres"));
  wrongPassword.password = "wrong";
  await expect(neon(wrongPassword.href)`select 1`).rejects.toMatchObject({ name: "NeonDbError", code: "28P01" });
  await expect(neon(neonUrl("nowhere"))`select 1`).rejects.toMatchObject({ name: "NeonDbError", code: "3D000" });
  const toNobody = await startNeonDoor({ postgresPort: 1 });
  const response = await fetch(toNobody.url, {
    method: "POST",
    headers: { "Neon-Connection-String": neonUrl("postgres") },
    body: JSON.stringify({ query: "select 1" }),
  });
  expect([response.status, await response.json()]).toEqual([
    400,
    { message: expect.stringContaining("ECONNREFUSED"), code: "08006" },
  ]);
  await toNobody.stop();
});

test("50 parallel requests each get their own answer", async () => {
  const query = neon(await aDatabase());
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => query`select ${n}::int as n`));
  expect(answers.map(([row]) => row?.["n"])).toEqual(Array.from({ length: 50 }, (_, n) => n));
});

test("many databases side by side stay below the cap, and none waits for ever", async () => {
  const capped = await startNeonDoor({ postgresPort: postgres.port, limits: { perTarget: 3, total: 4 } });
  const urls = await Promise.all([aDatabase(), aDatabase(), aDatabase()]);
  const ask = async (url: string) => {
    const response = await fetch(capped.url, {
      method: "POST",
      headers: { "Neon-Connection-String": url, "Neon-Array-Mode": "true" },
      body: JSON.stringify({
        query: "select count(*) from pg_stat_activity where application_name = 'neon-door' and datname = any($1)",
        params: [`{${urls.map((each) => each.split("/").at(-1)).join(",")}}`],
      }),
    });
    const { rows } = (await response.json()) as { rows: [[string]] };
    return Number(rows[0][0]);
  };
  const seen = await Promise.all(Array.from({ length: 30 }, (_, index) => ask(urls[index % 3] ?? "")));
  expect(seen).toHaveLength(30);
  // A connection that is being closed may still be listed.
  expect(Math.max(...seen)).toBeLessThanOrEqual(8);
  await capped.stop();
});

test("when the client leaves, its query is cancelled and the door goes on", async () => {
  const url = await aDatabase();
  const leaving = new AbortController();
  const query = neon(url, { fetchOptions: { signal: leaving.signal } });
  const sleeping = query`select pg_sleep(60)`;
  const watch = neon(neonUrl("postgres"));
  const sleepers = async () =>
    (await watch`select count(*)::int as n from pg_stat_activity where query = 'select pg_sleep(60)'`)[0]?.["n"];
  const outcome = sleeping.catch((error: unknown) => error);
  await expect.poll(sleepers).toBe(1);
  leaving.abort();
  expect(await outcome).toMatchObject({ message: expect.stringMatching(/abort/i) });
  await expect.poll(sleepers).toBe(0);
  expect(await neon(url)`select 1 as n`).toEqual([{ n: 1 }]);
});

test("a database that was dropped under a kept connection does not break the door", async () => {
  const query = neon(await aDatabase());
  await query`select 1`;
  await postgres.dropDatabase(`test_${databases}`);
  await expect(query`select 1`).rejects.toMatchObject({ name: "NeonDbError" });
  expect(await neon(neonUrl("postgres"))`select 1 as n`).toEqual([{ n: 1 }]);
});

test("rewrite alters the SQL on its way", async () => {
  const { query } = await aNotebook();
  await query`insert into note values (1, 'mine'), (2, 'theirs')`;
  door.setRewrite((text) => text.replace(/ where body = 'mine'/, ""));
  expect(await query`select id from note where body = 'mine'`).toHaveLength(2);
  door.setRewrite(undefined);
  expect(await query`select id from note where body = 'mine'`).toHaveLength(1);
});

test("fault: latency answers late", async () => {
  const { query } = await aNotebook();
  door.setFault({ kind: "latency", ms: 80 });
  const start = performance.now();
  await query`select 1`;
  expect(performance.now() - start).toBeGreaterThanOrEqual(75);
});

test("fault: status and html do nothing in the database", async () => {
  const { query } = await aNotebook();
  door.setFault({ kind: "status", status: 503, body: "sorry", times: 1 });
  await expect(query`insert into note values (1, 'a')`).rejects.toThrow("Server error (HTTP status 503): sorry");
  door.setFault({ kind: "html", times: 1 });
  await expect(query`insert into note values (1, 'a')`).rejects.toThrow(SyntaxError);
  expect(await count(query)).toBe(0);
});

test("fault: reset-before loses the request, reset-after-execute only the answer", async () => {
  const { query } = await aNotebook();
  door.setFault({ kind: "reset-before", times: 1 });
  await expect(query`insert into note values (1, 'a')`).rejects.toMatchObject({
    name: "NeonDbError",
    sourceError: expect.any(TypeError),
  });
  expect(await count(query)).toBe(0);
  door.setFault({ kind: "reset-after-execute", times: 1 });
  await expect(query`insert into note values (1, 'a')`).rejects.toMatchObject({ name: "NeonDbError" });
  expect(await count(query)).toBe(1);
});

test("fault: truncate executes and breaks off the answer", async () => {
  const { query } = await aNotebook();
  door.setFault({ kind: "truncate", bytes: 10, times: 1 });
  await expect(query`insert into note values (1, 'a')`).rejects.toThrow(new TypeError("terminated"));
  expect(await count(query)).toBe(1);
});

test("a fault strikes only what it matches, and only so many times", async () => {
  const { query } = await aNotebook();
  door.setFault({ kind: "status", status: 500, match: /^insert/, times: 1 });
  expect(await count(query)).toBe(0);
  await expect(query`insert into note values (1, 'a')`).rejects.toThrow("500");
  await query`insert into note values (1, 'a')`;
  expect(await count(query)).toBe(1);
});
