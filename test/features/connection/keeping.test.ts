// Tokens kept alive, on a real database against a simulated Meta: cron finds them, one caller renews.
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from "vitest";
import { systemCtx } from "../../../src/context.ts";
import { runTokenKeeping } from "../../../src/features/connection/connection.jobs.ts";
import { days, hours, minutes } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aConnectedTenant, as, type Person } from "../../support/people.ts";

let house: House;
let person: Person;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());
afterEach(async () => {
  house.meta.faults.clear();
  house.meta.state.exchangeMode = "renew";
  // The next test's cron finds nothing of this one's.
  await house.sql("UPDATE connections SET next_check_at = NULL");
});

const exchanges = () => house.meta.recorder.count(/oauth\/access_token/);
const row = async ({ tenantId } = person) => {
  const [found] = await house.sql("SELECT * FROM connections WHERE tenant_id = $1", [tenantId]);
  if (!found) throw new Error("no connection");
  return found as Record<string, unknown> & { expires_at: Date; token_version: number };
};
const events = async ({ tenantId } = person): Promise<string[]> => {
  const found = await house.sql<{ action: string; target: string | null }>(
    "SELECT action, target FROM audit_log WHERE tenant_id = $1 AND action LIKE 'connection.%' ORDER BY seq",
    [tenantId],
  );
  return found.map(({ action, target }) => [action.replace("connection.", ""), target].filter(Boolean).join(" "));
};
const tokenOf = async ({ tenantId } = person): Promise<string> => {
  const { id, token_sealed } = await row({ ...person, tenantId });
  const place = { tenantId, connectionId: String(id), kind: "user" };
  return (await house.tools.vault.open(String(token_sealed), place)) ?? "";
};
/** Cron and queue, until nothing waits. */
const round = async () => {
  await house.tick();
  while ((await house.queue.deliverDue()) > 0);
};
const keepIn = (tools = house.tools) =>
  runTokenKeeping(systemCtx(tools, { tenantId: person.tenantId, requestId: "request-1", job: "token.keep" }));
const status = async () => {
  const { data } = (await (await as(house, person).get("/crm/marketing/token-status")).json()) as {
    data: Record<string, unknown> & { warnings: { code: string }[]; events: { event: string }[] };
  };
  return data;
};
/** A tenant whose token has this many days left. */
const aTokenWith = async (left: number) => {
  person = await aConnectedTenant(house);
  const { expires_at } = await row();
  house.clock.advance(expires_at.getTime() - days(left) - house.clock.now());
};

describe("renewing", () => {
  it("defect 84: gives a token with 26 days left sixty more, at the next tick, and tells it", async () => {
    await aTokenWith(26);
    const before = await tokenOf();
    await round();
    const after = await row();
    expect(after.expires_at.getTime() - house.clock.now()).toBeGreaterThan(days(59));
    expect(after).toMatchObject({ token_version: 3, status: "active", keeper: null, renew_failures: 0 });
    expect(await tokenOf()).not.toBe(before);
    expect(await events()).toEqual(["connected", "renewed"]);
    expect(await status()).toMatchObject({ life: "ok", warnings: [], last_renewed_at: expect.any(String) });
  });

  it("leaves a token with 34 days left alone, but verifies it", async () => {
    await aTokenWith(34);
    const before = exchanges();
    await round();
    expect(exchanges()).toBe(before);
    expect((await row())["last_verified_at"]).toEqual(new Date(house.clock.now()));
  });

  it("is one exchange for two hundred callers in two isolates", async () => {
    await aTokenWith(26);
    const before = exchanges();
    const isolates = [house.tools, house.anotherIsolate().tools];
    const ended = await Promise.allSettled(Array.from({ length: 200 }, (_, at) => keepIn(isolates[at % 2])));
    await round();
    expect(exchanges() - before).toBe(1);
    // On a busy machine some find no connection to the database: these are told to come again.
    const refusals = ended.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
    expect(refusals).toEqual(refusals.map(() => expect.objectContaining({ code: "database.unavailable" })));
  });

  it("asks Meta what the token is worth when expires_in is missing", async () => {
    await aTokenWith(26);
    house.meta.state.exchangeMode = "no-expires-in";
    await round();
    expect((await row()).expires_at.getTime() - house.clock.now()).toBeGreaterThan(days(59));
  });

  test.each(["unchanged-expiry", "same-token"] as const)(
    "that moves nothing (%s) keeps the token, and says so once",
    async (mode) => {
      await aTokenWith(26);
      const before = await tokenOf();
      house.meta.state.exchangeMode = mode;
      for (let day = 0; day < 3; day += 1, house.clock.advance(days(1))) await round();
      expect([await tokenOf(), (await row()).token_version]).toEqual([before, 2]);
      expect(await events()).toEqual(["connected", "refresh_ineffective"]);
      expect((await status()).warnings).toEqual([expect.objectContaining({ code: "refresh_ineffective" })]);
      house.meta.state.exchangeMode = "renew";
      await round();
      expect(await events()).toEqual(["connected", "refresh_ineffective", "renewed", "recovered"]);
    },
  );

  test.each(["reset-after-execute", "reset", "html", "truncate"] as const)(
    "whose answer is lost (%s) leaves the old token in its place, and is tried again",
    async (kind) => {
      await aTokenWith(26);
      const before = await row();
      house.meta.faults.add({ match: /oauth\/access_token/, fault: { kind } });
      await round();
      expect(await row()).toMatchObject({
        status: "active",
        token_sealed: before["token_sealed"],
        token_version: 2,
        renew_failures: 1,
      });
      house.meta.faults.clear();
      await round();
      expect((await row()).token_version).toBe(2);
      house.clock.advance(hours(1));
      await round();
      expect(await row()).toMatchObject({ token_version: 3, renew_failures: 0 });
    },
  );

  it("that cannot be proven (debug_token is away) changes nothing", async () => {
    await aTokenWith(26);
    const before = await row();
    house.meta.faults.add({ match: /debug_token/, fault: { kind: "graph-error", code: 2, status: 500 } });
    await round();
    expect(await row()).toMatchObject({ token_sealed: before["token_sealed"], token_version: 2, renew_failures: 1 });
  });

  it("by a keeper that slept past its lease writes nothing, and harms nothing that another wrote", async () => {
    await aTokenWith(26);
    let wake = () => {};
    const asleep = new Promise<void>((resolve) => (wake = resolve));
    let fellAsleep = () => {};
    const isAsleep = new Promise<void>((resolve) => (fellAsleep = resolve));
    const sleeper = {
      ...house.tools,
      meta: {
        ...house.tools.meta,
        exchangeLongLived: async (...asked: Parameters<typeof house.tools.meta.exchangeLongLived>) => {
          const granted = await house.tools.meta.exchangeLongLived(...asked);
          fellAsleep();
          await asleep;
          return granted;
        },
      },
    };
    const late = keepIn(sleeper).catch((thrown: unknown) => thrown);
    await isAsleep;
    house.clock.advance(minutes(6));
    await keepIn();
    const written = await row();
    expect(written.token_version).toBe(3);
    wake();
    expect(await late).toMatchObject({ code: "lease.lost" });
    expect(await row()).toEqual(written);
    expect(await events()).toEqual(["connected", "renewed"]);
  });

  it("by a keeper that slept past its lease writes nothing also when nobody else came", async () => {
    await aTokenWith(26);
    const before = await row();
    const tools = {
      ...house.tools,
      meta: {
        ...house.tools.meta,
        debugToken: async (token: string) => {
          house.clock.advance(minutes(6));
          return house.tools.meta.debugToken(token);
        },
      },
    };
    await expect(keepIn(tools)).rejects.toMatchObject({ code: "lease.lost" });
    expect(await row()).toMatchObject({ token_version: 2, token_sealed: before["token_sealed"] });
  });
});

describe("a token that Meta refuses", () => {
  it("is found by the daily look, told once, and taken back when it works again", async () => {
    await aTokenWith(50);
    const token = house.meta.state.tokens.get(await tokenOf());
    if (!token) throw new Error("no token");
    token.invalidSubcode = 459;
    for (let day = 0; day < 3; day += 1, house.clock.advance(days(1))) await round();
    expect(await row()).toMatchObject({ status: "needs_reauth", last_error_reason: "checkpoint" });
    expect(await status()).toMatchObject({ life: "needs_reauth", needs_reconnect: true, connected: false });
    expect(await events()).toEqual(["connected", "needs_reauth reason:checkpoint"]);
    delete token.invalidSubcode;
    await round();
    expect(await events()).toEqual(["connected", "needs_reauth reason:checkpoint", "recovered"]);
    expect((await row())["status"]).toBe("active");
  });

  it("by whoever uses it is told once among many", async () => {
    await aTokenWith(50);
    const { personId } = house.meta.state.tokens.get(await tokenOf()) ?? { personId: "" };
    house.meta.invalidateTokens(personId, 460);
    await Promise.all(Array.from({ length: 5 }, () => as(house, person).get("/crm/auth/meta/test-connection")));
    expect((await events()).filter((event) => event.startsWith("needs_reauth"))).toHaveLength(1);
  });
});

describe("the days left", () => {
  it("are told at 14, 7, 3 and 1, each once, and the end as needs_reauth", async () => {
    await aTokenWith(16);
    house.meta.faults.add({ match: /oauth\/access_token/, fault: { kind: "graph-error", code: 2, status: 500 } });
    for (let hour = 0; hour < 17 * 24; hour += 12, house.clock.advance(hours(12))) await round();
    const told = (await events()).filter((event) => /^(expiring|needs_reauth)/.test(event));
    expect(told).toEqual([
      "expiring days_left:14",
      "expiring days_left:7",
      "expiring days_left:3",
      "expiring days_left:1",
      "needs_reauth reason:expired",
    ]);
    expect((await row())["next_check_at"]).toBeNull();
  });

  it("defect 81: stand in token-status: expiring, with what was told", async () => {
    await aTokenWith(6);
    house.meta.state.exchangeMode = "unchanged-expiry";
    await round();
    expect(await status()).toMatchObject({
      status: "active",
      connected: true,
      life: "expiring",
      days_left: 6,
      warnings: [{ code: "token_expiring", days_left: 6 }, { code: "refresh_ineffective" }],
      events: [
        { event: "connection.expiring", days_left: 7 },
        { event: "connection.refresh_ineffective" },
        { event: "connection.connected" },
      ],
    });
  });

  it("of access to data are told apart, and renewing does not make them more", async () => {
    await aTokenWith(26);
    await round();
    house.clock.advance(((await row())["data_access_expires_at"] as Date).getTime() - days(13) - house.clock.now());
    await round();
    expect(await events()).toContain("data_access_expiring days_left:14");
    expect(await status()).toMatchObject({
      connected: true,
      warnings: [{ code: "data_access_expiring", days_left: 13 }],
    });
  });
});
