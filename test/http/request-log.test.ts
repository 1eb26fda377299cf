// What a request leaves in the log: its route and how it ended, and nothing that somebody sent or that a driver said.
import { Hono } from "hono";
import { expect, it, test } from "vitest";
import type { Ctx, Tools } from "../../src/context.ts";
import { AppError } from "../../src/errors.ts";
import type { Hall } from "../../src/http/hall.ts";
import { onError } from "../../src/http/on-error.ts";
import { requestLog } from "../../src/http/request-log.ts";

const SECRET = "EAAsecret";

async function lineOf(path: string): Promise<unknown[]> {
  const lines: unknown[] = [];
  let now = 1000;
  const tools = { now: () => (now += 7), log: (...line: unknown[]) => lines.push(line) } as unknown as Tools;
  const app = new Hono<Hall>()
    .use((c, next) => {
      c.set("tools", tools);
      c.set("requestId", "r-1");
      return next();
    })
    .use(requestLog)
    .post("/stranger/:id", (c) => c.text(SECRET))
    .post("/member/:id", (c) => {
      c.set("ctx", { tenantId: 7 } as unknown as Ctx);
      c.set("limiter", "counted");
      return c.text(SECRET, 201);
    })
    .post("/refused/:id", (c) => c.text(SECRET, 400))
    .post("/conflict/:id", () => {
      throw new AppError("database.conflict", SECRET, { note: "23505", cause: new Error(SECRET) });
    })
    .post("/broken/:id", () => {
      throw new RangeError(SECRET);
    })
    .onError(onError);
  await app.request(`${path}?code=${SECRET}`, { method: "POST", body: SECRET, headers: { cookie: SECRET } });
  expect(JSON.stringify(lines)).not.toContain(SECRET);
  return lines;
}

const line = { requestId: "r-1", method: "POST", ms: 7 };

test.each([
  [`/stranger/${SECRET}`, { route: "/stranger/:id", status: 200, outcome: "done" }],
  [`/member/${SECRET}`, { route: "/member/:id", status: 201, outcome: "done", tenantId: 7, limiter: "counted" }],
  [`/refused/${SECRET}`, { route: "/refused/:id", status: 400, outcome: "refused" }],
  [
    `/conflict/${SECRET}`,
    { route: "/conflict/:id", status: 409, outcome: "database.conflict", error: "database.conflict", note: "23505" },
  ],
  [
    `/broken/${SECRET}`,
    {
      route: "/broken/:id",
      status: 500,
      outcome: "internal.unexpected",
      error: "internal.unexpected",
      note: "RangeError",
    },
  ],
])("%s", async (path, told) => {
  expect(await lineOf(path)).toEqual([["request", { ...line, ...told }]]);
});

it("a path that is nowhere is told as no route, not as it was asked", async () => {
  const [[event, told]] = (await lineOf(`/nowhere/${SECRET}`)) as [[string, object]];
  expect([event, told]).toEqual(["request", { ...line, route: "/*", status: 404, outcome: "refused" }]);
});
