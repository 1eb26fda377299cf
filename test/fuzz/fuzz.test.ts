// The short form of `npm run fuzz`: a few random questions to every operation, the answers held against the document.
import { afterAll, beforeAll, expect, it } from "vitest";
import { listRoutes, type Route } from "../openapi/routes.ts";
import { aHouse, type House } from "../support/house.ts";
import { jwtSecret } from "../world/settings.ts";
import { createJudge, type Judge } from "./judge.ts";
import { fuzz } from "./run.ts";
import { type Scene, setTheScene, type Target } from "./scene.ts";

const seed = Number(process.env["FC_SEED"] ?? Date.now() % 2 ** 31);

let house: House;
let target: Target;
let scene: Scene;
let routes: Route[];
let judge: Judge;

beforeAll(async () => {
  house = await aHouse({ variables: { DEBUG_TOKEN_ENDPOINT: "true" } });
  target = {
    send: house.request,
    sql: house.sql,
    askMeta: async (path) => house.meta.app.request(path),
    jwtSecret,
    now: house.clock.now,
  };
  routes = await listRoutes(house.app);
  judge = await createJudge(routes);
  scene = await setTheScene(target, 3);
}, 60_000);
afterAll(() => house.stop());

it(`every operation answers what its document says (FC_SEED=${seed})`, async () => {
  const told = await fuzz(target, scene, routes, judge, { requests: 20, seed });
  expect(told.length).toBe(routes.length);
  expect(told.flatMap(({ name, problems }) => problems.map((problem) => [name, problem]))).toEqual([]);
  // Questions that are all refused would prove nothing.
  const answered = told.reduce((sum, { statuses }) => sum + (statuses.get(200) ?? 0) + (statuses.get(201) ?? 0), 0);
  expect(answered).toBeGreaterThan(routes.length * 4);
}, 60_000);
