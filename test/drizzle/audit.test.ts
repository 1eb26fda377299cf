// The audit's chain on real PostgreSQL: how it is made, and that nothing is done to it unseen.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it, test } from "vitest";
import { verifyAudit } from "../../drizzle/audit.ts";
import { migrateDatabase } from "../../drizzle/migrate.ts";
import { type AuditEntry, insertAudit } from "../../src/adapters/db/audit.ts";
import { holdOutcomes } from "../../src/adapters/db/outcomes.ts";
import { renewAnswers } from "../../src/adapters/db/answers.ts";
import { aHouse, type House } from "../support/house.ts";
import { aTenant } from "../support/people.ts";

let house: House;
let url: string;
beforeAll(async () => {
  house = await aHouse();
  const [row] = await house.sql<{ name: string }>("SELECT current_database() AS name");
  url = inject("superuserUrl") + (row?.name ?? "");
});
afterAll(() => house.stop());

const entry = (requestId: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  occurredAt: new Date(house.clock.now()),
  actor: "user:u1",
  action: "GET /crm/marketing/stats",
  target: null,
  outcome: "success",
  httpStatus: 200,
  requestId,
  ...more,
});

const walk = async (tenant: number) => (await verifyAudit(url, { tenant }))[0];

describe("a tenant's chain", () => {
  it("follows the order of one insert with many rows, whatever they say of their place", async () => {
    const tenantId = await aTenant(house);
    const db = house.tools.tenantDb(tenantId);
    const ids = Array.from({ length: 250 }, (_, place) => `r${place}`);
    await db.one(insertAudit(db, ...ids.map((id) => entry(id, { diff: { "ñ\u{1F600}": [1, null] } }))));
    await db.one(
      db.q
        .execute(`INSERT INTO audit_log (tenant_id, seq, prev_hash, hash, occurred_at, actor, action, outcome, request_id)
      VALUES (${tenantId}, 7, 'x', 'y', '2026-01-01T00:00:00.123456Z', '', 'a,1:b', 'success', '')`),
    );
    const rows = await house.sql(
      "SELECT seq::int, request_id FROM audit_log WHERE tenant_id = $1 ORDER BY audit_log.seq",
      [tenantId],
    );
    expect(rows.map((row) => row["request_id"])).toEqual([...ids, ""]);
    expect(rows.map((row) => row["seq"])).toEqual(rows.map((_, place) => place + 1));
    expect(await walk(tenantId)).toMatchObject({ rows: 251, broken: undefined });
  });

  it("holds under writers at once: of reads, and of changes that take the lock of the figures before", async () => {
    const [one, two] = [await aTenant(house), await aTenant(house)];
    const writers = Array.from({ length: 60 }, async (_, place) => {
      const db = house.tools.tenantDb(place % 2 === 0 ? one : two);
      if (place % 3 === 0) return db.one(insertAudit(db, entry(`a${place}`), entry(`b${place}`)));
      if (place % 3 === 1) return db.run(holdOutcomes(db), renewAnswers(db), insertAudit(db, entry(`c${place}`)));
      return db.run(renewAnswers(db), insertAudit(db, entry(`d${place}`)));
    });
    await Promise.all(writers);
    const rows = [await walk(one), await walk(two)];
    expect(rows.map((walked) => [walked?.rows, walked?.broken])).toEqual([
      [40, undefined],
      [40, undefined],
    ]);
  });

  it("has no gap where a batch was undone", async () => {
    const tenantId = await aTenant(house);
    const db = house.tools.tenantDb(tenantId);
    await db.one(insertAudit(db, entry("one")));
    await expect(db.run(insertAudit(db, entry("undone")), db.q.execute("SELECT 1/0"))).rejects.toMatchObject({
      code: "internal.unexpected",
    });
    await db.one(insertAudit(db, entry("two")));
    expect(await walk(tenantId)).toMatchObject({ rows: 2, head: { seq: 2 }, broken: undefined });
  });
});

describe("rows are final", () => {
  const statements = [
    "UPDATE audit_log SET actor = 'x'",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log",
    "TRUNCATE audit_log, tenants CASCADE",
  ];
  test.each(statements)("for the owner: %s", async (statement) => {
    await expect(house.sql(statement)).rejects.toMatchObject({ code: "MH004" });
  });

  test.each(statements)("for the runtime role: %s", async (statement) => {
    const db = house.tools.tenantDb(await aTenant(house));
    await expect(db.one(db.q.execute(statement))).rejects.toMatchObject({ note: "42501" });
  });
});

it("the migration chains the rows that are there, in their order", async () => {
  const drizzleFolder = fileURLToPath(new URL("../../drizzle", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "before-the-chain-"));
  const client = new pg.Client({ connectionString: `${inject("superuserUrl")}postgres` });
  const name = `chain_${crypto.randomUUID().replaceAll("-", "")}`;
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name}`);
    cpSync(drizzleFolder, folder, { recursive: true });
    const path = join(folder, "meta/_journal.json");
    const journal = JSON.parse(readFileSync(path, "utf8")) as { entries: { tag: string }[] };
    const place = journal.entries.findIndex(({ tag }) => tag.endsWith("_audit_chain"));
    writeFileSync(path, JSON.stringify({ ...journal, entries: journal.entries.slice(0, place) }));
    const database = new pg.Client({ connectionString: inject("superuserUrl") + name });
    await database.connect();
    await migrate(drizzle(database), { migrationsFolder: folder });
    await database.query(`INSERT INTO tenants (tenant_id, name) VALUES (1, 'a'), (2, 'b');
      INSERT INTO audit_log (tenant_id, occurred_at, actor, action, outcome, request_id, target)
      SELECT 1 + n % 2, now() - n * interval '1 day', 'user:' || n, 'GET /x', 'success', 'r' || n, NULLIF('t' || n, 't5')
      FROM generate_series(1, 25) AS n`);
    await migrateDatabase(inject("superuserUrl") + name);
    const { rows } = await database.query("SELECT request_id FROM audit_log WHERE tenant_id = 1 ORDER BY seq LIMIT 3");
    expect(rows).toEqual([{ request_id: "r2" }, { request_id: "r4" }, { request_id: "r6" }]);
    await database.end();
    const walked = await verifyAudit(inject("superuserUrl") + name);
    expect(walked.map((one) => [one.tenantId, one.rows, one.broken])).toEqual([
      [1, 12, undefined],
      [2, 13, undefined],
    ]);
  } finally {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await client.end();
    rmSync(folder, { recursive: true });
  }
});
