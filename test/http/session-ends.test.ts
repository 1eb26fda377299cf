// A session ends when its membership does, not when its token does: the membership is read at every request, by every
// isolate, and no answer that was kept is given to who has lost it.
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { seconds } from "../support/clock.ts";
import { aHouse, type House, sendTo } from "../support/house.ts";
import { aPerson, aSessionToken, aTenant, type Person, startLogin } from "../support/people.ts";

let house: House;
let isolates: House["app"][];
let person: Person;
let token: string;

beforeAll(async () => {
  house = await aHouse();
  isolates = [house.app, house.anotherIsolate().app];
  // The first request of all warms a house up: whatever acts does not wait for a limiter that is slow.
  const headers = { authorization: `Bearer ${await aSessionToken(await aPerson(house), { now: house.clock.now() })}` };
  for (const app of isolates) await sendTo(app, "/crm/marketing/stats", { headers });
});
afterAll(() => house.stop());
beforeEach(async () => {
  person = await aPerson(house);
  token = await aSessionToken(person, { now: house.clock.now() });
});

/** What each isolate answers to the same token: to look, and to act. */
const statuses = async () => {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answers: number[] = [];
  for (const app of isolates)
    for (const [path, init] of [
      ["/crm/marketing/stats", { headers }],
      ["/crm/marketing/settings", { method: "PATCH", headers, body: '{"default_model":"linear"}' }],
    ] as const)
      answers.push((await sendTo(app, path, init)).status);
  return answers;
};
const change = (sql: string) => house.sql(`${sql} WHERE user_id = $1`, [person.userId]);

describe("the next request of a good token", () => {
  test.each([
    ["a membership that was disabled", "UPDATE memberships SET status = 'disabled'", [403, 403, 403, 403]],
    ["a membership that was taken away", "DELETE FROM memberships", [403, 403, 403, 403]],
    ["a role that may only look now", "UPDATE memberships SET role = 'viewer'", [200, 403, 200, 403]],
    ["a role that nobody knows", "UPDATE memberships SET role = 'guest'", [403, 403, 403, 403]],
  ])("sees %s", async (_, sql, expected) => {
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    await change(sql);
    // Within 60 seconds is what was asked; it is the same second here.
    expect(await statuses()).toEqual(expected);
    house.clock.advance(seconds(60));
    expect(await statuses()).toEqual(expected);
  });

  it("sees that all sessions were ended, until the user has logged in again", async () => {
    const at = new Date(house.clock.now());
    await house.sql("UPDATE memberships SET sessions_valid_from = $2 WHERE user_id = $1", [person.userId, at]);
    // The CRM's tokens of today do not say when they were issued: they may be older.
    expect(await statuses()).toEqual([401, 401, 401, 401]);
    const issuedAt = (seconds: number) => aSessionToken(person, { now: house.clock.now(), issuedAgo: seconds });
    token = await issuedAt(1);
    expect(await statuses()).toEqual([401, 401, 401, 401]);
    token = await issuedAt(0);
    expect(await statuses()).toEqual([200, 200, 200, 200]);
  });

  it("sees a membership that came back, and another role than the token says", async () => {
    await change("UPDATE memberships SET status = 'disabled', role = 'viewer'");
    expect(await statuses()).toEqual([403, 403, 403, 403]);
    await change("UPDATE memberships SET status = 'active'");
    expect(await statuses()).toEqual([200, 403, 200, 403]);
  });
});

it("who has lost one tenant keeps the other, and does not slip from one into the other", async () => {
  const second = await aPerson(house, { tenantId: await aTenant(house), userId: person.userId });
  const ask = (tenant: number) =>
    house.request("/crm/marketing/stats", {
      headers: { authorization: `Bearer ${token}`, "x-tenant-id": String(tenant) },
    });
  await house.sql("UPDATE memberships SET status = 'disabled' WHERE tenant_id = $1", [person.tenantId]);
  expect([(await ask(person.tenantId)).status, (await ask(second.tenantId)).status]).toEqual([403, 200]);
});

it("a login that was begun before ends without a connection", async () => {
  const { browser, back } = await startLogin(house, person);
  await change("UPDATE memberships SET status = 'disabled'");
  const answer = await browser.open(back);
  expect(answer.headers.get("location")).toContain("error=missing_tenant");
  expect(await house.sql("SELECT FROM connections WHERE tenant_id = $1", [person.tenantId])).toEqual([]);
});
