// Where canaries are looked for after a run. Each answer names the place and the canary, never the text.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { House } from "../support/house.ts";
import { type Canary, createFinder } from "./canaries.ts";

type Sql = House["sql"];

/** Tables whose rows are about people; everywhere else nobody is named. An answer kept for repetition is one of them. */
const aboutPeople = new Set([
  "leads",
  "opportunities",
  "sales_transactions",
  "touchpoints",
  "automation_rules",
  "automation_logs",
  "meta_templates",
  "opportunity_stage_events",
  "status_history",
  "idempotency_keys",
]);

export const findInText = (place: string, text: string, canaries: readonly Canary[]): string[] =>
  createFinder(canaries)(text).map(({ name }) => `${place}: ${name}`);

/** Rows of all tables: no secret anywhere, people only where they belong and under their own tenant. */
export async function findInDatabase(sql: Sql, canaries: readonly Canary[]): Promise<string[]> {
  const tables = await sql<{ name: string; has_tenant: boolean }>(
    "SELECT c.relname AS name, EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'tenant_id') AS has_tenant FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
  );
  const found = new Set<string>();
  const find = createFinder(canaries);
  for (const { name, has_tenant: hasTenant } of tables) {
    const groups = await sql<{ tenant: number | null; text: string | null }>(
      `SELECT ${hasTenant ? "tenant_id" : "NULL::int"} AS tenant, string_agg(t::text, E'\\n') AS text FROM "${name}" t GROUP BY 1`,
    );
    for (const { tenant, text } of groups)
      for (const canary of find((text ?? "").replaceAll('""', '"'))) {
        const isTold = aboutPeople.has(name) || (name === "audit_log" && canary.isLabel);
        const isAtHome = canary.tenant !== undefined && canary.tenant === Number(tenant) && isTold;
        if (!isAtHome) found.add(`table ${name}: ${canary.name}`);
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
