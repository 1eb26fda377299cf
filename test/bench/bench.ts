// npm run bench [-- --short]: how fast the sync and the reads are, on a world of its own. Only ratios within one run travel
// from machine to machine; `--short` (for CI) takes the same path with little data and holds only the round trips.
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { runCommand } from "../world/command.ts";
import { withClient } from "../world/database.ts";
import { stopOnSignal } from "../world/stop-on-signal.ts";
import { startBenchWorld } from "./bench-world.ts";
import { aCampaignOfTheReader, seedTenants } from "./business.ts";
import { benchCeiling } from "./ceiling.ts";
import { startLoader } from "./load.ts";
import { mintReaders } from "./readers.ts";
import { bareTarget, benchReads, routeTarget } from "./reads.ts";
import { describeReads, describeRoundTrips, describeSync } from "./report.ts";
import { countRoundTrips, MOST_SEQUENTIAL, type RoundTrips } from "./round-trips.ts";
import { full, short } from "./sizes.ts";
import { benchSync, SYNC_TENANT } from "./sync.ts";

const MARKETING = "/crm/marketing";
const STATS = `${MARKETING}/stats?time_range=last_30d`;
const CAMPAIGNS = `${MARKETING}/campaigns?time_range=last_30d&limit=50`;

const readsOf = (campaign: string) => [
  STATS,
  CAMPAIGNS,
  `${MARKETING}/stats/roi?time_range=last_30d`,
  `${MARKETING}/campaigns/${campaign}?time_range=last_30d`,
  `${MARKETING}/campaigns/${campaign}/insights?time_range=last_30d`,
  `${MARKETING}/sync/runs`,
];

const askedBy = (found: readonly RoundTrips[], path: string) => {
  const [membership, question] = found.find((one) => one.path === path)?.asked ?? [];
  if (!membership || !question) throw new Error(`GET ${path} did not ask the database twice.`);
  return { membership, question };
};

const bench = async (isShort: boolean): Promise<void> => {
  const size = isShort ? short : full;
  const { onStop, listen, stop, stopping } = stopOnSignal();
  let isInterrupted = false;
  try {
    const say = (text: string) => console.log(`${text}\n`);
    const starting = startBenchWorld(size, onStop);
    onStop(async () => {
      isInterrupted = true;
    });
    const world = await starting;
    // Wrangler brought listeners of its own.
    listen();
    await withClient(world.databaseUrl, async (client) => {
      // The query under way tells it too.
      client.on("error", () => undefined);
      await seedTenants(client, size);
      const { campaigns, days, leads, opportunities, sales } = size.reader;
      say(
        `\nOne tenant among ${size.tenants}: ${campaigns} campaigns × ${days} days, ${leads} leads, ${opportunities} opportunities, ${sales} sales.` +
          ` Node ${process.versions.node}, ${world.redisKind}, ${cpus().length} cores.${isShort ? " SHORT: the figures say nothing." : ""}`,
      );

      const readers = await mintReaders(world.variables, size.readers);
      const reader = readers[0] ?? {};
      const trips = await countRoundTrips(world, readsOf(await aCampaignOfTheReader(client)), reader);
      say(describeRoundTrips(trips));

      const sync = await benchSync(world, client, size.reader);
      say(describeSync(sync, await benchCeiling(client, SYNC_TENANT)));

      const loader = startLoader();
      onStop(async () => void (await loader.stop()));
      const [stats, list] = [askedBy(trips, STATS), askedBy(trips, CAMPAIGNS)];
      const names = { floor: "/healthz, constant JSON", guard: "membership SQL, bare" };
      const questions = [
        { route: "/stats", bare: "/stats SQL, bare" },
        { route: "/campaigns", bare: "/campaigns SQL, bare" },
      ] as const;
      const cells = await benchReads(
        loader,
        [
          routeTarget(world, names.floor, "/healthz", [{}]),
          bareTarget(world, names.guard, stats.membership),
          bareTarget(world, questions[0].bare, stats.question),
          routeTarget(world, questions[0].route, STATS, readers),
          bareTarget(world, questions[1].bare, list.question),
          routeTarget(world, questions[1].route, CAMPAIGNS, readers),
        ],
        size.load,
      );
      say(describeReads(cells, { ...names, questions }));

      const tooMany = trips.filter(({ sequential }) => sequential > MOST_SEQUENTIAL);
      if (tooMany.length > 0)
        throw new Error(
          `More than ${MOST_SEQUENTIAL} sequential round trips: ${tooMany.map(({ path }) => path).join(", ")}`,
        );
    });
  } catch (error) {
    // Whatever fails because its world is being taken down: the signal's handler ends the process.
    if (isInterrupted) await stopping;
    throw error;
  } finally {
    await stop();
  }
};

const usage = "npm run bench [-- --short]";

await runCommand(usage, async () => {
  const { values } = parseArgs({ options: { short: { type: "boolean", default: false } } });
  await bench(values.short);
});
process.exit();
