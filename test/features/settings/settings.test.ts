import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { systemCtx } from "../../../src/context.ts";
import { settingsChange } from "../../../src/features/settings/settings.contract.ts";
import { saveSettings } from "../../../src/features/settings/settings.queries.ts";
import { getSettings } from "../../../src/features/settings/settings.service.ts";
import { aHouse, FRONTEND_URL, type House, WORKER_URL } from "../../support/house.ts";
import { aPerson, as, aTenant, type Person } from "../../support/people.ts";
import { aLead } from "../facts/scene.ts";

const PATH = "/crm/marketing/settings";

let house: House;
let owner: Person;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());
beforeEach(async () => {
  owner = await aPerson(house);
});

type Json = Record<string, unknown>;
const read = async (person = owner): Promise<Json> => {
  const answer = await as(house, person).get(PATH);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { data: Json }).data;
};
const change = (body: unknown, person = owner) => as(house, person).patch(PATH, body);
const changed = async (body: unknown): Promise<Json> => {
  const answer = await change(body);
  expect(answer.status, await answer.clone().text()).toBe(200);
  return ((await answer.json()) as { data: Json }).data;
};
const refused = async (body: unknown): Promise<string> => {
  const answer = await change(body);
  expect(answer.status).toBe(422);
  return ((await answer.json()) as { detail: string }).detail;
};
const version = async (): Promise<number> => {
  const [row] = await house.sql("SELECT version FROM answer_versions WHERE tenant_id = $1", [owner.tenantId]);
  return Number(row?.["version"] ?? 0);
};

describe("settings", () => {
  it("are what the tenant was made with, and the house's own where nobody said", async () => {
    expect(await read()).toEqual({
      timezone: "America/Argentina/Buenos_Aires",
      reporting_currency: null,
      locale: "es",
      country: null,
      week_start: 1,
      won_stages: ["closed_won"],
      lost_stages: ["closed_lost"],
      qualified_stages: [],
      quiet_hours: null,
      caps: {},
      default_model: "last_paid_touch",
      default_window: "lifetime",
      fiscal_year_start: 1,
    });
  });

  it("change one by one or all at once, and the rest stays", async () => {
    const all = {
      timezone: "America/Santiago",
      reporting_currency: "CLP",
      locale: "es-CL",
      country: "CL",
      week_start: 0,
      won_stages: ["ganado"],
      lost_stages: ["perdido"],
      qualified_stages: ["propuesta"],
      quiet_hours: { start: "21:00", end: "09:00" },
      caps: { per_contact_per_day: 2, per_contact_per_week: 5 },
      default_model: "linear",
      default_window: 28,
      fiscal_year_start: 7,
    };
    expect(await changed(all)).toEqual(all);
    expect(await changed({ locale: "es-AR" })).toEqual({ ...all, locale: "es-AR" });
    const cleared = {
      reporting_currency: null,
      country: null,
      quiet_hours: null,
      caps: {},
      default_window: "lifetime",
    };
    expect(await changed(cleared)).toEqual({ ...all, locale: "es-AR", ...cleared });
    expect(await read()).toEqual({ ...all, locale: "es-AR", ...cleared });
  });

  it("of a tenant without any are made by the first change", async () => {
    await house.sql("DELETE FROM tenant_settings WHERE tenant_id = $1", [owner.tenantId]);
    expect(await read()).toMatchObject({ timezone: "UTC", default_model: "last_paid_touch" });
    expect(await changed({ week_start: 0 })).toMatchObject({ timezone: "UTC", week_start: 0 });
    expect(await read()).toMatchObject({ week_start: 0, won_stages: ["closed_won"] });
  });

  test.each([
    ["an unknown key", { currency: "ARS" }, /currency/],
    ["another tenant's id", { tenant_id: 1, locale: "es" }, /tenant_id/],
    ["nothing", {}, /nada que cambiar/],
    ["no zone", { timezone: "-03:00" }, /timezone.*IANA/],
    ["no currency", { reporting_currency: "PESO" }, /reporting_currency/],
    ["a currency nobody has", { reporting_currency: "ZQX" }, /reporting_currency/],
    ["no language", { locale: "es_AR!" }, /locale/],
    ["no country", { country: "Argentina" }, /country/],
    ["no day", { week_start: 7 }, /week_start/],
    ["no won stage", { won_stages: [] }, /won_stages/],
    ["a nameless stage", { lost_stages: [" "] }, /lost_stages/],
    ["no time", { quiet_hours: { start: "25:00", end: "09:00" } }, /quiet_hours\.start/],
    ["an empty night", { quiet_hours: { start: "09:00", end: "09:00" } }, /quiet_hours/],
    ["an unknown cap", { caps: { per_hour: 1 } }, /per_hour/],
    ["an unknown model", { default_model: "best" }, /default_model/],
    ["an unknown window", { default_window: 30 }, /default_window/],
    ["a stage both won and lost", { won_stages: ["x"], lost_stages: ["x"] }, /won_stages.*x/],
    ["a won stage that is lost already", { won_stages: ["closed_lost"] }, /won_stages.*closed_lost/],
  ])("%s is refused, named, and changes nothing", async (_, body, named) => {
    const before = await read();
    expect(await refused(body)).toMatch(named);
    expect(await read()).toEqual(before);
  });

  test.each(["viewer", "setter", "closer", "marketing", "crm"])(
    "a %s may read them and not change them",
    async (role) => {
      const person = await aPerson(house, { tenantId: owner.tenantId, role });
      expect((await read(person))["locale"]).toBe("es");
      expect((await change({ locale: "en" }, person)).status).toBe(403);
    },
  );

  it("changed by somebody else since they were read are not overwritten", async () => {
    const ctx = systemCtx(house.tools, { tenantId: owner.tenantId, requestId: "late", job: "late" });
    const before = await getSettings(ctx);
    await changed({ locale: "es-AR" });
    const late = { change: settingsChange().parse({ locale: "en" }), before, movesFigures: false, diff: {} };
    expect(await saveSettings(ctx, late)).toBeUndefined();
    expect(await read()).toMatchObject({ locale: "es-AR" });
  });

  it("leave who changed them in the audit", async () => {
    await changed({ week_start: 0 });
    const rows = await house.sql("SELECT actor, action, outcome FROM audit_log WHERE tenant_id = $1", [owner.tenantId]);
    expect(rows).toEqual([{ actor: `user:${owner.userId}`, action: `PATCH ${PATH}`, outcome: "success" }]);
  });
});

describe("figures follow a change of", () => {
  const stats = async (query: string) => {
    const answer = await as(house, owner).get(`/crm/marketing/stats?${query}`);
    expect(answer.status, await answer.clone().text()).toBe(200);
    return ((await answer.json()) as { data: { outside: { organic: { leads: number; won: number } } } }).data;
  };
  const organic = async (day: string) => (await stats(`since=${day}&until=${day}`)).outside.organic;

  beforeEach(async () => {
    await aLead(house.sql, owner.tenantId, { at: "2026-11-20T01:00:00Z", wonAt: "2026-11-20T18:00:00Z" });
    await house.sql("SELECT rebuild_facts($1)", [owner.tenantId]);
  });

  it("the time zone", async () => {
    expect([await organic("2026-11-19"), await organic("2026-11-20")]).toMatchObject([{ leads: 1 }, { leads: 0 }]);
    await changed({ timezone: "Europe/Madrid" });
    expect([await organic("2026-11-19"), await organic("2026-11-20")]).toMatchObject([{ leads: 0 }, { leads: 1 }]);
  });

  it("the won stages", async () => {
    expect(await organic("2026-11-20")).toMatchObject({ won: 1 });
    await changed({ won_stages: ["pagado"] });
    expect(await organic("2026-11-20")).toMatchObject({ won: 0 });
    await house.sql("UPDATE opportunities SET stage = 'pagado' WHERE tenant_id = $1", [owner.tenantId]);
    await house.sql("SELECT settle_outcomes($1)", [owner.tenantId]);
    expect(await organic("2026-11-20")).toMatchObject({ won: 1 });
  });

  test.each([{ reporting_currency: "USD" }, { default_model: "linear" }, { default_window: 7 }, { locale: "es-AR" }])(
    "%j: what is kept of older answers is no longer given",
    async (body) => {
      const before = await version();
      await changed(body);
      expect(await version()).toBeGreaterThan(before);
    },
  );

  it("a neighbour's settings: none", async () => {
    const neighbour = await aPerson(house, { tenantId: await aTenant(house, { timezone: "Asia/Tokyo" }) });
    const before = await read(neighbour);
    await changed({ timezone: "Europe/Madrid", won_stages: ["pagado"] });
    expect(await read(neighbour)).toEqual(before);
  });
});

describe("the deployment", () => {
  test.each(["/admin/config/deployment", "/admin/core/config/deployment"])(
    "%s is told to anybody signed in, inside and beside data, without an admin token",
    async (path) => {
      const answer = await as(house, await aPerson(house, { tenantId: owner.tenantId, role: "viewer" })).get(path);
      expect(answer.status).toBe(200);
      const told = {
        company_name: `Empresa ${owner.tenantId}`,
        api_base_url: WORKER_URL,
        frontend_url: FRONTEND_URL,
        environment: "test",
        webhook_meta_url: `${WORKER_URL}/webhooks/meta`,
      };
      expect(await answer.json()).toEqual({ success: true, data: told, timestamp: expect.any(String), ...told });
    },
  );
});
