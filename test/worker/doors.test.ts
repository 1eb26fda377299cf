// The three doors in workerd itself: fetch, scheduled, queue.
import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  env,
  getQueueResult,
  waitOnExecutionContext,
} from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { sign } from "../../src/adapters/meta/signature.ts";
import worker from "../../src/index.ts";
import { readExactJson } from "../../src/lib/exact-json.ts";

const ask = async (path: string, init?: RequestInit, bindings: Env = env as Env): Promise<Response> => {
  const execution = createExecutionContext();
  const response = await worker.fetch(
    new Request(`http://localhost:8787${path}`, init) as Parameters<typeof worker.fetch>[0],
    bindings,
    execution,
  );
  await waitOnExecutionContext(execution);
  return response;
};

describe("the door for requests", () => {
  it("is alive, and ready: database, Redis, keys and Meta's version; and works, once cron has ticked", async () => {
    expect(await (await ask("/healthz")).json()).toEqual({ status: "ok" });
    const controller = createScheduledController({ cron: "* * * * *", scheduledTime: new Date() });
    await worker.scheduled(controller, env as Env);
    const ready = await ask("/readyz");
    expect(await ready.json()).toEqual({
      status: "ready",
      checks: [
        ...["database", "redis", "keys", "meta_api_version"].map((name) => ({ name, ok: true })),
        { name: "cron", ok: true, seconds: expect.any(Number) },
        { name: "sync_lag", ok: true, seconds: expect.any(Number) },
        { name: "webhook_lag", ok: true, seconds: 0 },
        { name: "dead_messages", ok: true, count: 0 },
        { name: "meta_api_age", ok: true },
      ],
    });
    expect(ready.status).toBe(200);
  });

  it("stands on Cloudflare's floor: the binding is there and counts", async () => {
    const floor = (env as Env).FLOOR;
    const outcomes = [];
    for (let call = 0; call < 101; call += 1) outcomes.push((await floor.limit({ key: "the doors" })).success);
    expect(outcomes).toEqual([...Array.from({ length: 100 }, () => true), false]);
  });

  it("takes what Meta has signed, ids of eighteen digits whole", async () => {
    const body = '{"object":"page","entry":[{"id":120210000000000333,"changes":[]}]}';
    expect(readExactJson(body)).toMatchObject({ value: { entry: [{ id: "120210000000000333" }] } });
    const signature = await sign((env as Env).META_APP_SECRET, body);
    const headers = { "x-hub-signature-256": `sha256=${signature}`, "content-type": "application/json" };
    const answer = await ask("/webhooks/meta", { method: "POST", headers, body });
    expect([answer.status, await answer.json()]).toEqual([200, { success: true }]);
  });

  it("asks who is there", async () => {
    const answer = await ask("/crm/marketing/stats");
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({
      success: false,
      detail: expect.any(String),
      error: { code: "session.missing", request_id: expect.any(String) },
    });
    expect(answer.headers.get("content-security-policy")).toBe(
      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    );
  });
});

describe("the door for cron", () => {
  it("plans without a hitch", async () => {
    const execution = createExecutionContext();
    const planning = worker.scheduled(
      createScheduledController({ cron: "* * * * *", scheduledTime: new Date() }),
      env as Env,
    );
    await expect(planning).resolves.toBeUndefined();
    await waitOnExecutionContext(execution);
  });

  it("does not pass over an expression nobody planned for", async () => {
    const controller = createScheduledController({ cron: "1 2 3 4 5", scheduledTime: new Date() });
    await expect(worker.scheduled(controller, env as Env)).rejects.toThrow(/1 2 3 4 5/);
  });
});

describe("the door for the queue", () => {
  const deliver = async (queue: string, bodies: unknown[]) => {
    const batch = createMessageBatch(
      queue,
      bodies.map((body, index) => ({ id: `m${index}`, timestamp: new Date(), attempts: 1, body })),
    );
    const execution = createExecutionContext();
    await worker.queue(batch, env as Env);
    return getQueueResult(batch, execution);
  };
  const sync = { v: 1, kind: "insights.sync", tenantId: 1, accountId: "123", epoch: 1 };

  it("settles each message for itself: a poisoned one waits, the others are done", async () => {
    const result = await deliver("marketing-hub-jobs", [sync, { v: 2, kind: "from.the.future" }, sync]);
    expect(result.explicitAcks).toEqual(["m0", "m2"]);
    expect(result.retryMessages.map(({ msgId }) => msgId)).toEqual(["m1"]);
  });

  it("buries what died", async () => {
    const result = await deliver("marketing-hub-jobs-dead", [sync, "nonsense"]);
    expect(result.explicitAcks).toEqual(["m0", "m1"]);
  });
});
