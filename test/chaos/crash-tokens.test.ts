// The isolate that keeps a token dies at its n-th call to the outside, for every n there is; a fresh one goes on with cron and
// queue, and nobody asks for it.
import { afterAll, beforeAll, expect } from "vitest";
import { days } from "../support/clock.ts";
import type { Death } from "../support/fuse.ts";
import { aConnectedTenant, as } from "../support/people.ts";
import { demoPersonIds, demoSystemUserId } from "../world/meta/demo-ids.ts";
import { cell, isWhole } from "./cell.ts";
import { atEveryCall } from "./crash.ts";
import { aScene, type Scene } from "./token-scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await aScene();
});
afterAll(() => scene.house.stop());

const EXCHANGE = /oauth\/access_token/;

async function renewal(death: Death): Promise<{ died: boolean }> {
  const person = await aConnectedTenant(scene.house);
  scene.house.clock.advance(
    (await scene.connectionOf(person)).expires_at.getTime() - days(26) - scene.house.clock.now(),
  );
  const before = scene.house.meta.recorder.count(EXCHANGE);
  const end = await scene.house.crash(death, scene.round);
  await scene.converge(async () => (await scene.connectionOf(person)).token_version === 3);
  // The token that was exchanged last is ours, once: whose answer was lost is asked for a second time, and no third.
  await scene.round();
  const kept = await scene.connectionOf(person);
  expect(kept).toMatchObject({ token_version: 3, status: "active", keeper: null, renew_failures: 0 });
  expect(scene.house.meta.recorder.count(EXCHANGE) - before).toBeLessThanOrEqual(2);
  const { isValid, left } = await scene.atMeta(person);
  expect([isValid, left > days(59)]).toEqual([true, true]);
  expect(kept.expires_at.getTime() - scene.house.clock.now()).toBe(left);
  expect(await scene.events(person)).toEqual(["connection.connected", "connection.renewed"]);
  await scene.oracle.expectNoSecrets({ person });
  await scene.oracle.expectNeighbourAndTokens();
  await scene.leaveAlone(person);
  return end;
}

cell(
  "F-isolate-crash-renewal",
  "one valid token of the next version, its event told once, at most one exchange in vain",
  async () => {
    const deaths = await atEveryCall(renewal, isWhole ? {} : { everyNth: 9, whens: ["after"] });
    expect(deaths).toBeGreaterThan(isWhole ? 14 : 1);
  },
  { sample: true },
);

cell("F-isolate-crash-verification", "a token that died at Meta is told once, whoever looked", async () => {
  const deaths = await atEveryCall(async (death) => {
    const person = await aConnectedTenant(scene.house);
    scene.house.clock.advance(days(1));
    scene.house.meta.invalidateTokens(demoPersonIds.owner, 460);
    const end = await scene.house.crash(death, scene.round);
    await scene.converge(async () => (await scene.connectionOf(person))["status"] === "needs_reauth");
    await scene.round();
    expect(await scene.connectionOf(person)).toMatchObject({ token_version: 2, keeper: null });
    expect(await scene.events(person)).toEqual(["connection.connected", "connection.needs_reauth"]);
    await scene.oracle.expectNoSecrets({ person });
    await scene.oracle.expectNeighbourAndTokens();
    await scene.leaveAlone(person);
    return end;
  });
  expect(deaths).toBeGreaterThan(14);
});

cell(
  "F-isolate-crash-system_user",
  "a pasted token connects when it is pasted again, and nothing half is kept",
  async () => {
    const deaths = await atEveryCall(async (death) => {
      const person = await aConnectedTenant(scene.house);
      const token = scene.house.meta.issueToken({ kind: "SYSTEM_USER", personId: demoSystemUserId }).value;
      const paste = (app = scene.house.app) =>
        as(scene.house, person, { app }).post("/crm/auth/meta/system-user-token", { token });
      const end = await scene.house.crash(death, ({ app }) => paste(app));
      // Its token and what is known of it are of one kind.
      const { token_type, meta_user_id } = await scene.connectionOf(person);
      expect(meta_user_id === demoSystemUserId).toBe(token_type === "system_user");
      expect((await paste()).status).toBe(200);
      expect(await scene.connectionOf(person)).toMatchObject({ status: "active", token_type: "system_user" });
      expect(await scene.atMeta(person)).toMatchObject({ isValid: true });
      expect((await scene.events(person)).length).toBeGreaterThan(1);
      await scene.oracle.expectNoSecrets({ person });
      await scene.oracle.expectNeighbourAndTokens();
      await scene.leaveAlone(person);
      return end;
    });
    expect(deaths).toBeGreaterThan(10);
  },
);
