// npm run keys:rotate — brings every token under the first key of TOKEN_ENCRYPTION_KEYS and opens each of them on the
// way, as the worker's own role. Variables are the worker's: of the environment, or of .dev.vars where it has no
// DATABASE_URL. Exits with 1 when a token does not open or is not under the first key in the end.
import { existsSync } from "node:fs";
import { createDatabase } from "../src/adapters/db/client.ts";
import { scopeToDispatcher, scopeToTenant } from "../src/adapters/db/scope.ts";
import { parseRotationEnv, type RotationEnv } from "../src/env.ts";
import { countTokensByKey, listTenantsWithTokens } from "../src/features/key-rotation/rewrap.queries.ts";
import { type Rewrapped, rewrapTokens } from "../src/features/key-rotation/rewrap.service.ts";
import { createVault } from "../src/lib/vault.ts";

const PAGE = 500;
const AT_ONCE = 8;

export type Rotation = Rewrapped & { byKey: { sealedBy: string; tokens: number }[]; isComplete: boolean };

/** Walks through all tenants once. A token that is stored meanwhile is under the key of who stored it. */
export async function rotateKeys(env: RotationEnv, onProgress: (tenants: number) => void = () => undefined) {
  const database = createDatabase({
    connectionString: env.DATABASE_URL,
    endpoint: env.NEON_FETCH_ENDPOINT,
    fetch: (input, init) => fetch(input, init),
  });
  const tools = { dispatch: scopeToDispatcher(database) };
  const vault = createVault(env.TOKEN_ENCRYPTION_KEYS, (bytes) => crypto.getRandomValues(new Uint8Array(bytes)));
  const total: Rewrapped = { renewed: 0, current: 0, overtaken: 0, unopenable: 0 };
  let tenants = 0;

  for (let after = 0, page = await listTenantsWithTokens(tools, after, PAGE); page.length > 0;) {
    for (let at = 0; at < page.length; at += AT_ONCE) {
      const some = page.slice(at, at + AT_ONCE);
      const done = await Promise.all(
        some.map((tenantId) => rewrapTokens({ db: scopeToTenant(database, tenantId), vault })),
      );
      for (const result of done) for (const name of names) total[name] += result[name];
      tenants += some.length;
    }
    onProgress(tenants);
    after = page.at(-1) ?? after;
    page = await listTenantsWithTokens(tools, after, PAGE);
  }
  const byKey = await countTokensByKey(tools);
  const isComplete = total.unopenable === 0 && byKey.every(({ sealedBy }) => sealedBy === vault.sealsAs);
  return { ...total, byKey, isComplete } satisfies Rotation;
}

const names = ["renewed", "current", "overtaken", "unopenable"] as const;

if (import.meta.main) {
  if (process.env["DATABASE_URL"] === undefined && existsSync(".dev.vars")) process.loadEnvFile(".dev.vars");
  const parsed = parseRotationEnv(process.env);
  if ("problems" in parsed) {
    for (const { variable, problem } of parsed.problems) console.error(`${variable}: ${problem}`);
    console.error("Usage: DATABASE_URL=… TOKEN_ENCRYPTION_KEYS=<new>:…,<old>:… npm run keys:rotate");
    process.exit(2);
  }
  const done = await rotateKeys(parsed.env, (tenants) => console.log(`${tenants} tenants`));
  console.log(names.map((name) => `${done[name]} ${name}`).join(", "));
  for (const { sealedBy, tokens } of done.byKey) console.log(`${tokens} tokens under ${sealedBy}`);
  if (!done.isComplete) {
    console.error("Not complete: keep the older keys in TOKEN_ENCRYPTION_KEYS.");
    process.exitCode = 1;
  }
}
