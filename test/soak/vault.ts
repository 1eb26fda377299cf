// npm run soak:vault — the vault's tests at full size: a million round trips, a hundred thousand changes, ten thousand
// tokens under new keys while they are read. The same tests run in npm test with less.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../world/root.ts";

const tests = ["test/lib/vault-at-scale.test.ts", "test/features/connection/rotation.test.ts"];
const arguments_ = ["vitest", "run", "--config", "test/vitest.config.ts", "--project", "node", ...tests];
const { status } = spawnSync(process.execPath, [join(root, ".launch.mjs"), ...arguments_], {
  stdio: "inherit",
  env: { ...process.env, VAULT_SOAK: "1" },
});
process.exitCode = status ?? 1;
