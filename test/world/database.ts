import pg from "pg";
import { migrateDatabase } from "../../drizzle/migrate.ts";
import type { Postgres } from "./postgres.ts";
import { runtimeRole } from "./settings.ts";

/** Makes the database if it is not there, brings it to the newest schema, and lets the runtime role log in. */
export async function prepareDatabase(postgres: Postgres, name: string): Promise<void> {
  const isThere = await withClient(postgres.superuserUrl("postgres"), async (client) => {
    const found = await client.query("SELECT FROM pg_database WHERE datname = $1", [name]);
    return found.rowCount === 1;
  });
  if (!isThere) await postgres.createDatabase(name);
  await migrateDatabase(postgres.superuserUrl(name));
  await withClient(postgres.superuserUrl(name), (client) =>
    client.query(`ALTER ROLE ${runtimeRole.name} LOGIN PASSWORD '${runtimeRole.password}'`),
  );
}

export async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
