// Vitest as Stryker and the canaries run it: one module's tests, and a world that is up already (mutation.ts). A world of
// each worker's own would be left behind whenever Stryker kills a worker that hangs.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const told = (name: string) => JSON.parse(process.env[name] ?? "null");

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    include: told("MUTATION_TESTS") ?? [],
    provide: told("MUTATION_WORLD") ?? {},
    testTimeout: 20_000,
    hookTimeout: 30_000,
    setupFiles: ["test/mutation/few-cases.ts"],
    // A mutant's run begins with fresh modules of ours, and libraries that are loaded already.
    isolate: false,
  },
});
