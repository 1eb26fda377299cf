// npm run fuzz [-- --requests 20000 --seed 42 --only /crm/leads]: random requests to the worker that ships, in workerd; each
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
import { type Canary, personalCanaries, secretCanaries, seedPeople } from "./canaries.ts";
import { type Answer, createJudge } from "./judge.ts";
import { findInDatabase, findInFiles, findInRedis, findInText } from "./leaks.ts";
import { describeOperation, describeRun } from "./report.ts";
import type { Asked } from "./requests.ts";
import { fuzz } from "./run.ts";
import { type Scene, setTheScene } from "./scene.ts";
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
const findForeign = (scene: Scene, canaries: readonly Canary[], asked: Asked, { text }: Answer): string[] => {
  const own = scene.tenants[asked.tenant]?.id;
  return findInText(
    "answer",
    text,
    canaries.filter(({ tenant }) => tenant !== own),
  );
};

const findLeaks = async (world: FuzzWorld, canaries: readonly Canary[]): Promise<string[]> => [
  ...findInText("log", world.logs.join("\n"), canaries),
  ...(await findInRedis(world.upstash, canaries)),
  ...(await findInDatabase(world.sql, canaries)),
  ...findInFiles(world.bundle, canaries),
];

const run = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { requests: { type: "string", default: "20000" }, seed: { type: "string" }, only: { type: "string" } },
  });
  const seed = Number(values.seed ?? process.env["FC_SEED"] ?? Date.now() % 2 ** 31);
  const { onStop, stop } = stopOnSignal();
  try {
    const world = await startFuzzWorld(onStop);
    const scene = await setTheScene(world, 3);
    const all = await readRoutes(world.variables);
    const judge = await createJudge(all);
    const routes = all.filter((route) => nameOf(route).includes(values.only ?? ""));
    const each = Math.ceil(Number(values.requests) / routes.length);
    console.log(`${routes.length} operations, ${each} requests each, FC_SEED=${seed}`);
    const canaries = await seedCanaries(world, scene);
    const startedAt = Date.now();
    const told = await fuzz(world, scene, routes, judge, {
      requests: each,
      seed,
      inspect: (asked, answer) => findForeign(scene, canaries, asked, answer),
      onTold: (one) => console.log(describeOperation(one)),
    });
    console.log(describeRun(told, { seconds: (Date.now() - startedAt) / 1000 }).join("\n"));
    const leaks = await findLeaks(world, canaries);
    console.log([...leaks, `canaries: ${canaries.length}, leaks: ${leaks.length}`].join("\n"));
    if (leaks.length > 0 || told.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
  } finally {
    await stop();
  }
};

if (import.meta.main) await runCommand("npm run fuzz [-- --requests 20000 --seed 42 --only /crm/leads]", run);
