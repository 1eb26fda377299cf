import { afterAll, afterEach, beforeAll, describe, expect, it, test } from "vitest";
import { demoSystemUserId } from "../../world/meta/demo-ids.ts";
import type { IssueOptions } from "../../world/meta/tokens.ts";
import { days } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aConnectedTenant, aPerson, as } from "../../support/people.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());
afterEach(() => house.meta.faults.clear());

const PATH = "/crm/auth/meta/system-user-token";
const issue = (options: IssueOptions = {}) =>
  house.meta.issueToken({ kind: "SYSTEM_USER", personId: demoSystemUserId, ...options }).value;
const rowOf = async (tenantId: number) => {
  const [row] = await house.sql<Record<string, unknown> & { expires_at: Date }>(
    "SELECT * FROM connections WHERE tenant_id = $1",
    [tenantId],
  );
  return row;
};

describe("a system user's token", () => {
  it("connects a tenant, sealed, and works; it is never shown and never logged", async () => {
    const person = await aPerson(house);
    const token = issue();
    const answer = await as(house, person).post(PATH, { token: ` ${token}\n` });
    const text = await answer.text();
    expect([answer.status, JSON.parse(text)]).toEqual([
      200,
      expect.objectContaining({
        data: expect.objectContaining({
          connected: true,
          life: "ok",
          token_type: "system_user",
          days_left: null,
          expires_at: null,
        }),
      }),
    ]);
    const row = await rowOf(person.tenantId);
    expect(row).toMatchObject({ token_sealed: expect.stringMatching(/^v2\./), meta_user_id: demoSystemUserId });
    const place = { tenantId: person.tenantId, connectionId: String(row?.["id"]), kind: "user" };
    expect(await house.tools.vault.open(String(row?.["token_sealed"]), place)).toBe(token);
    const audit = JSON.stringify(await house.sql("SELECT * FROM audit_log WHERE tenant_id = $1", [person.tenantId]));
    for (const shown of [text, audit, JSON.stringify(row), ...house.logs]) expect(shown).not.toContain(token);
    const accounts = await as(house, person).get("/crm/marketing/meta-accounts");
    expect([accounts.status, (await accounts.json()) as object]).toEqual([
      200,
      expect.objectContaining({ success: true }),
    ]);
  });

  it("takes the place of a person's token, in the same connection", async () => {
    const person = await aConnectedTenant(house);
    const before = await rowOf(person.tenantId);
    await as(house, person).post(PATH, { token: issue() });
    expect(await rowOf(person.tenantId)).toMatchObject({
      id: before?.["id"],
      token_type: "system_user",
      token_version: 3,
    });
  });

  it("that ends after sixty days is renewed for sixty more", async () => {
    const person = await aPerson(house);
    await as(house, person).post(PATH, { token: issue({ expiresInSeconds: 60 * 86_400 }) });
    house.clock.advance(days(40));
    await house.tick();
    while ((await house.queue.deliverDue()) > 0);
    const row = await rowOf(person.tenantId);
    expect(row).toMatchObject({ token_version: 3, status: "active" });
    expect((row?.expires_at.getTime() ?? 0) - house.clock.now()).toBeGreaterThan(days(59));
  });

  test.each<[string, () => string, string]>([
    ["of nobody", () => "EAAGnobodysToken", "dead"],
    ["that expired", () => issue({ expiresInSeconds: -60 }), "dead"],
    ["of another app", () => issue({ appId: "999" }), "wrong_app"],
    ["of a person", () => house.meta.issueToken().value, "wrong_type"],
    ["that may not read ads", () => issue({ scopes: ["business_management"] }), "missing_scope"],
  ])("%s is refused, and what was there stays", async (_, token, reason) => {
    const person = await aConnectedTenant(house);
    const before = await rowOf(person.tenantId);
    const pasted = token();
    const answer = await as(house, person).post(PATH, { token: pasted });
    const text = await answer.text();
    expect([answer.status, JSON.parse(text)]).toEqual([
      422,
      expect.objectContaining({
        error: expect.objectContaining({ code: "connection.token_refused", details: { reason } }),
      }),
    ]);
    expect(text).not.toContain(pasted);
    expect(await rowOf(person.tenantId)).toEqual(before);
  });

  it("is not stored while Meta cannot be asked", async () => {
    const person = await aPerson(house);
    house.meta.faults.add({ match: /debug_token/, fault: { kind: "graph-error", code: 2, status: 500 } });
    expect((await as(house, person).post(PATH, { token: issue() })).status).toBe(503);
    expect(await rowOf(person.tenantId)).toBeUndefined();
  });

  test.each([
    [{}],
    [{ token: "short" }],
    [{ token: "EAAG two words long" }],
    [{ token: 7 }],
    [{ token: "EAAGnobodys", x: 1 }],
  ])("in a body like %j is 422 by name, without the value", async (body) => {
    const answer = await as(house, await aPerson(house)).post(PATH, body);
    const text = await answer.text();
    expect([answer.status, text.includes("EAAG")]).toEqual([422, false]);
  });

  it("is for those who may connect", async () => {
    const reader = await aPerson(house, { role: "closer" });
    expect((await as(house, reader).post(PATH, { token: issue() })).status).toBe(403);
  });
});
