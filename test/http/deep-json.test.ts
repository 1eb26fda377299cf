// T23: JSON a hundred thousand levels deep, as a body and in every field of a body that is otherwise good: it is refused in
// words, never with a 5xx, and the isolate goes on.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aHouse, type House, WORKER_URL } from "../support/house.ts";
import { seconds } from "../support/clock.ts";
import { aPerson, aSessionToken, type Person } from "../support/people.ts";
import { guardedRoutes } from "../support/every-route.ts";
import { isFull } from "../support/full.ts";
import { examples } from "../openapi/examples.ts";

let house: House;
let person: Person;
beforeAll(async () => {
  house = await aHouse();
  person = await aPerson(house);
});
afterAll(() => house.stop());

const DEEP = 100_000;
const deep = {
  lists: "[".repeat(DEEP) + "]".repeat(DEEP),
  objects: '{"a":'.repeat(DEEP) + "1" + "}".repeat(DEEP),
  "lists, never closed": "[".repeat(10 * DEEP),
  objects_in_lists: '[{"a":'.repeat(DEEP) + "1" + "}]".repeat(DEEP),
};

const send = async (method: string, path: string, body: string) =>
  house.app.request(
    new URL(path, WORKER_URL),
    {
      method,
      headers: {
        authorization: `Bearer ${await aSessionToken(person, { now: house.clock.now() })}`,
        "content-type": "application/json",
      },
      body,
    },
    {},
    { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} } as unknown as ExecutionContext,
  );

const takesBody = (method: string) => method !== "GET" && method !== "DELETE";
const MARK = "@deep@";

/** The same body with each of its fields, and one that it does not have, replaced by the mark. */
function marked(body: unknown): object[] {
  if (Array.isArray(body)) return body.slice(0, 1).flatMap((one) => marked(one).map((made) => [made]));
  if (typeof body !== "object" || body === null) return [];
  const own = Object.keys(body).map((key) => ({ ...body, [key]: MARK }));
  const within = Object.entries(body).flatMap(([key, value]) =>
    marked(value).map((made) => ({ ...body, [key]: made })),
  );
  return [...own, ...within, { ...body, more: MARK }];
}

/** Fields that may hold anything, wherever the examples do not show them. */
const free: [string, object][] = [
  ["POST /crm/leads", { first_name: "Ana", external_ids: { a: MARK } }],
  ["POST /crm/leads", { first_name: "Ana", tags: [MARK] }],
  ["POST /crm/opportunities", { external_id: "o-1", custom_fields: { a: MARK } }],
];

const routeOf = (route: string) => {
  const [method = "", path = ""] = route.split(" ");
  return { method, path: path.replace(/:\w+/g, "00000000-0000-4000-8000-000000000000") };
};

/** 4xx, and said by what read the body: not by the limit. */
const isRefusal = (status: number) => status >= 400 && status < 500 && status !== 429;

describe("JSON that is too deep", () => {
  it("is refused as a body on every route", async () => {
    const routes = guardedRoutes(house.app).filter(({ method }) => takesBody(method));
    expect(routes.length).toBeGreaterThan(20);
    for (const { method, path } of some(routes)) {
      const { status } = await send(method, path, deep.lists);
      // Some read no body, and act.
      expect([path, status, status < 500 && status !== 429]).toEqual([path, status, true]);
    }
  });

  it.each(Object.entries(deep))("is refused as %s, where a list is taken and where an object is", async (_, body) => {
    for (const path of ["/crm/leads", "/crm/opportunities", "/crm/marketing/automation/rules"])
      expect([path, isRefusal((await send("POST", path, body)).status)]).toEqual([path, true]);
  });

  const shown = examples.flatMap(({ route, body }) =>
    typeof body === "object" && body !== null ? marked(body).map((made) => [route, made] as const) : [],
  );

  it("is refused in each field, in words, and the isolate goes on", async () => {
    expect(shown.length).toBeGreaterThan(50);
    const kinds = isFull ? (["lists", "objects"] as const) : (["lists"] as const);
    const odd: string[] = [];
    for (const kind of kinds)
      for (const [route, body] of [...free, ...some(shown)]) {
        house.clock.advance(seconds(4));
        const { method, path } = routeOf(route);
        const text = JSON.stringify(body).replace(`"${MARK}"`, deep[kind]);
        const answer = await send(method, path, text);
        if (!isRefusal(answer.status)) odd.push(`${route} ${JSON.stringify(body)} ${kind}: ${answer.status}`);
      }
    expect(odd).toEqual([]);
    expect((await house.app.request("/healthz")).status).toBe(200);
  });
});

/** All of them in the long form, some in `npm test`. */
const some = <T>(all: readonly T[]) => (isFull ? all : all.filter((_, at) => at % 12 === 0));
