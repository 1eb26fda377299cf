import type { Seeded } from "./business.ts";
import { MOST_SEQUENTIAL, type RoundTrips } from "./round-trips.ts";
import type { SyncMeasured } from "./sync.ts";
import { brief, percent, type Row, tableOf, whole } from "./table.ts";

const GOAL_OF_CEILING = 0.5;

export const describeRoundTrips = (found: readonly RoundTrips[]): string =>
  [
    `Round trips of a read (at most ${MOST_SEQUENTIAL} one after the other; audits are written behind the answer)`,
    tableOf(
      ["GET", "database", "Redis", "sequential", "kept: database", "sequential", "audits"],
      found.map(({ path, database, redis, sequential, kept, audits }) => [
        path.replace("/crm/marketing", ""),
        database,
        redis,
        sequential,
        kept.database,
        kept.sequential,
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

export const describeSeeding = (name: string, rows: number, { loadMs, rebuildMs, neighboursMs }: Seeded): string =>
  [
    `The ${name} world: ${whole(rows)} insight rows. The tenant that is read was loaded in ${brief(loadMs / 1000)} s and its facts`,
    `rebuilt in ${brief(rebuildMs / 1000)} s; its neighbours took ${brief(neighboursMs / 1000)} s.`,
  ].join(" ");
