// The isolate that works off what a person took back at Meta, or brings tokens under another key, dies at its n-th call to
// the outside, for every n there is; a fresh one goes on with cron and queue.
import { afterAll, beforeAll, expect } from "vitest";
import { minutes } from "../support/clock.ts";
import type { Death } from "../support/fuse.ts";
import { sendTo } from "../support/house.ts";
import { aConnectedTenant } from "../support/people.ts";
import { seedTokens, vaultOf } from "../features/key-rotation/keys.ts";
import { metaApp } from "../world/settings.ts";
import { demoPersonIds } from "../world/meta/demo-ids.ts";
import { signRequest } from "../world/meta/signed-request.ts";
import { cell, isWhole } from "./cell.ts";
import { atEveryCall, clearSchedules } from "./crash.ts";
import { aScene, newer, older, type Scene } from "./token-scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await aScene();
});
afterAll(() => scene.house.stop());

const withdraw = async (death: Death, kind: "deauthorize" | "data-deletion"): Promise<{ died: boolean }> => {
  const person = await aConnectedTenant(scene.house);
  const bystander = await aConnectedTenant(scene.house);
  await scene.house.sql("UPDATE connections SET meta_user_id = '4711' WHERE tenant_id = $1", [bystander.tenantId]);
  scene.house.clock.advance(minutes(1));
  const issuedAt = Math.floor(scene.house.clock.now() / 1000);
  const signed = signRequest(metaApp.secret, { userId: demoPersonIds.owner, issuedAt });
  const init = {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ signed_request: signed }).toString(),
  };
  const path = `/crm/auth/meta/${kind}`;
  const end = await scene.house.crash(death, async ({ app }) => {
    await sendTo(app, path, init);
    await scene.round();
  });
  // Meta was not answered, and says it again; what it had said already changes nothing.
  const answer = await scene.house.request(path, init);
  expect(answer.status).toBe(200);
  await scene.converge(
    async () => (await scene.house.sql("SELECT FROM withdrawals WHERE done_at IS NULL")).length === 0,
  );
  await scene.round();
  expect(await scene.connectionOf(person)).toMatchObject({ status: "revoked", token_sealed: null, granted_scopes: [] });
  expect(await scene.connectionOf(bystander)).toMatchObject({ status: "active" });
  const told = kind === "deauthorize" ? "connection.deauthorized" : "connection.data_deleted";
  expect(await scene.events(person)).toEqual(["connection.connected", told]);
  if (kind === "data-deletion") {
    const { url } = (await answer.json()) as { url: string };
    expect(await (await scene.house.request(url, { headers: { accept: "application/json" } })).text()).toContain(
      '"status":"done"',
    );
    const rest = await scene.house.sql("SELECT FROM withdrawals WHERE meta_user_id IS NOT NULL");
    expect(rest).toEqual([]);
  }
  await scene.oracle.expectNoSecrets({ person });
  await scene.oracle.expectNeighbourAndTokens();
  await scene.leaveAlone(bystander);
  return end;
};

cell("F-isolate-crash-deauthorize", "the person's connection ends, once and no other", async () => {
  expect(await atEveryCall((death) => withdraw(death, "deauthorize"))).toBeGreaterThan(16);
});

cell("F-isolate-crash-data_deletion", "what is held of the person is deleted, and its page says so", async () => {
  expect(await atEveryCall((death) => withdraw(death, "data-deletion"))).toBeGreaterThan(16);
});

cell(
  "F-isolate-crash-rewrap",
  "every token is under the new key in the end, opens, and is the same token",
  async () => {
    const deaths = await atEveryCall(
      async (death) => {
        const tenants = await seedTokens(scene.house, 3, (place, secret) => vaultOf(older.key).seal(secret, place));
        const end = await scene.house.crash(death, scene.round);
        const held = () =>
          scene.house.sql<{
            tenant_id: number;
            id: string;
            token_sealed: string;
            sealed_by: string;
            token_version: number;
          }>(
            "SELECT tenant_id, id, token_sealed, sealed_by, token_version FROM connections WHERE tenant_id = ANY ($1)",
            [tenants],
          );
        await scene.converge(async () => (await held()).every(({ sealed_by }) => sealed_by === "v2.k2"));
        const newRing = vaultOf(newer.key);
        for (const { tenant_id: tenantId, id, token_sealed, token_version } of await held()) {
          const place = { tenantId, connectionId: id, kind: "user" };
          expect([await newRing.open(token_sealed, place), token_version]).toEqual([`EAA-${tenantId}`, 1]);
        }
        await scene.oracle.expectNeighbourAndTokens();
        await scene.house.sql("UPDATE connections SET token_sealed = NULL WHERE tenant_id = ANY ($1)", [tenants]);
        await clearSchedules(scene.house);
        return end;
      },
      isWhole ? {} : { everyNth: 8, whens: ["after"] },
    );
    expect(deaths).toBeGreaterThan(isWhole ? 16 : 1);
  },
  { sample: true },
);
