// The table of the reads, and in words which goals they miss.
import type { Compared } from "./same-answer.ts";
import type { Cell, Side } from "./reads.ts";
import { brief, type Row, tableOf, whole } from "./table.ts";

const GOAL_TIMES_PEER = 10;
const GOAL_LARGE_BY_SMALL = 1.3;
const GOAL_TIMES_FLOOR = 3;
const GOALS_AT = 16;

export type Question = { route: string; peer: string; bare: string; fresh: string; kept: string; unchanged: string };
export type Floors = { floor: string; guard: string };

type CellOf = (name: string, side: Side, connections: number) => Cell;

const sides = ["small", "large"] as const;

const finder =
  (cells: readonly Cell[]): CellOf =>
  (name, side, connections) => {
    const found = cells.find((cell) => cell.name === name && cell.side === side && cell.connections === connections);
    if (!found) throw new Error(`${name} was not measured in the ${side} world at ${connections}.`);
    return found;
  };

const growthOf = (cellOf: CellOf, name: string, connections: number) =>
  cellOf(name, "large", connections).p50 / cellOf(name, "small", connections).p50;

const timesPeer = (cellOf: CellOf, { peer }: Question, name: string, side: Side, connections: number) =>
  cellOf(name, side, connections).perSecond / cellOf(peer, side, connections).perSecond;

const tableOfReads = (cellOf: CellOf, connections: readonly number[], rows: readonly string[], question?: Question) => {
  const head = ["", "c"];
  for (const side of sides) head.push(`${side} req/s`, "p50 ms", "p99 ms", "server CPU", "PG CPU", "× peer");
  const line = (name: string, c: number): Row => [
    name,
    c,
    ...sides.flatMap((side) => {
      const { perSecond, p50, p99, cpu } = cellOf(name, side, c);
      const times = question ? timesPeer(cellOf, question, name, side, c) : NaN;
      return [perSecond, p50, p99, cpu?.server ?? NaN, cpu?.postgres ?? NaN, times].map(brief);
    }),
    brief(growthOf(cellOf, name, c)),
  ];
  return tableOf(
    [...head, "p50 large/small"],
    connections.flatMap((c) => rows.map((name) => line(name, c))),
  );
};

const say = (what: string, figures: readonly string[], isMet: boolean) =>
  `  ${isMet ? "Met" : "MISSED"}: ${what}: ${figures.join(", ")}.`;

const goalsOf = (cellOf: CellOf, question: Question): string[] => {
  const ways = [question.fresh, question.kept];
  return ways.flatMap((name) => {
    const times = sides.map((side) => timesPeer(cellOf, question, name, side, GOALS_AT));
    const growth = growthOf(cellOf, name, GOALS_AT);
    return [
      say(
        `${name} at ${GOALS_AT} connections, at least ${GOAL_TIMES_PEER} × the peer's requests per second`,
        sides.map((side, place) => `${brief(times[place] ?? NaN)} × (${side})`),
        times.every((one) => one >= GOAL_TIMES_PEER),
      ),
      say(
        `${name} at ${GOALS_AT} connections, p50 in the large world at most ${GOAL_LARGE_BY_SMALL} × that in the small one`,
        [`${brief(growth)} ×`],
        growth <= GOAL_LARGE_BY_SMALL,
      ),
    ];
  });
};

export const describeComparison = (compared: readonly Compared[]): string =>
  [
    "The peer (test/bench/peers: Fastify, pg, the obvious SQL on the source tables, attribution as it is read) says the same:",
    tableOf(
      ["GET", "figures equal", "our bytes", "the peer's"],
      compared.map(({ path, figures, bytes, peerBytes }) => [
        path.replace("/crm/marketing", ""),
        figures,
        whole(bytes),
        whole(peerBytes),
      ]),
    ),
  ].join("\n");

export const describeReads = (
  cells: readonly Cell[],
  { floor, guard, questions, rows }: Floors & { questions: readonly Question[]; rows: Record<Side, number> },
): string => {
  const cellOf = finder(cells);
  const connections = [...new Set(cells.map((cell) => cell.connections))];
  const parts = questions.map(({ route, fresh, bare }): Row => {
    const [all, hall, membership, sql] = [fresh, floor, guard, bare].map((name) => cellOf(name, "small", 1).p50) as [
      number,
      number,
      number,
      number,
    ];
    const allowed = GOAL_TIMES_FLOOR * hall + membership + sql;
    const figures = [all, hall, membership, sql, all - hall - membership - sql, allowed].map(brief);
    return [route, ...figures, all <= allowed ? "met" : "missed"];
  });
  return [
    `Reads (medians of interleaved rounds; CPU in ms per request; small: ${whole(rows.small)} insight rows, large: ${whole(rows.large)})`,
    "  fresh: no finished answer is there, for each request has an address of its own (a parameter that means nothing);",
    "  kept: the finished answer of this version is there; unchanged: If-None-Match, 304. The peer has no row level security,",
    "  no rate limit, no audit, no kept answers and no door between it and PostgreSQL: all of that is in its favour.",
    "",
    tableOfReads(cellOf, connections, [floor, guard]),
    ...questions.flatMap((question) => {
      const { peer, bare, fresh, kept, unchanged } = question;
      return [
        "",
        `  GET ${question.route}`,
        tableOfReads(cellOf, connections, [peer, bare, fresh, kept, unchanged], question),
      ];
    }),
    "",
    `Where a fresh read's p50 goes at c=1 in the small world, in ms (goal: ${GOAL_TIMES_FLOOR} × floor, plus both trips to the door)`,
    tableOf(["", "all", "floor", "membership", "its SQL", "the rest", "allowed", "goal"], parts),
    "",
    "Goals",
    ...questions.flatMap((question) => goalsOf(cellOf, question)),
  ].join("\n");
};
