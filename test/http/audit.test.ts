// G22: whatever route is asked and however it ends, the audit of its tenant has exactly one row of it.
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from "vitest";
import { createApp } from "../../src/app.ts";
import { aHouse, type House } from "../support/house.ts";
import { aConnectedTenant, aPerson, as, type Person } from "../support/people.ts";
import { demoAccountIds } from "../world/meta/demo-ids.ts";

let house: House;
let owner: Person;
beforeAll(async () => {
  house = await aHouse({ variables: { DEBUG_TOKEN_ENDPOINT: "true" } });
  owner = await aPerson(house);
});
afterAll(() => house.stop());
afterEach(() => {
  house.neon.setFault(undefined);
  house.upstash.setFault(undefined);
});

type Row = Record<
  "actor" | "role" | "action" | "target" | "outcome" | "reason" | "http_status" | "request_id" | "ip" | "diff",
  unknown
>;

const rowsOf = (requestId: string) =>
  house.sql<Row>("SELECT * FROM audit_log WHERE request_id = $1 ORDER BY audit_log.seq", [requestId]);

/** The only row of an answer. */
async function rowOf(answer: Response): Promise<Row | undefined> {
  const rows = await rowsOf(answer.headers.get("x-request-id") ?? "");
  expect(rows.length).toBe(1);
  return rows[0];
}

const outcomeOf = (status: number) => (status < 400 ? "success" : status < 500 ? "refused" : "failed");

describe("every guarded route", () => {
  const guarded = () => {
    const open = /^\/(healthz|readyz|leads\/intake|webhooks\/.*)$|\/callback$|withdraw|deauth|deletion/;
    const routes = house.app.routes.filter(({ method, path }) => method !== "ALL" && !open.test(path));
    const filled = routes.map(({ method, path }) => [method, path.replace(":id", crypto.randomUUID())] as const);
    return [
      ...new Map(filled.map(([method, path], at) => [`${method} ${routes[at]?.path}`, { method, path }])).values(),
    ];
  };
  const ask = async (person: Person, { method, path }: { method: string; path: string }, code: string) => {
    const by = as(house, person, { app: code === "request.too_many" ? strict() : house.app });
    const isNonsense = code === "request.invalid";
    if (method === "GET") return by.get(isNonsense ? path + nonsense : path);
    if (method === "DELETE") return by.delete(path);
    return by[method.toLowerCase() as "post" | "put" | "patch"](path, isNonsense ? 7 : {});
  };
  const nonsense = "?limit=x&offset=x&time_range=x&since=x&base=x&status=%20&outcome=x&refresh=x&campaign_id=";
  /** A house whose counter says no. */
  const strict = () => {
    const resetAt = house.clock.now() + 60_000;
    const refusal = { allowed: false, limit: 60, remaining: 0, resetAt };
    return createApp({ ...house.tools, limiter: { ...house.tools.limiter, consume: async () => refusal } });
  };

  test.each([
    ["a role that may not", 403, "role.forbidden", () => undefined],
    ["one request too many", 429, "request.too_many", () => undefined],
    ["what no contract takes", 422, "request.invalid", () => undefined],
    [
      "a database that does not answer it",
      503,
      "database.unavailable",
      () =>
        house.neon.setFault({
          kind: "status",
          status: 500,
          match: /^(?![\s\S]*(from \\?"memberships"|insert into \\?"audit_log))/,
        }),
    ],
  ])(
    "%s",
    async (_, status, code, plant) => {
      const person = status === 403 ? await aPerson(house, { role: "guest" }) : await aPerson(house);
      plant();
      let met = 0;
      for (const route of guarded()) {
        const answer = await ask(person, route, code);
        const rows = await rowsOf(answer.headers.get("x-request-id") ?? "");
        expect([route, rows.length]).toEqual([route, 1]);
        const [row] = rows;
        expect([route, row]).toMatchObject([
          route,
          { actor: `user:${person.userId}`, outcome: outcomeOf(answer.status), http_status: answer.status },
        ]);
        if (answer.status === status && row?.reason === code) met += 1;
      }
      expect(met).toBeGreaterThan(status === 403 || status === 429 ? guarded().length - 1 : 20);
    },
    60_000,
  );
});

describe("a change", () => {
  it("tells what was before and after, and where it came from, in one row with the change", async () => {
    const answer = await as(house, owner).patch(
      "/crm/marketing/settings",
      { week_start: 0, won_stages: ["closed_won"] },
      { "cf-connecting-ip": "203.0.113.77" },
    );
    expect(answer.status).toBe(200);
    expect(await rowOf(answer)).toMatchObject({
      actor: `user:${owner.userId}`,
      role: "ceo",
      action: "PATCH /crm/marketing/settings",
      outcome: "success",
      reason: null,
      http_status: null,
      ip: "203.0.113.0/24",
      diff: { weekStart: { before: 1, after: 0 } },
    });
  });

  it("of a rule tells its columns, and of what people write freely only that it changed", async () => {
    const by = as(house, owner);
    const made = await by.post("/crm/marketing/automation/rules", {
      name: "Aviso",
      trigger_type: "lead_created",
      action_type: "assign_seller",
      action_config: { note: "llamar a Zulema" },
    });
    const { data } = (await made.json()) as { data: { id: string }[] };
    const id = data[0]?.id ?? "";
    const created = await rowOf(made);
    expect(created?.diff).toMatchObject({ [id]: { name: { before: null, after: "Aviso" }, actionConfig: "changed" } });
    expect(JSON.stringify(created)).not.toContain("Zulema");
    const changed = await by.patch(`/crm/marketing/automation/rules/${id}`, { is_active: false });
    expect(await rowOf(changed)).toMatchObject({
      target: id,
      diff: { [id]: { isActive: { before: true, after: false } } },
    });
    const deleted = await by.delete(`/crm/marketing/automation/rules/${id}`);
    expect(await rowOf(deleted)).toMatchObject({ target: id, diff: { name: { before: "Aviso", after: null } } });
    const again = await by.delete(`/crm/marketing/automation/rules/${id}`);
    expect(await rowOf(again)).toMatchObject({ outcome: "refused", reason: "rule.not_found", diff: null });
  });

  it("in bulk is one row with counts", async () => {
    const answer = await as(house, owner).post("/crm/leads", {
      leads: [
        { external_id: "A" },
        { external_id: "B", touchpoints: [{ occurred_at: "2026-11-01T00:00:00Z", channel: "organic" }] },
      ],
    });
    expect(answer.status, await answer.clone().text()).toBe(201);
    expect((await rowOf(answer))?.diff).toEqual({ leads: 2, touchpoints: 1 });
  });

  it("and its row are both there or neither", async () => {
    house.neon.setFault({ kind: "status", status: 500, match: /INSERT INTO audit_log/ });
    const answer = await as(house, owner).patch("/crm/marketing/settings", { locale: "pt-BR" });
    expect(answer.status).toBe(503);
    house.neon.setFault(undefined);
    expect(await rowOf(answer)).toMatchObject({ outcome: "failed", reason: "database.unavailable" });
    const [settings] = await house.sql("SELECT locale FROM tenant_settings WHERE tenant_id = $1", [owner.tenantId]);
    expect(settings?.["locale"]).not.toBe("pt-BR");
  });

  it("of a sync tells whose days are read, and that it was ended; with the sync, or neither", async () => {
    const person = await aConnectedTenant(house);
    const by = as(house, person);
    const runs = () => house.sql("SELECT id, status FROM sync_runs WHERE tenant_id = $1", [person.tenantId]);
    await by.post("/crm/marketing/connect", { account_id: demoAccountIds.clinic });
    const [first] = await runs();
    const end = () => by.post(`/crm/marketing/sync/runs/${String(first?.["id"])}/cancel`);
    const started = () => by.post("/crm/marketing/sync", { since: "2026-11-01", until: "2026-11-10" });
    house.neon.setFault({ kind: "status", status: 500, match: /INSERT INTO audit_log/ });
    expect((await end()).status).toBe(503);
    expect(await runs()).toMatchObject([{ status: "queued" }]);
    house.neon.setFault(undefined);
    const told = { target: first?.["id"], diff: { status: "cancelled" }, http_status: null };
    expect(await rowOf(await end())).toMatchObject(told);
    expect(await rowOf(await end())).toMatchObject({ diff: null, http_status: 200 });
    house.neon.setFault({ kind: "status", status: 500, match: /INSERT INTO audit_log/ });
    expect((await started()).status).toBe(503);
    expect(await runs()).toHaveLength(1);
    house.neon.setFault(undefined);
    const again = await started();
    const { data } = (await again.clone().json()) as { data: { run_id: string } };
    const diff = { accountId: demoAccountIds.clinic, since: "2026-11-01", until: "2026-11-10" };
    expect(await rowOf(again)).toMatchObject({ target: data.run_id, diff, http_status: null });
  });

  it("that is sent again leaves a row of its own, which says so", async () => {
    const headers = { "idempotency-key": "once" };
    const send = () => as(house, owner).post("/crm/leads", { external_id: "C" }, headers);
    const [first, again] = [await send(), await send()];
    expect([(await rowOf(first))?.reason, (await rowOf(again))?.reason]).toEqual([null, "replayed"]);
  });
});

it("what comes too often is told, too", async () => {
  const person = await aPerson(house);
  let answer = await as(house, person).get("/crm/auth/meta/url");
  while (answer.status === 200) answer = await as(house, person).get("/crm/auth/meta/url");
  expect(await rowOf(answer)).toMatchObject({ outcome: "refused", reason: "request.too_many", http_status: 429 });
});
