import type { Told } from "./run.ts";

const WIDTH = 48;

/** An operation's line of the table, as soon as it is through, and what was wrong with the request that did it. */
export function describeOperation({ name, requests, statuses, problems }: Told): string {
  const wrong = problems.flatMap(({ what, asked }) => [...what, asked].map((line) => `\n    ${line}`));
  const sorted = new Map([...statuses].sort(([a], [b]) => a - b));
  return `${problems.length > 0 ? "✗" : "✓"} ${name.padEnd(WIDTH)} ${String(requests).padStart(6)}  ${describeCounts(sorted)}${wrong.join("")}`;
}

const describeCounts = (counts: ReadonlyMap<unknown, number>) =>
  [...counts].map(([what, count]) => `${String(what)}×${count}`).join(" ");

/** What stands below the table. */
export function describeRun(told: readonly Told[], seconds: number, refusals: Refusals): string[] {
  const total = (of: (one: Told) => number) => told.reduce((sum, one) => sum + of(one), 0);
  const repeated = total((one) => [...one.repeated.values()].reduce((sum, count) => sum + count, 0));
  return [
    "",
    `${total(({ requests }) => requests)} requests to ${told.length} operations in ${seconds.toFixed(0)} s`,
    `unexpected 5xx: ${total(({ broken }) => broken)}`,
    `off contract: ${total(({ offContract }) => offContract)}`,
    `answers with a canary: ${total(({ leaking }) => leaking)}`,
    `sent again after a 503 of a slow Redis or database: ${repeated}`,
    `what the log calls them: ${describeCounts(refusals.all) || "nothing"}`,
    `of these dishonest: ${describeCounts(refusals.dishonest) || "none"}`,
  ];
}

/** The log's lines of 503, counted by what they say. */
export type Refusals = { all: Map<string, number>; dishonest: Map<string, number> };

/**
 * A database that is away or late is refused honestly. One that answers, with a SQLSTATE, has been asked something that two
 * of our own requests cannot have at once (40001, 40P01): then we are what is wrong.
 */
export function sumUpRefusals(logs: readonly string[]): Refusals {
  const refusals: Refusals = { all: new Map(), dishonest: new Map() };
  for (const line of logs.filter((one) => one.includes('"status":503'))) {
    const { error, note } = JSON.parse(line) as { error?: string; note?: string };
    const what = [error, note].filter(Boolean).join(" ");
    for (const counts of note === undefined ? [refusals.all] : [refusals.all, refusals.dishonest])
      counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return refusals;
}
