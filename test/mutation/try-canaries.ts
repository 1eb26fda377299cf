// The canaries, one after another: each is put into a copy of the tree, where the module's tests must fail of it.
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createVitest } from "vitest/node";
import { type Canary, canaries } from "./canaries.ts";
import { modules } from "./modules.ts";

const root = new URL("../..", import.meta.url).pathname;
const copy = join(root, ".stryker-tmp", "canaries");

export type Sung = { canary: Canary; isDead: boolean };

/** Throws where the tests fail without a canary: what they say of one would mean nothing. */
export async function tryCanaries(): Promise<Sung[]> {
  copyTree();
  try {
    const names = new Set(canaries.map(({ module }) => module));
    const before = await run([...names].flatMap(testsOf));
    if (before.failed.length > 0 || before.passed === 0)
      throw new Error(`Without a canary ${before.passed} tests pass, and these fail: ${before.failed.join("; ")}`);
    const sung: Sung[] = [];
    for (const canary of canaries) sung.push({ canary, isDead: await isNoticed(canary) });
    return sung;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const testsOf = (name: string) => modules.find((module) => module.name === name)?.tests ?? [];

function copyTree(): void {
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  for (const part of ["src", "test", "package.json", "tsconfig.json"])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "junction");
}

async function isNoticed({ file, find, replace, module }: Canary): Promise<boolean> {
  const path = join(copy, file);
  const whole = readFileSync(path, "utf8");
  writeFileSync(
    path,
    whole.replace(find, () => replace),
  );
  try {
    return (await run(testsOf(module))).failed.length > 0;
  } finally {
    writeFileSync(path, whole);
  }
}

/** A test that fails counts; a file that does not even load is a canary that is badly made. */
async function run(tests: readonly string[]): Promise<{ passed: number; failed: string[] }> {
  process.env["MUTATION_TESTS"] = JSON.stringify(tests);
  const config = join(copy, "test/mutation/vitest.config.ts");
  const vitest = await createVitest("test", { root: copy, config, watch: false, reporters: [{}] });
  try {
    const { testModules } = await vitest.start();
    const broken = testModules.flatMap((module) => module.errors().map(({ message }) => message));
    if (broken.length > 0) throw new Error(broken.join("\n"));
    const all = testModules.flatMap((module) => [...module.children.allTests()]);
    const named = (state: string) => all.filter((test) => test.result().state === state).map((test) => test.fullName);
    return { passed: named("passed").length, failed: named("failed") };
  } finally {
    await vitest.close();
  }
}
