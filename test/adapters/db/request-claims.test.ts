// The claims of requests on a real Postgres, through the tenant's own door.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { type Claim, requestClaims } from "../../../src/adapters/db/request-claims.ts";
import type { TenantDb } from "../../../src/adapters/db/scope.ts";
import { hours, START, seconds } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aTenant } from "../../support/people.ts";

const { take, keep, release, acting } = requestClaims;

let house: House;
let db: TenantDb;

beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());
beforeEach(async () => {
  db = house.tools.tenantDb(await aTenant(house));
});

const claimed = (after = 0, more: Partial<Claim> = {}): Claim => ({
  key: "user:u-1 k-1",
  route: "POST /acts",
  requestHash: "hash",
  claimedAt: new Date(START + after),
  ...more,
});
const rows = () =>
  house.sql(
    "SELECT key, route, request_hash, status, answer, claimed_at FROM idempotency_keys WHERE tenant_id = $1 ORDER BY claimed_at, key",
    [db.tenantId],
  );
const underWay = { requestHash: "hash", status: null, answer: null };
const done = { status: 201, answer: "{}" };

describe("a key", () => {
  it("is taken once, and who comes next is told what the first left", async () => {
    expect(await take(db, claimed())).toBe("claimed");
    expect(await take(db, claimed(1))).toEqual(underWay);
    await keep(db, claimed(), done);
    expect(await take(db, claimed(2, { requestHash: "other" }))).toEqual({ requestHash: "hash", ...done });
    expect(await rows()).toMatchObject([{ request_hash: "hash", ...done, claimed_at: new Date(START) }]);
  });

  it("is another one by its name, its route and its tenant, and what is done to one is not done to the others", async () => {
    const others = [claimed(0, { key: "user:u-1 k-2" }), claimed(0, { route: "POST /others" })];
    const neighbour = house.tools.tenantDb(await aTenant(house));
    for (const claim of [claimed(), ...others]) expect(await take(db, claim)).toBe("claimed");
    expect(await take(neighbour, claimed())).toBe("claimed");
    await keep(db, claimed(), done);
    for (const claim of others) expect(await take(db, claim)).toEqual(underWay);
    expect(await take(neighbour, claimed())).toEqual(underWay);
    for (const claim of others) await release(db, claim);
    expect(await rows()).toMatchObject([{ key: "user:u-1 k-1", route: "POST /acts" }]);
  });

  it("is held for a day, and then anybody's", async () => {
    await take(db, claimed());
    await keep(db, claimed(), done);
    expect(await take(db, claimed(hours(24)))).toMatchObject(done);
    const later = claimed(hours(24) + 1, { requestHash: "other" });
    expect(await take(db, later)).toBe("claimed");
    expect(await rows()).toMatchObject([{ request_hash: "other", status: null, answer: null }]);
  });

  it("of a request that died is held for a minute, and then for the same request alone", async () => {
    await take(db, claimed());
    expect(await take(db, claimed(seconds(60)))).toEqual(underWay);
    expect(await take(db, claimed(seconds(60) + 1, { requestHash: "other" }))).toEqual(underWay);
    const again = claimed(seconds(60) + 1);
    expect(await take(db, again)).toBe("claimed");
    // Who died comes back to life: neither of these is its own any more.
    await keep(db, claimed(), done);
    await release(db, claimed());
    expect(await rows()).toMatchObject([{ status: null, answer: null, claimed_at: again.claimedAt }]);
    await keep(db, again, done);
    expect(await take(db, claimed(seconds(200)))).toMatchObject(done);
  });

  it("is given back, unless its request has acted", async () => {
    await take(db, claimed());
    await release(db, claimed());
    expect(await rows()).toEqual([]);
    await take(db, claimed());
    await keep(db, claimed(), { status: 200, answer: null });
    await release(db, claimed());
    expect(await rows()).toMatchObject([{ status: 200 }]);
  });

  it("is running for who looks in the moment it was given back", async () => {
    const none = { ...db, run: async () => [[], [], []] } as unknown as TenantDb;
    expect(await take(none, claimed())).toBe("running");
  });

  it("that is over is swept, twenty at a time, and only the tenant's own", async () => {
    const neighbour = await aTenant(house);
    for (const [tenantId, at] of [
      [db.tenantId, -1],
      [neighbour, -1],
      [db.tenantId, 0],
    ])
      await house.sql(
        `INSERT INTO idempotency_keys (tenant_id, key, route, request_hash, claimed_at)
         SELECT $1, 'user:u ' || $2 || n, 'POST /acts', 'hash', $3 FROM generate_series(1, 25) n`,
        [tenantId, String(at), new Date(START - hours(24) + (at ?? 0))],
      );
    await take(db, claimed());
    expect(await rows()).toHaveLength(5 + 25 + 1);
    await take(db, claimed(0, { key: "user:u-1 k-2" }));
    expect(await rows()).toHaveLength(25 + 2);
    const [left] = await house.sql("SELECT count(*)::int AS n FROM idempotency_keys WHERE tenant_id = $1", [neighbour]);
    expect(left).toEqual({ n: 25 });
  });
});

describe("a database that notes that a request has acted", () => {
  const look = () => db.q.execute(sql`SELECT tenant_id FROM tenants WHERE tenant_id = ${db.tenantId}`);
  const settle = () =>
    db.q.execute(sql`UPDATE tenant_settings SET timezone = 'UTC' WHERE tenant_id = ${db.tenantId} RETURNING timezone`);

  it("notes it with the change, and answers what the statements did", async () => {
    await take(db, claimed());
    const found = await acting(db, claimed()).run(look(), settle());
    expect(found.map(({ rows }) => rows)).toEqual([[{ tenant_id: db.tenantId }], [{ timezone: "UTC" }]]);
    expect(await rows()).toMatchObject([{ status: 200, answer: null }]);
  });

  it("does so for one statement", async () => {
    await take(db, claimed());
    const one = acting(db, claimed());
    expect([one.tenantId, one.mine]).toEqual([db.tenantId, db.mine]);
    expect((await one.one(settle())).rows).toEqual([{ timezone: "UTC" }]);
    expect(await rows()).toMatchObject([{ status: 200 }]);
  });

  it("notes nothing where nothing has changed", async () => {
    await take(db, claimed());
    expect((await acting(db, claimed()).one(look())).rows).toEqual([{ tenant_id: db.tenantId }]);
    expect(await rows()).toMatchObject([{ status: null }]);
  });

  it("changes nothing for a claim that another request has taken over", async () => {
    await take(db, claimed());
    await take(db, claimed(seconds(61)));
    await expect(acting(db, claimed()).one(settle())).rejects.toMatchObject({ note: "22012" });
    const [found] = await house.sql("SELECT timezone FROM tenant_settings WHERE tenant_id = $1", [db.tenantId]);
    expect(found).not.toEqual({ timezone: "UTC" });
    expect(await rows()).toMatchObject([{ status: null }]);
  });
});
