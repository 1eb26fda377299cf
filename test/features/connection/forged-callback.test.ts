// T04: whoever comes back with somebody else's login gets nothing, and the tenant whose login it was has it in its audit.
import { afterAll, beforeAll, expect, it } from "vitest";
import { aHouse, type House } from "../../support/house.ts";
import { aBrowser, aPerson, aSessionToken, startLogin } from "../../support/people.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const EXCHANGE = /oauth\/access_token/;
const exchanges = () => house.meta.recorder.count(EXCHANGE);

const auditOf = (tenantId: number) =>
  house.sql(
    "SELECT actor, outcome, reason, request_id FROM audit_log WHERE tenant_id = $1 AND action = $2 ORDER BY audit_log.seq",
    [tenantId, "GET /crm/auth/meta/callback"],
  );

const row = (actor: string, reason: string, answer: Response) => ({
  actor: `user:${actor}`,
  outcome: "refused",
  reason,
  request_id: answer.headers.get("x-request-id"),
});

it("a login that another browser brings back is refused and written down; its owner cannot use it any more", async () => {
  const owner = await aPerson(house);
  const { browser, back } = await startLogin(house, owner);
  const before = exchanges();
  const stranger = await aBrowser(house).open(back);
  expect(stranger.headers.get("location")).toContain("error=invalid_state");
  const late = await browser.open(back);
  expect(late.headers.get("location")).toContain("error=invalid_state");
  expect(exchanges()).toBe(before);
  expect(await auditOf(owner.tenantId)).toEqual([
    row("unknown", "oauth.invalid_state", stranger),
    row(owner.userId, "oauth.invalid_state", late),
  ]);
});

it("a login in another user's session is written down under that user's name, in the tenant whose login it was", async () => {
  const [owner, other] = [await aPerson(house), await aPerson(house)];
  const { browser, back } = await startLogin(house, owner);
  browser.jar.set("access_token", await aSessionToken(other, { now: house.clock.now() }));
  const answer = await browser.open(back);
  expect(await auditOf(owner.tenantId)).toEqual([row(other.userId, "oauth.invalid_state", answer)]);
  expect(await auditOf(other.tenantId)).toEqual([]);
});

it("a login of somebody who was put out meanwhile is written down", async () => {
  const owner = await aPerson(house);
  const { browser, back } = await startLogin(house, owner);
  await house.sql("UPDATE memberships SET status = 'disabled' WHERE user_id = $1", [owner.userId]);
  const answer = await browser.open(back);
  expect(answer.headers.get("location")).toContain("error=missing_tenant");
  expect(await auditOf(owner.tenantId)).toEqual([row(owner.userId, "tenant.no_membership", answer)]);
});

it("a state that nobody gave belongs to no tenant", async () => {
  const before = await house.sql("SELECT count(*) FROM audit_log");
  await aBrowser(house).open(`/crm/auth/meta/callback?code=x&state=${"A".repeat(43)}`);
  expect(await house.sql("SELECT count(*) FROM audit_log")).toEqual(before);
});
