// A business whose CRM writes through the API, and looks at what that did to its figures.
import { expect } from "vitest";
import type { House } from "../../support/house.ts";
import { aPerson, as, aTenant } from "../../support/people.ts";
import type { Json } from "../../support/json.ts";

type Client = ReturnType<typeof as>;

export async function aCrm(
  house: House,
  { timezone = "America/Argentina/Buenos_Aires", currency = "ARS" as string | null } = {},
) {
  const tenantId = await aTenant(house, { timezone, currency });
  // The limit is a user's: a long story has several tellers.
  const clients: Client[] = [];
  let asked = 0;
  const client = async () => {
    if (asked++ % 90 === 0) clients.push(as(house, await aPerson(house, { tenantId, role: "crm" })));
    return clients.at(-1) as Client;
  };
  const read = async (answer: Response) =>
    ({ status: answer.status, headers: answer.headers, ...((await answer.json()) as Json) }) as Json;
  const post = async (path: string, body: unknown, headers?: Record<string, string>) =>
    read(await (await client()).post(path, body, headers));
  const patch = async (path: string, body: unknown, headers?: Record<string, string>) =>
    read(await (await client()).patch(path, body, headers));
  /** Fails the test for an answer that is no success. */
  const write = async (path: string, body: unknown): Promise<Json> => {
    const answer = await post(path, body);
    expect([200, 201], JSON.stringify(answer)).toContain(answer["status"]);
    return answer["data"] as Json;
  };
  const change = async (path: string, body: unknown): Promise<Json> => {
    const answer = await patch(path, body);
    expect(answer["status"], JSON.stringify(answer)).toBe(200);
    return answer["data"] as Json;
  };
  return {
    tenantId,
    post,
    patch,
    write,
    change,
    get: async (path: string) => read(await (await client()).get(path)),
    rows: (table: string, order = "1") =>
      house.sql<Json>(`SELECT * FROM ${table} WHERE tenant_id = $1 ORDER BY ${order}`, [tenantId]),
    outcomes: () => outcomesOf(house, tenantId),
    expectSettled: () => expectSettled(house, tenantId),
  };
}

export type Crm = Awaited<ReturnType<typeof aCrm>>;

const outcomesOf = (house: House, tenantId: number) =>
  house.sql<Json>(
    `SELECT level, day::text, entity_id, account_id, currency, rate_on::text, leads::float8, matched_leads::float8,
       opportunities::float8, won::float8, sales::float8, refunds::float8, open_value::float8, weighted_value::float8
     FROM daily_outcomes WHERE tenant_id = $1 ORDER BY level, day, entity_id, account_id, currency, rate_on`,
    [tenantId],
  );

/** The daily outcomes and credits are those that a rebuild makes, and nothing waits to be settled. */
export async function expectSettled(house: House, tenantId: number): Promise<void> {
  const credits = () =>
    house.sql(
      "SELECT subject, subject_id, touchpoint_id, weight, views FROM attribution_credits WHERE tenant_id = $1 ORDER BY 1, 2, 3, 4",
      [tenantId],
    );
  const waiting = await house.sql("SELECT FROM outcome_changes WHERE tenant_id = $1", [tenantId]);
  expect(waiting).toHaveLength(0);
  const kept = { outcomes: await outcomesOf(house, tenantId), credits: await credits() };
  await house.sql("SELECT rebuild_facts($1)", [tenantId]);
  expect(kept).toEqual({ outcomes: await outcomesOf(house, tenantId), credits: await credits() });
}
