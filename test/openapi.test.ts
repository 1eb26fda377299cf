// The document at /openapi.json: made of the routes and their contracts, photographed in src/public/openapi.json, true.
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDocument } from "./openapi/document.ts";
import { examples } from "./openapi/examples.ts";
import { documentPath, lint } from "./openapi/lint.ts";
import { print } from "./openapi/print.ts";
import { record, type Recorded } from "./openapi/record.ts";
import { listRoutes, nameOf, type Route } from "./openapi/routes.ts";
import { setTheScene } from "./openapi/scene.ts";
import { aHouse, type House } from "./support/house.ts";

let house: House;
let routes: Route[];
let recorded: Recorded[];
let told: string;

beforeAll(async () => {
  house = await aHouse({ variables: { DEBUG_TOKEN_ENDPOINT: "true" } });
  routes = await listRoutes(house.app);
  recorded = await record(house, await setTheScene(house), examples);
  told = `${print(await createDocument(routes, recorded))}\n`;
}, 60_000);
afterAll(() => house.stop());

it("every route is described, and every description stands on a route", () => {
  expect(routes.length).toBeGreaterThan(50);
  expect(routes.filter(({ notes }) => !notes.description).map(nameOf)).toEqual([]);
});

it("every read and every body has an example", () => {
  const shown = new Set(examples.map(({ route }) => route));
  const wanting = routes.filter(({ method, notes }) => method === "GET" || notes.json);
  expect(wanting.map(nameOf).filter((name) => !shown.has(name))).toEqual([]);
  expect([...shown].filter((name) => !routes.map(nameOf).includes(name))).toEqual([]);
});

it("every example is answered as its route says", () => {
  const unsaid = recorded.filter(({ example, status }) => {
    const { description } = routes.find((route) => nameOf(route) === example.route)?.notes ?? {};
    const said = example.status ?? (description?.redirect ? 302 : (description?.status ?? 200));
    return ![said].flat().includes(status);
  });
  expect(unsaid.map(({ example, status, answer }) => [example.route, status, answer])).toEqual([]);
});

it("every body that is shown fits its contract", () => {
  const unfit = recorded.filter(({ example, status }) => {
    const schema = routes.find((route) => nameOf(route) === example.route)?.notes.json;
    return schema && status < 300 && typeof example.body !== "string" && !schema().safeParse(example.body).success;
  });
  expect(unfit.map(({ example }) => example.route)).toEqual([]);
});

it("is photographed in src/public/openapi.json (renew it with `npm run openapi`)", async () => {
  await expect(told).toMatchFileSnapshot(documentPath);
});

it("is valid, and every answer that was recorded fits the schema beside it", async () => {
  expect(await lint(told)).toEqual([]);
}, 60_000);

it("the linter sees an answer with a field too many, and one with a field too few", async () => {
  const answer = '"value": { "status": "ok" }';
  expect(told).toContain(answer);
  expect(await lint(told.replace(answer, '"value": { "status": "ok", "token": "EAAB" }'))).not.toEqual([]);
  expect(await lint(told.replace(answer, '"value": {}'))).not.toEqual([]);
}, 60_000);
