// What the predecessor's database was wrong about (predecessor-defects.md B2), asked of ours after its migrations.
import { globSync, readFileSync } from "node:fs";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { migrateDatabase } from "../../drizzle/migrate.ts";
import { root } from "../world/root.ts";
import { aHouse, type House } from "../support/house.ts";
import { aPerson, as, aTenant } from "../support/people.ts";
import { aConnection, anAccount } from "../features/facts/scene.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

/** Rows that break a rule, each as one text. */
const broken = async (query: string): Promise<string[]> => {
  const rows = await house.sql<Record<string, unknown>>(query);
  return rows.map((row) => Object.values(row).join(" "));
};
const count = async (query: string): Promise<number> => Number(Object.values((await house.sql(query))[0] ?? {})[0]);

const read = (pattern: string) =>
  globSync(pattern, { cwd: root }).map((path) => ({ path, text: readFileSync(`${root}/${path}`, "utf8") }));

/** A foreign key with one row for each pair of columns it joins. */
const joined = `
  SELECT c.conname, c.conrelid::regclass AS child, c.confrelid::regclass AS parent, pair.place,
    own.attname AS own_column, own.atttypid AS own_type, there.attname AS their_column, there.atttypid AS their_type
  FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS pair (own, there, place)
  JOIN pg_attribute own ON own.attrelid = c.conrelid AND own.attnum = pair.own
  JOIN pg_attribute there ON there.attrelid = c.confrelid AND there.attnum = pair.there
  WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace`;

it("defect 21: no foreign key joins columns of different types", async () => {
  expect(await count(`SELECT count(*) FROM (${joined}) j`)).toBeGreaterThan(20);
  expect(await broken(`SELECT conname, child, own_column FROM (${joined}) j WHERE own_type <> their_type`)).toEqual([]);
});

it("defect 22: no migration passes over a table or column that is there already", () => {
  const migrations = read("drizzle/*.sql");
  expect(migrations.length).toBeGreaterThan(3);
  for (const { path, text } of migrations)
    expect([path, /IF NOT EXISTS(?! \(SELECT)/i.exec(text)?.[0]]).toEqual([path, undefined]);
});

it("defect 24b: a migration that meets what it did not expect fails the whole of them, loudly, and leaves nothing half done", async () => {
  const name = `taken_${crypto.randomUUID().replaceAll("-", "")}`;
  await house.sql(`CREATE DATABASE ${name}`);
  const database = new pg.Client({ connectionString: inject("superuserUrl") + name });
  await database.connect();
  try {
    await database.query("CREATE TABLE opportunities (patient_id integer)");
    await expect(migrateDatabase(inject("superuserUrl") + name)).rejects.toThrow(/opportunities|CREATE TABLE/);
    const { rows } = await database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    expect(rows).toEqual([{ tablename: "opportunities" }]);
  } finally {
    await database.end();
    await house.sql(`DROP DATABASE ${name}`);
  }
});

it("defect 24, defect 33: tables are made by migrations only, and whoever serves requests may make none", async () => {
  const making = read("src/**/*.ts").filter(({ text }) => /\b(CREATE|ALTER|DROP)\s+(TABLE|INDEX|TYPE)\b/i.test(text));
  expect(making.map(({ path }) => path)).toEqual([]);
  expect(await broken("SELECT has_schema_privilege('app_rw', 'public', 'CREATE')")).toEqual(["false"]);
});

it("defect 24c: the zone a tenant lives in is a column, and every tenant's reads find it", async () => {
  const client = as(house, await aPerson(house, { tenantId: await aTenant(house, { timezone: "America/Santiago" }) }));
  expect(await (await client.get("/crm/marketing/settings")).json()).toMatchObject({
    data: { timezone: "America/Santiago" },
  });
  expect(await (await client.get("/crm/marketing/stats")).json()).toMatchObject({
    data: { period: { timezone: "America/Santiago" } },
  });
});

it("defect 25: a token is kept sealed or not at all", async () => {
  const tenantId = await aTenant(house);
  await expect(
    house.sql(
      "INSERT INTO connections (tenant_id, kind, status, connected_by, token_sealed) VALUES ($1, 'user', 'active', 'x', $2)",
      [tenantId, "EAAB-in-the-clear"],
    ),
  ).rejects.toThrow(/token_is_sealed/);
  expect(
    await broken(
      "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name ~ 'token|secret' AND column_name !~ '_sealed$' AND column_name NOT IN ('token_version', 'token_type')",
    ),
  ).toEqual([]);
  // Whatever says that it is sealed is held to it.
  expect(
    await broken(
      `SELECT table_name, column_name FROM information_schema.columns c WHERE table_schema = 'public' AND column_name ~ '_sealed$'
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.table_name::regclass AND k.contype = 'c'
          AND position(c.column_name || ' ~ ''^v(1' IN pg_get_constraintdef(k.oid)) > 0)`,
    ),
  ).toEqual([]);
});

it("defect 27: an insight has one row for each day and attribution setting, and no key of it may be null", async () => {
  const tenantId = await aTenant(house);
  const insight = { day: "2026-11-20", spend: "1" };
  const account = { id: "27", insights: [insight] };
  await anAccount(house.sql, tenantId, await aConnection(house.sql, tenantId), account);
  const again = (setting: string) =>
    house.sql(
      `INSERT INTO meta_ads_insights SELECT (r).* FROM (SELECT jsonb_populate_record(i, jsonb_build_object('attribution_setting', $2::text)) AS r
        FROM meta_ads_insights i WHERE tenant_id = $1) s`,
      [tenantId, setting],
    );
  await expect(again("7d_click_or_1d_view")).rejects.toThrow(/duplicate key/);
  await again("1d_click");
  expect(await count(`SELECT count(*) FROM meta_ads_insights WHERE tenant_id = ${tenantId}`)).toBe(2);
});

it("defect 30: whatever holds an amount says in which currency, and keeps more than two decimals of it", async () => {
  const amounts = `SELECT table_name, column_name, numeric_scale FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type = 'numeric'
      AND column_name IN ('spend', 'amount', 'value', 'sales', 'refunds', 'revenue', 'open_value', 'weighted_value')`;
  expect(await count(`SELECT count(*) FROM (${amounts}) a`)).toBeGreaterThan(5);
  expect(
    await broken(`SELECT table_name, column_name FROM (${amounts}) a WHERE numeric_scale < 4 OR NOT EXISTS (
      SELECT FROM information_schema.columns c WHERE c.table_name = a.table_name AND c.column_name = 'currency' AND c.is_nullable = 'NO')
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = a.table_name::regclass AND contype = 'c'
        AND pg_get_constraintdef(k.oid) ~ ('[(]' || a.column_name || ' IS NULL[)] AND [(]currency IS NULL[)]'))`),
  ).toEqual([]);
  const [unset] = await broken(
    "SELECT count(*) FROM information_schema.columns WHERE column_name = 'currency' AND table_schema = 'public' AND column_default IS NOT NULL",
  );
  expect(unset).toBe("0");
});

it("defect 31: instants have a zone, counts are wide, tenants are in every key that joins, and leads have their index", async () => {
  expect(
    await broken(
      "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'timestamp without time zone'",
    ),
  ).toEqual([]);
  expect(
    await broken(
      "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name IN ('impressions', 'clicks') AND data_type <> 'bigint'",
    ),
  ).toEqual([]);
  expect(
    await broken(
      `SELECT conname FROM (${joined}) j WHERE place = 1 AND (own_column, their_column) <> ('tenant_id', 'tenant_id')`,
    ),
  ).toEqual([]);
  const indexed = await broken("SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'");
  for (const index of [
    /^leads .*\(tenant_id, created_at\)/,
    /^sales_transactions .*\(tenant_id, transaction_date\)/,
    /^ads .*ad_id/,
  ])
    expect(indexed.some((definition) => index.test(definition))).toBe(true);
});

it("defect 32: a lead's source has one column, and a touch's channel one closed list of words", async () => {
  expect(
    await broken(
      "SELECT column_name FROM information_schema.columns WHERE table_name = 'leads' AND table_schema = 'public' AND column_name LIKE '%source%'",
    ),
  ).toEqual(["lead_source"]);
  expect(
    await broken("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'touchpoint_channel'"),
  ).toEqual([expect.stringMatching(/meta_lead_form.*ctwa.*organic/)]);
});

it("defect 39: no query speaks of patients, professionals or appointments", () => {
  const dental = /\b(patient_id|professional_id|appointment_datetime|feedback_sent|professionals)\b/;
  const speaking = [...read("src/**/*.ts"), ...read("drizzle/*.sql")].filter(({ text }) => dental.test(text));
  expect(speaking.map(({ path }) => path)).toEqual([]);
});
