// What the predecessor's API could never answer (predecessor-defects.md B1, B7), asked of ours.
import { globSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it, test } from "vitest";
import { demoCampaignIds } from "../world/meta/demo-ids.ts";
import { root } from "../world/root.ts";
import { aHouse, type House } from "../support/house.ts";
import { aSyncedTenant, read } from "./tenants.ts";
import type { Client } from "./views.ts";
import type { Json } from "../support/json.ts";

let house: House;
let client: Client;
let tenantId: number;
beforeAll(async () => {
  house = await aHouse();
  const synced = await aSyncedTenant(house);
  client = synced.client;
  tenantId = synced.person.tenantId;
}, 60_000);
afterAll(() => house.stop());

const text = (path: string) => readFileSync(`${root}/${path}`, "utf8");

test.each([
  ["defect 1", "token-status", "connected"],
  ["defect 2", "campaigns?time_range=last_90d", "0"],
  ["defect 3", `campaigns/${demoCampaignIds.miamiSmile}`, "performance"],
  ["defect 4", `campaigns/${demoCampaignIds.miamiSmile}/insights`, "insights"],
])("%s: %s answers", async (_, path, key) => {
  expect((await read(client, `/crm/marketing/${path}`))["data"]).toHaveProperty(key);
});

it("defect 5, defect 6: test-connection reads the token where the login put it, and says connected", async () => {
  const { data } = await read(client, "/crm/auth/meta/test-connection");
  expect(data).toMatchObject({ connected: true, valid: true });
});

it("defect 7: ad_accounts_count counts ad accounts, and nobody asks Meta for pages", async () => {
  const { data } = await read(client, "/crm/auth/meta/test-connection");
  const { data: accounts } = await read(client, "/crm/marketing/meta-accounts");
  expect(data.ad_accounts_count).toBe(accounts.length);
  expect(house.meta.recorder.count(/me\/accounts/)).toBe(0);
});

it("defect 19: whatever works by time is started: every room's jobs are in the contents, every cron has its planner", () => {
  const jobs = text("src/contents/work.ts");
  const rooms = globSync("src/features/*/*.jobs.ts", { cwd: root });
  expect(rooms.length).toBeGreaterThan(0);
  for (const path of rooms) expect(jobs).toContain(path.replace(/^src\//, "../"));
  const crons = [...text("wrangler.toml").matchAll(/crons = \[(.*)\]/g)].flatMap(([, list = ""]) => list.split(", "));
  expect(crons.length).toBeGreaterThan(0);
  for (const cron of crons) expect(jobs).toContain(cron);
});

it("defect 20: every router there is is mounted, by an import that would fail the boot", () => {
  const pages = globSync("src/contents/*.ts", { cwd: root }).filter((path) => !path.endsWith("/work.ts"));
  for (const path of pages) expect(text("src/app.ts")).toContain(`from "${path.replace(/^src\//, "./")}"`);
  const app = pages.map(text).join("\n");
  for (const path of globSync("src/features/*/*.routes.ts", { cwd: root })) {
    expect(app).toContain(`from "${path.replace(/^src\//, "../")}"`);
    for (const [, router] of text(path).matchAll(/^export const (\w+Routes)\b/gm))
      expect(app).toMatch(new RegExp(`\\.route\\("[^"]*", ${router}\\)`));
  }
  expect(app).not.toMatch(/\btry\b|import\(/);
});

it("defect 59: a dashboard asks Meta nothing, and the database once", async () => {
  const asked = house.meta.recorder.count(/./);
  for (const path of [
    "combined-stats?range=all",
    "stats?range=this_year",
    "stats/roi?range=yearly",
    "campaigns?range=all",
  ]) {
    const before = house.neon.requests();
    await read(client, `/crm/marketing/${path}`);
    // Who may, the figures, and the audit.
    expect([path, house.neon.requests() - before]).toEqual([path, 3]);
  }
  expect(house.meta.recorder.count(/./)).toBe(asked);
});

it("defect 60: connecting an account brings its campaigns and its insights", async () => {
  const [rows] = await house.sql<Json>(
    "SELECT (SELECT count(*)::int FROM meta_ads_campaigns WHERE tenant_id = $1) AS campaigns, (SELECT count(*)::int FROM meta_ads_insights WHERE tenant_id = $1) AS insights",
    [tenantId],
  );
  expect(rows?.["campaigns"]).toBeGreaterThan(2);
  expect(rows?.["insights"]).toBeGreaterThan(100);
});

const tests = globSync("test/**/*.test.ts", { cwd: root }).filter((path) => !path.includes("defects-api"));

it("defect 158: no test replaces a function of ours by another", () => {
  // Counting the calls of the platform replaces nothing of ours.
  const replacing = tests.filter((path) => /\bvi\.(mock|doMock|spyOn)\((?!crypto\b)/.test(text(path)));
  expect(replacing.filter((path) => !path.endsWith("architecture.test.ts"))).toEqual([]);
});

it("defect 159: no test signs in with something that is not a token", () => {
  expect(tests.filter((path) => /Bearer test|test_token/.test(text(path)))).toEqual([]);
});

it("defect 160: no test accepts one of several statuses", () => {
  const lenient = /expect\(\[\s*[1-5]\d\d\s*,[^\]]*\]\)\.toContain|\.toBeOneOf\(\[\s*[1-5]\d\d/;
  expect(tests.filter((path) => lenient.test(text(path)))).toEqual([]);
});

it("defect 169: every dependency has one exact version, and nothing is packed or backed up in the repository", () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(text("package.json")) as Json;
  const versions = Object.entries<string>({ ...dependencies, ...devDependencies, ...optionalDependencies });
  expect(versions.length).toBeGreaterThan(20);
  for (const [name, version] of versions)
    expect([name, version]).toEqual([name, expect.stringMatching(/^(npm:.+@)?\d[\w.+-]*$/)]);
  expect(globSync("{src,test,drizzle}/**/*.{zip,backup,bak,orig}", { cwd: root })).toEqual([]);
});
