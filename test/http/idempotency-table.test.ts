// What an Idempotency-Key means (draft-ietf-httpapi-idempotency-key-header-07), as a table on a route of the app: two
// requests, what the second is answered, and how many sales there are then.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { hours, minutes, seconds } from "../support/clock.ts";
import { aHouse, type House } from "../support/house.ts";
import { aPerson, as, type Person } from "../support/people.ts";

let house: House;

beforeAll(async () => {
  house = await aHouse();
  // The first request of all warms the house up: whatever acts does not wait for a limiter that is slow.
  await as(house, await aPerson(house)).get("/crm/marketing/stats");
});
afterAll(() => house.stop());
afterEach(() => house.neon.setFault(undefined));

type Sent = {
  key?: string | undefined;
  body?: unknown;
  path?: string;
  who?: "colleague" | "neighbour";
};
type Row = {
  first?: Sent;
  /** What happens between the two. */
  between?: (person: Person) => Promise<unknown> | void;
  second?: Sent;
  firstStatus?: number;
  status: number;
  code?: string;
  isReplay?: boolean;
  sales: number;
};

/** No external_id: only the key says that it is the same sale. */
const sale = { amount: "100", currency: "USD", transaction_date: "2026-11-20" };
const lose = (match: RegExp) => house.neon.setFault({ kind: "reset-before", match });
const running = (person: Person) =>
  house.sql("UPDATE idempotency_keys SET status = NULL, answer = NULL WHERE tenant_id = $1", [person.tenantId]);

const table: Record<string, Row> = {
  "the same again": { status: 201, isReplay: true, sales: 1 },
  "the same again, its JSON spelled otherwise": {
    second: { body: { transaction_date: "2026-11-20", currency: "USD", amount: "100" } },
    status: 422,
    code: "idempotency.mismatch",
    sales: 1,
  },
  "another amount": {
    second: { body: { ...sale, amount: "101" } },
    status: 422,
    code: "idempotency.mismatch",
    sales: 1,
  },
  "another query": { second: { path: "/crm/sales?x=1" }, status: 422, code: "idempotency.mismatch", sales: 1 },
  "another key": { second: { key: "k-2" }, status: 201, sales: 2 },
  "a key in capitals": { second: { key: "K-1" }, status: 201, sales: 2 },
  "no key the second time": { second: { key: undefined }, status: 201, sales: 2 },
  "no key at all": { first: { key: undefined }, second: { key: undefined }, status: 201, sales: 2 },
  "the key of a colleague": { second: { who: "colleague" }, status: 201, sales: 2 },
  "the key of another tenant": { second: { who: "neighbour" }, status: 201, sales: 1 },
  "the key of another route": {
    second: { path: "/crm/leads", body: { first_name: "Ana" } },
    status: 201,
    sales: 1,
  },
  "an empty key": { second: { key: "" }, status: 422, code: "request.invalid", sales: 1 },
  "a key of 256": { second: { key: "k".repeat(256) }, status: 422, code: "request.invalid", sales: 1 },
  "a key that is no text": { second: { key: "k\u00e9" }, status: 422, code: "request.invalid", sales: 1 },
  "while the first is under way": {
    between: running,
    status: 409,
    code: "idempotency.in_progress",
    sales: 1,
  },
  "another body while the first is under way": {
    between: running,
    second: { body: { ...sale, amount: "101" } },
    status: 422,
    code: "idempotency.mismatch",
    sales: 1,
  },
  "after the first has died": {
    // Its answer was lost on the way into the table, and a minute has passed.
    between: async (person) => {
      await running(person);
      house.clock.advance(minutes(1) + 1);
    },
    status: 201,
    sales: 2,
  },
  "a minute less a moment after": {
    between: async (person) => {
      await running(person);
      house.clock.advance(seconds(59));
    },
    status: 409,
    code: "idempotency.in_progress",
    sales: 1,
  },
  "a day later": { between: () => house.clock.advance(hours(24)), status: 201, isReplay: true, sales: 1 },
  "a day and a moment later": { between: () => house.clock.advance(hours(24) + 1), status: 201, sales: 2 },
  "after what was not valid": {
    first: { body: { amount: "x" } },
    firstStatus: 422,
    status: 201,
    sales: 1,
  },
  "after the database was away": {
    first: { path: "/crm/sales" },
    firstStatus: 503,
    status: 201,
    sales: 1,
  },
};

test.each(Object.entries(table))("%s", async (name, row) => {
  const person = await aPerson(house);
  const send = async (sent: Sent = {}) => {
    const { key, body = sale, path = "/crm/sales", who } = { key: "k-1", ...sent };
    const headers = key === undefined ? undefined : { "idempotency-key": key };
    const other = who && (await aPerson(house, who === "colleague" ? { tenantId: person.tenantId } : {}));
    return as(house, other ?? person).post(path, body, headers);
  };
  if (name === "after the database was away") lose(/sales_transactions/);
  const first = await send(row.first);
  house.neon.setFault(undefined);
  expect(first.status).toBe(row.firstStatus ?? 201);
  await row.between?.(person);

  const second = await send(row.second);
  const told = (await second.json()) as { error?: { code: string } };
  expect([second.status, told.error?.code]).toEqual([row.status, row.code]);
  for (const mark of ["idempotency-replayed", "idempotent-replayed"])
    expect(second.headers.get(mark)).toBe(row.isReplay ? "true" : null);
  expect(second.headers.has("retry-after")).toBe(row.status === 409);
  const rows = await house.sql("SELECT FROM sales_transactions WHERE tenant_id = $1", [person.tenantId]);
  expect(rows.length).toBe(row.sales);
});
