// Whoever owns the database can take the trigger away and do as they like: the verifier then names the first row that is
// not as it was written. 300 random tamperings here, 10 000 with `npm run soak:audit`.
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { walkTenant } from "../../drizzle/audit.ts";
import { insertAudit } from "../../src/adapters/db/audit.ts";
import { isFull } from "../support/full.ts";
import { aHouse, type House } from "../support/house.ts";
import { aTenant } from "../support/people.ts";

const RUNS = isFull ? 10_000 : 300;
const ROWS = 30;

let house: House;
let tenantId: number;
let client: pg.Client;

beforeAll(async () => {
  house = await aHouse();
  tenantId = await aTenant(house);
  const db = house.tools.tenantDb(tenantId);
  const entries = Array.from({ length: ROWS }, (_, place) => ({
    occurredAt: new Date(house.clock.now() + place),
    actor: `user:${place % 3}`,
    role: place % 4 === 0 ? null : "ceo",
    action: "PATCH /crm/marketing/settings",
    target: place % 5 === 0 ? null : `t${place}`,
    outcome: "success" as const,
    reason: place % 2 === 0 ? null : "replayed",
    httpStatus: place % 3 === 0 ? null : 200,
    requestId: `r${place}`,
    ip: place % 6 === 0 ? null : "203.0.113.0/24",
    diff: place % 2 === 0 ? null : { weekStart: { before: 1, after: place } },
  }));
  await db.one(insertAudit(db, ...entries));
  const [row] = await house.sql<{ name: string }>("SELECT current_database() AS name");
  client = new pg.Client({ connectionString: inject("superuserUrl") + (row?.name ?? "") });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await house.stop();
});

/** What is done, and the number that is to be named. */
type Tampering = { does: string; sql: string; breaksAt: number };

const place = fc.integer({ min: 1, max: ROWS });
const here = (seq: number) => `tenant_id = ${tenantId} AND seq = ${seq}`;

/** Each makes another value of whatever was there. */
const changes = {
  actor: "actor || 'x'",
  role: "COALESCE(role || 'x', '')",
  action: "lower(action)",
  target: "COALESCE(target || 'x', '')",
  outcome: "'failed'",
  reason: "CASE WHEN reason IS NULL THEN '' END",
  http_status: "COALESCE(http_status + 1, 0)",
  request_id: "request_id || ' '",
  ip: "CASE WHEN ip IS NULL THEN '' END",
  diff: "CASE WHEN diff IS NULL THEN 'null'::jsonb END",
  occurred_at: "occurred_at + interval '1 microsecond'",
  prev_hash: "md5(prev_hash)",
  hash: "upper(md5(hash))",
};

const change = fc.tuple(place, fc.constantFrom(...Object.keys(changes))).map(([seq, field]): Tampering => {
  const value = changes[field as keyof typeof changes];
  return { does: `change ${field}`, sql: `UPDATE audit_log SET ${field} = ${value} WHERE ${here(seq)}`, breaksAt: seq };
});

const deletion = fc.tuple(place, fc.integer({ min: 1, max: 4 })).map(([seq, rows]): Tampering => ({
  does: "delete",
  sql: `DELETE FROM audit_log WHERE tenant_id = ${tenantId} AND seq BETWEEN ${seq} AND ${seq + rows - 1}`,
  breaksAt: seq,
}));

const swap = fc.uniqueArray(place, { minLength: 2, maxLength: 2 }).map(([one = 1, other = 2]): Tampering => ({
  does: "swap",
  sql: `UPDATE audit_log SET seq = ${one + other} - seq WHERE tenant_id = ${tenantId} AND seq IN (${one}, ${other})`,
  breaksAt: Math.min(one, other),
}));

const fields =
  "occurred_at, actor, role, action, target, outcome, reason, http_status, request_id, ip, diff, prev_hash, hash";

/** A copy of another row, with the numbers after it moved on, or beside the one that has the number. */
const insertion = fc.tuple(place, place, fc.boolean()).map(([seq, source, isMoved]): Tampering => ({
  does: isMoved ? "insert and renumber" : "insert beside",
  sql: `CREATE TEMP TABLE forged ON COMMIT DROP AS SELECT tenant_id, ${fields} FROM audit_log WHERE ${here(source)};
      ${isMoved ? `UPDATE audit_log SET seq = seq + 1 WHERE tenant_id = ${tenantId} AND seq >= ${seq};` : ""}
      INSERT INTO audit_log (tenant_id, seq, ${fields}) SELECT tenant_id, ${seq}, ${fields} FROM forged; DROP TABLE forged`,
  // A copy of itself is what was written there: the row that was there is then the wrong one.
  breaksAt: isMoved && source === seq ? seq + 1 : seq,
}));

/** As an insert that knows how the hash is made, but not that there are rows after it. */
const forgery = place.map((seq): Tampering => ({
  does: "forge with a hash that fits",
  sql: `UPDATE audit_log SET actor = 'user:other' WHERE ${here(seq)};
      UPDATE audit_log r SET hash = audit_hash(r) WHERE ${here(seq)}`,
  // The row itself is consistent: the next one, or for the last one the anchor, says that it was another.
  breaksAt: Math.min(seq + 1, ROWS),
}));

it(`names the first broken row of ${RUNS} of ${RUNS} random tamperings`, async () => {
  const { head, broken, rows } = await walkTenant(client, tenantId);
  expect([rows, broken]).toEqual([ROWS, undefined]);
  await client.query("BEGIN");
  await client.query(
    "ALTER TABLE audit_log DISABLE TRIGGER USER; ALTER TABLE audit_log DROP CONSTRAINT audit_log_tenant_id_seq_pk",
  );
  const kinds = new Map<string, number>();
  let found = 0;
  try {
    await fc.assert(
      fc.asyncProperty(fc.oneof(change, deletion, swap, insertion, forgery), async ({ does, sql, breaksAt }) => {
        await client.query(`SAVEPOINT untouched; ${sql}`);
        const walked = await walkTenant(client, tenantId, head);
        await client.query("ROLLBACK TO SAVEPOINT untouched; RELEASE SAVEPOINT untouched");
        const at = walked.broken?.seq;
        if (at !== breaksAt) throw new Error(`${does} at ${breaksAt}: named ${at} (${walked.broken?.reason})`);
        kinds.set(does.replace(/ .*/, ""), (kinds.get(does.replace(/ .*/, "")) ?? 0) + 1);
        found += 1;
      }),
      { numRuns: RUNS },
    );
  } finally {
    await client.query("ROLLBACK");
  }
  console.log(`${found}/${RUNS} found: ${JSON.stringify(Object.fromEntries(kinds))}`);
  expect(found).toBe(RUNS);
  expect(await walkTenant(client, tenantId)).toMatchObject({ broken: undefined, head });
}, 600_000);

it("of a chain that was cut off only an anchor knows", async () => {
  const { head } = await walkTenant(client, tenantId);
  await client.query(`BEGIN; ALTER TABLE audit_log DISABLE TRIGGER USER; DELETE FROM audit_log WHERE ${here(ROWS)}`);
  expect((await walkTenant(client, tenantId)).broken).toBeUndefined();
  expect((await walkTenant(client, tenantId, head)).broken).toMatchObject({ seq: ROWS });
  await client.query("ROLLBACK");
});
