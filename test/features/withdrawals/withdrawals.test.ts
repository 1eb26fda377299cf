// A person leaves the app in Facebook's settings, or wants their data deleted there: Meta tells us by a signed request.
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { systemCtx } from "../../../src/context.ts";
import { forgetToken } from "../../../src/features/connection/token.queries.ts";
import { demoPersonIds } from "../../world/meta/demo-ids.ts";
import { signRequest } from "../../world/meta/signed-request.ts";
import { metaApp } from "../../world/settings.ts";
import { days, minutes } from "../../support/clock.ts";
import { aHouse, type House, WORKER_URL } from "../../support/house.ts";
import { aConnectedTenant, as, type Person } from "../../support/people.ts";

const FORMER = "the-former-secret-of-the-app";
const ACCOUNT = "act_784512093311002";

let house: House;
beforeAll(async () => {
  house = await aHouse({ variables: { META_APP_SECRET: `${metaApp.secret}, ${FORMER}` } });
});
afterAll(() => house.stop());

const now = () => Math.floor(house.clock.now() / 1000);

const post = (path: string, signedRequest: string, headers: Record<string, string> = {}) =>
  house.request(`/crm/auth/meta/${path}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams({ signed_request: signedRequest }).toString(),
  });

const signed = (issuedAt: number, { secret = metaApp.secret as string, userId = demoPersonIds.owner as string } = {}) =>
  signRequest(secret, { userId, issuedAt });

const connectionOf = async ({ tenantId }: Person) => {
  const [row] = await house.sql("SELECT * FROM connections WHERE tenant_id = $1", [tenantId]);
  return row;
};

const auditOf = ({ tenantId }: Person, action: string) =>
  house.sql("SELECT actor, target, outcome FROM audit_log WHERE tenant_id = $1 AND action = $2", [tenantId, action]);

/** Cron plans, the queue works, cron closes. */
const workOff = async () => {
  for (let tick = 0; tick < 3; tick += 1) {
    await house.tick();
    while ((await house.queue.deliverDue()) > 0);
    house.clock.advance(minutes(1));
  }
};

describe("defect 97: a person who removes the app", () => {
  it("ends the connection of every tenant that used it, and no other; history stays, and it is recorded", async () => {
    const [ana, bruno] = [await aConnectedTenant(house), await aConnectedTenant(house)];
    expect((await as(house, ana).post("/crm/marketing/connect", { account_id: ACCOUNT })).status).toBe(200);
    const carla = await aConnectedTenant(house);
    await house.sql("UPDATE connections SET meta_user_id = '4711' WHERE tenant_id = $1", [carla.tenantId]);

    expect((await house.meta.removeApp(demoPersonIds.owner))?.status).toBe(200);
    await workOff();

    for (const person of [ana, bruno]) {
      expect(await connectionOf(person)).toMatchObject({ status: "revoked", token_sealed: null, granted_scopes: [] });
      expect(await auditOf(person, "connection.deauthorized")).toEqual([
        { actor: "system:connection.withdraw", target: "revoked_at_meta:by_the_person", outcome: "success" },
      ]);
    }
    expect(await house.sql("SELECT FROM sync_schedule WHERE tenant_id = $1", [ana.tenantId])).toEqual([]);
    expect(
      await house.sql("SELECT FROM sync_runs WHERE tenant_id = $1 AND finished_at IS NULL", [ana.tenantId]),
    ).toEqual([]);
    expect(await house.sql("SELECT account_id FROM ad_accounts WHERE tenant_id = $1", [ana.tenantId])).toHaveLength(1);
    const [open] = await house.sql("SELECT * FROM connections WHERE tenant_id = $1", [carla.tenantId]);
    expect(open?.["token_sealed"]).not.toBeNull();
    const status = await as(house, ana).get("/crm/marketing/token-status");
    expect(((await status.json()) as { data: { connected: boolean } }).data.connected).toBe(false);
  });

  it("is not meant any more once they have connected again, whenever Meta's word comes or is repeated", async () => {
    const before = signed(now());
    house.clock.advance(minutes(2));
    const ana = await aConnectedTenant(house);
    for (let time = 0; time < 3; time += 1) expect((await post("deauthorize", before)).status).toBe(200);
    await workOff();
    expect(await connectionOf(ana)).toMatchObject({ status: "active" });
    expect(await house.sql("SELECT FROM withdrawals WHERE done_at IS NULL")).toEqual([]);
  });

  it("is heard under the former secret too, and twice is once", async () => {
    const ana = await aConnectedTenant(house);
    house.clock.advance(minutes(1));
    const request = signed(now(), { secret: FORMER });
    for (let time = 0; time < 2; time += 1) {
      expect((await post("deauthorize", request)).status).toBe(200);
      await workOff();
    }
    expect(await connectionOf(ana)).toMatchObject({ status: "revoked" });
    expect(await auditOf(ana, "connection.deauthorized")).toHaveLength(1);
  });

  it("is worked off although the queue was away, and messages came twice", async () => {
    const ana = await aConnectedTenant(house);
    house.clock.advance(minutes(1));
    house.queue.setDown(true);
    expect((await post("deauthorize", signed(now()))).status).toBe(200);
    await house.tick().catch(() => undefined);
    expect(await connectionOf(ana)).toMatchObject({ status: "active" });
    house.queue.setDown(false);
    await house.tick();
    await house.queue.deliverDue({ copies: 3 });
    expect(await connectionOf(ana)).toMatchObject({ status: "revoked" });
    expect(await auditOf(ana, "connection.deauthorized")).toHaveLength(1);
  });

  it("ends nothing when a new token came between reading and forgetting", async () => {
    const ana = await aConnectedTenant(house);
    const tools = house.anotherIsolate().tools;
    const ctx = systemCtx(tools, { tenantId: ana.tenantId, requestId: "late", job: "connection.withdraw" });
    const { token_version: tokenVersion } = (await connectionOf(ana)) as { token_version: number };
    const late = { kind: "deletion" as const, tokenVersion: tokenVersion - 1 };
    await expect(forgetToken(ctx, { revokedAtMeta: "by_the_person", withdrawal: late })).rejects.toMatchObject({
      code: "lease.lost",
    });
    expect(await connectionOf(ana)).toMatchObject({ status: "active", meta_user_id: demoPersonIds.owner });
    expect(await auditOf(ana, "connection.data_deleted")).toEqual([]);
  });

  it("is answered 503 while it cannot be written down, so that Meta knows", async () => {
    house.neon.setFault({ kind: "status", status: 500, match: /withdrawals/ });
    expect((await post("deauthorize", signed(now()))).status).toBe(503);
    house.neon.setFault(undefined);
  });
});

describe("a person who wants their data deleted", () => {
  it("gets a code and a page; what we hold of them is gone from every tenant, also from a disconnected one", async () => {
    const [ana, bruno] = [await aConnectedTenant(house), await aConnectedTenant(house)];
    expect((await as(house, bruno).post("/crm/auth/meta/disconnect")).status).toBe(200);
    expect((await connectionOf(bruno))?.["meta_user_id"]).toBe(demoPersonIds.owner);
    house.clock.advance(minutes(1));

    const answer = await house.meta.requestDeletion(demoPersonIds.owner);
    expect(answer?.status).toBe(200);
    const told = (await answer?.json()) as { url: string; confirmation_code: string };
    expect(told).toEqual({
      url: `${WORKER_URL}/crm/auth/meta/data-deletion/${told.confirmation_code}`,
      confirmation_code: expect.stringMatching(/^[0-9a-z]{32}$/),
    });
    expect(await statusOf(told.url)).toMatchObject({ status: "received", done_at: null });
    await workOff();
    expect(await statusOf(told.url)).toMatchObject({ status: "done", done_at: expect.any(String) });

    for (const person of [ana, bruno]) {
      const row = await connectionOf(person);
      expect(row).toMatchObject({ status: "revoked", meta_user_id: null, meta_user_name: null, token_sealed: null });
      expect(row).toMatchObject({ granted_scopes: [], declined_scopes: [], granular_targets: {}, issued_at: null });
      expect(await auditOf(person, "connection.data_deleted")).toHaveLength(1);
    }
    const left = await house.sql<{ text: string }>(
      "SELECT (SELECT COALESCE(json_agg(w), '[]') FROM withdrawals w)::text || (SELECT json_agg(c) FROM connections c)::text || (SELECT json_agg(a) FROM audit_log a)::text AS text",
    );
    expect(left[0]?.text).not.toContain(demoPersonIds.owner);
    expect(house.logs.join("\n")).not.toContain(demoPersonIds.owner);
  });

  it("gets the same code for the same request, also when it is done, and another for another", async () => {
    const codeOf = async (request: string) =>
      ((await (await post("data-deletion", request)).json()) as { confirmation_code: string }).confirmation_code;
    const request = signed(now());
    const code = await codeOf(request);
    await workOff();
    expect(await codeOf(request)).toBe(code);
    expect(await codeOf(signed(now()))).not.toBe(code);
    expect(await house.sql("SELECT FROM withdrawals WHERE code_hash LIKE $1", [`%${code}%`])).toEqual([]);
  });

  it("sees a page in Spanish under the strict policy; a code that nobody has is a page too", async () => {
    const { url } = (await (await post("data-deletion", signed(now()))).json()) as { url: string };
    const page = await house.request(url, { headers: { accept: "text/html" } });
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=UTF-8"]);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(page.headers.get("cache-control")).toBe("no-store");
    const text = await page.text();
    expect(text).toContain("Recibimos tu pedido");
    expect(text).not.toMatch(/<script|<style|style=|\d{10}/);
    const nobodys = `/crm/auth/meta/data-deletion/${"0".repeat(32)}`;
    expect((await house.request(nobodys)).status).toBe(404);
    const json = await house.request(nobodys, { headers: { accept: "application/json" } });
    expect([json.status, ((await json.json()) as { error: { code: string } }).error.code]).toEqual([
      404,
      "request.not_found",
    ]);
  });

  const statusOf = async (url: string) =>
    ((await (await house.request(url, { headers: { accept: "application/json" } })).json()) as { data: object }).data;
});

describe.each(["deauthorize", "data-deletion"])("%s refuses, with one sentence whatever the reason,", (path) => {
  test.each<[string, () => string]>([
    ["nothing", () => ""],
    ["another secret", () => signed(now(), { secret: "another-secret-another-secret" })],
    ["another algorithm", () => signRequest(metaApp.secret, { userId: "1", issuedAt: now(), algorithm: "HMAC-SHA1" })],
    ["a changed payload", () => `${signed(now()).split(".")[0]}.${signed(now() + 1).split(".")[1]}`],
    ["a request of four days ago", () => signed(now() - days(4) / 1000)],
    ["a request of tomorrow", () => signed(now() + days(1) / 1000)],
  ])("%s", async (_, request) => {
    const [{ count: before } = {}] = await house.sql("SELECT count(*) FROM withdrawals");
    const answer = await post(path, request());
    const { detail, error } = (await answer.json()) as { detail: string; error: { code: string } };
    expect([answer.status, error.code, detail]).toEqual([401, "signature.invalid", "La firma no es válida."]);
    const [{ count: after } = {}] = await house.sql("SELECT count(*) FROM withdrawals");
    expect(after).toBe(before);
  });

  it("JSON", async () => {
    expect((await post(path, signed(now()), { "content-type": "application/json" })).status).toBe(415);
  });

  it("the sixty-first request of one address in a minute", async () => {
    const statuses = [];
    for (let call = 0; call < 61; call += 1)
      statuses.push((await post(path, "", { "cf-connecting-ip": `203.0.113.${path.length}` })).status);
    expect(statuses).toEqual([...Array.from({ length: 60 }, () => 401), 429]);
    expect((await post(path, signed(now()), { "cf-connecting-ip": "198.51.100.9" })).status).toBe(200);
  });
});
