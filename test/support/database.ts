// A database of its own for a test file that asks nothing but SQL.
import { inject } from "vitest";
import pg from "pg";
import { TEMPLATE } from "./global-setup.ts";
import type { House } from "./house.ts";

export type Database = Pick<House, "sql" | "stop">;

export async function aDatabase(): Promise<Database> {
  const name = `house_${crypto.randomUUID().replaceAll("-", "")}`;
  const connectionString = inject("superuserUrl");
  const server = new pg.Pool({ connectionString: `${connectionString}postgres`, max: 1 });
  await server.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY file_copy`);
  const own = new pg.Pool({ connectionString: connectionString + name, max: 2 });
  return {
    sql: async (text, values) => (await own.query(text, values)).rows,
    stop: async () => {
      await own.end();
      // A connection that is still closing would be killed with FORCE; the whole server is thrown away in the end.
      await server.query(`DROP DATABASE ${name}`).catch(() => undefined);
      await server.end();
    },
  };
}
