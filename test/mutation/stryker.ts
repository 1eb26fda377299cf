// One module through Stryker: its files mutated in a copy of the tree, its tests run against every mutant.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { relative } from "node:path";
import { Stryker } from "@stryker-mutator/core";
import type { Mutant } from "./judge.ts";
import type { Module } from "./modules.ts";

type Options = ConstructorParameters<typeof Stryker>[0];
type Result = Awaited<ReturnType<Stryker["runMutationTest"]>>[number];

/** Throws where its tests fail as they are, or where there are none. */
export async function mutate({ files, tests }: Module): Promise<Mutant[]> {
  process.env["MUTATION_TESTS"] = JSON.stringify(tests);
  const results = await new Stryker({
    mutate: [...files],
    testRunner: "vitest",
    plugins: [import.meta.resolve("@stryker-mutator/vitest-runner")],
    vitest: { configFile: "test/mutation/vitest.config.ts", related: false },
    coverageAnalysis: "perTest",
    // TypeScript 7 has no parser for JavaScript to call, and Vite reads no references.
    tsconfigFile: "none",
    ignorePatterns: [".wrangler", ".world", "worker-configuration.d.ts", "test/bench", "test/chaos", "test/fuzz"],
    reporters: [],
    logLevel: "error",
    concurrency: Math.min(4, availableParallelism()),
    timeoutMS: 60_000,
    cleanTempDir: "always",
  } as Options).runMutationTest();
  return results.map(describe);
}

function describe({
  fileName,
  location: { start, end },
  status,
  mutatorName,
  replacement,
  testsCompleted,
}: Result): Mutant {
  const lines = readFileSync(fileName, "utf8")
    .split("\n")
    .slice(start.line - 1, end.line);
  const [source = ""] = lines;
  const last = lines.length - 1;
  lines[last] = lines[last]?.slice(0, end.column - 1) ?? "";
  lines[0] = lines[0]?.slice(start.column - 1) ?? "";
  return {
    file: relative(process.cwd(), fileName).replaceAll("\\", "/"),
    line: start.line,
    fate: status,
    mutator: mutatorName,
    original: onOneLine(lines.join("\n")),
    replacement: onOneLine(replacement ?? ""),
    source,
    tests: testsCompleted ?? 0,
  };
}

const onOneLine = (text: string) => text.replace(/\s+/g, " ").trim();
