// npm run mutation — mutation testing of the modules that security rests on (goal G20), and the canaries.
// `-- vault session` for some modules, `-- --canaries` (or `--short`, for CI) for the canaries alone.
import type { TestProject } from "vitest/node";
import setup from "../support/global-setup.ts";
import { equivalents } from "./equivalents.ts";
import { judge, placeOf, scoreOf, tableOf, type Verdict } from "./judge.ts";
import { LEAST_OVERALL, type Module, modules } from "./modules.ts";
import { mutate } from "./stryker.ts";
import { tryCanaries } from "./try-canaries.ts";

const asked = process.argv.slice(2);
const names = asked.filter((word) => !word.startsWith("--"));
const unknown = names.filter((name) => !modules.some((module) => module.name === name));
if (unknown.length > 0) throw new Error(`There is no module ${unknown.join(", ")}.`);
const isShort = asked.includes("--canaries") || asked.includes("--short");

const since = (start: number) => `${((performance.now() - start) / 1000).toFixed(0)} s`;
const problems: string[] = [];

/** One world for all workers of Stryker: they come and go. */
async function withWorld<T>(work: () => Promise<T>): Promise<T> {
  const told: Record<string, unknown> = {};
  const provide = (name: string, value: unknown) => {
    told[name] = value;
  };
  const stop = await setup({ provide } as unknown as TestProject);
  process.env["MUTATION_WORLD"] = JSON.stringify(told);
  try {
    return await work();
  } finally {
    delete process.env["MUTATION_WORLD"];
    await stop();
  }
}

async function judgeModule(module: Module): Promise<Verdict> {
  const start = performance.now();
  const mutants = await (module.needsWorld ? withWorld(() => mutate(module)) : mutate(module));
  const verdict = judge(module, mutants, equivalents);
  const tests = mutants.reduce((sum, { tests }) => sum + tests, 0) / Math.max(1, mutants.length);
  console.log(
    `${module.name}: ${verdict.total.score.toFixed(1)} %, ${tests.toFixed(2)} tests per mutant, ${since(start)}`,
  );
  for (const mutant of verdict.survivors) console.log(`  survived: ${placeOf(mutant)}`);
  return verdict;
}

async function mutateAll(chosen: readonly Module[]): Promise<void> {
  const verdicts: Verdict[] = [];
  for (const module of chosen) verdicts.push(await judgeModule(module));
  console.log(`\n${tableOf(verdicts.flatMap(({ rows }) => rows))}\n`);
  const sum = (of: (verdict: Verdict) => number) => verdicts.reduce((total, verdict) => total + of(verdict), 0);
  const dead = sum(({ total }) => total.killed + total.timeout);
  const survived = sum(({ total }) => total.survived);
  const score = scoreOf(dead, survived);
  const equivalent = sum(({ total }) => total.equivalent);
  console.log(
    `overall ${score.toFixed(1)} % of ${dead + survived}; ${scoreOf(dead, survived + equivalent).toFixed(1)} % with the ${equivalent} equivalents`,
  );
  problems.push(...verdicts.flatMap((verdict) => verdict.problems));
  if (score < LEAST_OVERALL) problems.push(`overall ${score.toFixed(1)} %, and ${LEAST_OVERALL} is asked`);
}

const start = performance.now();
if (!isShort) await mutateAll(modules.filter(({ name }) => names.length === 0 || names.includes(name)));
if (isShort || names.length === 0) {
  const sung = await tryCanaries();
  for (const { canary, isDead } of sung) {
    console.log(`${isDead ? "killed  " : "ALIVE   "} ${canary.module}: ${canary.name}`);
    if (!isDead) problems.push(`the canary lives: ${canary.name}`);
  }
  console.log(`${sung.filter(({ isDead }) => isDead).length} of ${sung.length} canaries killed`);
}
console.log(`It took ${since(start)}.`);
for (const problem of problems) console.error(`✗ ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
