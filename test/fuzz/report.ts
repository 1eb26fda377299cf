import type { Told } from "./run.ts";

const WIDTH = 48;

/** An operation's line of the table, as soon as it is through. */
export function describeOperation({ name, requests, statuses, problems }: Told): string {
  const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}×${count}`);
  return `${problems.length > 0 ? "✗" : "✓"} ${name.padEnd(WIDTH)} ${String(requests).padStart(6)}  ${counts.join(" ")}`;
}

/** What stands below the table: each problem with the request that did it, and the sum. */
export function describeRun(told: readonly Told[], { seconds }: { seconds: number }): string[] {
  const total = (of: (one: Told) => number) => told.reduce((sum, one) => sum + of(one), 0);
  const failed = told.filter(({ problems }) => problems.length > 0);
  const wrong = failed.flatMap(({ name, problems }) =>
    problems.flatMap(({ what, asked }) => ["", `${name}:`, ...what.map((line) => `  ${line}`), `  ${asked}`]),
  );
  const sums = [
    `${total(({ requests }) => requests)} requests in ${seconds.toFixed(0)} s`,
    `sent again after a 503 of a slow Redis or database: ${total(({ repeated }) => repeated)}`,
    `operations with a problem: ${failed.length} of ${told.length}`,
  ];
  return [...wrong, "", sums.join("; ")];
}
