// The oracle of fault runs: what must hold after each of them. The numbers are those of the invariants:
// I1 nothing lost, I2 nothing doubled, I4 no secret at rest or in a log, I5 no neighbour touched, I6 errors in their shape,
// I7 acts in the audit, I8 tokens only grow, I11 convergence within two periods, I12 honest freshness. I9, I10 and I13 are
// about one operation: their cells count calls themselves.
import { expect } from "vitest";
import { hours, minutes } from "../support/clock.ts";
import type { House } from "../support/house.ts";
import { aPerson, as, type Person } from "../support/people.ts";
import { expectCovered, expectModel } from "../features/sync/oracle.ts";
import { jwtSecret, metaApp, upstashToken } from "../world/settings.ts";

export type Synced = { person: Person; accountId: string; range: { since: string; until: string } };

const PERIOD = hours(1);

/** Notes every change of a connection that takes a step back; a forgotten token leaves none. */
const WATCH_TOKENS = `
  CREATE TABLE oracle_steps_back (tenant_id integer, problem text);
  CREATE FUNCTION oracle_watch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    IF NEW.token_version < OLD.token_version THEN
      INSERT INTO oracle_steps_back VALUES (NEW.tenant_id, 'an older version');
    ELSIF NEW.token_sealed IS NOT NULL AND NEW.token_version = OLD.token_version AND NEW.expires_at IS DISTINCT FROM OLD.expires_at AND OLD.expires_at IS NOT NULL THEN
      INSERT INTO oracle_steps_back VALUES (NEW.tenant_id, 'another token under the same version');
    ELSIF NEW.token_sealed IS NOT NULL AND NEW.expires_at < OLD.expires_at THEN
      INSERT INTO oracle_steps_back VALUES (NEW.tenant_id, 'an earlier end');
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER oracle_watch AFTER UPDATE ON connections FOR EACH ROW EXECUTE FUNCTION oracle_watch()`;

const TOKEN = /EAA[A-Za-z0-9]{10}/;
const SECRETS = [metaApp.secret, jwtSecret, upstashToken];

/** One fingerprint over every row of a tenant, in every table that has tenants. */
async function fingerprint(house: House, tenantId: number): Promise<string> {
  const tables = await house.sql<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name = 'tenant_id' AND table_name NOT LIKE 'oracle%' ORDER BY 1`,
  );
  const prints = tables.map(
    ({ name }) =>
      `SELECT '${name} ' || md5(string_agg(t::text, '' ORDER BY t::text)) AS print FROM ${name} t WHERE tenant_id = $1`,
  );
  const rows = await house.sql<{ print: string | null }>(prints.join(" UNION ALL "), [tenantId]);
  // Workers side by side answer a UNION ALL in any order.
  return rows
    .flatMap(({ print }) => print ?? [])
    .toSorted()
    .join("\n");
}

/** An answer that failed says so in its shape, without internals; nobody's fault of ours is a 500. */
export async function expectHonest(answer: Response): Promise<void> {
  if (answer.status < 400) return;
  const text = await answer.clone().text();
  expect(JSON.parse(text)).toMatchObject({
    success: false,
    detail: expect.any(String),
    error: { code: expect.any(String), message: expect.any(String), request_id: expect.any(String) },
  });
  expect(text).not.toMatch(/select |insert |update |https?:\/\/|\n\s+at /i);
  expect(text).not.toMatch(TOKEN);
  if (answer.status === 503) expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
}

export async function anOracle(house: House) {
  await house.sql(WATCH_TOKENS);
  const neighbour = await aPerson(house);
  await as(house, neighbour).post("/crm/leads", { first_name: "Vecina", phone_number: "+5491155550000" });
  const untouched = await fingerprint(house, neighbour.tenantId);

  /** I11. Cron and queue go on until nothing is due, claimed or waiting: within two periods, and no message dies. */
  const converge = async () => {
    const end = house.clock.now() + 2 * PERIOD;
    for (; house.clock.now() < end; house.clock.advance(minutes(1))) {
      await house.tick();
      while ((await house.queue.deliverDue()) > 0);
      const open = await house.sql(
        "SELECT FROM sync_runs WHERE finished_at IS NULL UNION ALL SELECT FROM sync_schedule WHERE next_due_at <= $1",
        [new Date(house.clock.now())],
      );
      if (open.length === 0 && house.queue.waiting().length === 0) break;
    }
    expect(house.clock.now(), "converges within two periods").toBeLessThan(end);
    expect(house.queue.dead).toEqual([]);
  };

  /** I1, I2: row for row what Meta holds, every day known; the keys of the tables allow no second row. */
  const expectWhole = async ({ person: { tenantId }, accountId, range }: Synced) => {
    await expectModel(house, tenantId, accountId, range);
    await expectCovered(house, tenantId, accountId, range);
    const foreign = await house.sql("SELECT FROM meta_ads_insights WHERE tenant_id = $1 AND account_id <> $2", [
      tenantId,
      accountId,
    ]);
    expect(foreign).toEqual([]);
  };

  /** I12: what is not known is not a figure, and says so. */
  const expectFresh = async ({ person }: Pick<Synced, "person">) => {
    const answer = await as(house, person).get("/crm/marketing/stats?time_range=last_30d");
    await expectHonest(answer);
    if (answer.status !== 200) return;
    const { data } = (await answer.json()) as { data: Figures };
    const isKnown = data.missing_days_count === 0 && data.freshness.last_synced_at !== null;
    expect([data.spend_complete, data.freshness.is_partial]).toEqual([isKnown, !isKnown]);
    if (data.freshness.last_synced_at === null) expect(data.freshness.stale).toBe(true);
    if (data.missing_days_count > 6) expect(data.roi.roi_defined).toBe(false);
  };

  /** I4: no token and no secret in a log line, a message, Redis, or a row; in what is sealed any letters may follow each other. */
  const expectNoSecrets = async ({ person: { tenantId } }: Pick<Synced, "person">) => {
    const said = [...house.logs, JSON.stringify(house.queue.waiting())].join("\n");
    expect(said).not.toMatch(TOKEN);
    for (const secret of SECRETS) expect(said.includes(secret)).toBe(false);
    for (const table of ["connections", "sync_runs", "sync_slices", "audit_log", "idempotency_keys"]) {
      const rows = await house.sql(
        `SELECT FROM ${table} t WHERE tenant_id = $1 AND (to_jsonb(t) - 'token_sealed')::text ~ $2`,
        [tenantId, TOKEN.source],
      );
      expect(rows, table).toEqual([]);
    }
    house.logs.length = 0;
  };

  /** I5 and I8. */
  const expectNeighbourAndTokens = async () => {
    expect(await fingerprint(house, neighbour.tenantId)).toBe(untouched);
    expect(await house.sql("SELECT * FROM oracle_steps_back")).toEqual([]);
  };

  /** I7: that it was done is in the audit, under the request's own name. */
  const expectAudited = async (
    { person: { tenantId } }: Pick<Synced, "person">,
    action: string,
    outcome = "success",
  ) => {
    const rows = await house.sql("SELECT FROM audit_log WHERE tenant_id = $1 AND action = $2 AND outcome = $3", [
      tenantId,
      action,
      outcome,
    ]);
    expect(rows.length, action).toBeGreaterThan(0);
  };

  /** After a fault has cleared: all of it. */
  const check = async (synced: Synced) => {
    await converge();
    await expectWhole(synced);
    await expectFresh(synced);
    await expectNoSecrets(synced);
    await expectNeighbourAndTokens();
  };

  return { converge, expectWhole, expectFresh, expectNoSecrets, expectNeighbourAndTokens, expectAudited, check };
}

export type Oracle = Awaited<ReturnType<typeof anOracle>>;

type Figures = {
  missing_days_count: number;
  spend_complete: boolean;
  freshness: { last_synced_at: string | null; stale: boolean; is_partial: boolean };
  roi: { roi_defined: boolean };
};
