// npm run db:migrate — applies the migrations in this folder, as the owner named by MIGRATION_DATABASE_URL.
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";

const folder = fileURLToPath(new URL(".", import.meta.url));

// Roles are not part of a database, so no migration makes them: they must stand before the first one runs.
// NOINHERIT of the membership: app_rw has the dispatcher's rights only while it wears that hat (SET LOCAL ROLE).
const roles = `
  DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_rw') THEN CREATE ROLE app_rw NOLOGIN NOBYPASSRLS; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_dispatch') THEN CREATE ROLE app_dispatch NOLOGIN NOBYPASSRLS; END IF;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
  END $$;
  GRANT app_dispatch TO app_rw WITH INHERIT FALSE, SET TRUE;
  GRANT USAGE ON SCHEMA public TO app_rw, app_dispatch;`;

/** Brings the database at `url` (its owner's) to the newest schema. Doing it again changes nothing. */
export async function migrateDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(roles);
    await migrate(drizzle(client), { migrationsFolder: folder });
  } finally {
    await client.end();
  }
}

if (import.meta.main) {
  const url = process.env["MIGRATION_DATABASE_URL"];
  if (!url) {
    console.error("MIGRATION_DATABASE_URL is not set: the connection string of the role that owns the tables.");
    process.exit(2);
  }
  await migrateDatabase(url);
  console.log("The database has the newest schema.");
}
