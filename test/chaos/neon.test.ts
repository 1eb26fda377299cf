// C1: what Neon's door does, to reads, to writes of the CRM, to the login and to a sync.
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { hours } from "../support/clock.ts";
import { aHouse, type House } from "../support/house.ts";
import { aPerson, as, type Person, startLogin } from "../support/people.ts";
import { aTenantWithAFirstSync } from "../features/sync/scene.ts";
import { expectSettled } from "../features/leads/crm.ts";
import { demoAccountIds } from "../world/meta/demo-ids.ts";
import type { Fault, FaultKind } from "../world/faults.ts";
import { cell } from "./cell.ts";
import { clearSchedules } from "./crash.ts";
import { shortened, withShortDeadlines } from "./deadlines.ts";
import { lasting, passing, spoilt } from "./door-faults.ts";
import { anOracle, expectHonest, type Oracle } from "./oracle.ts";

let house: House;
let oracle: Oracle;
let reader: Person;
const accountId = demoAccountIds.miami;
const range = { since: "2026-11-10", until: "2026-11-22" };
const HANGS_MS = shortened(8_000) + 1_000;
const away = { ...spoilt(HANGS_MS), ...passing };

beforeAll(async () => {
  house = await aHouse();
  oracle = await anOracle(house);
  reader = await aTenantWithAFirstSync(house, { accountId, since: range.since });
  await oracle.converge();
  await clearSchedules(house);
});
afterAll(() => house.stop());
afterEach(() => house.neon.setFault(undefined));

const MEMBERSHIP = /"memberships"/;
const FIGURES = /daily_spend/;
const READS = ["/crm/marketing/stats?time_range=last_30d", "/crm/marketing/campaigns?time_range=last_30d"];

/** Somebody of the tenant, whose limit is still their own, asks an isolate that has kept no answer. */
const ask = async (path: string) => {
  const somebody = await aPerson(house, { tenantId: reader.tenantId });
  return () => as(house, somebody, { app: house.anotherIsolate().app }).get(path);
};

/** The same question healthy, struck and healed: its status, and how often the door was asked for it. */
async function readUnder(fault: FaultKind, match: RegExp, path: string): Promise<number> {
  const requests = async (question: () => Promise<Response>) => {
    const before = house.neon.requests();
    const answer = await question();
    return { answer, asked: house.neon.requests() - before };
  };
  const question = await ask(path);
  const healthy = await requests(question);
  expect(healthy.answer.status).toBe(200);
  house.neon.setFault({ ...fault, match } as Fault);
  const struck = await requests(() => withShortDeadlines(question));
  house.neon.setFault(undefined);
  // I10: whoever is ill is not asked more.
  expect(struck.asked).toBeLessThanOrEqual(Math.ceil(1.5 * healthy.asked));
  await expectHonest(struck.answer);
  const healed = await question();
  const said = async (answer: Response) => ((await answer.json()) as { data: unknown }).data;
  expect([healed.status, await said(healed)]).toEqual([200, await said(healthy.answer)]);
  return struck.answer.status;
}

for (const [name, fault] of Object.entries(away)) {
  cell(
    `F-neon-${name}-read`,
    "503 with Retry-After, no second try, the same figures when it has passed",
    async () => {
      for (const path of READS) expect(await readUnder(fault, FIGURES, path)).toBe(503);
    },
    { sample: name === "truncate" },
  );
  cell(`F-neon-${name}-membership`, "503: nobody is let in on a guess", async () => {
    expect(await readUnder(fault, MEMBERSHIP, READS[0] ?? "")).toBe(503);
  });
}

for (const [code, [fault, status]] of Object.entries(lasting)) {
  cell(
    `F-neon-${code}-read`,
    `${status}, never 500, and nobody is let in`,
    async () => {
      expect(await readUnder(fault, FIGURES, READS[0] ?? "")).toBe(status);
      expect(await readUnder(fault, MEMBERSHIP, READS[0] ?? "")).toBe(status);
    },
    { sample: code === "42501" },
  );
}

cell("F-neon-duplicate-read", "a question that arrives twice is answered as one", async () => {
  for (const path of READS) expect(await readUnder({ kind: "duplicate" }, FIGURES, path)).toBe(200);
});

const WRITE = /INSERT INTO sales_transactions/;

async function refund(fault: FaultKind) {
  const person = await aPerson(house, { role: "crm" });
  const sale = { external_id: "s-1", amount: "100", currency: "ARS", transaction_date: "2026-11-20" };
  expect((await as(house, person).post("/crm/sales", sale)).status).toBe(201);
  const key = { "idempotency-key": "refund-1" };
  const send = () => as(house, person).post("/crm/sales/external:s-1/refund", { amount: "10" }, key);
  house.neon.setFault({ ...fault, match: WRITE, times: 1 } as Fault);
  const first = await withShortDeadlines(send);
  house.neon.setFault(undefined);
  await expectHonest(first);
  const again = await send();
  await expectHonest(again);
  const [refunds] = await house.sql(
    "SELECT count(*)::int FROM sales_transactions WHERE tenant_id = $1 AND kind = 'refund'",
    [person.tenantId],
  );
  await expectSettled(house, person.tenantId);
  await oracle.expectNoSecrets({ person });
  await oracle.expectNeighbourAndTokens();
  return { statuses: [first.status, again.status], refunds: refunds?.["count"] as number };
}

for (const [name, fault] of Object.entries(away))
  cell(
    `F-neon-${name}-write`,
    "503; sent again with its key the refund is given once",
    async () => {
      const { statuses, refunds } = await refund(fault);
      expect(statuses[0]).toBe(503);
      // 201 of its own, or 200 where the first had acted.
      expect(Math.floor((statuses[1] ?? 0) / 100)).toBe(2);
      expect(refunds).toBe(1);
    },
    { sample: name === "reset_after_execute" },
  );

for (const [code, [fault, status]] of Object.entries(lasting))
  cell(`F-neon-${code}-write`, `${status}, told again to who asks again, and nothing is written`, async () => {
    expect(await refund(fault)).toEqual({ statuses: [status, status], refunds: 0 });
  });

cell("F-neon-duplicate-write", "a write that arrives twice is given once", async () => {
  expect(await refund({ kind: "duplicate" })).toEqual({ statuses: [201, 201], refunds: 1 });
});

const SAVE = /update "connections"|insert into "connections"/i;

for (const [name, fault] of Object.entries(away))
  cell(`F-neon-${name}-connect`, "the user is told, no half connection is left, the next login connects", async () => {
    const person = await aPerson(house);
    const { browser, back } = await startLogin(house, person);
    house.neon.setFault({ ...fault, match: SAVE } as Fault);
    const told = (await withShortDeadlines(() => browser.open(back))).headers.get("location");
    house.neon.setFault(undefined);
    expect(told).toMatch(/error=auth_failed&reason=save_failed/);
    const next = await startLogin(house, person);
    expect((await next.browser.open(next.back)).headers.get("location")).toContain("success=connected");
    await oracle.expectNoSecrets({ person });
    await oracle.expectNeighbourAndTokens();
  });

const ROWS = /INSERT INTO meta_ads_insights/;

for (const [name, fault] of Object.entries({ ...away, duplicate: { kind: "duplicate" } as const }))
  cell(
    `F-neon-${name}-sync`,
    "the piece comes again, and tables equal Meta within two periods",
    async () => {
      const person = await aTenantWithAFirstSync(house, { accountId, since: range.since });
      house.neon.setFault({ ...fault, match: ROWS, times: 2 } as Fault);
      await withShortDeadlines(() => oracle.check({ person, accountId, range }));
      await clearSchedules(house);
    },
    { sample: name === "40001" },
  );

for (const [code, [fault]] of Object.entries(lasting))
  cell(`F-neon-${code}-sync`, "the run fails or goes on by a reason, and later tables equal Meta", async () => {
    const person = await aTenantWithAFirstSync(house, { accountId, since: range.since });
    house.neon.setFault({ ...fault, match: ROWS, times: 1 } as Fault);
    await house.settle({ upTo: hours(1) });
    house.clock.advance(hours(2));
    await oracle.check({ person, accountId, range });
    await clearSchedules(house);
  });

cell(
  "F-neon-wrong-role",
  "a role that row level security does not bind lets nobody in, and /readyz says so",
  async () => {
    const open = await aHouse();
    try {
      const person = await aPerson(open);
      const asPerson = as(open, person);
      expect((await asPerson.get(READS[0] ?? "")).status).toBe(200);
      await open.sql("ALTER TABLE answer_versions NO FORCE ROW LEVEL SECURITY");
      await open.sql("ALTER TABLE answer_versions OWNER TO app_rw");
      const answer = await asPerson.get(READS[1] ?? "");
      await expectHonest(answer.clone());
      expect([answer.status, await answer.json()]).toMatchObject([503, { error: { code: "config.invalid" } }]);
      const readiness = await open.request("/readyz");
      const { checks } = (await readiness.json()) as { checks: unknown[] };
      expect([readiness.status, checks]).toEqual([
        503,
        expect.arrayContaining([{ name: "database", ok: false, note: "the role bypasses row level security" }]),
      ]);
    } finally {
      await open.stop();
    }
  },
  { sample: true },
);

cell("F-neon-down-hour", "an hour without a database: reads say 503, then everything is made up for", async () => {
  const person = await aTenantWithAFirstSync(house, { accountId, since: range.since });
  const question = await ask(READS[0] ?? "");
  house.neon.setFault({ kind: "reset-before" });
  await expect(house.tick()).rejects.toMatchObject({ code: "database.unavailable" });
  await house.queue.deliverDue();
  const answer = await question();
  await expectHonest(answer);
  expect(answer.status).toBe(503);
  house.clock.advance(hours(1));
  house.neon.setFault(undefined);
  await oracle.check({ person, accountId, range });
  await clearSchedules(house);
});
