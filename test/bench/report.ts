import { type Cell, concurrencies } from "./reads.ts";
import { MOST_SEQUENTIAL, type RoundTrips } from "./round-trips.ts";
import type { SyncMeasured } from "./sync.ts";
import { brief, percent, type Row, tableOf, whole } from "./table.ts";

const GOAL_OF_CEILING = 0.5;
const GOAL_TIMES_FLOOR = 3;

export const describeRoundTrips = (found: readonly RoundTrips[]): string =>
  [
    `Round trips of a read (at most ${MOST_SEQUENTIAL} one after the other; audits are written behind the answer)`,
    tableOf(
      ["GET", "database", "Redis", "sequential", "audits"],
      found.map(({ path, database, redis, sequential, audits }) => [
        path.replace("/crm/marketing", ""),
        database,
        redis,
        sequential,
        audits,
      ]),
    ),
  ].join("\n");

export const describeSync = (sync: SyncMeasured, ceiling: number): string => {
  const perSecond = (sync.totalRows / sync.busyMs) * 1000;
  const withoutMeta = (sync.totalRows / (sync.busyMs - sync.metaMs)) * 1000;
  const share = (ms: number): Row => [`${whole(ms)} ms`, percent(ms, sync.busyMs)];
  return [
    `Sync: ${whole(sync.totalRows)} insight rows (${sync.rows.map(({ level, rows }) => `${level} ${whole(rows)}`).join(", ")}) of 90 days and today, read directly`,
    tableOf(
      ["way", "rows/s", "of the ceiling"],
      [
        ["straight into PostgreSQL, unnest (the ceiling)", whole(ceiling), "100 %"],
        ["simulator → worker → Neon protocol → PostgreSQL", whole(perSecond), percent(perSecond, ceiling)],
        ["the same without the simulator's time", whole(withoutMeta), percent(withoutMeta, ceiling)],
      ],
    ),
    "",
    tableOf(
      ["where the busy time goes", "", ""],
      [
        [`busy: the sum of ${sync.messages} messages, without the queue's pauses`, ...share(sync.busyMs)],
        [`simulated Meta: ${sync.pages} pages and the structure`, ...share(sync.metaMs)],
        [`door and PostgreSQL: ${sync.commits} slices committed, facts included`, ...share(sync.commitMs)],
        ["door and PostgreSQL: the rest", ...share(sync.otherDatabaseMs)],
        ["worker: parsing, checking, building statements, and the wires", ...share(sync.workerMs)],
      ],
    ),
    `  Wall time ${whole(sync.wallMs)} ms. The same pages by plain fetch: ${whole(sync.plainFetchMs)} ms.`,
    `  Goal, at least ${GOAL_OF_CEILING * 100} % of the ceiling: ${verdict(perSecond >= GOAL_OF_CEILING * ceiling)}.`,
  ].join("\n");
};

const verdict = (isMet: boolean) => (isMet ? "met" : "missed");

export type Question = { route: string; bare: string };

const FIELDS = ["c", "req/s", "p50 ms", "p99 ms", "p50 / floor", "p50 / bare", "worker CPU ms", "Postgres CPU ms"];

export const describeReads = (
  cells: readonly Cell[],
  { floor, guard, questions }: { floor: string; guard: string; questions: readonly Question[] },
): string => {
  const cellOf = (name: string, connections: number): Cell => {
    const found = cells.find((cell) => cell.name === name && cell.connections === connections);
    if (!found) throw new Error(`${name} was not measured at ${connections}.`);
    return found;
  };
  const rowOf = (name: string, connections: number, bare?: string): Row => {
    const { perSecond, p50, p99, cpu } = cellOf(name, connections);
    const timesFloor = p50 / cellOf(floor, connections).p50;
    const timesBare = bare === undefined ? NaN : p50 / cellOf(bare, connections).p50;
    return [
      name,
      connections,
      ...[perSecond, p50, p99, timesFloor, timesBare, cpu?.worker ?? NaN, cpu?.postgres ?? NaN].map(brief),
    ];
  };
  const names = [
    { name: floor },
    { name: guard },
    ...questions.flatMap(({ route, bare }) => [{ name: bare }, { name: route, bare }]),
  ];
  const parts = questions.map(({ route, bare }): Row => {
    const [all, hall, membership, sql] = [route, floor, guard, bare].map((name) => cellOf(name, 1).p50) as [
      number,
      number,
      number,
      number,
    ];
    const allowed = GOAL_TIMES_FLOOR * hall + membership + sql;
    return [
      route,
      ...[all, hall, membership, sql, all - hall - membership - sql, allowed].map(brief),
      verdict(all <= allowed),
    ];
  });
  return [
    "Reads (medians of interleaved rounds)",
    tableOf(
      ["", ...FIELDS],
      concurrencies.flatMap((connections) => names.map(({ name, bare }) => rowOf(name, connections, bare))),
    ),
    "",
    `Where a read's p50 goes at c=1, in ms (goal: ${GOAL_TIMES_FLOOR} × floor, plus both trips to the door)`,
    tableOf(["", "all", "floor", "membership", "its SQL", "the rest", "allowed", "goal"], parts),
  ].join("\n");
};
