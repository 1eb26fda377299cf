// npm run fuzz [-- --requests 20000 --seed 42 --only /crm/leads] [-- --short]: random requests to the worker that ships, in workerd; each
// answer is held against the OpenAPI document, and afterwards secrets and personal data are looked for wherever they must
// not be. FC_SEED (or --seed) draws the same again. Ends with 1 when something is wrong, and tells the request that did it.
import { parseArgs } from "node:util";
import { createApp } from "../../src/app.ts";
import { createTools } from "../../src/deps.ts";
import { parseEnv } from "../../src/env.ts";
import { listRoutes, nameOf } from "../openapi/routes.ts";
import { runCommand } from "../world/command.ts";
import { stopOnSignal } from "../world/stop-on-signal.ts";
import type { Variables } from "../world/settings.ts";
import { type Canary, createFinder, personalCanaries, secretCanaries, seedPeople } from "./canaries.ts";
import { type Answer, createJudge } from "./judge.ts";
import { findInDatabase, findInFiles, findInRedis, findInText } from "./leaks.ts";
import { describeOperation, describeRun, sumUpRefusals } from "./report.ts";
import type { Asked } from "./requests.ts";
import { fuzz } from "./run.ts";
import { MANY_PEOPLE, type Scene, setTheScene } from "./scene.ts";
import { type FuzzWorld, startFuzzWorld } from "./world.ts";

/** The routes of the source: the bundle was made of the same. */
const readRoutes = (variables: Variables) => {
  const parsed = parseEnv(variables);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const queue = { sendBatch: () => Promise.reject(new Error("Nothing is asked of this app.")) };
  return listRoutes(createApp(createTools(parsed.env, { queue })));
};

const seedCanaries = async (world: FuzzWorld, scene: Scene): Promise<Canary[]> => {
  for (const tenant of scene.tenants) await seedPeople(world, tenant, await scene.tokenOf(tenant, "ceo", 1));
  const sessions = await Promise.all(scene.tenants.map((tenant) => scene.tokenOf(tenant, "ceo", 0)));
  return [...secretCanaries(world.variables, world.tokensOfMeta(), sessions), ...personalCanaries(scene.tenants)];
};

/** Secrets in an answer, and people of another tenant. */
function watchAnswers({ tenants }: Scene, canaries: readonly Canary[]) {
  const finders = tenants.map(({ id }) => createFinder(canaries.filter(({ tenant }) => tenant !== id)));
  return (asked: Asked, { headers, text }: Answer): string[] => {
    const whole = `${[...headers].flat().join("\n")}\n${text}`;
    return (finders[asked.tenant]?.(whole) ?? []).map(({ name }) => `answer: ${name}`);
  };
}

const findLeaks = async (world: FuzzWorld, canaries: readonly Canary[]): Promise<string[]> => [
  ...findInText("log", world.logs.join("\n"), canaries),
  ...findInText("queue", world.messages.join("\n"), canaries),
  ...(await findInRedis(world.upstash, canaries)),
  ...(await findInDatabase(world.sql, canaries)),
  ...findInFiles(world.bundle, canaries),
];

const describeSearch = ({ logs, messages }: FuzzWorld, canaries: readonly Canary[], leaks: readonly string[]) =>
  `${canaries.length} canaries looked for in every answer, ${logs.length} lines of the log, ${messages.length} messages of the queue, all tables, Redis and the bundle; hits: ${leaks.length}`;

/** Enough for each operation to meet a few of everything, within half a minute. */
const SHORT = 600;
const AT_ONCE = 6;

const run = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      requests: { type: "string", default: "20000" },
      short: { type: "boolean", default: false },
      seed: { type: "string" },
      only: { type: "string" },
    },
  });
  const seed = Number(values.seed ?? process.env["FC_SEED"] ?? Date.now() % 2 ** 31);
  const { onStop, stop } = stopOnSignal();
  try {
    const world = await startFuzzWorld(onStop);
    const scene = await setTheScene(world, 3, MANY_PEOPLE);
    const all = await readRoutes(world.variables);
    const judge = await createJudge(all);
    const routes = all.filter((route) => nameOf(route).includes(values.only ?? ""));
    const each = Math.ceil(Number(values.short ? SHORT : values.requests) / routes.length);
    console.log(`${routes.length} operations, ${each} requests each, FC_SEED=${seed}`);
    const canaries = await seedCanaries(world, scene);
    const startedAt = Date.now();
    const told = await fuzz(world, scene, routes, judge, {
      requests: each,
      seed,
      atOnce: AT_ONCE,
      inspect: watchAnswers(scene, canaries),
      onTold: (one) => console.log(describeOperation(one)),
    });
    const seconds = (Date.now() - startedAt) / 1000;
    const refusals = sumUpRefusals(world.logs);
    console.log(describeRun(told, seconds, refusals).join("\n"));
    const leaks = await findLeaks(world, canaries);
    console.log([...leaks, describeSearch(world, canaries, leaks)].join("\n"));
    const isWrong = leaks.length > 0 || refusals.dishonest.size > 0 || told.some(({ problems }) => problems.length > 0);
    if (isWrong) process.exitCode = 1;
  } finally {
    await stop();
  }
};

if (import.meta.main)
  await runCommand("npm run fuzz [-- --requests 20000 --seed 42 --only /crm/leads] [-- --short]", run);
