// Whatever a neighbour does, one's own answers and rows stay what they were: random reads before and after random changes of
// another tenant with the same ids, with each wall alone. `npm run soak:isolation` asks 100 000 times, FC_SEED draws the same again.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { App } from "../../src/app.ts";
import { listRoutes, type Route } from "../openapi/routes.ts";
import { isFull } from "../support/full.ts";
import { aHouse, type House, sendTo } from "../support/house.ts";
import { jwtSecret } from "../world/settings.ts";
import { type Asked, requestsOf } from "./requests.ts";
import { addressOf } from "./run.ts";
import { MANY_PEOPLE, type Scene, sendPatiently, setTheScene } from "./scene.ts";
import { noWall, walls } from "./walls.ts";

const seed = Number(process.env["FC_SEED"] ?? Date.now() % 2 ** 31);
/** Each round reads so much, lets the neighbour do so much, and reads the same again. */
const [READS, CHANGES] = isFull ? [20, 20] : [8, 12];
const rounds = isFull ? Math.ceil(100_000 / walls.length / (2 * READS + CHANGES)) : 1;

let house: House;
let scene: Scene;
let reads: fc.Arbitrary<Question>;
let changes: fc.Arbitrary<Question>;
let serial = 0;
/** How many were asked, and how many answers held the other tenant's mark. */
const told = { requests: 0, foreign: 0 };

beforeAll(async () => {
  house = await aHouse();
  const target = {
    send: house.request,
    sql: house.sql,
    askMeta: async (path: string) => house.meta.app.request(path),
    jwtSecret,
    now: house.clock.now,
  };
  scene = await setTheScene(target, 2, isFull ? MANY_PEOPLE : undefined);
  // What Meta is asked changes with Meta; what ends a connection or works later is flows/two-tenants.test.ts.
  const ofTables = (await listRoutes(house.app)).filter(
    ({ path, notes }) => notes.guard && !/\/auth\/meta|\/meta-|\/admin\/meta|\/connect$|\/sync$/.test(path),
  );
  // What was asked before stands in the audit: it is another each time.
  reads = questionsTo(ofTables.filter(({ method, path }) => method === "GET" && !path.startsWith("/crm/audit")));
  changes = questionsTo(ofTables.filter(({ method }) => method !== "GET"));
}, 60_000);
afterAll(() => house.stop());

type Question = { route: Route; asked: Asked };

const questionsTo = (routes: readonly Route[]): fc.Arbitrary<Question> =>
  fc.oneof(...routes.map((route) => requestsOf(route, 1, house.clock.now()).map((asked) => ({ route, asked }))));

const draw = (questions: fc.Arbitrary<Question>, count: number, drawnBy: number): Question[] =>
  fc.sample(questions, { numRuns: count, seed: drawnBy });

async function ask(app: App, place: 0 | 1, { route, asked }: Question): Promise<[status: number, text: string]> {
  const tenant = scene.tenants[place];
  if (!tenant) throw new Error("There are two tenants.");
  serial += 1;
  const headers = new Headers(asked.headers);
  for (const name of ["x-tenant-id", "cookie", "idempotency-key", "if-none-match"]) headers.delete(name);
  headers.set("authorization", `Bearer ${await scene.tokenOf(tenant, "ceo", serial)}`);
  const init = { method: route.method, headers, ...(asked.body === undefined ? {} : { body: asked.body }) };
  const send = (path: string, sent?: RequestInit) => sendTo(app, path, sent);
  const answer = await sendPatiently({ send }, addressOf(route, asked), init);
  const text = await answer.text();
  told.requests += 1;
  if (text.includes(scene.tenants[1 - place]?.mark ?? "")) told.foreign += 1;
  return [answer.status, timeless(text)];
}

/** Without the instant of asking and the request's own id. */
const timeless = (text: string): string =>
  text.replaceAll(/"(timestamp|request_id)":"[^"]*"/g, "").replace(/^generated_at,.*$/m, "");

/** All rows of the first tenant, but for the audit of its own reading. */
async function printOwn(): Promise<unknown> {
  const tables = await house.sql<{ name: string }>(
    "SELECT relname AS name FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'audit_log' AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'tenant_id')",
  );
  const prints = tables.map(
    ({ name }) =>
      `SELECT '${name}' AS name, md5(string_agg(t::text, '|' ORDER BY t::text)) FROM "${name}" t WHERE tenant_id = $1`,
  );
  return house.sql(`${prints.join(" UNION ALL ")} ORDER BY 1`, [scene.tenants[0]?.id]);
}

/** Asked of isolates that have kept nothing: each wall is asked itself. */
async function readAll(questions: readonly Question[]): Promise<unknown[]> {
  const { app } = house.anotherIsolate();
  const answers: unknown[] = [];
  for (const question of questions)
    answers.push([addressOf(question.route, question.asked), await ask(app, 0, question)]);
  return answers;
}

async function playRound(round: number): Promise<number> {
  const questions = draw(reads, READS, seed + round);
  const [before, rows] = [await readAll(questions), await printOwn()];
  let changed = 0;
  for (const question of draw(changes, CHANGES, seed + round)) {
    const [status] = await ask(house.app, 1, question);
    if (status < 300) changed += 1;
  }
  expect(await readAll(questions)).toEqual(before);
  expect(await printOwn()).toEqual(rows);
  return changed;
}

describe.each(walls)("while $name (FC_SEED=" + String(seed) + "),", ({ name, raise, restore }) => {
  beforeAll(() => raise(house));
  afterAll(() => restore(house));

  it("nothing of the neighbour's is seen, and nothing of ours is touched", async () => {
    let changed = 0;
    // Changes that are all refused would prove nothing: then another round is played.
    for (let round = 0; round < rounds || (changed === 0 && round < 10); round += 1) changed += await playRound(round);
    expect(changed).toBeGreaterThan(0);
    expect(told.foreign).toBe(0);
    if (isFull)
      console.log(`${name}: ${changed} changes of the neighbour; so far ${told.requests} requests, 0 foreign`);
  }, 3_600_000);
});

it("with both walls down it shows: these questions can fail", async () => {
  await noWall.raise(house);
  try {
    await readAll(draw(reads, 30, 7));
    expect(told.foreign).toBeGreaterThan(0);
  } finally {
    await noWall.restore(house);
  }
}, 60_000);
