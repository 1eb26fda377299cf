// What both suites of the Neon door live in: an embedded Postgres, a door, and databases of their own.
import { neon, neonConfig, type NeonQueryFunction } from "@neondatabase/serverless";
import { drizzle } from "drizzle-orm/neon-http";
import { integer, pgTable, text } from "drizzle-orm/pg-core";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { startNeonDoor, type NeonDoor } from "./neon-door.ts";
import { startPostgres, type Postgres } from "./postgres.ts";

export const note = pgTable("note", { id: integer().primaryKey(), body: text().notNull() });

export const count = async (query: NeonQueryFunction<false, false>) =>
  (await query`select count(*)::int as n from note`)[0]?.["n"];

/** The same database through a door with one connection only, so that two requests must share it. */
export const throughNarrowDoor = (url: string) => url.replace("db.localtest", "narrow.localtest");

type House = {
  postgres: Postgres;
  door: NeonDoor;
  /** A connection string as Neon's: its host is not that of our Postgres. */
  neonUrl: (database: string) => string;
  /** Creates an empty database; answers its name. */
  aDatabase: () => Promise<string>;
  /** A database of its own with one empty table, and both drivers on it. */
  aNotebook: () => Promise<{
    database: string;
    query: NeonQueryFunction<false, false>;
    db: ReturnType<typeof drizzle>;
  }>;
};

/** Declares the hooks that start and stop it all. `postgres` and `door` are there once the tests run. */
export const aNeonHouse = (): House => {
  let dir: string;
  let narrowDoor: NeonDoor;
  let databases = 0;

  const house = {
    neonUrl: (database) => {
      const url = new URL(house.postgres.superuserUrl(database));
      url.host = "db.localtest";
      url.port = "";
      return url.href;
    },
    aDatabase: async () => {
      databases += 1;
      await house.postgres.createDatabase(`test_${databases}`);
      return `test_${databases}`;
    },
    aNotebook: async () => {
      const database = await house.aDatabase();
      const query = neon(house.neonUrl(database));
      await query`create table note (id int primary key, body text not null)`;
      return { database, query, db: drizzle(query) };
    },
  } as House;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "world-neon-"));
    chmodSync(dir, 0o755);
    house.postgres = await startPostgres({ dir });
    house.door = await startNeonDoor({ postgresPort: house.postgres.port });
    narrowDoor = await startNeonDoor({ postgresPort: house.postgres.port, limits: { perTarget: 1 } });
    neonConfig.fetchEndpoint = (host) => (host === "narrow.localtest" ? narrowDoor.url : house.door.url);
  }, 20_000);

  afterEach(() => {
    house.door.setFault(undefined);
    house.door.setRewrite(undefined);
  });

  afterAll(async () => {
    await Promise.all([house.door.stop(), narrowDoor.stop()]);
    await house.postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  return house;
};
