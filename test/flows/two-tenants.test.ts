// Two tenants with the same Meta ids behind two walls: the predicate of every query, and row level security. Each wall
// alone must hold.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { demoAccountIds, demoAdId, demoCampaignIds } from "../world/meta/demo-ids.ts";
import { noWall, walls } from "../fuzz/walls.ts";
import { days } from "../support/clock.ts";
import { aHouse, type House } from "../support/house.ts";
import { aConnectedTenant, as, type Person } from "../support/people.ts";

let house: House;
let ana: Person;
let bruno: Person;
/** What Ana's routes answered before Bruno had anything. */
let alone: Map<string, unknown>;
let brunosRun: string;

const shared = demoAccountIds.miami;
const onlyBrunos = demoAccountIds.clinic;

/** Both have a rule, a template and a log of these ids. */
const sharedId = "11111111-1111-4111-8111-111111111111";
const onlyBrunosId = "22222222-2222-4222-8222-222222222222";

const readsOf = (runId: string) => [
  "/crm/marketing/hsm/templates",
  "/crm/marketing/hsm/templates/sync",
  "/admin/core/crm/hsm-templates",
  "/crm/marketing/automation/rules",
  `/crm/marketing/automation/rules/${sharedId}`,
  "/crm/marketing/automation-logs",
  "/crm/marketing/automation-logs.csv",
  "/crm/marketing/messages",
  "/crm/marketing/messages/provider",
  "/crm/marketing/messages/rates",
  "/crm/marketing/suppressions",
  "/crm/marketing/stats?time_range=last_90d",
  "/crm/marketing/stats?range=all",
  "/crm/marketing/stats/roi?time_range=last_90d",
  "/crm/marketing/stats/roi?time_range=last_90d&model=linear&window=28&basis=cohort&currency=ARS",
  "/crm/marketing/explain?time_range=last_90d",
  "/crm/marketing/explain?time_range=last_90d&measure=leads&model=position&basis=cohort",
  "/crm/marketing/campaigns?time_range=last_90d&limit=200",
  "/crm/marketing/campaigns.csv?time_range=last_90d",
  `/crm/marketing/campaigns/${demoCampaignIds.miamiSmile}`,
  `/crm/marketing/campaigns/${demoCampaignIds.miamiSmile}/insights?time_range=last_30d`,
  `/crm/marketing/campaigns/${demoCampaignIds.miamiSmile}/insights.csv?time_range=last_30d`,
  "/crm/fx-rates",
  "/crm/marketing/assets",
  "/crm/marketing/lead-forms",
  "/crm/marketing/webhooks/events",
  "/crm/marketing/automation/health",
  "/crm/marketing/conversions/settings",
  "/crm/marketing/conversions/events",
  "/crm/marketing/notifications/endpoints",
  "/crm/marketing/notifications/deliveries",
  "/crm/marketing/settings",
  "/crm/marketing/intake/keys",
  "/crm/marketing/intake/payloads",
  // Of her reading there are more rows each time.
  "/crm/audit?action=connection.&limit=200",
  "/crm/audit.csv?action=/connect",
  "/admin/config/deployment",
  "/admin/core/config/deployment",
  "/admin/meta/status",
  "/crm/marketing/combined-stats?time_range=last_90d&google_date_range=last_90d",
  "/crm/marketing/token-status",
  "/crm/marketing/meta-portfolios",
  "/crm/marketing/meta-accounts",
  "/crm/marketing/sync/runs",
  `/crm/marketing/sync/runs/${runId}`,
  "/crm/auth/meta/test-connection",
  "/crm/auth/meta/debug/token",
];

let anasRun: string;
let brunosLead: unknown;

beforeAll(async () => {
  house = await aHouse();
  ana = await aConnectedTenant(house);
  anasRun = await connect(ana, shared);
  await sell(ana, demoCampaignIds.miamiSmile, "USD", 1_000);
  await automate(ana, sharedId);
  await house.sql("DELETE FROM sync_schedule");
  alone = await answersOf(ana);

  bruno = await aConnectedTenant(house);
  await connect(bruno, shared);
  brunosRun = await connect(bruno, onlyBrunos);
  for (const campaign of [demoCampaignIds.miamiSmile, demoCampaignIds.implants])
    await sell(bruno, campaign, "USD", 777_777);
  await automate(bruno, sharedId);
  await automate(bruno, onlyBrunosId);
  [brunosLead] = (await house.sql("SELECT id FROM leads WHERE tenant_id = $1", [bruno.tenantId])).map(({ id }) => id);
  await house.sql("DELETE FROM sync_schedule");
}, 60_000);
afterAll(() => house.stop());

async function connect(person: Person, accountId: string): Promise<string> {
  const answer = await as(house, person).post("/crm/marketing/connect", { account_id: accountId });
  const { data } = (await answer.json()) as { data: { sync_run_id: string } };
  await house.settle();
  return data.sync_run_id;
}

async function sell({ tenantId }: Person, campaignId: string, currency: string, amount: number): Promise<void> {
  const at = new Date(house.clock.now() - days(10));
  const [lead] = await house.sql(
    "INSERT INTO leads (tenant_id, lead_source, meta_campaign_id, meta_ad_id, created_at) VALUES ($1, 'META_ADS', $2, $3, $4) RETURNING id",
    [tenantId, campaignId, demoAdId(campaignId, 1), at],
  );
  const [opportunity] = await house.sql(
    "INSERT INTO opportunities (tenant_id, lead_id, name, value, currency, stage, created_at, closed_at) VALUES ($1, $2, 'x', $3, $4, 'closed_won', $5, $5) RETURNING id",
    [tenantId, lead?.["id"], amount, currency, at],
  );
  await house.sql(
    "INSERT INTO sales_transactions (tenant_id, opportunity_id, lead_id, amount, currency, transaction_date, payment_status) VALUES ($1, $2, $3, $4, $5, $6, 'completed')",
    [tenantId, opportunity?.["id"], lead?.["id"], amount, currency, at],
  );
  await house.sql("SELECT settle_outcomes($1)", [tenantId]);
}

async function automate({ tenantId }: Person, id: string): Promise<void> {
  await house.sql(
    "INSERT INTO template_syncs (tenant_id, waba_id, due_at, synced_at) VALUES ($1, $2, '2027-01-01', '2026-11-20') ON CONFLICT DO NOTHING",
    [tenantId, `77${tenantId}`],
  );
  await house.sql(
    "INSERT INTO meta_templates (tenant_id, id, name, category, language, status, components) VALUES ($1, $2, $3, 'UTILITY', 'es', 'APPROVED', '[]')",
    [tenantId, id, `${tenantId}_${id}`],
  );
  await house.sql(
    "INSERT INTO automation_rules (tenant_id, id, name, trigger_type, trigger_conditions, action_type, action_config, template_id) VALUES ($1, $2, $3, 'lead_created', '{}', 'send_hsm', '{}', $2)",
    [tenantId, id, `${tenantId} ${id}`],
  );
  await house.sql(
    "WITH made AS (INSERT INTO intake_keys (tenant_id, id, name, key_hash, created_at) VALUES ($1, $2, 'Web', $3, '2026-11-01') RETURNING tenant_id, id) INSERT INTO intake_payloads (tenant_id, id, key_id, received_at, payload, outcome) SELECT tenant_id, id, id, '2026-11-02', '{}', 'created' FROM made",
    [tenantId, id, `${tenantId}_${id}`],
  );
  await house.sql(
    "INSERT INTO automation_logs (tenant_id, id, rule_id, lead_name, trigger_type, trigger_data, action_type, action_config, status) VALUES ($1, $2, $2, $3, 'lead_created', '{}', 'send_hsm', '{}', 'sent')",
    [tenantId, id, `Ana de ${tenantId}`],
  );
  // Its log is the row of this id.
  await house.sql(
    "INSERT INTO messages (tenant_id, id, occurrence_key, state, due_at, template_name, template_language, template_category, recipient_phone, created_by, created_at) VALUES ($1, $2::uuid, $3, 'unknown', '2026-11-20', $3, 'es', 'UTILITY', $4, 'test', '2026-11-20')",
    [tenantId, id, `${tenantId}_${id}`, `+54911${tenantId}`],
  );
  await house.sql(
    "INSERT INTO suppressions (tenant_id, kind, value, purpose, is_active, source, changed_at) VALUES ($1, 'bsuid', $2, 'all', true, 'word', '2026-11-20')",
    [tenantId, `AR.${tenantId}.${id}`],
  );
  await house.sql(
    "INSERT INTO message_rates (tenant_id, market, category, effective_on, rate, currency) VALUES ($1, '54', 'marketing', '2026-01-01', $2::int / 1e6, 'USD') ON CONFLICT DO NOTHING",
    [tenantId, tenantId % 1000],
  );
  await house.sql(
    "INSERT INTO message_providers (tenant_id, provider, sender) VALUES ($1, 'ycloud', $2) ON CONFLICT DO NOTHING",
    [tenantId, `+54911${tenantId}`],
  );
}

/** An answer without the instants of asking and of the last look at Meta. */
const timeless = (text: string): unknown =>
  text.startsWith("{")
    ? JSON.parse(text, (key, value: unknown) => (key === "timestamp" || key === "last_verified_at" ? undefined : value))
    : text.replace(/^generated_at,.*$/m, "");

/** Asked of an isolate that has kept nothing: each wall is asked itself. */
const askAnew = (person: Person) => as(house, person, { app: house.anotherIsolate().app });

async function answersOf(person: Person): Promise<Map<string, unknown>> {
  const answers = new Map<string, unknown>();
  const ask = askAnew(person);
  for (const path of readsOf(anasRun)) {
    const answer = await ask.get(path);
    expect([path, answer.status]).toEqual([path, 200]);
    answers.set(path, timeless(await answer.text()));
  }
  return answers;
}

/** A print of all that is Bruno's, but for the audit of his own reading. */
async function printOf({ tenantId }: Person): Promise<unknown> {
  const tables = [
    "connections",
    "ad_accounts",
    "meta_ads_campaigns",
    "ad_sets",
    "ads",
    "meta_ads_insights",
    "daily_spend",
    "daily_outcomes",
    "touchpoints",
    "attribution_credits",
    "sync_runs",
    "sync_slices",
    "sync_coverage",
    "leads",
    "opportunities",
    "sales_transactions",
    "status_history",
    "messages",
    "suppressions",
    "meta_templates",
    "automation_rules",
    "automation_logs",
    "lead_identities",
    "lead_merges",
    "intake_keys",
    "intake_payloads",
  ];
  return Promise.all(
    tables.map((table) =>
      house.sql(
        `SELECT '${table}' AS name, count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM ${table} t WHERE tenant_id = $1`,
        [tenantId],
      ),
    ),
  );
}

describe.each(walls)("while $name,", ({ raise, restore }) => {
  beforeAll(() => raise(house));
  afterAll(() => restore(house));

  it("Ana's every read answers what it answered before Bruno came", async () => {
    const now = await answersOf(ana);
    for (const [path, answer] of alone) expect([path, now.get(path)]).toEqual([path, answer]);
  });

  it("every id of Bruno's is not there for Ana", async () => {
    const ask = as(house, ana);
    const answers = await Promise.all([
      ask.get(`/crm/marketing/campaigns/${demoCampaignIds.implants}`),
      ask.get(`/crm/marketing/campaigns/${demoCampaignIds.implants}/insights`),
      ask.get(`/crm/marketing/sync/runs/${brunosRun}`),
      ask.post("/crm/marketing/sync", { account_id: onlyBrunos }),
      ask.post(`/crm/marketing/sync/runs/${brunosRun}/cancel`),
      ask.get(`/crm/marketing/automation/rules/${onlyBrunosId}`),
      ask.put(`/crm/marketing/automation/rules/${onlyBrunosId}`, { is_active: false }),
      ask.patch(`/crm/marketing/automation/rules/${onlyBrunosId}`, { is_active: false }),
      ask.delete(`/crm/marketing/automation/rules/${onlyBrunosId}`),
      ask.post("/crm/marketing/automation/rules", { id: onlyBrunosId, is_active: false }),
      ask.post(`/crm/marketing/hsm/templates/${onlyBrunosId}/submit`, {}),
      ask.patch(`/crm/marketing/hsm/templates/${onlyBrunosId}`, { footer: null }),
      ask.delete(`/crm/marketing/hsm/templates/${onlyBrunosId}`),
      ask.post(`/admin/core/crm/hsm-templates/${onlyBrunosId}/send`, { phone_number: "+5491122334455" }),
      ask.post(`/crm/marketing/messages/${onlyBrunosId}/resolve`, { outcome: "sent" }),
      ask.delete(`/crm/marketing/intake/keys/${onlyBrunosId}`),
      ask.post(`/crm/leads/${brunosLead}/merge`, { into: brunosLead }),
      ask.post(`/crm/leads/merges/${onlyBrunosId}/undo`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    const missing = await ask.get("/crm/marketing/campaigns/120210000000000000");
    const neighbours = await ask.get(`/crm/marketing/campaigns/${demoCampaignIds.implants}`);
    const shape = async (answer: Response) => {
      const { error } = (await answer.json()) as { error: { code: string; message: string } };
      return [error.code, error.message];
    };
    expect(await shape(neighbours)).toEqual(await shape(missing));
  });

  it("defect 102: X-Tenant-ID chooses only among one's own", async () => {
    const answer = await as(house, ana, { tenantHeader: String(bruno.tenantId) }).get("/crm/marketing/stats");
    expect(answer.status).toBe(403);
    const own = await as(house, ana, { tenantHeader: String(ana.tenantId) }).get("/crm/marketing/stats?range=all");
    expect(timeless(await own.text())).toEqual(alone.get("/crm/marketing/stats?range=all"));
  });

  it("nothing Ana does changes anything of Bruno's", async () => {
    const print = await printOf(bruno);
    const carla = await aConnectedTenant(house);
    const ask = as(house, carla);
    expect((await ask.post("/crm/marketing/connect", { account_id: onlyBrunos })).status).toBe(200);
    await house.settle();
    expect((await ask.post("/crm/marketing/sync", { account_id: onlyBrunos, since: "2026-11-01" })).status).toBe(202);
    await house.settle();
    expect((await ask.post("/crm/auth/meta/disconnect")).status).toBe(200);
    expect(await printOf(bruno)).toEqual(print);
  });
});

it("this test asks every route there is", () => {
  const pattern = (path: string) => path.replace(/\?.*$/, "");
  const asked = new Set(readsOf("run").map(pattern));
  const routes = house.app.routes.filter(({ method, path }) => method === "GET" && path.startsWith("/crm/"));
  const missing = [...new Set(routes.map(({ path }) => path))].filter(
    (route) => ![...asked].some((path) => new RegExp(`^${route.replace(/:\w+/g, "[^/]+")}$`).test(path)),
  );
  // A login belongs to the browser that starts it: features/connection/oauth.test.ts.
  // A deletion is of no tenant; what it does to whom: features/withdrawals/withdrawals.test.ts.
  const others = new Set(["/crm/auth/meta/url", "/crm/auth/meta/callback", "/crm/auth/meta/data-deletion/:code"]);
  expect(missing.filter((path) => !others.has(path))).toEqual([]);
});

it("with both walls down the leak shows: these questions can fail", async () => {
  await noWall.raise(house);
  const answer = await askAnew(ana).get("/crm/marketing/stats?range=all");
  expect(timeless(await answer.text())).not.toEqual(alone.get("/crm/marketing/stats?range=all"));
  await noWall.restore(house);
});
