// Every failure reaches the view as a text in `detail`, and trouble with Meta never looks like a lost session (P8).
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from "vitest";
import { demoAccountIds } from "../world/meta/demo-ids.ts";
import { days } from "../support/clock.ts";
import { aHouse, type House } from "../support/house.ts";
import { aConnectedTenant, aPerson, as } from "../support/people.ts";
import { showError, type Client } from "./views.ts";
import type { Json } from "../support/json.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());
afterEach(() => {
  house.neon.setFault(undefined);
  house.upstash.setFault(undefined);
  house.meta.faults.clear();
});

async function expectError(answer: Response, status: number): Promise<void> {
  expect([answer.status, await answer.json()]).toEqual([
    status,
    {
      success: false,
      detail: expect.stringMatching(/^(?!.*(\[object|undefined|SELECT)).{8,}$/),
      error: expect.objectContaining({
        code: expect.stringMatching(/^[a-z_]+\.[a-z_]+$/),
        message: expect.any(String),
        request_id: expect.any(String),
      }),
    },
  ]);
}

const asksMeta = (client: Client) => [
  () => client.get("/crm/marketing/meta-portfolios?refresh=true"),
  () => client.get("/crm/marketing/meta-accounts"),
  () => client.post("/crm/marketing/connect", { account_id: demoAccountIds.miami }),
];

describe("what asks Meta", () => {
  test.each([
    ["a session that is over (190/463)", 190, 463, 0],
    ["a changed password (190/460)", 190, 460, 1],
    ["an app that was removed (190/458)", 190, 458, 2],
    ["a token nobody knows (190)", 190, undefined, 0],
    ["a session that is not one (102)", 102, undefined, 1],
  ])("answers 409 to %s, then and afterwards, and never 401", async (_, code, subcode, first) => {
    const client = as(house, await aConnectedTenant(house));
    const [ask = client.get] = asksMeta(client).slice(first);
    house.meta.faults.add({ match: /./, fault: { kind: "graph-error", code, ...(subcode ? { subcode } : {}) } });
    const answer = await ask("");
    expect(((await answer.clone().json()) as Json)["error"].code).toBe("connection.needs_reauth");
    await expectError(answer, 409);
    house.meta.faults.clear();
    for (const again of asksMeta(client)) await expectError(await again(), 409);
  });

  test.each([
    ["a permission that was taken (200)", { kind: "graph-error", code: 200 }, 409],
    ["a limit (17)", { kind: "graph-error", code: 17, subcode: 2446079 }, 503],
    ["an outage", { kind: "html", status: 502 }, 503],
    ["an answer that is cut", { kind: "truncate" }, 502],
    ["a line that breaks", { kind: "reset" }, 503],
  ] as const)("answers %s in its own words", async (_, fault, status) => {
    const client = as(house, await aConnectedTenant(house));
    house.meta.faults.add({ match: /./, fault });
    const answer = await client.get("/crm/marketing/meta-portfolios");
    expect(answer.status).toBe(status);
    await expectError(answer, status);
  });

  it("answers 409 when the token is over by the calendar", async () => {
    const own = await aHouse();
    try {
      const client = as(own, await aConnectedTenant(own));
      own.clock.advance(days(70));
      for (const ask of asksMeta(client)) await expectError(await ask(), 409);
    } finally {
      await own.stop();
    }
  });
});

describe("what asks nobody outside", () => {
  test.each([
    ["the database is away", {}],
    ["only the figures cannot be read", { match: /tenant_settings|from "connections"/ }],
  ])("defect 56, defect 57: while %s it fails with a detail, never with zeros and half an answer", async (_, more) => {
    const client = as(house, await aPerson(house));
    house.neon.setFault({ kind: "status", status: 500, ...more });
    for (const path of ["combined-stats", "stats", "stats/roi", "campaigns", "token-status", "settings"])
      await expectError(await client.get(`/crm/marketing/${path}`), 503);
  });

  it("names what does not fit", async () => {
    const client = as(house, await aPerson(house));
    const answer = await client.get("/crm/marketing/campaigns?limit=0");
    expect(showError((await answer.clone().json()) as Json)).toMatch(/limit/);
    await expectError(answer, 422);
  });

  it("answers 403 and 404 with a detail, too", async () => {
    await expectError(await as(house, await aPerson(house, { role: "guest" })).get("/crm/marketing/stats"), 403);
    await expectError(await as(house, await aPerson(house)).get("/crm/marketing/campaigns/1"), 404);
    await expectError(await house.request("/nowhere"), 404);
  });

  it("keeps 401 for those who are not signed in", async () => {
    await expectError(await house.request("/crm/marketing/stats"), 401);
  });
});
