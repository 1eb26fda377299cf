import { execSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { unstable_readConfig as readConfig } from "wrangler";
import type { Variables } from "./world/settings.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const { alias, build } = readConfig({ config: `${root}/wrangler.toml` }, { hideWarnings: true });
execSync(build.command ?? "", { cwd: root, stdio: "pipe" });

/** What ships is what we test: src gets the copies that wrangler.toml puts in the place of packages. */
const copies = {
  name: "copies",
  enforce: "pre" as const,
  resolveId: (name: string, importer?: string) =>
    importer?.startsWith(join(root, "src")) && alias?.[name] ? join(root, alias[name]) : undefined,
};

export default defineConfig({
  root,
  test: {
    globalSetup: "test/support/global-setup.ts",
    // Two cores: a third file runs while others wait for their database; more only make each slower.
    maxWorkers: 3,
    // The worker's own log lines.
    onConsoleLog: (text) => !/^\{"(at|event)":/.test(text),
    projects: [
      {
        extends: true,
        plugins: [copies],
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/worker/**"],
          testTimeout: 20_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        plugins: [
          cloudflareTest(({ inject }) => ({
            wrangler: { configPath: `${root}/wrangler.toml` },
            miniflare: { bindings: inject<Variables>("worker") },
          })),
        ],
        test: {
          name: "worker",
          include: ["test/worker/**/*.test.ts"],
          testTimeout: 20_000,
        },
      },
    ],
  },
});
