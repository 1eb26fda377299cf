// From mutants to figures: what each module scores, and everything that would make a good score worth nothing.
import type { Equivalent } from "./equivalents.ts";
import type { Module } from "./modules.ts";

export type Fate =
  | "Killed"
  | "Timeout"
  | "Survived"
  | "NoCoverage"
  | "RuntimeError"
  | "CompileError"
  | "Ignored"
  | "Pending";

export type Mutant = {
  file: string;
  line: number;
  fate: Fate;
  mutator: string;
  original: string;
  replacement: string;
  /** The line where it begins. */
  source: string;
  /** How many tests were run against it. */
  tests: number;
};

export type Row = {
  file: string;
  mutants: number;
  killed: number;
  timeout: number;
  survived: number;
  equivalent: number;
  score: number;
};

export type Verdict = { rows: Row[]; total: Row; survivors: Mutant[]; problems: string[] };

const isDead = ({ fate }: Mutant) => fate === "Killed" || fate === "Timeout";
const isAlive = ({ fate }: Mutant) => fate === "Survived" || fate === "NoCoverage";

export function judge(
  { name, files, least }: Module,
  mutants: readonly Mutant[],
  known: readonly Equivalent[],
): Verdict {
  const listed = known.filter(({ file }) => files.includes(file));
  const entryOf = (mutant: Mutant) =>
    listed.find(
      ({ file, original, replacement, at }) =>
        file === mutant.file &&
        original === mutant.original &&
        replacement === mutant.replacement &&
        mutant.source.includes(at),
    );
  const alive = mutants.filter(isAlive);
  const survivors = alive.filter((mutant) => !entryOf(mutant));
  const used = new Set(alive.map(entryOf));

  const rows = files.map((file) =>
    rowOf(
      file,
      mutants.filter((mutant) => mutant.file === file),
      survivors,
    ),
  );
  const total = rowOf(name, mutants, survivors);
  const ran = mutants.reduce((sum, { tests }) => sum + tests, 0);
  const problems = [
    ...rows.filter(({ mutants }) => mutants === 0).map(({ file }) => `${file} has no mutants`),
    ...(mutants.length > 0 && ran === 0 ? [`${name}: 0.00 tests per mutant: nothing was tested`] : []),
    ...mutants.filter((one) => !isDead(one) && !isAlive(one)).map((one) => `${placeOf(one)} ended as ${one.fate}`),
    ...listed
      .filter((entry) => !used.has(entry))
      .map(
        ({ file, original, replacement }) =>
          `${file}: ${original} → ${replacement} is listed as equivalent, and is not`,
      ),
    ...(total.score < least ? [`${name} scores ${total.score.toFixed(1)} %, and ${least} is asked`] : []),
  ];
  return { rows, total, survivors, problems };
}

function rowOf(file: string, mutants: readonly Mutant[], survivors: readonly Mutant[]): Row {
  const killed = mutants.filter(({ fate }) => fate === "Killed").length;
  const timeout = mutants.filter(({ fate }) => fate === "Timeout").length;
  const survived = mutants.filter((mutant) => survivors.includes(mutant)).length;
  const equivalent = mutants.filter(isAlive).length - survived;
  return {
    file,
    mutants: mutants.length,
    killed,
    timeout,
    survived,
    equivalent,
    score: scoreOf(killed + timeout, survived),
  };
}

export const scoreOf = (dead: number, survived: number) => (dead === 0 ? 0 : (100 * dead) / (dead + survived));

export const placeOf = ({ file, line, mutator, original, replacement }: Mutant) =>
  `${file}:${line} ${mutator}: ${original} → ${replacement}`;

/** `rows` as a table in Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const head = ["file", "mutants", "killed", "timeout", "survived", "equivalent", "score"];
  const cells = rows.map(({ score, ...row }) => [...Object.values(row).map(String), `${score.toFixed(1)} %`]);
  const widths = head.map((title, at) => Math.max(...[head, ...cells].map((row) => row[at]?.length ?? title.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n");
}
