// A score may be worth nothing: what `npm run mutation` says then. And every canary still has its place in src.
import { existsSync, readFileSync } from "node:fs";
import { expect, it, test } from "vitest";
import { canaries } from "./canaries.ts";
import { equivalents } from "./equivalents.ts";
import { judge, type Mutant, tableOf } from "./judge.ts";
import { modules } from "./modules.ts";

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

const vault = { name: "vault", files: ["src/a.ts"], tests: ["test/a.test.ts"], least: 95 };
const mutant = (fate: Mutant["fate"], more: Partial<Mutant> = {}): Mutant => ({
  file: "src/a.ts",
  line: 1,
  fate,
  mutator: "BooleanLiteral",
  original: "true",
  replacement: "false",
  source: "const isOpen = true;",
  tests: 1,
  ...more,
});
const times = (count: number, one: Mutant) => Array.from({ length: count }, () => one);
const equivalent = { file: "src/a.ts", original: "true", replacement: "false", at: "isOpen", reason: "nobody looks" };

it("counts what died, and what lives and is not known to be the same", () => {
  const mutants = [...times(18, mutant("Killed")), mutant("Timeout"), mutant("Survived"), mutant("NoCoverage")];
  const without = judge(vault, mutants, []);
  expect(without.total).toMatchObject({ mutants: 21, killed: 18, timeout: 1, survived: 2, equivalent: 0 });
  expect(without.problems).toEqual(["vault scores 90.5 %, and 95 is asked"]);
  const known = judge(vault, mutants, [equivalent]);
  expect(known.total).toMatchObject({ survived: 0, equivalent: 2, score: 100 });
  expect([known.problems, known.survivors]).toEqual([[], []]);
  expect(tableOf(known.rows).split("\n").at(-1)).toBe(
    "| src/a.ts |      21 |     18 |       1 |        0 |          2 | 100.0 % |",
  );
});

test.each([
  ["there are no mutants", [], [], ["src/a.ts has no mutants", "vault scores 0.0 %, and 95 is asked"]],
  [
    "nothing was tested",
    times(20, mutant("Killed", { tests: 0 })),
    [],
    ["vault: 0.00 tests per mutant: nothing was tested"],
  ],
  [
    "a mutant was not judged",
    [...times(20, mutant("Killed")), mutant("RuntimeError")],
    [],
    ["src/a.ts:1 BooleanLiteral: true → false ended as RuntimeError"],
  ],
  [
    "an equivalent is killed",
    times(20, mutant("Killed")),
    [equivalent],
    ["src/a.ts: true → false is listed as equivalent, and is not"],
  ],
  [
    "an equivalent stands elsewhere",
    [...times(20, mutant("Killed")), mutant("Survived", { source: "return true;" })],
    [equivalent],
    ["src/a.ts: true → false is listed as equivalent, and is not"],
  ],
])("tells when %s", (_, mutants, known, problems) => {
  expect(judge(vault, mutants, known).problems).toEqual(problems);
});

test.each(canaries)("the canary '$name' fits in its file", ({ file, find, replace, module }) => {
  expect(read(file).split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
  expect(modules.find(({ name }) => name === module)?.files).toContain(file);
});

it("ten canaries at least, in every module that no database guards", () => {
  expect(canaries.length).toBeGreaterThanOrEqual(10);
  const ofModules = new Set(canaries.map(({ module }) => module));
  expect(modules.filter(({ name, needsWorld }) => !needsWorld && !ofModules.has(name))).toEqual([]);
});

it("the modules' files and tests are there, and every equivalent says why", () => {
  for (const { files, tests } of modules)
    for (const file of [...files, ...tests])
      expect(existsSync(new URL(`../../${file}`, import.meta.url)), file).toBe(true);
  for (const { file, reason } of equivalents) {
    expect(
      modules.some(({ files }) => files.includes(file)),
      file,
    ).toBe(true);
    expect(reason.length).toBeGreaterThan(20);
  }
});
