// G22, G23: every request of the document has its row in the audit, and a change has it in the batch it is made with.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { App } from "../../src/app.ts";
import { type Exchange, watchTraffic } from "../bench/traffic.ts";
import { examples } from "../openapi/examples.ts";
import { record, type Recorded } from "../openapi/record.ts";
import { setTheScene } from "../openapi/scene.ts";
import { aHouse, type House } from "../support/house.ts";

type Batch = string[];
type Asked = { example: Recorded["example"]; status: number; requestId: string; batches: Batch[] };

let house: House;
let asked: Asked[];

beforeAll(async () => {
  house = await aHouse({ variables: { DEBUG_TOKEN_ENDPOINT: "true" } });
  const watched: Pick<Asked, "requestId" | "batches">[] = [];
  const app = {
    request: async (url: URL, init: RequestInit, ...rest: [object, ExecutionContext]) => {
      const { result, exchanges } = await watchTraffic(async () => house.app.request(url.href, init, ...rest));
      watched.push({ requestId: result.headers.get("x-request-id") ?? "", batches: batchesOf(exchanges) });
      return result;
    },
  } as unknown as App;
  const people = await setTheScene(house);
  const recorded = await record({ ...house, app }, people, examples);
  asked = recorded.map(({ example, status }, at) => ({
    example,
    status,
    ...(watched[at] ?? { requestId: "", batches: [] }),
  }));
}, 60_000);
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
    example.as === "nobody" ? [] : [outcomeOf(status)],
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
    // By then nobody is connected any more: nothing is changed.
    const idle = "DELETE /admin/meta/disconnect";
    expect(found).toEqual(
      made.map(({ example: { route } }) => (route === idle ? [route, 0, 0, false] : [route, 1, 0, true])),
    );
    expect(found.length).toBeGreaterThan(20);
  });

  it("a read nothing", () => {
    const reads = asked.filter(({ example }) => example.route.startsWith("GET"));
    expect(reads.filter(({ batches }) => batches.flat().some(isAudit))).toEqual([]);
    expect(reads.flatMap(({ batches }) => batches).length).toBeGreaterThan(60);
  });
});
