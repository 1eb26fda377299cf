// npm run chaos: every cell of the fault matrix, every death of an isolate, and the long form of the sync's faults. Prints
// what was expected of each cell and what came of it; exits 1 on a miss. `npm test` runs a sample of the same.
import { fileURLToPath } from "node:url";
import type { Reporter, TestModule } from "vitest/node";
import { startVitest } from "vitest/node";
import { notBuiltYet } from "./not-built-yet.ts";

type Row = { name: string; result: string };

const rowsOf = (modules: readonly TestModule[]): Row[] =>
  modules.flatMap((module) => [
    ...[...module.children.allTests()].map((found) => ({
      name: found.fullName,
      result: found.ok() && found.result().state === "passed" ? "holds" : "MISSED",
    })),
    ...module.errors().map(({ message }) => ({ name: `${module.moduleId}: ${message}`, result: "MISSED" })),
  ]);

const print = (rows: readonly Row[]) => {
  for (const { name, result } of rows) {
    const [id = "", ...expected] = name.startsWith("F-") ? name.split(": ") : ["", name];
    console.log(`${result.padEnd(7)} ${id.padEnd(42)} ${expected.join(": ")}`);
  }
};

/** Only what is missed is told in full; the table is the rest. */
const table: Reporter = {
  onTestCaseResult: (found) => {
    if (found.result().state === "passed") return;
    console.log(`MISSED  ${found.fullName}`);
    for (const { message, stack } of found.result().errors ?? []) console.log(message, stack ?? "");
  },
  onTestRunEnd: (modules, errors) => {
    const rows = rowsOf(modules).toSorted((a, b) => a.name.localeCompare(b.name));
    print(rows);
    print(notBuiltYet.map((name) => ({ name, result: "-" })));
    const missed = rows.filter(({ result }) => result === "MISSED").length + errors.length;
    for (const { message } of errors) console.log(message);
    console.log(
      `${rows.length} cells: ${rows.length - missed} hold, ${missed} missed; ${notBuiltYet.length} rows of the matrix not built yet.`,
    );
    if (missed > 0 || rows.length === 0) process.exitCode = 1;
  },
};

const root = fileURLToPath(new URL("../..", import.meta.url));
process.env["CHAOS"] = "whole";
const vitest = await startVitest(
  "test",
  ["test/chaos/", "test/features/sync/faults.test.ts", ...process.argv.slice(2)],
  {
    root,
    config: "test/vitest.config.ts",
    watch: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    project: ["node"],
    reporters: [table],
  },
);
await vitest.close();
