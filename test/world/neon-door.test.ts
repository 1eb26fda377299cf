import { neon } from "@neondatabase/serverless";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/neon-http";
import { expect, test } from "vitest";
import { aNeonHouse, count, note, throughNarrowDoor } from "./neon-house.ts";

const house = aNeonHouse();

test("values come back as the driver reads Postgres' text", async () => {
  const query = neon(house.neonUrl("postgres"));
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
  const query = neon(house.neonUrl("postgres"));
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
  const { query, database } = await house.aNotebook();
  const full = neon(house.neonUrl(database), { fullResults: true, arrayMode: true });
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
  const { query, db } = await house.aNotebook();
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
  const { query } = await house.aNotebook();
  await query`create table page (note_id int references note deferrable initially deferred)`;
  await expect(
    query.transaction([query`insert into note values (1, 'a')`, query`insert into page values (2)`]),
  ).rejects.toMatchObject({ code: "23503" });
  expect(await count(query)).toBe(0);
});

test("a transaction-local setting holds within its batch and is gone in the next request on the same connection", async () => {
  const db = drizzle(neon(throughNarrowDoor(house.neonUrl(await house.aDatabase()))));
  const read = sql`select current_setting('app.tenant', true) as tenant, pg_backend_pid() as pid`;
  const [, inside] = await db.batch([db.execute(sql`select set_config('app.tenant', 't1', true)`), db.execute(read)]);
  expect(inside.rows[0]).toMatchObject({ tenant: "t1" });
  expect((await db.execute(read)).rows[0]).toEqual({
    tenant: expect.toBeOneOf(["", null]),
    pid: inside.rows[0]?.["pid"],
  });
});

test("not even a session-wide setting or a temporary table reaches the next request", async () => {
  const query = neon(throughNarrowDoor(house.neonUrl(await house.aDatabase())));
  const [first] = await query`select set_config('app.tenant', 't1', false), pg_backend_pid() as pid`;
  await query`create temporary table secret as select 1`;
  await expect(query`select * from secret`).rejects.toMatchObject({ code: "42P01" });
  const [second] = await query`select current_setting('app.tenant', true) as tenant, pg_backend_pid() as pid`;
  expect(second).toEqual({ tenant: expect.toBeOneOf(["", null]), pid: first?.["pid"] });
});

test("the batch's isolation level, read-only and deferrable reach Postgres", async () => {
  const query = neon(house.neonUrl(await house.aDatabase()));
  const settings = query`select current_setting('transaction_isolation') as level, current_setting('transaction_read_only') as ro, current_setting('transaction_deferrable') as de`;
  const [[row] = []] = await query.transaction([settings], {
    isolationLevel: "Serializable",
    readOnly: true,
    deferrable: true,
  });
  expect(row).toEqual({ level: "serializable", ro: "on", de: "on" });
});

test("errors carry what Postgres said", async () => {
  const { query, db } = await house.aNotebook();
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
  const { query } = await house.aNotebook();
  await expect(query.query("delete from note; select 1")).rejects.toMatchObject({ code: "42601" });
});
