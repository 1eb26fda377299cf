// npm run db:verify — looks whether the database at MIGRATION_DATABASE_URL is what the code expects: tables, columns,
// walls, roles and functions. Prints what is missing and exits with 1.
import { readdirSync } from "node:fs";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import pg from "pg";

const home = new URL("../src/adapters/db/schema/", import.meta.url);
const schema: object[] = await Promise.all(readdirSync(home).map((file) => import(new URL(file, home).href)));

const tables = schema
  .flatMap((file) => Object.values(file) as unknown[])
  .filter((value) => value instanceof PgTable)
  .map((table) => getTableConfig(table));

/** Name, arguments and, for what others call by column, the columns. */
const functions = [
  "calculate_campaign_roi(p_tenant_id integer, p_campaign_id text, p_start_date date, p_end_date date) TABLE(campaign_id text, campaign_name text, total_spend numeric, total_revenue numeric, leads_count numeric, opportunities_count numeric, roi_percentage numeric)",
  "hold_execution(p_tenant_id integer, p_id uuid, p_step integer, p_holder uuid) void",
  "count_for_rule() trigger",
  "hold_token(p_tenant_id integer, p_version integer, p_keeper uuid, p_at timestamp with time zone) void",
  "is_listened(p_tenant_id integer) boolean",
  "note_happening() trigger",
  "follow_message() trigger",
  "hold_token_version(p_tenant_id integer, p_version integer) void",
  "hold_sync_lease(p_tenant_id integer, p_account_id text, p_epoch bigint, p_worker uuid, p_until timestamp with time zone) void",
  "audit_hash(r audit_log) text",
  "chain_audit() trigger",
  "refuse_audit_change() trigger",
  "attributed_outcomes(p_tenant_id integer, p_since date, p_until date, p_view integer, p_basis text) TABLE(day date, rate_on date, event text, event_id uuid, subject text, subject_id uuid, lead_id uuid, touchpoint_id uuid, weight numeric, outside text, account_id text, campaign_id text, ad_set_id text, ad_id text, ad_account_id text, currency text, leads numeric, matched_leads numeric, opportunities numeric, won numeric, sales numeric, refunds numeric, open_value numeric, weighted_value numeric)",
  "attribution_view(p_model text, p_window integer) integer",
  "credit_leads(p_tenant_id integer, p_lead_ids uuid[]) void",
  "fx_rate(p_tenant_id integer, p_base text, p_quote text, p_day date) numeric",
  "rebuild_facts(p_tenant_id integer) void",
  "refresh_daily_outcomes(p_tenant_id integer, p_days date[]) void",
  "refresh_daily_spend(p_tenant_id integer, p_since date, p_until date, p_level text, p_account_id text) void",
  "renew_answers(p_tenant_id integer) void",
  "recompute_credits(p_tenant_id integer, p_lead_ids uuid[], p_is_dry_run boolean) jsonb",
  "settle_outcomes(p_tenant_id integer) void",
  "lead_phone_key(p_phone text) text",
  "note_identities() trigger",
  "follow_merge() trigger",
  "keep_touch() trigger",
  "move_rows(p_tenant_id integer, p_merge_id uuid, p_from uuid, p_to uuid) void",
  "merge_leads(p_tenant_id integer, p_merge_id uuid, p_lead_id uuid, p_into_id uuid, p_at timestamp with time zone) text",
  "undo_merge(p_tenant_id integer, p_merge_id uuid, p_at timestamp with time zone) text",
  "round_half_even(p_value numeric, p_decimals integer) numeric",
];

type Ask = <Row extends pg.QueryResultRow>(text: string) => Promise<Row[]>;

/** Everything that is not as it should be, in words; empty when all is well. */
export async function verifyDatabase(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const ask: Ask = async (text) => (await client.query(text)).rows;
  try {
    const looks = [verifyTables, verifyWalls, verifyRoles, verifyFunctions, verifyTriggers];
    const found: string[] = [];
    for (const look of looks) found.push(...(await look(ask)));
    return found;
  } finally {
    await client.end();
  }
}

async function verifyTables(ask: Ask): Promise<string[]> {
  const rows = await ask<{ table_name: string; column_name: string }>(
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'",
  );
  const there = new Set(rows.map((row) => `${row.table_name}.${row.column_name}`));
  const names = new Set(rows.map((row) => row.table_name));
  const indexes = await ask<{ indexname: string }>("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'");
  const indexed = new Set(indexes.map(({ indexname }) => indexname));
  const unindexed = tables
    .flatMap(({ indexes: wanted }) => wanted.map(({ config }) => config.name ?? ""))
    .filter((name) => !indexed.has(name))
    .map((name) => `index ${name} is missing`);
  const incomplete = tables.flatMap(({ name, columns }) => {
    if (!names.has(name)) return [`table ${name} is missing`];
    return columns
      .filter((column) => !there.has(`${name}.${column.name}`))
      .map((column) => `column ${name}.${column.name} is missing`);
  });
  return [...incomplete, ...unindexed];
}

async function verifyWalls(ask: Ask): Promise<string[]> {
  const rows = await ask<{ name: string; enabled: boolean; forced: boolean }>(`
    SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY 1`);
  const walls = rows.flatMap(({ name, enabled, forced }) => [
    ...(enabled ? [] : [`table ${name}: row level security is off`]),
    ...(forced ? [] : [`table ${name}: row level security is not forced on its owner`]),
  ]);
  return [...walls, ...(await verifyPolicies(ask))];
}

/** The policies are those of the schema, no more (each would let more rows through) and no fewer. */
async function verifyPolicies(ask: Ask): Promise<string[]> {
  const rows = await ask<{ policy: string; guards: boolean }>(`
    SELECT tablename || '.' || policyname || ' ' || cmd || ' ' || array_to_string(roles, ',') AS policy,
      policyname <> 'tenant_wall' OR (qual LIKE '(tenant_id = %app.tenant_id%' AND with_check LIKE '(tenant_id = %app.tenant_id%') AS guards
    FROM pg_policies WHERE schemaname = 'public' AND permissive = 'PERMISSIVE'`);
  const there = new Set(rows.map(({ policy }) => policy));
  const wanted = new Set(
    tables.flatMap(({ name, policies }) =>
      policies.map(
        (policy) =>
          `${name}.${policy.name} ${(policy.for ?? "all").toUpperCase()} ${typeof policy.to === "string" ? policy.to : "public"}`,
      ),
    ),
  );
  return [
    ...[...wanted].filter((policy) => !there.has(policy)).map((policy) => `policy ${policy} is missing`),
    ...[...there]
      .filter((policy) => !wanted.has(policy))
      .map((policy) => `policy ${policy} is not ours and opens the table`),
    ...rows.filter(({ guards }) => !guards).map(({ policy }) => `policy ${policy} lets other tenants through`),
  ];
}

async function verifyRoles(ask: Ask): Promise<string[]> {
  const rows = await ask<{ name: string; unbound: boolean; owns: boolean }>(`
    SELECT rolname AS name, rolsuper OR rolbypassrls AS unbound,
      EXISTS (SELECT FROM pg_class WHERE relowner = r.oid AND relnamespace = 'public'::regnamespace) AS owns
    FROM pg_roles r WHERE rolname IN ('app_rw', 'app_dispatch')`);
  const problems = ["app_rw", "app_dispatch"].flatMap((name) => {
    const role = rows.find((row) => row.name === name);
    if (!role) return [`role ${name} is missing`];
    return [
      ...(role.unbound ? [`role ${name} bypasses row level security`] : []),
      ...(role.owns ? [`role ${name} owns tables, and an owner can lift the walls`] : []),
    ];
  });
  if (problems.length > 0) return problems;
  const rightless = await ask<{ name: string }>(`
    SELECT relname AS name FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'withdrawals'
      AND NOT has_table_privilege('app_rw', oid, 'SELECT')`);
  const [rights] = await ask<{ rewrites: boolean; dispatches: boolean; claims: boolean; peeks: boolean }>(`
    SELECT has_any_column_privilege('app_rw', 'audit_log', 'UPDATE') OR has_table_privilege('app_rw', 'audit_log', 'DELETE, TRUNCATE, TRIGGER') AS rewrites,
      pg_has_role('app_rw', 'app_dispatch', 'SET') AS dispatches,
      has_table_privilege('app_dispatch', 'sync_schedule', 'SELECT')
        AND has_column_privilege('app_dispatch', 'sync_schedule', 'epoch', 'UPDATE') AS claims,
      has_table_privilege('app_dispatch', 'leads', 'SELECT') OR has_column_privilege('app_dispatch', 'connections', 'token_sealed', 'SELECT')
        OR has_table_privilege('app_rw', 'withdrawals', 'SELECT') AS peeks`);
  return [
    ...(rights?.rewrites ? ["role app_rw may change or delete audit rows"] : []),
    ...(rights?.dispatches ? [] : ["role app_rw may not act as app_dispatch"]),
    ...(rights?.claims ? [] : ["role app_dispatch may not claim what is due"]),
    ...rightless.map(({ name }) => `role app_rw may not read ${name}`),
    ...(rights?.peeks ? ["role app_dispatch sees more than the schedule, or app_rw the withdrawals"] : []),
  ];
}

async function verifyFunctions(ask: Ask): Promise<string[]> {
  const rows = await ask<{ signature: string; definer: boolean }>(`
    SELECT p.proname || '(' || regexp_replace(pg_get_function_arguments(p.oid), ' DEFAULT [^,)]*', '', 'g') || ') ' || pg_get_function_result(p.oid) AS signature,
      p.prosecdef AS definer
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace`);
  const there = new Set(rows.map((row) => row.signature));
  return [
    ...functions.filter((signature) => !there.has(signature)).map((signature) => `function ${signature} is missing`),
    ...rows
      .filter(({ definer }) => definer)
      .map(({ signature }) => `function ${signature} runs with its owner's rights`),
  ];
}

/** Those that keep the audit: chained, and final for owners too. */
async function verifyTriggers(ask: Ask): Promise<string[]> {
  const rows = await ask<{ trigger: string }>(
    "SELECT tgname AS trigger FROM pg_trigger WHERE tgrelid = to_regclass('public.audit_log') AND tgenabled IN ('O', 'A')",
  );
  return ["audit_log_chain", "audit_log_final"]
    .filter((name) => !rows.some(({ trigger }) => trigger === name))
    .map((name) => `trigger ${name} is missing or off`);
}

if (import.meta.main) {
  const url = process.env["MIGRATION_DATABASE_URL"];
  if (!url) {
    console.error("MIGRATION_DATABASE_URL is not set: the connection string of the role that owns the tables.");
    process.exit(2);
  }
  const problems = await verifyDatabase(url);
  for (const problem of problems) console.error(`✗ ${problem}`);
  if (problems.length > 0) process.exit(1);
  console.log(`The database is as it should be: ${tables.length} tables, their columns, walls, roles and functions.`);
}
