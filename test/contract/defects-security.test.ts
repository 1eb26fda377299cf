// Defects of the predecessor's security that no room of ours holds by itself: secrets in a bundle, sessions, logs.
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { jwtSecret } from "../world/settings.ts";
import { aHouse, type House } from "../support/house.ts";
import { aPerson, as, type Person, startLogin } from "../support/people.ts";

const ADMIN_TOKEN = "the-admin-token-of-the-machine";

let house: House;
let guarded: House;
beforeAll(async () => {
  [house, guarded] = await Promise.all([
    aHouse(),
    aHouse({ variables: { ADMIN_TOKEN, JWT_ISSUER: "crm-ventas", JWT_AUDIENCE: "marketing-hub" } }),
  ]);
  // Redis is given a quarter of a second: the first question of all is not to be the one that takes longer.
  await guarded.request("/readyz");
});
afterAll(() => Promise.all([house.stop(), guarded.stop()]));

const lead = { external_id: "L-1", first_name: "Ana", created_at: "2026-11-21T12:00:00-03:00" };
const signedIn = async (at: House, { userId }: Person, claims: Record<string, unknown>) => {
  const token = await new SignJWT({ user_id: userId, ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime(Math.floor(at.clock.now() / 1000) + 3600)
    .sign(new TextEncoder().encode(jwtSecret));
  return { authorization: `Bearer ${token}` };
};

const ours = { iss: "crm-ventas", aud: "marketing-hub" };

describe("X-Admin-Token", () => {
  test.each([
    ["defect 99: none", {}],
    ["defect 99: an empty one", { "x-admin-token": "" }],
    ["defect 99: a part of it", { "x-admin-token": ADMIN_TOKEN.slice(0, -1) }],
    ["defect 99: more than it", { "x-admin-token": `${ADMIN_TOKEN}x` }],
  ])("%s keeps the machine from writing", async (_, header) => {
    const machine = await aPerson(guarded, { role: "crm" });
    const headers = { ...(await signedIn(guarded, machine, ours)), "content-type": "application/json", ...header };
    const answer = await guarded.request("/crm/leads", { method: "POST", headers, body: JSON.stringify(lead) });
    expect(answer.status).toBe(401);
    expect(((await answer.json()) as { error: { code: string } }).error.code).toBe("admin_token.invalid");
  });

  it("defect 99: lets the machine in when it is right, and not set is not skipped: the session is still asked for", async () => {
    const machine = await aPerson(guarded, { role: "crm" });
    const right = { "x-admin-token": ADMIN_TOKEN, "content-type": "application/json" };
    const body = JSON.stringify(lead);
    const headers = { ...(await signedIn(guarded, machine, ours)), ...right };
    expect((await guarded.request("/crm/leads", { method: "POST", headers, body })).status).toBeLessThan(300);
    expect((await house.request("/crm/leads", { method: "POST", headers: right, body })).status).toBe(401);
  });

  it("defect 100: in a browser's bundle it opens nothing: without a session it is not looked at", async () => {
    for (const path of ["/crm/marketing/stats", "/crm/marketing/settings", "/crm/auth/meta/url"]) {
      const answer = await guarded.request(path, { headers: { "x-admin-token": ADMIN_TOKEN } });
      expect([path, answer.status]).toEqual([path, 401]);
    }
  });
});

describe("a session", () => {
  test.each<[string, Record<string, unknown>, number]>([
    ["with our issuer and audience", ours, 200],
    ["of another issuer", { ...ours, iss: "another" }, 401],
    ["for another audience", { ...ours, aud: "another" }, 401],
    ["that names neither", {}, 401],
  ])("defect 125: %s is answered as it deserves", async (_, claims, status) => {
    const person = await aPerson(guarded);
    const headers = await signedIn(guarded, person, claims);
    expect((await guarded.request("/crm/marketing/settings", { headers })).status).toBe(status);
  });

  it("defect 125: ends with the membership, however long its token says it lives", async () => {
    const person = await aPerson(house);
    const ask = as(house, person);
    expect((await ask.get("/crm/marketing/settings")).status).toBe(200);
    await house.sql("UPDATE memberships SET status = 'disabled' WHERE user_id = $1", [person.userId]);
    expect((await ask.get("/crm/marketing/settings")).status).toBe(403);
  });
});

it("defect 73: a state that is refused is in no log line, nor is the code beside it", async () => {
  const { state, back } = await startLogin(house, await aPerson(house));
  expect((await house.request(back)).status).toBe(302);
  expect(house.logs.some((line) => line.includes("oauth.refused"))).toBe(true);
  const code = new URL(back).searchParams.get("code") ?? "";
  expect([state.length, code.length > 20]).toEqual([43, true]);
  for (const secret of [state, code]) expect(house.logs.filter((line) => line.includes(secret))).toEqual([]);
});

it("defect 93: a person's login and a pasted token are one connection, never two that overwrite each other", async () => {
  const [constraint] = await house.sql<{ definition: string }>(
    "SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conname = 'connections_one_of_a_kind'",
  );
  expect(constraint?.definition).toBe("UNIQUE (tenant_id, provider, kind)");
});

it("defect 83: instants are kept with their zone, all of them", async () => {
  const naive = await house.sql(
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'timestamp without time zone'",
  );
  expect(naive).toEqual([]);
});
