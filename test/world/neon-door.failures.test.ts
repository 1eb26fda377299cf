import { neon } from "@neondatabase/serverless";
import { expect, test } from "vitest";
import { startNeonDoor } from "./neon-door.ts";
import { aNeonHouse, count } from "./neon-house.ts";

const house = aNeonHouse();

test("failures to connect are 400 with a code", async () => {
  const wrongPassword = new URL(house.neonUrl("postgres"));
  wrongPassword.password = "wrong";
  await expect(neon(wrongPassword.href)`select 1`).rejects.toMatchObject({ name: "NeonDbError", code: "28P01" });
  await expect(neon(house.neonUrl("nowhere"))`select 1`).rejects.toMatchObject({ name: "NeonDbError", code: "3D000" });
  const toNobody = await startNeonDoor({ postgresPort: 1 });
  const response = await fetch(toNobody.url, {
    method: "POST",
    headers: { "Neon-Connection-String": house.neonUrl("postgres") },
    body: JSON.stringify({ query: "select 1" }),
  });
  expect([response.status, await response.json()]).toEqual([
    400,
    { message: expect.stringContaining("ECONNREFUSED"), code: "08006" },
  ]);
  await toNobody.stop();
});

test("50 parallel requests each get their own answer", async () => {
  const query = neon(house.neonUrl(await house.aDatabase()));
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => query`select ${n}::int as n`));
  expect(answers.map(([row]) => row?.["n"])).toEqual(Array.from({ length: 50 }, (_, n) => n));
});

test("many databases side by side stay below the cap, and none waits for ever", async () => {
  const capped = await startNeonDoor({ postgresPort: house.postgres.port, limits: { perTarget: 3, total: 4 } });
  const databases = await Promise.all([house.aDatabase(), house.aDatabase(), house.aDatabase()]);
  const query = "select count(*) from pg_stat_activity where application_name = 'neon-door' and datname = any($1)";
  const countConnections = async (database = "") => {
    const response = await fetch(capped.url, {
      method: "POST",
      headers: { "Neon-Connection-String": house.neonUrl(database), "Neon-Array-Mode": "true" },
      body: JSON.stringify({ query, params: [`{${databases.join(",")}}`] }),
    });
    const { rows } = await response.json<{ rows: [[string]] }>();
    return Number(rows[0][0]);
  };
  const seen = await Promise.all(Array.from({ length: 30 }, (_, index) => countConnections(databases[index % 3])));
  expect(seen).toHaveLength(30);
  // A connection that is being closed may still be listed.
  expect(Math.max(...seen)).toBeLessThanOrEqual(8);
  await capped.stop();
});

test("when the client leaves, its query is cancelled and the door goes on", async () => {
  const url = house.neonUrl(await house.aDatabase());
  const leaving = new AbortController();
  const query = neon(url, { fetchOptions: { signal: leaving.signal } });
  const sleeping = query`select pg_sleep(60)`;
  const watch = neon(house.neonUrl("postgres"));
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
  const database = await house.aDatabase();
  const query = neon(house.neonUrl(database));
  await query`select 1`;
  await house.postgres.dropDatabase(database);
  await expect(query`select 1`).rejects.toMatchObject({ name: "NeonDbError" });
  expect(await neon(house.neonUrl("postgres"))`select 1 as n`).toEqual([{ n: 1 }]);
});

test("rewrite alters the SQL on its way", async () => {
  const { query } = await house.aNotebook();
  await query`insert into note values (1, 'mine'), (2, 'theirs')`;
  house.door.setRewrite((text) => text.replace(/ where body = 'mine'/, ""));
  expect(await query`select id from note where body = 'mine'`).toHaveLength(2);
  house.door.setRewrite(undefined);
  expect(await query`select id from note where body = 'mine'`).toHaveLength(1);
});

test("fault: latency answers late", async () => {
  const { query } = await house.aNotebook();
  house.door.setFault({ kind: "latency", ms: 80 });
  const start = performance.now();
  await query`select 1`;
  expect(performance.now() - start).toBeGreaterThanOrEqual(75);
});

test("fault: status and html do nothing in the database", async () => {
  const { query } = await house.aNotebook();
  house.door.setFault({ kind: "status", status: 503, body: "sorry", times: 1 });
  await expect(query`insert into note values (1, 'a')`).rejects.toThrow("Server error (HTTP status 503): sorry");
  house.door.setFault({ kind: "html", times: 1 });
  await expect(query`insert into note values (1, 'a')`).rejects.toThrow(SyntaxError);
  expect(await count(query)).toBe(0);
});

test("fault: reset-before loses the request, reset-after-execute only the answer", async () => {
  const { query } = await house.aNotebook();
  house.door.setFault({ kind: "reset-before", times: 1 });
  await expect(query`insert into note values (1, 'a')`).rejects.toMatchObject({
    name: "NeonDbError",
    sourceError: expect.any(TypeError),
  });
  expect(await count(query)).toBe(0);
  house.door.setFault({ kind: "reset-after-execute", times: 1 });
  await expect(query`insert into note values (1, 'a')`).rejects.toMatchObject({ name: "NeonDbError" });
  expect(await count(query)).toBe(1);
});

test("fault: truncate executes and breaks off the answer", async () => {
  const { query } = await house.aNotebook();
  house.door.setFault({ kind: "truncate", bytes: 10, times: 1 });
  await expect(query`insert into note values (1, 'a')`).rejects.toThrow(new TypeError("terminated"));
  expect(await count(query)).toBe(1);
});

test("fault: drip executes and answers in pieces", async () => {
  const { query } = await house.aNotebook();
  house.door.setFault({ kind: "drip", bytes: 400, everyMs: 20, times: 1 });
  const start = performance.now();
  await query`insert into note select n, repeat('x', 100) from generate_series(1, 20) n returning body`;
  expect(performance.now() - start).toBeGreaterThanOrEqual(100);
  expect(await count(query)).toBe(20);
});

test("fault: headers lie about a good answer", async () => {
  const { query } = await house.aNotebook();
  house.door.setFault({ kind: "headers", headers: { "content-encoding": "gzip" }, times: 1 });
  await expect(query`insert into note values (1, 'a')`).rejects.toThrow(/./);
  expect(await count(query)).toBe(1);
});

test("fault: duplicate executes twice and shows the second answer", async () => {
  const { query } = await house.aNotebook();
  house.door.setFault({ kind: "duplicate", times: 1 });
  await expect(query`insert into note values (1, 'a')`).rejects.toMatchObject({ code: "23505" });
  expect(await count(query)).toBe(1);
});

test("a fault strikes only what it matches, and only so many times", async () => {
  const { query } = await house.aNotebook();
  house.door.setFault({ kind: "status", status: 500, match: /^insert/, times: 1 });
  expect(await count(query)).toBe(0);
  await expect(query`insert into note values (1, 'a')`).rejects.toThrow("500");
  await query`insert into note values (1, 'a')`;
  expect(await count(query)).toBe(1);
});
