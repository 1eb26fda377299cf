// Where canaries are looked for after a run. Each answer names the place and the canary, never the text.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { House } from "../support/house.ts";
import { type Canary, createFinder } from "./canaries.ts";
import { homes } from "./homes.ts";

type Sql = House["sql"];

export const findInText = (place: string, text: string, canaries: readonly Canary[]): string[] =>
  createFinder(canaries)(text).map(({ name }) => `${place}: ${name}`);

/** A dump of all tables, column by column as text: no secret anywhere, people only where they are at home. */
export async function findInDatabase(sql: Sql, canaries: readonly Canary[]): Promise<string[]> {
  const tables = await sql<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
  );
  const find = createFinder(canaries);
  const found = new Set<string>();
  for (const { name } of tables) {
    const columns = await sql<{ tenant: string | null; column: string; text: string }>(
      `SELECT to_jsonb(t) ->> 'tenant_id' AS tenant, cell.key AS column, string_agg(DISTINCT cell.value, E'\\n') AS text FROM "${name}" t, jsonb_each_text(to_jsonb(t)) cell WHERE cell.value IS NOT NULL GROUP BY 1, 2`,
    );
    for (const { tenant, column, text } of columns)
      for (const canary of find(text)) {
        const place = `${name}.${column}`;
        const isHome = place in homes && (place !== "audit_log.diff" || canary.isLabel === true);
        const isAtHome = isHome && canary.tenant !== undefined && String(canary.tenant) === tenant;
        if (!isAtHome) found.add(`table ${place}: ${canary.name}`);
      }
  }
  return [...found];
}

/** All that Redis holds, asked through its own door. */
export async function findInRedis(
  upstash: { url: string; token: string },
  canaries: readonly Canary[],
): Promise<string[]> {
  return findInText("Redis", await dumpRedis(upstash), canaries);
}

export async function dumpRedis({ url, token }: { url: string; token: string }): Promise<string> {
  const ask = async (...command: string[]): Promise<unknown> => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(command) });
    return ((await answer.json()) as { result: unknown }).result;
  };
  const readers: Readonly<Record<string, (key: string) => Promise<unknown>>> = {
    string: (key) => ask("GET", key),
    hash: (key) => ask("HGETALL", key),
    set: (key) => ask("SMEMBERS", key),
    zset: (key) => ask("ZRANGE", key, "0", "-1", "WITHSCORES"),
    list: (key) => ask("LRANGE", key, "0", "-1"),
  };
  const lines: string[] = [];
  for (const key of (await ask("KEYS", "*")) as string[]) {
    const type = String(await ask("TYPE", key));
    // It has expired since.
    if (type === "none") continue;
    const read = readers[type];
    if (!read) throw new Error(`A key of the type ${type} is not looked into.`);
    lines.push(`${key} ${JSON.stringify(await read(key))}`);
  }
  return lines.join("\n");
}

/** What ships, and its source map. */
export const findInFiles = (folder: string, canaries: readonly Canary[]): string[] =>
  globSync("**/*", { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => findInText(entry.name, readFileSync(join(entry.parentPath, entry.name), "utf8"), canaries));
