// The second wall as the catalogue of PostgreSQL tells it: every table with a tenant_id has it, nothing goes around it. What
// is made later is held to it too.
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { aDatabase, type Database } from "../support/database.ts";

let database: Database;

beforeAll(async () => {
  database = await aDatabase();
}, 60_000);
afterAll(() => database.stop());

const names = async (text: string): Promise<string[]> => {
  const rows = await database.sql<{ name: string }>(text);
  return rows.map(({ name }) => name);
};

const ofTenants =
  "pg_class c WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'tenant_id' AND NOT attisdropped)";
const own = "= 'public'::regnamespace";
const wall = "(tenant_id = (NULLIF(current_setting(''app.tenant_id''::text, true), ''''::text))::integer)";

/** Each tells who breaks the rule. */
const rules: [rule: string, offenders: string, plant: string][] = [
  [
    "row level security is on, for owners too",
    `SELECT relname AS name FROM ${ofTenants} AND NOT (relrowsecurity AND relforcerowsecurity)`,
    "CREATE TABLE planted (tenant_id int, id uuid, PRIMARY KEY (tenant_id, id)); ALTER TABLE planted ENABLE ROW LEVEL SECURITY",
  ],
  [
    "a wall says what may be seen and what may be written, and is the tenant",
    `SELECT relname AS name FROM ${ofTenants} AND relname <> 'withdrawals' AND NOT EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = relname AND cmd = 'ALL' AND permissive = 'PERMISSIVE' AND qual = '${wall}' AND with_check = '${wall}')`,
    "CREATE TABLE planted (tenant_id int, id uuid); CREATE POLICY tenant_wall ON planted USING (tenant_id = 1)",
  ],
  [
    "the primary key begins with the tenant",
    `SELECT relname AS name FROM ${ofTenants} AND NOT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] WHERE i.indrelid = c.oid AND i.indisprimary AND a.attname = 'tenant_id')`,
    "CREATE TABLE planted (tenant_id int, id uuid PRIMARY KEY)",
  ],
  [
    "a reference to a table of tenants carries the tenant",
    `SELECT conrelid::regclass::text AS name FROM pg_constraint k WHERE contype = 'f' AND connamespace ${own} AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = confrelid AND attname = 'tenant_id') AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = conrelid AND a.attnum = ANY (conkey) AND a.attname = 'tenant_id')`,
    "CREATE TABLE planted (id uuid, other_tenant int REFERENCES tenants (tenant_id))",
  ],
  [
    "no function runs with its owner's rights",
    `SELECT proname AS name FROM pg_proc WHERE pronamespace ${own} AND prosecdef`,
    "CREATE FUNCTION planted() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
  ],
  [
    "no view sees with its owner's eyes, and none is kept outside the walls",
    `SELECT relname AS name FROM pg_class WHERE relnamespace ${own} AND (relkind = 'm' OR relkind = 'v' AND NOT coalesce(reloptions @> '{security_invoker=true}', false))`,
    "CREATE VIEW planted AS SELECT * FROM leads",
  ],
  [
    "the runtime roles neither own nor bypass anything",
    `SELECT rolname AS name FROM pg_roles WHERE rolname IN ('app_rw', 'app_dispatch') AND (rolsuper OR rolbypassrls OR rolcreaterole) UNION SELECT relname FROM pg_class WHERE relnamespace ${own} AND pg_get_userbyid(relowner) IN ('app_rw', 'app_dispatch') AND relkind IN ('r', 'p', 'v', 'm')`,
    "CREATE TABLE planted (id int); ALTER TABLE planted OWNER TO app_rw",
  ],
];

it("there are tables to look at", async () => {
  expect((await names(`SELECT relname AS name FROM ${ofTenants}`)).length).toBeGreaterThan(20);
});

describe("everywhere", () => {
  test.each(rules)("%s", async (_, offenders) => {
    expect(await names(offenders)).toEqual([]);
  });
});

describe("it is seen when not", () => {
  test.each(rules)("%s", async (_, offenders, plant) => {
    await database.sql(plant);
    try {
      expect(await names(offenders)).toEqual(["planted"]);
    } finally {
      const [kind = ""] = /TABLE|VIEW|FUNCTION/.exec(plant) ?? [];
      await database.sql(`DROP ${kind} planted`);
    }
  });
});
