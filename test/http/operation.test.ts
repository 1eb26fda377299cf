// What the worker tells whoever watches over it: /readyz, one line per request, job and tick, and data points.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { createTools, type Platform } from "../../src/deps.ts";
import { parseEnv } from "../../src/env.ts";
import { runBatch } from "../../src/jobs.ts";
import { toDataPoint } from "../../src/lib/data-point.ts";
import { minutes } from "../support/clock.ts";
import { aHouse, type House, sendTo } from "../support/house.ts";
import { aPerson, as, type Person } from "../support/people.ts";
import { aTenantWithAFirstSync } from "../features/sync/scene.ts";
import { demoAccountIds } from "../world/meta/demo-ids.ts";
import { variablesFor } from "../world/settings.ts";

let house: House;

beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());
beforeEach(async () => {
  house.logs.length = 0;
  house.neon.setFault(undefined);
  await house.sql("DELETE FROM dead_messages");
});

type Ready = {
  status: string;
  checks: { name: string; ok: boolean; seconds?: number; count?: number; note?: string }[];
};
const readyz = async () => {
  const answer = await house.request("/readyz");
  const { status, checks } = (await answer.json()) as Ready;
  return { http: answer.status, status, check: (name: string) => checks.find((check) => check.name === name) };
};
const told = (event: string) =>
  house.logs.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => line["event"] === event);

async function aSyncedTenant(): Promise<Person> {
  const person = await aTenantWithAFirstSync(house, { accountId: demoAccountIds.clinic, since: "2026-11-20" });
  await house.settle();
  return person;
}

const deliver = (queue: string, ...bodies: unknown[]) => {
  const messages = bodies.map((body, index) => ({
    id: `${queue}-${index}`,
    body,
    attempts: 1,
    timestamp: new Date(house.clock.now()),
    ack: () => undefined,
    retry: () => undefined,
  }));
  return runBatch(house.tools, { queue, messages } as unknown as MessageBatch);
};

describe("/readyz", () => {
  it("is degraded, and goes on serving, before the first tick and when cron has not ended well for three minutes", async () => {
    expect(await readyz()).toMatchObject({ http: 200, status: "degraded" });
    await house.tick();
    expect(await readyz()).toMatchObject({ http: 200, status: "ready" });
    house.clock.advance(minutes(3));
    expect((await readyz()).status).toBe("ready");
    house.neon.setFault({ kind: "status", status: 500, match: /sync_schedule AS s SET claimed_until/ });
    house.clock.advance(minutes(1));
    await expect(house.tick()).rejects.toThrow(/base de datos|database/i);
    const late = await readyz();
    expect([late.http, late.status, late.check("cron")]).toEqual([
      200,
      "degraded",
      { name: "cron", ok: false, seconds: 240 },
    ]);
  });

  it("tells how late the latest account is, and how many messages died in a day", async () => {
    const person = await aSyncedTenant();
    const [row] = await house.sql<{ next_due_at: Date }>(
      "UPDATE sync_schedule SET next_due_at = $2 WHERE tenant_id = $1 RETURNING next_due_at",
      [person.tenantId, new Date(house.clock.now() - minutes(16))],
    );
    expect(row).toBeDefined();
    await deliver("marketing-hub-jobs-dead", { v: 1, kind: "outcomes.settle", tenantId: person.tenantId }, "nonsense");
    await deliver("marketing-hub-jobs-dead", { v: 1, kind: "outcomes.settle", tenantId: person.tenantId });
    const found = await readyz();
    expect([found.status, found.check("sync_lag"), found.check("dead_messages")]).toEqual([
      "degraded",
      { name: "sync_lag", ok: false, seconds: 960 },
      { name: "dead_messages", ok: false, count: 2 },
    ]);
    expect(await house.sql("SELECT kind FROM dead_messages ORDER BY kind")).toEqual([
      { kind: "outcomes.settle" },
      { kind: null },
    ]);
    house.clock.advance(minutes(24 * 60 + 1));
    expect((await readyz()).check("dead_messages")).toMatchObject({ ok: true, count: 0 });
  });

  it("says of a database that is away that it is away, and nothing more", async () => {
    house.neon.setFault({ kind: "html" });
    const found = await readyz();
    expect([found.http, found.status, found.check("cron")]).toEqual([
      503,
      "not_ready",
      { name: "cron", ok: false, note: "unavailable" },
    ]);
  });
});

describe("lines and data points", () => {
  it("a request's id goes with the message that it posts, and with what that posts in turn", async () => {
    const person = await aSyncedTenant();
    house.logs.length = 0;
    const answer = await as(house, person).post("/crm/marketing/sync", { since: "2026-11-22" });
    const requestId = answer.headers.get("x-request-id");
    expect(house.queue.waiting().map(({ body }) => body)).toContainEqual(expect.objectContaining({ requestId }));
    await house.queue.deliverDue();
    expect(told("job")).toContainEqual(
      expect.objectContaining({ requestId, kind: "insights.sync", tenantId: person.tenantId, outcome: "done" }),
    );
    expect(told("job").every(({ messageId }) => typeof messageId === "string" && messageId !== requestId)).toBe(true);
  });

  it("a message without one, or with a strange one, is worked on under its own", async () => {
    const { tenantId } = await aPerson(house);
    const settle = { v: 1, kind: "outcomes.settle", tenantId };
    await deliver("marketing-hub-jobs", settle, { ...settle, requestId: "a b\n{}" });
    expect(new Set(told("job").map(({ requestId, outcome }) => `${String(requestId)} ${String(outcome)}`))).toEqual(
      new Set(["marketing-hub-jobs-0 done", "marketing-hub-jobs-1 done"]),
    );
  });

  it("a request's line tells outcome and limiter, a tick's how the work stands", async () => {
    const person = await aPerson(house);
    await as(house, person).get("/crm/marketing/token-status");
    expect(told("request")).toEqual([
      expect.objectContaining({ tenantId: person.tenantId, status: 200, outcome: "done", limiter: "counted" }),
    ]);
    expect(house.logs.join()).not.toContain(person.userId);
    await house.tick();
    expect(told("cron")).toEqual([expect.objectContaining({ outcome: "done", dead: 0, cronSeconds: 0 })]);
  });

  it("Analytics Engine gets a data point for each where it is bound", async () => {
    const points: unknown[] = [];
    const metrics: Platform["metrics"] = { writeDataPoint: (point) => points.push(point) };
    const urls = { neonEndpoint: house.neon.url, upstashUrl: house.upstash.url, metaUrl: "http://localhost:1" };
    const here = { databaseHost: "x.local", database: "x", workerUrl: "https://a.test", frontendUrl: "https://b.test" };
    const parsed = parseEnv({ ...variablesFor({ ...urls, ...here }), ENVIRONMENT: "test" });
    if (!("env" in parsed)) throw new Error("settings");
    const write = () => undefined;
    const tools = createTools(parsed.env, { queue: house.queue.binding, now: house.clock.now, metrics, write });
    await sendTo(createApp(tools), "/healthz");
    expect(points).toEqual([
      { indexes: ["GET /healthz"], blobs: ["request", "GET /healthz", "done", "", ""], doubles: [0, 200, 0, 0, 0] },
    ]);
    expect(toDataPoint("job", { kind: "token.keep", outcome: "done", tenantId: 7, ms: 12, attempts: 2 })).toEqual({
      indexes: ["token.keep"],
      blobs: ["job", "token.keep", "done", "7", ""],
      doubles: [12, 0, 2, 0, 0],
    });
    expect(toDataPoint("audit.lost", {})).toBeUndefined();
  });
});
