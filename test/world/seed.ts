import type { Client } from "pg";
import { withClient } from "./database.ts";
import { type DemoTenant, demoTenants, demoUsers } from "./seed-people.ts";
import { type Row, rowsFor } from "./seed-rows.ts";
import { andesCampaigns, type DemoCampaign, sonrisaCampaigns } from "./seed-story.ts";

const insert = async (client: Client, table: string, rows: readonly Row[]): Promise<void> => {
  const columns = Object.keys(rows[0] ?? {}).join(", ");
  if (columns === "") return;
  await client.query(
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM jsonb_populate_recordset(NULL::${table}, $1)`,
    [JSON.stringify(rows)],
  );
};

const seedTenant = async (client: Client, tenant: DemoTenant, campaigns: readonly DemoCampaign[], now: number) => {
  const { id: tenant_id, name, timezone, currency, country } = tenant;
  const { leads, opportunities, sales } = rowsFor(tenant, campaigns, now, tenant.id !== demoTenants.sonrisa.id);
  await insert(client, "tenants", [{ tenant_id, name, status: "active", created_at: new Date(now).toISOString() }]);
  await insert(client, "tenant_settings", [{ tenant_id, timezone, reporting_currency: currency, country }]);
  await insert(client, "leads", leads);
  await insert(client, "opportunities", opportunities);
  await insert(client, "sales_transactions", sales);
};

const memberships = (): Row[] =>
  Object.values(demoUsers).flatMap(({ id, memberships }) =>
    memberships.map(({ tenantId, role }, place) => ({
      tenant_id: tenantId,
      user_id: id,
      role,
      status: "active",
      is_default: place === 0,
    })),
  );

/**
 * Tells the demo story in a migrated database, as its superuser (`url`), all or nothing. Days are counted back from `now`
 * (milliseconds). Doing it again adds nothing, also on a later day.
 */
export const seedDemo = (url: string, { now }: { now: number }): Promise<void> =>
  withClient(url, async (client) => {
    // What is not committed is undone when the connection ends.
    await client.query("BEGIN");
    if (await isSeeded(client)) return;
    await seedTenant(client, demoTenants.sonrisa, sonrisaCampaigns, now);
    await seedTenant(client, demoTenants.andes, andesCampaigns, now);
    await insert(client, "memberships", memberships());
    // Whoever is added later must not get a number that is taken.
    await client.query("SELECT setval(pg_get_serial_sequence('tenants', 'tenant_id'), 1000)");
    for (const tenantId of [demoTenants.sonrisa.id, demoTenants.andes.id])
      await client.query("SELECT rebuild_facts($1)", [tenantId]);
    await client.query("COMMIT");
  });

const isSeeded = async (client: Client): Promise<boolean> =>
  (await client.query("SELECT FROM tenants WHERE tenant_id = $1", [demoTenants.sonrisa.id])).rowCount === 1;

/** The day the story was told on, in the demo tenant's zone; the simulated Meta counts its past back from the same day. */
export const readSeedDay = (url: string): Promise<string> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ day: string }>(
      `SELECT to_char(created_at AT TIME ZONE $2, 'YYYY-MM-DD') AS day FROM tenants WHERE tenant_id = $1`,
      [demoTenants.sonrisa.id, demoTenants.sonrisa.timezone],
    );
    const [row] = rows;
    if (!row) throw new Error("The database holds no demo tenant.");
    return row.day;
  });
