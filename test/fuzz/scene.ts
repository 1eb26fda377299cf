// The tenants that are fuzzed: the same ids everywhere, at Meta and in the CRM, connected and with some figures. What is in
// them bears the mark of its tenant.
import { setTimeout } from "node:timers/promises";
import { demoAccountIds, demoAdId, demoCampaignIds, demoPersonIds } from "../world/meta/demo-ids.ts";
import { mintSessionToken } from "../world/session-token.ts";
import type { House } from "../support/house.ts";
import { type Role, roles } from "./requests.ts";
import { digest } from "../../src/lib/digest.ts";
import { deletionCode, leadNames, opportunityNames, saleNames, sharedId } from "./words.ts";

/** Where requests go, and what stands behind it. */
export type Target = {
  send: (path: string, init?: RequestInit) => Promise<Response>;
  /** Past both walls. */
  sql: House["sql"];
  /** The simulator, by path. */
  askMeta: (path: string) => Promise<Response>;
  jwtSecret: string;
  /** What the main CRM's machine shows besides its session. */
  adminToken?: string;
  now: () => number;
};

/** How often a request is sent again, and the pause before it: twice as long each time, two minutes in all. */
const MOST_REPEATS = 20;
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [250, 8_000];

/**
 * Sends again what a slow Redis or database refused: on a busy machine the worker's own deadlines (250 ms) are missed now and
 * then, which says nothing about the request.
 */
export async function sendPatiently(
  { send }: Pick<Target, "send">,
  path: string,
  init: RequestInit,
  onRepeat: (code: string) => void = () => undefined,
): Promise<Response> {
  for (let repeats = 0; ; repeats += 1) {
    const answer = await send(path, init);
    if (answer.status !== 503 || repeats === MOST_REPEATS) return answer;
    const text = await answer.clone().text();
    const [, code] = /"((?:redis|database)\.unavailable)"/.exec(text) ?? [];
    if (code === undefined) return answer;
    onRepeat(code);
    await setTimeout(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** repeats));
  }
}

export type Tenant = { id: number; mark: string };

/** Of each role: so many that no limit of a minute eats a request of a long run. */
export const MANY_PEOPLE = 400;

export type Scene = {
  tenants: readonly Tenant[];
  /** The session of one of the people with this role; `place` is any number. */
  tokenOf: (tenant: Tenant, role: Role, place: number) => Promise<string>;
};

/** `people` of each role are enough for a short run. */
export async function setTheScene(target: Target, count: number, people = 40): Promise<Scene> {
  const tenants = Array.from({ length: count }, (_, place) => ({ id: 101 + place, mark: `Marca${place}Xq` }));
  const tokenOf = createMint(target, people);
  await target.sql(
    "INSERT INTO withdrawals (code_hash, kind, issued_at, received_at, done_at) VALUES ($1, 'deletion', $2, $2, $2)",
    [await digest(`deletion:${deletionCode}`), new Date(target.now())],
  );
  for (const tenant of tenants) {
    await populate(target, tenant, people);
    const token = await tokenOf(tenant, "ceo", 0);
    await connect(target, token);
    await chooseAccount(target, token);
    await sendCrm(target, token, tenant);
  }
  return { tenants, tokenOf };
}

function createMint({ jwtSecret, now }: Target, people: number): Scene["tokenOf"] {
  const minted = new Map<string, Promise<string>>();
  return (tenant, role, place) => {
    const id = `${role}-${tenant.id}-${place % people}`;
    const known = minted.get(id);
    if (known) return known;
    const user = { id, email: `${tenant.mark}@correo.example` };
    const token = mintSessionToken(
      { user, tenantId: tenant.id, role },
      { settings: { JWT_SECRET: jwtSecret }, now: now() },
    );
    minted.set(id, token);
    return token;
  };
}

async function populate({ sql, now }: Target, { id, mark }: Tenant, people: number): Promise<void> {
  await sql("INSERT INTO tenants (tenant_id, name) VALUES ($1, $2)", [id, `Empresa ${mark}`]);
  await sql("INSERT INTO tenant_settings (tenant_id, timezone, reporting_currency) VALUES ($1, 'UTC', 'USD')", [id]);
  for (const role of roles)
    await sql(
      "INSERT INTO memberships (tenant_id, user_id, role, is_default) SELECT $1, $2 || '-' || $1::int || '-' || n, $2, true FROM generate_series(0, $3::int - 1) n",
      [id, role, people],
    );
  const at = new Date(now() - 10 * 86_400_000);
  const campaign = demoCampaignIds.miamiSmile;
  await sql(
    "INSERT INTO leads (tenant_id, id, first_name, lead_source, meta_campaign_id, meta_ad_id, created_at) VALUES ($1, $2, $3, 'META_ADS', $4, $5, $6)",
    [id, sharedId, mark, campaign, demoAdId(campaign, 1), at],
  );
  await sql(
    "INSERT INTO opportunities (tenant_id, id, lead_id, name, value, currency, stage, created_at, closed_at) VALUES ($1, $2, $2, $3, $4, 'USD', 'closed_won', $5, $5)",
    [id, sharedId, mark, id * 1000, at],
  );
  await sql(
    "INSERT INTO sales_transactions (tenant_id, id, opportunity_id, lead_id, amount, currency, transaction_date, payment_status, notes) VALUES ($1, $2, $2, $2, $3, 'USD', $4, 'completed', $5)",
    [id, sharedId, id * 1000, at, mark],
  );
  await sql("SELECT settle_outcomes($1)", [id]);
  await sql(
    "INSERT INTO meta_templates (tenant_id, id, name, category, language, status, components) VALUES ($1, $2, 'turno', 'UTILITY', 'es', 'APPROVED', $3)",
    [id, sharedId, JSON.stringify([{ type: "BODY", text: `Hola de ${mark}` }])],
  );
  await putRule(sql, { id, mark });
  await sql(
    "INSERT INTO automation_logs (tenant_id, id, rule_id, lead_name, trigger_type, trigger_data, action_type, action_config, status) VALUES ($1, $2, $2, $3, 'lead_created', '{}', 'send_hsm', '{}', 'sent')",
    [id, sharedId, mark],
  );
}

/** The rule that every tenant has; also again, after somebody took it. */
export async function putRule(sql: Target["sql"], { id, mark }: Tenant): Promise<void> {
  await sql(
    "INSERT INTO automation_rules (tenant_id, id, name, trigger_type, trigger_conditions, action_type, action_config, template_id) VALUES ($1, $2, $3, 'lead_created', '{}', 'send_hsm', '{}', $2) ON CONFLICT DO NOTHING",
    [id, sharedId, `Regla ${mark}`],
  );
}

/** Through the login, as a browser does it. */
export async function connect(target: Target, token: string): Promise<void> {
  const cookie = `access_token=${token}`;
  const answer = await sendPatiently(target, "/crm/auth/meta/url", { headers: { cookie } });
  const { data } = (await answer.json()) as { data: { auth_url: string } };
  const own = answer.headers.getSetCookie().map((one) => one.split("; ")[0] ?? "");
  const dialog = new URL(data.auth_url);
  dialog.searchParams.set("sim_decision", "approve");
  dialog.searchParams.set("sim_person", demoPersonIds.owner);
  const back = new URL((await target.askMeta(dialog.pathname + dialog.search)).headers.get("location") ?? "");
  const headers = { cookie: [cookie, ...own].join("; ") };
  const end = await target.send(back.pathname + back.search, { headers, redirect: "manual" });
  const location = end.headers.get("location") ?? "";
  if (!location.includes("success=connected")) throw new Error(`Not connected: ${end.status} ${location}`);
}

/** Posts what must be taken. */
export async function post(target: Pick<Target, "send">, token: string, path: string, content: unknown): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": "scene" };
  const answer = await sendPatiently(target, path, { method: "POST", headers, body: JSON.stringify(content) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
}

const chooseAccount = (target: Target, token: string): Promise<void> =>
  post(target, token, "/crm/marketing/connect", { account_id: demoAccountIds.miami });

/** As the main CRM sends it: a lead, an opportunity and a sale of each name. */
async function sendCrm(target: Target, token: string, { mark }: Tenant): Promise<void> {
  const [currency, created_at] = ["USD", "2026-11-01T12:00:00Z"];
  const named = (names: readonly string[], content: (place: number) => object) =>
    names.map((external_id, place) => ({ external_id, ...content(place) }));
  await post(
    target,
    token,
    "/crm/leads",
    named(leadNames, () => ({ first_name: mark, created_at })),
  );
  const deal = { name: mark, value: "100", currency, stage: "proposal" };
  const ofLead = (place: number) => ({ lead_external_id: leadNames[place] });
  const deals = named(opportunityNames, (place) => ({ ...deal, ...ofLead(place) }));
  await post(target, token, "/crm/opportunities", deals);
  const sale = { amount: "100", currency, transaction_date: "2026-11-02", notes: mark };
  await post(
    target,
    token,
    "/crm/sales",
    named(saleNames, (place) => ({ ...sale, ...ofLead(place) })),
  );
}
