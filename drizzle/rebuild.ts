// npm run facts:rebuild [-- --tenant 7] — all derived figures anew, from what Meta and the CRM said, as the owner named by
// MIGRATION_DATABASE_URL. Frozen credits stay.
import { parseArgs } from "node:util";
import pg from "pg";

/** Rebuilds the facts of one tenant, or of all; returns how many. One transaction each. */
export async function rebuildFacts(
  url: string,
  { tenant, onDone }: { tenant?: number; onDone?: (tenantId: number, ms: number) => void } = {},
) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const tenants = tenant === undefined ? await listTenants(client) : [tenant];
    for (const tenantId of tenants) {
      const startedAt = performance.now();
      await client.query("BEGIN");
      // The owner stands behind row level security too.
      await client.query("SELECT set_config('app.tenant_id', $1, true)", [String(tenantId)]);
      await client.query("SELECT rebuild_facts($1)", [tenantId]);
      await client.query("COMMIT");
      onDone?.(tenantId, performance.now() - startedAt);
    }
    return tenants.length;
  } finally {
    await client.end();
  }
}

// Row level security hides all tenants from an owner who has chosen none; it is lifted for this one look.
export async function listTenants(client: pg.Client): Promise<number[]> {
  await client.query("BEGIN");
  try {
    await client.query("ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY");
    const { rows } = await client.query<{ tenant_id: number }>("SELECT tenant_id FROM tenants ORDER BY tenant_id");
    return rows.map((row) => row.tenant_id);
  } finally {
    await client.query("ROLLBACK");
  }
}

if (import.meta.main) {
  const url = process.env["MIGRATION_DATABASE_URL"];
  const { values } = parseArgs({ options: { tenant: { type: "string" } } });
  const tenant = values.tenant === undefined ? undefined : Number(values.tenant);
  if (!url || (tenant !== undefined && !Number.isInteger(tenant))) {
    console.error("Usage: MIGRATION_DATABASE_URL=… npm run facts:rebuild [-- --tenant <id>]");
    process.exit(2);
  }
  const done = await rebuildFacts(url, {
    ...(tenant === undefined ? {} : { tenant }),
    onDone: (tenantId, ms) => console.log(`tenant ${tenantId}: ${Math.round(ms)} ms`),
  });
  console.log(`Facts of ${done} tenants rebuilt.`);
}
