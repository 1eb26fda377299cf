// C2: what Upstash's door does to the limits, and to the state of a login.
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { aHouse, type House, WORKER_URL } from "../support/house.ts";
import { aBrowser, aPerson, as, aSessionToken, type Person, startLogin } from "../support/people.ts";
import type { Fault, FaultKind } from "../world/faults.ts";
import { cell, REDIS_DEADLINE_MS } from "./cell.ts";
import { spoilt } from "./door-faults.ts";
import { anOracle, expectHonest, type Oracle } from "./oracle.ts";

let house: House;
let oracle: Oracle;

beforeAll(async () => {
  house = await aHouse();
  oracle = await anOracle(house);
});
afterAll(() => house.stop());
afterEach(() => house.upstash.setFault(undefined));

const REDIS_HANGS_MS = 2 * REDIS_DEADLINE_MS;

const refused = (status: number, error: string): FaultKind => ({
  kind: "status",
  status,
  body: JSON.stringify({ error }),
});

/** All after which Redis has said nothing that can be used. */
const away: Record<string, FaultKind> = {
  ...spoilt(REDIS_HANGS_MS),
  quota: refused(429, "ERR max requests limit exceeded"),
  token_rotated: refused(401, "WRONGPASS invalid or missing auth token"),
};

const EXCHANGE = /oauth\/access_token/;
const exchanges = () => house.meta.recorder.count(EXCHANGE);

for (const [name, fault] of Object.entries(away)) {
  cell(
    `F-upstash-${name}-limit`,
    "looking goes on, acting waits with 503: never a 500",
    async () => {
      const person = await aPerson(house);
      house.upstash.setFault(fault as Fault);
      const startedAt = performance.now();
      const read = await as(house, person).get("/crm/marketing/token-status");
      // I10: one deadline, no second try.
      expect(performance.now() - startedAt).toBeLessThan(REDIS_HANGS_MS);
      const act = await as(house, person).post("/crm/leads", { first_name: "Ana" });
      house.upstash.setFault(undefined);
      expect(read.status).toBe(200);
      expect(act.status).toBe(503);
      await expectHonest(act);
      expect((await as(house, person).get("/crm/marketing/token-status")).status).toBe(200);
      await oracle.expectNoSecrets({ person });
    },
    { sample: name === "html" },
  );

  cell(`F-upstash-${name}-url`, "no login begins that could not end: 503", async () => {
    const person = await aPerson(house);
    house.upstash.setFault({ ...fault, match: /oauth:state/ } as Fault);
    const answer = await as(house, person).get("/crm/auth/meta/url");
    house.upstash.setFault(undefined);
    expect(answer.status).toBe(503);
    await expectHonest(answer);
    expect(await answer.text()).not.toContain("state=");
    await startLogin(house, person);
  });

  cell(
    `F-upstash-${name}-callback`,
    "the user is told to try again, nothing is exchanged, and the state is still good",
    async () => {
      const person = await aPerson(house);
      const { browser, back } = await startLogin(house, person);
      const before = exchanges();
      house.upstash.setFault({ ...fault, match: /oauth:state/ } as Fault);
      const told = (await browser.open(back)).headers.get("location");
      house.upstash.setFault(undefined);
      expect(told).toMatch(/error=auth_failed&reason=unavailable/);
      expect(exchanges()).toBe(before);
      const cookies = new Map(browser.jar);
      expect((await browser.open(back)).headers.get("location")).toContain("success=connected");
      expect(await reload(cookies, back)).toMatch(/invalid_state&reason=used/);
      expect(exchanges() - before).toBe(2);
      await oracle.expectNoSecrets({ person });
      await oracle.expectNeighbourAndTokens();
    },
    { sample: name === "status" },
  );
}

/** The same browser opens the page again, with the cookies it had. */
async function reload(cookies: ReadonlyMap<string, string>, back: string): Promise<string> {
  const browser = aBrowser(house);
  for (const [name, value] of cookies) browser.jar.set(name, value);
  return (await browser.open(back)).headers.get("location") ?? "";
}

const struckOnce: Record<string, FaultKind> = {
  reset_before: { kind: "reset-before" },
  reset_after_execute: { kind: "reset-after-execute" },
  truncate: { kind: "truncate", bytes: 5 },
  duplicate: { kind: "duplicate" },
  timeout: { kind: "latency", ms: REDIS_HANGS_MS },
};

for (const [name, fault] of Object.entries(struckOnce))
  cell(
    `F-upstash-${name}-claim`,
    "whose claim it was is read back: the user connects, and exactly one exchange is made",
    async () => {
      const person = await aPerson(house);
      const { browser, back } = await startLogin(house, person);
      const before = exchanges();
      house.upstash.setFault({ ...fault, match: /set oauth:used/i, times: 1 } as Fault);
      expect((await browser.open(back)).headers.get("location")).toContain("success=connected");
      expect(exchanges() - before).toBe(2);
      await oracle.expectNeighbourAndTokens();
    },
    { sample: name === "duplicate" },
  );

/** The state is not there, or not to be seen: the login ends with a code the hub knows, and a new one connects. */
async function startsAnew(person: Person, lose: () => Promise<void>): Promise<void> {
  const { browser, back } = await startLogin(house, person);
  const before = exchanges();
  await lose();
  expect((await browser.open(back)).headers.get("location")).toMatch(/error=invalid_state&reason=unknown/);
  house.upstash.setFault(undefined);
  expect(exchanges()).toBe(before);
  const next = await startLogin(house, person);
  expect((await next.browser.open(next.back)).headers.get("location")).toContain("success=connected");
}

cell(
  "F-upstash-stale-callback",
  "a replica that has not heard of the state: the primary is asked, and the user connects",
  async () => {
    const { browser, back } = await startLogin(house, await aPerson(house));
    const before = exchanges();
    const body = JSON.stringify({ result: null });
    house.upstash.setFault({ kind: "status", status: 200, body, match: /\bget oauth:state/i });
    expect((await browser.open(back)).headers.get("location")).toContain("success=connected");
    expect(exchanges() - before).toBe(2);
    expect(await reload(browser.jar, back)).toMatch(/invalid_state/);
  },
);

cell("F-upstash-flush-callback", "an emptied Redis: refused, nothing exchanged, a new login connects", async () => {
  await startsAnew(await aPerson(house), async () => {
    const command = {
      method: "POST",
      headers: { authorization: `Bearer ${house.upstash.token}` },
      body: '["FLUSHALL"]',
    };
    expect((await fetch(house.upstash.url, command)).status).toBe(200);
  });
});

cell(
  "F-upstash-reset_after_execute-limit_count",
  "a limit may count one request more, and no more than that",
  async () => {
    const person = await aPerson(house);
    const url = `${WORKER_URL}/crm/auth/meta/url?state=tenant_default`;
    const headers = { authorization: `Bearer ${await aSessionToken(person, { now: house.clock.now() })}` };
    house.upstash.setFault({ kind: "reset-after-execute", times: 1 });
    const statuses: number[] = [];
    for (let asked = 0; asked < 21; asked += 1) statuses.push((await house.request(url, { headers })).status);
    const admitted = statuses.filter((status) => status === 200).length;
    expect(admitted).toBeGreaterThanOrEqual(19);
    expect(admitted).toBeLessThanOrEqual(20);
  },
);
