// G22, G23, G24: every request of the document has its row in the audit, a change has it in the batch it is made with, and a
// read waits for the outside twice at most.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { App } from "../../src/app.ts";
import { type Exchange, longestChain, watchTraffic } from "../bench/traffic.ts";
import { examples } from "../openapi/examples.ts";
import { record, type Recorded } from "../openapi/record.ts";
import { setTheScene } from "../openapi/scene.ts";
import { aHouse, type House } from "../support/house.ts";

type Batch = string[];
type Asked = { example: Recorded["example"]; status: number; requestId: string; batches: Batch[]; waits: number };

/** Every answer of both doors to a read comes this late: what is asked at once then overlaps. */
const LATE_MS = 30;

let house: House;
let asked: Asked[];

beforeAll(async () => {
  house = await aHouse({ variables: { DEBUG_TOKEN_ENDPOINT: "true" } });
  const watched: Pick<Asked, "requestId" | "batches" | "waits">[] = [];
  const beLate = (isLate: boolean) =>
    [house.neon, house.upstash].forEach((door) => door.setFault(isLate ? { kind: "latency", ms: LATE_MS } : undefined));
  const app = {
    request: async (url: URL, init: RequestInit, ...rest: [object, ExecutionContext]) => {
      beLate(init.method === "GET");
      const { result, exchanges } = await watchTraffic(async () => house.app.request(url.href, init, ...rest));
      beLate(false);
      watched.push({
        requestId: result.headers.get("x-request-id") ?? "",
        batches: batchesOf(exchanges),
        waits: longestChain(exchanges),
      });
      return result;
    },
  } as unknown as App;
  const people = await setTheScene(house);
  const recorded = await record({ ...house, app }, people, examples);
  asked = recorded.map(({ example, status }, at) => ({
    example,
    status,
    ...(watched[at] ?? { requestId: "", batches: [], waits: NaN }),
  }));
}, 120_000);
afterAll(() => house.stop());

/** What a request sent to the database before it was answered: its batches, each without the first statement, which says whose it is. */
const batchesOf = (exchanges: readonly Exchange[]): Batch[] =>
  exchanges
    .filter(({ port }) => port === Number(new URL(house.neon.url).port))
    .map(({ body }) => JSON.parse(body()) as { query: string } | { queries: { query: string }[] })
    .map((sent) => ("queries" in sent ? sent.queries.slice(1).map(({ query }) => query) : [sent.query]));

const outcomeOf = (status: number) => (status < 400 ? "success" : status < 500 ? "refused" : "failed");
const isAudit = (query: string) => /insert into "?audit_log/i.test(query);

it("every example of the document, well answered or refused, has one row, and who is nobody has none", async () => {
  const rows = await house.sql<{ request_id: string; outcome: string }>("SELECT request_id, outcome FROM audit_log");
  const found = asked.map(({ example, requestId }) => [
    example.route,
    rows.filter((row) => row.request_id === requestId).map(({ outcome }) => outcome),
  ]);
  const wanted = asked.map(({ example, status }) => [
    example.route,
    // A website is nobody, and its key is a tenant's.
    example.as === "nobody" && example.route !== "POST /leads/intake" ? [] : [outcomeOf(status)],
  ]);
  expect(found).toEqual(wanted);
  expect(found.length).toBeGreaterThan(60);
});

describe("before the answer, the audit costs", () => {
  it("a change one statement, in the change's own batch", () => {
    const made = asked.filter(
      ({ example, status }) => !example.route.startsWith("GET") && example.as !== "nobody" && status < 300,
    );
    const found = made.map(({ example, batches }) => {
      const [batch, ...others] = batches.filter((one) => one.some(isAudit));
      const audits = batch?.filter(isAudit) ?? [];
      // A change that the row's own statement makes, so that the row tells what is gone.
      const isWithin = batch?.length === 1 && /^\s*WITH \w+ AS \(\s*(DELETE|UPDATE)/i.test(batch[0] ?? "");
      return [example.route, audits.length, others.length, isWithin || (batch?.length ?? 0) > 1];
    });
    // By then nobody is connected any more; and some only ask with a body: nothing is changed.
    const idle = /^DELETE \/admin\/meta\/disconnect$|\/(preview|validate)$/;
    expect(found).toEqual(
      made.map(({ example: { route } }) => (idle.test(route) ? [route, 0, 0, false] : [route, 1, 0, true])),
    );
    expect(found.length).toBeGreaterThan(20);
  });

  it("a read nothing", () => {
    const reads = asked.filter(({ example }) => example.route.startsWith("GET"));
    expect(reads.filter(({ batches }) => batches.flat().some(isAudit))).toEqual([]);
    expect(reads.flatMap(({ batches }) => batches).length).toBeGreaterThan(60);
  });
});

it("a read waits twice at most: for who may ask, and for its answer; only what shows Meta's own lists asks Meta", () => {
  const asksMeta = /test-connection|debug\/token|meta-portfolios|meta-accounts/;
  const reads = asked.filter(({ example }) => example.route.startsWith("GET"));
  const found = reads.filter(({ waits }) => waits > 2).map(({ example }) => example.route);
  expect(found.filter((route) => !asksMeta.test(route))).toEqual([]);
  expect(new Set(found).size).toBe(4);
  expect(reads.filter(({ waits }) => waits === 2).length).toBeGreaterThan(25);
});
