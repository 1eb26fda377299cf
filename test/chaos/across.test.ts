// C6, and what of the other rows is about time and other isolates: keys that change, databases that restart, clocks that
// differ, a deploy in the middle, work that outlives its answer.
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { createApp } from "../../src/app.ts";
import { systemCtx } from "../../src/context.ts";
import { rewrapTokens } from "../../src/features/key-rotation/rewrap.service.ts";
import { minutes, seconds } from "../support/clock.ts";
import { aBrowser, aConnectedTenant, aPerson, as, startLogin } from "../support/people.ts";
import { vaultOf } from "../features/key-rotation/keys.ts";
import { aTenantWithAFirstSync } from "../features/sync/scene.ts";
import { demoAccountIds } from "../world/meta/demo-ids.ts";
import { runtimeRole } from "../world/settings.ts";
import { cell } from "./cell.ts";
import { clearSchedules } from "./crash.ts";
import { expectHonest } from "./oracle.ts";
import { aScene, newer, older, type Scene } from "./token-scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await aScene();
});
afterAll(() => scene.house.stop());
afterEach(async () => {
  scene.house.neon.setFault(undefined);
  scene.house.meta.faults.clear();
  await clearSchedules(scene.house);
});

const accountId = demoAccountIds.miami;
const range = { since: "2026-11-10", until: "2026-11-22" };
const aTenant = () => aTenantWithAFirstSync(scene.house, { accountId, since: range.since });
const isolateWith = (...ring: (typeof older)[]) =>
  createApp({ ...scene.house.tools, vault: vaultOf(...ring.map(({ key }) => key)) });

cell("F-key-rotated-requests", "while tokens change keys both kinds of isolate open them: no error", async () => {
  const { house } = scene;
  const person = await aConnectedTenant(house);
  // One that was not deployed anew seals and opens with the older first.
  const apps = [isolateWith(newer, older), isolateWith(older, newer)];
  for (let turn = 0; turn < 6; turn += 1) {
    const ring = turn % 2 === 0 ? [older.key, newer.key] : [newer.key, older.key];
    const ctx = systemCtx(
      { ...house.tools, vault: vaultOf(...ring) },
      { tenantId: person.tenantId, requestId: "turn", job: "token.rewrap" },
    );
    const [rewrapped, ...answers] = await Promise.all([
      rewrapTokens(ctx),
      ...apps.map((app) => as(house, person, { app }).get("/crm/auth/meta/test-connection")),
    ]);
    expect(rewrapped.renewed).toBe(1);
    for (const answer of answers)
      expect([answer.status, await answer.text()]).toEqual([200, expect.not.stringContaining("vault")]);
  }
  expect(await scene.atMeta(person)).toMatchObject({ isValid: true });
});

cell(
  "F-key-removed-read",
  "503 by name while the key is missing, nothing lost, healed when it is back",
  async () => {
    const { house } = scene;
    const person = await aConnectedTenant(house);
    const before = await scene.connectionOf(person);
    const without = await as(house, person, { app: isolateWith(older) }).get("/crm/marketing/meta-accounts");
    await expectHonest(without);
    expect([without.status, await without.text()]).toEqual([503, expect.stringContaining("vault.unsealable")]);
    expect(await scene.connectionOf(person)).toEqual(before);
    expect((await as(house, person).get("/crm/marketing/meta-accounts")).status).toBe(200);
  },
  { sample: true },
);

/** As in a failover: whoever is connected is thrown out. */
const restart = () =>
  scene.house.sql(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = $1",
    [runtimeRole.name],
  );

cell(
  "F-neon-restart-sync",
  "a database that restarts again and again in the middle: tables equal Meta in the end",
  async () => {
    const { house, oracle } = scene;
    const person = await aTenant();
    let restarts = 0;
    const restarting = setInterval(() => void restart().then(() => (restarts += 1)), 40);
    for (let turn = 0; turn < 8; turn += 1, house.clock.advance(minutes(1))) {
      await house.tick().catch((thrown: unknown) => expect(thrown).toMatchObject({ code: "database.unavailable" }));
      await house.queue.deliverDue();
    }
    clearInterval(restarting);
    expect(restarts).toBeGreaterThan(3);
    await oracle.check({ person, accountId, range });
  },
);

cell("F-neon-restart-read", "200 or an honest 503 in the middle, 200 after it", async () => {
  const { house } = scene;
  const person = await aPerson(house);
  const ask = () =>
    as(house, person, { app: house.anotherIsolate().app }).get("/crm/marketing/stats?time_range=last_30d");
  for (let turn = 0; turn < 5; turn += 1) {
    const answers = await Promise.all([...Array.from({ length: 4 }, ask), restart().then(ask)]);
    for (const answer of answers) await expectHonest(answer);
    // Who is asked while it restarts may see it away.
    const others = answers.filter(({ status }) => status !== 503);
    expect(others.map(({ status }) => status)).toEqual(others.map(() => 200));
  }
  expect((await ask()).status).toBe(200);
});

cell(
  "F-isolate-deploy-sync",
  "each message by a new isolate, over tables that have grown meanwhile: nothing is lost",
  async () => {
    const { house, oracle } = scene;
    const person = await aTenant();
    const tables = ["sync_runs", "sync_slices", "sync_schedule", "meta_ads_insights", "ad_accounts", "connections"];
    for (let version = 1; version <= 4; version += 1) {
      for (const table of tables)
        await house.sql(`ALTER TABLE ${table} ADD COLUMN added_${version} text DEFAULT 'new'`);
      await house.crash({ at: Infinity, when: "before" }, async () => {
        await house.tick();
        await house.queue.deliverDue();
      });
      house.clock.advance(minutes(1));
    }
    await oracle.check({ person, accountId, range });
  },
);

cell("F-queue-wall-sync", "a Meta so slow that a message is over after one call: the next ones go on", async () => {
  const { house, oracle } = scene;
  const person = await aTenant();
  const before = house.meta.recorder.count(/insights/);
  const slow = () => {
    house.clock.advance(seconds(26));
    return false;
  };
  house.meta.faults.add({ match: slow, fault: { kind: "reset" } });
  await house.tick();
  await house.queue.deliverDue();
  expect(house.meta.recorder.count(/insights/) - before).toBeLessThanOrEqual(1);
  await oracle.check({ person, accountId, range });
});

for (const [name, skew, ends] of [
  ["ahead", minutes(9), /success=connected/],
  ["behind", -minutes(10), /success=connected/],
  ["far_ahead", minutes(11), /invalid_state&reason=(expired|unknown)/],
] as const)
  cell(
    `F-isolate-clock_${name}-login`,
    "one exchange at most, and who is refused connects by the next login",
    async () => {
      const { house } = scene;
      const person = await aPerson(house);
      const { browser, back } = await startLogin(house, person);
      const before = house.meta.recorder.count(/oauth\/access_token/);
      house.clock.advance(skew);
      expect((await browser.open(back)).headers.get("location")).toMatch(ends);
      house.clock.advance(-skew);
      expect((await browser.open(back)).headers.get("location")).toContain("error=invalid_state");
      expect(house.meta.recorder.count(/oauth\/access_token/) - before).toBeLessThanOrEqual(2);
      // Later than any of the clocks: a token of a later login lives longer.
      house.clock.advance(minutes(12));
      const next = await startLogin(house, person);
      expect((await next.browser.open(next.back)).headers.get("location")).toContain("success=connected");
      await scene.oracle.expectNeighbourAndTokens();
    },
  );

cell(
  "F-key-clock_ahead-refund",
  "an isolate ten minutes ahead takes a living claim over: the refund is given once",
  async () => {
    const { house } = scene;
    const person = await aPerson(house, { role: "crm" });
    const sale = { external_id: "s-1", amount: "100", currency: "ARS", transaction_date: "2026-11-20" };
    expect((await as(house, person).post("/crm/sales", sale)).status).toBe(201);
    const refund = () =>
      as(house, person).post("/crm/sales/external:s-1/refund", { amount: "10" }, { "idempotency-key": "r-1" });
    // The first has written, and has not been told so yet.
    house.neon.setFault({ kind: "latency", ms: 1_500, match: /INSERT INTO sales_transactions/, times: 1 });
    const first = refund();
    await new Promise((resolve) => setTimeout(resolve, 700));
    house.clock.advance(minutes(10));
    const others = await Promise.all([refund(), refund()]);
    house.clock.advance(-minutes(10));
    await refund();
    for (const answer of [await first, ...others]) await expectHonest(answer);
    const [row] = await house.sql(
      "SELECT count(*)::int FROM sales_transactions WHERE tenant_id = $1 AND kind = 'refund'",
      [person.tenantId],
    );
    expect(row?.["count"]).toBe(1);
  },
);

cell(
  "F-upstash-failover-callback",
  "a Redis that forgot that the state was consumed: the code is worth nothing, the connection stays",
  async () => {
    const { house } = scene;
    const person = await aPerson(house);
    const { browser, back, state } = await startLogin(house, person);
    const cookies = new Map(browser.jar);
    expect((await browser.open(back)).headers.get("location")).toContain("success=connected");
    const before = await scene.connectionOf(person);
    const headers = { authorization: `Bearer ${house.upstash.token}` };
    await fetch(house.upstash.url, { method: "POST", headers, body: JSON.stringify(["DEL", `oauth:used:${state}`]) });
    const again = aBrowser(house);
    for (const [name, value] of cookies) again.jar.set(name, value);
    expect((await again.open(back)).headers.get("location")).toContain("error=token_exchange_failed");
    expect(await scene.connectionOf(person)).toEqual(before);
    expect(await scene.atMeta(person)).toMatchObject({ isValid: true });
  },
);
