import { sql } from "drizzle-orm";
import type { Database } from "./client.ts";
import { toDatabaseError } from "./failure.ts";

export type RoleHealth = { role: string; bypassesWalls: boolean; ownsTables: boolean };

/** Who we are to the database: row level security holds only for a role that neither owns tables nor bypasses it. */
export async function inspectRole(database: Database): Promise<RoleHealth> {
  try {
    const { rows } = await database.execute<{ role: string; bypasses: boolean; owns: boolean }>(sql`
      SELECT rolname AS role, rolsuper OR rolbypassrls AS bypasses,
        EXISTS (SELECT 1 FROM pg_class WHERE relowner = pg_roles.oid AND relkind IN ('r', 'p')
          AND relnamespace = 'public'::regnamespace) AS owns
      FROM pg_roles WHERE rolname = current_user`);
    const [row] = rows;
    return { role: row?.role ?? "", bypassesWalls: row?.bypasses ?? true, ownsTables: row?.owns ?? true };
  } catch (thrown) {
    throw toDatabaseError(thrown);
  }
}
