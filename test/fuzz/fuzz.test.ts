// The short form of `npm run fuzz`: a few random questions to every operation, the answers held against the document.
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { listRoutes, nameOf, type Route } from "../openapi/routes.ts";
import { aHouse, type House } from "../support/house.ts";
import { jwtSecret } from "../world/settings.ts";
import { createJudge, type Judge } from "./judge.ts";
import { sumUpRefusals } from "./report.ts";
import { fuzz } from "./run.ts";
import { type Scene, setTheScene, type Target } from "./scene.ts";

const seed = Number(process.env["FC_SEED"] ?? Date.now() % 2 ** 31);
const REQUESTS = 3;

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
  const told = await fuzz(target, scene, routes, judge, { requests: REQUESTS, seed });
  expect(told.length).toBe(routes.length);
  expect(told.flatMap(({ name, problems }) => problems.map((problem) => [name, problem]))).toEqual([]);
  // Questions that are all refused would prove nothing.
  const answered = told.reduce((sum, { statuses }) => sum + (statuses.get(200) ?? 0) + (statuses.get(201) ?? 0), 0);
  expect(answered).toBeGreaterThan((routes.length * REQUESTS) / 5);
}, 60_000);

describe("it is seen when an answer", () => {
  const error = (code: string) => ({ code, message: "No.", request_id: "r" });
  const spoiled: [what: string, spoil: (answer: Response) => Response | Promise<Response>, told: string][] = [
    ["is a 500", (answer) => like(answer, { error: error("internal.unexpected") }, 500), "500: "],
    ["has a status that nobody told", (answer) => like(answer, {}, 206), "status 206 is not in the document"],
    [
      "has a field too many",
      async (answer) => like(answer, { ...((await answer.json()) as object), extra: 1 }),
      "off its schema:  must NOT have additional properties",
    ],
    [
      "refuses with a code that nobody told",
      (answer) => like(answer, { success: false, detail: "No.", error: error("sale.not_found") }, 404),
      "sale.not_found is not in the document",
    ],
    [
      "has no policy",
      (answer) => {
        answer.headers.delete("content-security-policy");
        return answer;
      },
      "header content-security-policy is not what it should be",
    ],
    [
      "is a page",
      (answer) => new Response("<html>", { headers: withType(answer, "text/html") }),
      "the document does not know this answer",
    ],
  ];
  test.each(spoiled)("%s", async (_, spoil, problem) => {
    const route = routes.find((one) => nameOf(one) === "GET /crm/marketing/settings") ?? routes[0];
    if (!route) throw new Error("There are routes.");
    const send: Target["send"] = async (...asked) => {
      const answer = await target.send(...asked);
      return answer.ok ? spoil(answer) : answer;
    };
    const [told] = await fuzz({ ...target, send }, scene, [route], judge, { requests: 12, seed: 1 });
    expect(told?.problems.flatMap(({ what }) => what).join("; ")).toContain(problem);
    expect((told?.broken ?? 0) + (told?.offContract ?? 0)).toBeGreaterThan(0);
  });

  const withType = ({ headers }: Response, type: string) => {
    const changed = new Headers(headers);
    changed.set("content-type", type);
    return changed;
  };
  const like = ({ headers, status }: Response, body: object, changed = status) =>
    Response.json(body, { status: changed, headers });
});

it("a database that is away is refused honestly, one that two of our requests lock is not", () => {
  const line = (note?: string) =>
    JSON.stringify({ event: "request", status: 503, error: "database.unavailable", note });
  const { all, dishonest } = sumUpRefusals([line(), line("40P01"), JSON.stringify({ event: "request", status: 200 })]);
  expect(Object.fromEntries(all)).toEqual({ "database.unavailable": 1, "database.unavailable 40P01": 1 });
  expect(Object.fromEntries(dishonest)).toEqual({ "database.unavailable 40P01": 1 });
});
