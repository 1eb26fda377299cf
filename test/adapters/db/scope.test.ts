// What the tenant's database sends, statement by statement, to a Neon that only listens: the first wall (`mine`) and what
// sets the second one up. That both walls stand on a real Postgres: flows/two-tenants.test.ts, fuzz.
import { beforeEach, describe, expect, it } from "vitest";
import { createDatabase } from "../../../src/adapters/db/client.ts";
import { idempotencyKeys } from "../../../src/adapters/db/schema/tenancy.ts";
import { runAsUser, scopeToDispatcher, scopeToTenant } from "../../../src/adapters/db/scope.ts";

type Query = { query: string; params: unknown[] };

let sent: Query[][];
let answer: () => Response;

const database = createDatabase({
  connectionString: "postgresql://app_rw:password@db.example.com/app",
  fetch: async (_, init) => {
    const { queries } = JSON.parse(String(init?.body)) as { queries: Query[] };
    sent.push(queries.map(({ query, params }) => ({ query: query.replace(/\s+/g, " "), params })));
    return answer();
  },
});

/** Each statement is answered with one row that tells its place. */
const inOrder = () => {
  const results = sent.at(-1)?.map((_, index) => ({
    fields: [{ name: "place", dataTypeID: 25 }],
    rows: [[`row ${index}`]],
    rowCount: 1,
    command: "SELECT",
    rowAsArray: true,
  }));
  return Response.json({ results });
};

beforeEach(() => {
  [sent, answer] = [[], inOrder];
});

const tenantIs = (tenantId: string) => ({
  query:
    "select set_config('app.tenant_id', $1, true), set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)",
  params: [tenantId],
});

describe("a tenant's database", () => {
  const db = scopeToTenant(database, 7);
  const keys = () => db.q.select({ key: idempotencyKeys.key }).from(idempotencyKeys);
  const mine = () => keys().where(db.mine(idempotencyKeys));

  it("knows whose it is, and its predicate says so", async () => {
    expect(db.tenantId).toBe(7);
    expect(mine().toSQL()).toEqual({
      sql: 'select "key" from "idempotency_keys" where "idempotency_keys"."tenant_id" = $1',
      params: [7],
    });
  });

  it("sets the tenant at the head of one transaction, and answers what comes after it", async () => {
    expect(await db.run(mine(), keys())).toEqual([[{ key: "row 1" }], [{ key: "row 2" }]]);
    expect(sent).toEqual([
      [
        tenantIs("7"),
        { query: expect.stringMatching(/"tenant_id" = \$1$/), params: ["7"] },
        { query: 'select "key" from "idempotency_keys"', params: [] },
      ],
    ]);
  });

  it("does the same for one statement", async () => {
    expect(await db.one(mine())).toEqual([{ key: "row 1" }]);
    expect(sent).toEqual([[tenantIs("7"), expect.objectContaining({ params: ["7"] })]]);
  });

  it("is another one for another tenant", async () => {
    await scopeToTenant(database, 8).one(keys());
    expect(sent).toEqual([[tenantIs("8"), expect.anything()]]);
  });

  it("tells a failure without the driver's words", async () => {
    answer = () => Response.json({ message: 'duplicate key "secret"', code: "23505" }, { status: 400 });
    for (const work of [db.run(mine()), db.one(mine())])
      await expect(work).rejects.toMatchObject({ code: "database.conflict", note: "23505" });
  });
});

it("the dispatcher takes its role, and no tenant", async () => {
  const db = scopeToDispatcher(database);
  const rows = await db.one(db.q.select({ key: idempotencyKeys.key }).from(idempotencyKeys));
  expect(rows).toEqual([{ key: "row 1" }]);
  expect(sent).toEqual([
    [
      { query: "select set_config('role', 'app_dispatch', true)", params: [] },
      { query: 'select "key" from "idempotency_keys"', params: [] },
    ],
  ]);
});

it("a user's own rows are asked for under the user's name alone", async () => {
  const statement = database.select({ key: idempotencyKeys.key }).from(idempotencyKeys);
  expect(await runAsUser(database, "u-1", statement)).toEqual([{ key: "row 1" }]);
  expect(sent).toEqual([
    [
      { query: "select set_config('app.user_id', $1, true)", params: ["u-1"] },
      { query: 'select "key" from "idempotency_keys"', params: [] },
    ],
  ]);
});
