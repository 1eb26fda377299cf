// npm run bench [-- --short | --reads | --hall]: how fast the sync, the reads and the hall are, on worlds of their own. Only ratios within one
// run travel from machine to machine; `--short` (for CI) takes the same path with little data and holds what must never
// break: the round trips, the plans, and that we and the peer say the same.
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import type pg from "pg";
import { runCommand } from "../world/command.ts";
import { withClient } from "../world/database.ts";
import { stopOnSignal } from "../world/stop-on-signal.ts";
import { type BenchWorld, type BenchWorlds, startBenchWorlds } from "./bench-world.ts";
import { aCampaignOfTheReader, READER_TENANT, seedWorld } from "./business.ts";
import { benchCeiling } from "./ceiling.ts";
import { benchHall, hallSizes } from "./hall.ts";
import { startLoader } from "./load.ts";
import { explain, statementsOf, wholeReads } from "./plans.ts";
import { type Headers, mintReaders } from "./readers.ts";
import { bareTarget, benchReads, freshTarget, keptTarget, type Side, type Target, unchangedTarget } from "./reads.ts";
import { describeHall, missedGoals } from "./report-hall.ts";
import { describeComparison, describeReads } from "./report-reads.ts";
import { describeRoundTrips, describeSeeding, describeSync } from "./report.ts";
import { countRoundTrips, MOST_SEQUENTIAL, type RoundTrips } from "./round-trips.ts";
import { compareAnswers } from "./same-answer.ts";
import { full, insightRows, short, type Size, type WorldSize } from "./sizes.ts";
import { benchSync, SYNC_TENANT } from "./sync.ts";

const MARKETING = "/crm/marketing";
const STATS = `${MARKETING}/stats?time_range=last_30d`;
const CAMPAIGNS = `${MARKETING}/campaigns?time_range=last_30d`;

const floors = { floor: "/healthz, constant JSON", guard: "membership SQL, bare" };
const questions = [STATS, CAMPAIGNS].map((path) => {
  const route = path.replace(MARKETING, "");
  const name = route.replace(/\?.*/, "");
  return {
    path,
    route,
    peer: `${name}, Fastify + pg`,
    bare: `${name} SQL, bare`,
    fresh: `${name}, fresh`,
    kept: `${name}, kept`,
    unchanged: `${name}, unchanged`,
  };
});

const readsOf = (campaign: string) => [
  STATS,
  CAMPAIGNS,
  `${MARKETING}/stats/roi?time_range=last_30d`,
  `${MARKETING}/combined-stats?time_range=last_30d`,
  `${MARKETING}/campaigns/${campaign}?time_range=last_30d`,
  `${MARKETING}/campaigns/${campaign}/insights?time_range=last_30d`,
  `${MARKETING}/sync/runs`,
];

const rowsOf = ({ reader, neighbours, neighbour }: WorldSize) =>
  insightRows(reader) + neighbours * insightRows(neighbour);

const askedBy = (found: readonly RoundTrips[], path: string) => {
  const [membership, question] = found.find((one) => one.path === path)?.asked ?? [];
  if (!membership || !question) throw new Error(`GET ${path} did not ask the database twice.`);
  return { membership, question };
};

const requireFewTrips = (trips: readonly RoundTrips[]) => {
  const tooMany = trips.filter(({ sequential }) => sequential > MOST_SEQUENTIAL);
  if (tooMany.length > 0)
    throw new Error(
      `More than ${MOST_SEQUENTIAL} sequential round trips: ${tooMany.map(({ path }) => path).join(", ")}`,
    );
};

const requireNoWholeReads = async (client: pg.Client, trips: readonly RoundTrips[]): Promise<void> => {
  for (const { path, asked } of trips) {
    const [, question] = asked;
    if (!question) continue;
    const plans = await explain(client, READER_TENANT, statementsOf(question.body()));
    const whole = plans.flatMap((plan) => wholeReads(plan));
    if (whole.length > 0) throw new Error(`GET ${path} reads a whole history:\n${whole.join("\n")}`);
  }
};

const targetsOf = (
  world: BenchWorld,
  side: Side,
  trips: readonly RoundTrips[],
  readers: readonly Headers[],
  etags: readonly string[],
): Target[] => {
  const at = { side, url: world.worker.url, readers };
  const { membership } = askedBy(trips, STATS);
  return [
    keptTarget({ ...at, name: floors.floor, path: "/healthz" }),
    bareTarget(world, { name: floors.guard, side }, membership),
    ...questions.flatMap(({ path, peer, bare, fresh, kept, unchanged }, place) => [
      keptTarget({ side, readers, url: world.peer.url, name: peer, path }),
      bareTarget(world, { name: bare, side }, askedBy(trips, path).question),
      freshTarget({ ...at, name: fresh, path }),
      keptTarget({ ...at, name: kept, path }),
      unchangedTarget({ ...at, name: unchanged, path }, etags[place] ?? ""),
    ]),
  ];
};

const say = (text: string) => console.log(`${text}\n`);

/** Fills a world and looks whether it answers as it must; what is to be measured in it. */
const prepare = async (world: BenchWorld, side: Side, size: Size, client: pg.Client): Promise<Target[]> => {
  say(
    describeSeeding(
      side,
      rowsOf(size[side]),
      await seedWorld(client, size[side], { readers: size.readers, now: Date.now() }),
    ),
  );
  const readers = await mintReaders(world.variables, size.readers);
  const reader = readers[0] ?? {};
  const trips = await countRoundTrips(world, readsOf(await aCampaignOfTheReader(client)), reader);
  if (side === "small") say(describeRoundTrips(trips));
  requireFewTrips(trips);
  if (side === "large") await requireNoWholeReads(client, trips);
  const compared = [];
  for (const { path } of questions)
    compared.push(await compareAnswers(world, path, path === STATS ? "stats" : "campaigns", reader));
  say(describeComparison(compared));
  return targetsOf(
    world,
    side,
    trips,
    readers,
    compared.map(({ etag }) => etag),
  );
};

const benchWorlds = async (
  { small, large }: BenchWorlds,
  size: Size,
  { isReads }: { isReads: boolean },
  onStop: (stop: () => Promise<void>) => void,
) => {
  const targets: Target[] = [];
  for (const [side, world] of [
    ["small", small],
    ["large", large],
  ] as const)
    await withClient(world.databaseUrl, async (client) => {
      // The query under way tells it too.
      client.on("error", () => undefined);
      targets.push(...(await prepare(world, side, size, client)));
      if (side === "small" && !isReads) {
        const sync = await benchSync(world, client, size.small.reader);
        say(describeSync(sync, await benchCeiling(client, SYNC_TENANT)));
      }
    });
  const loader = startLoader();
  onStop(async () => void (await loader.stop()));
  const cells = await benchReads(loader, targets, size.load);
  say(describeReads(cells, { ...floors, questions, rows: { small: rowsOf(size.small), large: rowsOf(size.large) } }));
};

/** The hall alone, in a small world. */
const benchHallAlone = async ({ small }: BenchWorlds, onStop: (stop: () => Promise<void>) => void) => {
  await withClient(small.databaseUrl, (client) =>
    seedWorld(client, short.small, { readers: short.readers, now: Date.now() }),
  );
  const measured = await benchHall(small, hallSizes.full, onStop);
  say(describeHall(measured));
  if (missedGoals(measured).length > 0) throw new Error("The hall misses its goals.");
};

const bench = async (size: Size, options: { isReads: boolean; isHall: boolean }): Promise<void> => {
  const { onStop, listen, stop, stopping } = stopOnSignal();
  let isInterrupted = false;
  try {
    const starting = startBenchWorlds(size, onStop);
    onStop(async () => {
      isInterrupted = true;
    });
    const worlds = await starting;
    // Wrangler brought listeners of its own.
    listen();
    const note = size === short && !options.isHall ? " SHORT: the figures say nothing." : "";
    say(`\nNode ${process.versions.node}, ${worlds.small.redisKind}, ${cpus().length} cores.${note}`);
    if (options.isHall) return await benchHallAlone(worlds, onStop);
    await benchWorlds(worlds, size, options, onStop);
    if (size === short) say(describeHall(await benchHall(worlds.small, hallSizes.short, onStop)));
  } catch (error) {
    // Whatever fails because its world is being taken down: the signal's handler ends the process.
    if (isInterrupted) await stopping;
    throw error;
  } finally {
    await stop();
  }
};

const usage = "npm run bench [-- --short] [-- --reads] [-- --hall]";

await runCommand(usage, async () => {
  const { values } = parseArgs({
    options: {
      short: { type: "boolean", default: false },
      reads: { type: "boolean", default: false },
      hall: { type: "boolean", default: false },
    },
  });
  await bench(values.short || values.hall ? short : full, { isReads: values.reads, isHall: values.hall });
});
process.exit();
