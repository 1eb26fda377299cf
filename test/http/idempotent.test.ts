// `idempotent()` by itself, with claims that answer as told: what is claimed, what is answered, what is kept. With the house
// around it: idempotency.test.ts, idempotency-table.test.ts.
import { createHash } from "node:crypto";
import { Hono } from "hono";
import { beforeEach, describe, expect, it, test } from "vitest";
import type { Claim, Ctx, EarlierRequest, Tools } from "../../src/context.ts";
import { notesOf } from "../../src/http/describe.ts";
import type { Hall } from "../../src/http/hall.ts";
import { idempotent } from "../../src/http/idempotency.ts";
import { onError } from "../../src/http/on-error.ts";
import { START } from "../support/clock.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("base64url");
const KEY = "Idempotency-Key";
const db = "the tenant's database";

let held: EarlierRequest | "claimed" | "running";
let calls: unknown[][];
let acts: unknown[];
let made: () => Response;

beforeEach(() => {
  [held, calls, acts, made] = ["claimed", [], [], () => new Response("done", { status: 201 })];
});

const note =
  (name: string, answer: () => unknown = () => undefined) =>
  async (...given: unknown[]) => {
    calls.push([name, ...given]);
    return answer();
  };
const tools = {
  now: () => START,
  log: (...given: unknown[]) => calls.push(["log", ...given]),
  claims: {
    take: note("take", () => held),
    keep: note("keep"),
    release: note("release"),
    acting: (...given: unknown[]) => ["acting", ...given],
  },
} as unknown as Tools;

const appOf = (tools: Tools) => {
  const act = (ctx: Ctx) => {
    acts.push(ctx);
    return made();
  };
  return new Hono<Hall>()
    .use((c, next) => {
      c.set("tools", tools);
      c.set("requestId", "r-1");
      c.set("ctx", { db, tenantId: 7, actor: { kind: "user", userId: "u-1", role: "ceo" } } as unknown as Ctx);
      return next();
    })
    .post("/acts/:id", idempotent(), (c) => act(c.var.ctx))
    .post("/batch", idempotent({ inOneBatch: true }), (c) => act(c.var.ctx))
    .onError(onError);
};
const send = (key: string | undefined, { path = "/acts/7?x=1", body = '{"name":"Ana"}', app = appOf(tools) } = {}) =>
  app.request(path, { method: "POST", body, ...(key === undefined ? {} : { headers: { [KEY]: key } }) });

const requestHash = sha256(`POST /acts/7?x=1\n${sha256('{"name":"Ana"}')}`);
const claim: Claim = { key: "user:u-1 k-1", route: "POST /acts/:id", requestHash, claimedAt: new Date(START) };

it("says so in the document", () => {
  expect(notesOf(idempotent()).headers).toEqual({ [KEY]: expect.stringMatching(/^1 to 255 .* Idempotency-Replayed/) });
});

describe("a request", () => {
  it("without a key acts, and nothing is claimed", async () => {
    expect(await (await send(undefined)).text()).toBe("done");
    expect([acts.length, calls]).toEqual([1, []]);
  });

  it("with a key is claimed for its user and route, acts, and its answer is kept", async () => {
    const answer = await send("k-1");
    expect([answer.status, await answer.text(), answer.headers.get("idempotency-replayed")]).toEqual([
      201,
      "done",
      null,
    ]);
    expect(acts).toMatchObject([{ db, tenantId: 7 }]);
    expect(calls).toEqual([
      ["take", db, claim],
      ["keep", db, claim, { status: 201, answer: "done" }],
    ]);
  });

  it("that is one batch acts on a database that notes it; the claim is kept by the plain one", async () => {
    await send("k-1", { path: "/batch" });
    const [, , batch] = calls[0] ?? [];
    expect(batch).toMatchObject({ key: "user:u-1 k-1", route: "POST /batch" });
    expect(acts).toEqual([{ db: ["acting", db, batch], tenantId: 7, actor: expect.anything() }]);
    expect(calls[1]).toEqual(["keep", db, batch, { status: 201, answer: "done" }]);
  });

  test.each([
    ["query", { path: "/acts/7?x=2" }],
    ["path", { path: "/acts/8?x=1" }],
    ["body", { body: "{}" }],
  ])("is another one by its %s", async (_, other) => {
    await send("k-1", other);
    expect(calls[0]).toMatchObject(["take", db, { key: claim.key, route: claim.route }]);
    expect(calls[0]?.[2]).not.toMatchObject({ requestHash });
  });
});

describe("a key", () => {
  const refused = {
    code: "request.invalid",
    message: "Datos inválidos: Idempotency-Key: debe tener entre 1 y 255 caracteres imprimibles",
    details: { fields: [{ field: KEY, problem: "debe tener entre 1 y 255 caracteres imprimibles" }] },
  };
  test.each(["", "k".repeat(256), "k\u0080", "\u0080k", "k\tk"])(
    "%j is refused before anything happens",
    async (key) => {
      const answer = await send(key);
      expect([answer.status, await answer.json()]).toMatchObject([422, { error: refused }]);
      expect([acts, calls]).toEqual([[], []]);
    },
  );

  test.each(["k", "k".repeat(255), "k ~!k"])("%j is taken", async (key) => {
    expect((await send(key)).status).toBe(201);
    expect(calls[0]?.[2]).toMatchObject({ key: `user:u-1 ${key}` });
  });
});

describe("who comes again", () => {
  const running = {
    code: "idempotency.in_progress",
    message: "El mismo pedido todavía se está procesando.",
    details: { retryAfterSeconds: 1 },
  };

  test.each([
    ["a claim that is nobody's any more", "running" as const],
    ["a request that is under way", { requestHash, status: null, answer: null }],
  ])("waits for %s", async (_, by) => {
    held = by;
    const answer = await send("k-1");
    expect([answer.status, await answer.json()]).toMatchObject([409, { error: running }]);
    expect([acts.length, calls.length]).toEqual([0, 1]);
  });

  test.each([200, null])("with another request (the first: %s) is refused", async (status) => {
    held = { requestHash: "other", status, answer: "secret" };
    const answer = await send("k-1");
    const error = { code: "idempotency.mismatch", message: "Ya usaste este Idempotency-Key para otro pedido." };
    expect([answer.status, await answer.json()]).toMatchObject([422, { error }]);
    expect(acts).toEqual([]);
  });

  it("gets the answer that was given, marked", async () => {
    held = { requestHash, status: 201, answer: '{"id":1}' };
    const answer = await send("k-1");
    expect([answer.status, await answer.text()]).toEqual([201, '{"id":1}']);
    expect(Object.fromEntries(answer.headers)).toEqual({
      "content-type": "application/json",
      "idempotency-replayed": "true",
      "idempotent-replayed": "true",
    });
    expect([acts.length, calls.length]).toEqual([0, 1]);
  });

  it("is told that it is done where the answer was not kept", async () => {
    held = { requestHash, status: 200, answer: null };
    const answer = await send("k-1");
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        success: true,
        data: null,
        detail: "Ya está hecho. La respuesta era demasiado larga para guardarla, o se perdió.",
        timestamp: new Date(START).toISOString(),
      },
    ]);
  });
});

describe("what is kept", () => {
  test.each([
    ["k".repeat(65_536), true],
    ["k".repeat(65_537), false],
    ["é".repeat(32_768), true],
    [`${"é".repeat(32_768)}k`, false],
  ])("is at most 64 KiB (%#)", async (text, isKept) => {
    made = () => new Response(text);
    expect(await (await send("k-1")).text()).toBe(text);
    expect(calls[1]).toEqual(["keep", db, claim, { status: 200, answer: isKept ? text : null }]);
  });

  test.each([
    [499, "keep"],
    [500, "release"],
    [503, "release"],
  ])("of a %i: %s", async (status, fate) => {
    made = () => new Response("no", { status });
    expect((await send("k-1")).status).toBe(status);
    expect(calls[1]?.slice(0, 3)).toEqual([fate, db, claim]);
    expect(calls).toHaveLength(2);
  });

  it("may get lost: the answer is as good, and the log says so", async () => {
    const claims = { ...tools.claims, keep: () => Promise.reject(new Error("away")) };
    const answer = await send("k-1", { app: appOf({ ...tools, claims }) });
    expect([answer.status, await answer.text()]).toEqual([201, "done"]);
    expect(calls.slice(1)).toEqual([["log", "idempotency.lost", { requestId: "r-1" }]]);
  });
});
