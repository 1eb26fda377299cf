// Requests of the document, run in this order on one house; their answers become its examples.
import { START } from "../support/clock.ts";
import { signRequest } from "../world/meta/signed-request.ts";
import { signedPost } from "../world/meta/webhook-body.ts";
import { samples } from "../world/meta/webhook-samples.ts";
import { metaApp } from "../world/settings.ts";

export type Example = {
  /** As the app knows it. */
  route: string;
  /** Names it beside others of the same route. */
  title?: string;
  /** `shop` has figures, `owner` is connected with Meta; both may do everything. */
  as: "shop" | "owner" | "nobody";
  /** `{name}` stands for what an earlier answer kept under that name. */
  param?: Record<string, string>;
  query?: Record<string, string>;
  /** A text is sent as CSV. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Where in the answer to find what later requests need, e.g. { run: "data.sync_run_id" }. */
  keep?: Record<string, string>;
  /** When it is to be refused. */
  status?: number;
};

const csv = { accept: "text/csv" };
const lastMonth = { time_range: "last_30d" };

const figures: Example[] = [
  { route: "GET /crm/marketing/stats", as: "shop", query: lastMonth },
  { route: "GET /crm/marketing/stats", title: "unknown window", as: "shop", query: { range: "last_7d" }, status: 422 },
  { route: "GET /crm/marketing/stats/roi", as: "shop", query: lastMonth },
  { route: "GET /crm/marketing/combined-stats", as: "shop", query: lastMonth },
  { route: "GET /crm/marketing/explain", as: "shop", query: { ...lastMonth, campaign_id: "c1", measure: "revenue" } },
  { route: "POST /crm/marketing/attribution/recompute", as: "shop", body: { dry_run: true } },
  { route: "GET /crm/marketing/campaigns", as: "shop", query: { ...lastMonth, sort: "revenue", limit: "2" } },
  { route: "GET /crm/marketing/campaigns", title: "csv", as: "shop", query: lastMonth, headers: csv },
  { route: "GET /crm/marketing/campaigns.csv", as: "shop", query: lastMonth },
  { route: "GET /crm/marketing/campaigns/:id", as: "shop", param: { id: "c1" }, query: lastMonth },
  { route: "GET /crm/marketing/campaigns/:id", title: "unknown", as: "shop", param: { id: "404" }, status: 404 },
  {
    route: "GET /crm/marketing/campaigns/:id/insights",
    as: "shop",
    param: { id: "c1" },
    query: { since: "2026-11-19", until: "2026-11-20" },
  },
  {
    route: "GET /crm/marketing/campaigns/:id/insights.csv",
    as: "shop",
    param: { id: "c1" },
    query: { since: "2026-11-19", until: "2026-11-20" },
  },
];

const settings: Example[] = [
  { route: "GET /crm/marketing/settings", as: "shop" },
  {
    route: "PATCH /crm/marketing/settings",
    as: "shop",
    body: { reporting_currency: "ARS", quiet_hours: { start: "21:00", end: "08:00" } },
  },
  { route: "GET /crm/audit", as: "shop", query: { action: "settings", outcome: "success", limit: "2" } },
  { route: "GET /crm/audit.csv", as: "shop", query: { action: "settings" } },
  { route: "GET /admin/config/deployment", as: "shop" },
  { route: "GET /admin/core/config/deployment", as: "shop" },
];

const automation: Example[] = [
  { route: "GET /crm/marketing/hsm/templates", as: "shop" },
  { route: "GET /admin/core/crm/hsm-templates", as: "shop" },
  {
    route: "POST /admin/core/crm/hsm-templates",
    as: "shop",
    body: {
      name: "vuelta",
      category: "MARKETING",
      language: "es_AR",
      body_text: "Hola {{1}}, ¡te esperamos de vuelta!",
    },
    keep: { template: "data.id" },
  },
  {
    route: "POST /admin/core/crm/hsm-templates/:id/send",
    as: "shop",
    param: { id: "{template}" },
    body: { phone_number: "+5491155550000", variables: ["Ana"] },
    status: 422,
  },
  { route: "GET /crm/marketing/hsm/templates/sync", as: "shop" },
  { route: "POST /crm/marketing/hsm/templates/sync", as: "shop", body: {} },
  {
    route: "POST /crm/marketing/hsm/templates/validate",
    as: "shop",
    body: { name: "vuelta", category: "MARKETING", language: "es_AR", body_text: "Hola {{1}}" },
  },
  {
    route: "PATCH /crm/marketing/hsm/templates/:id",
    as: "shop",
    param: { id: "{template}" },
    body: { example: ["Ana"], footer: "Clínica Sonrisa" },
  },
  {
    route: "POST /crm/marketing/hsm/templates/:id/submit",
    as: "shop",
    param: { id: "{template}" },
    body: {},
    status: 409,
  },
  { route: "DELETE /crm/marketing/hsm/templates/:id", as: "shop", param: { id: "{template}" } },
  { route: "GET /crm/marketing/messages", as: "shop", query: { limit: "2" } },
  {
    route: "POST /crm/marketing/messages/:id/resolve",
    as: "shop",
    param: { id: "00000000-0000-4000-8000-000000000000" },
    body: { outcome: "sent" },
    status: 404,
  },
  { route: "GET /crm/marketing/messages/provider", as: "shop" },
  { route: "PUT /crm/marketing/messages/provider", as: "shop", body: { provider: "cloud" } },
  {
    route: "PUT /crm/marketing/messages/rates",
    as: "shop",
    body: {
      rates: [{ market: "54", category: "marketing", effective_on: "2026-10-01", rate: "0.0618", currency: "USD" }],
    },
  },
  { route: "GET /crm/marketing/messages/rates", as: "shop" },
  {
    route: "POST /crm/marketing/suppressions",
    as: "shop",
    body: { phone_number: "+5491155550000", purpose: "marketing" },
  },
  { route: "GET /crm/marketing/suppressions", as: "shop" },
  {
    route: "DELETE /crm/marketing/suppressions",
    as: "shop",
    query: { phone_number: "+5491155550000", purpose: "marketing" },
  },
  {
    route: "POST /crm/marketing/automation/rules",
    as: "shop",
    body: {
      name: "Bienvenida",
      trigger_type: "lead_created",
      trigger_conditions: [{ field: "lead_source", op: "eq", value: "META_ADS" }],
      action_type: "send_hsm",
      template_name: "turno",
      timing_value: 15,
      timing_unit: "minutes",
    },
    keep: { rule: "data.0.id" },
  },
  { route: "GET /crm/marketing/automation/rules", as: "shop" },
  { route: "GET /crm/marketing/automation/rules/:id", as: "shop", param: { id: "{rule}" } },
  {
    route: "PUT /crm/marketing/automation/rules/:id",
    as: "shop",
    param: { id: "{rule}" },
    body: { timing_value: 30, timing_unit: "minutes" },
  },
  {
    route: "PATCH /crm/marketing/automation/rules/:id",
    as: "shop",
    param: { id: "{rule}" },
    body: { is_active: false },
  },
  { route: "GET /crm/marketing/automation/health", as: "shop" },
  { route: "POST /crm/marketing/automation/rules/:id/preview", as: "shop", param: { id: "{rule}" }, body: {} },
  {
    route: "POST /crm/marketing/automation/rules/:id/enrol",
    as: "shop",
    param: { id: "404" },
    body: { lead_ids: ["00000000-0000-4000-8000-000000000000"] },
    status: 404,
  },
  {
    route: "POST /crm/marketing/automation/events",
    as: "shop",
    body: {
      type: "appointment_reminder",
      external_id: "turno-4711",
      lead: { external_id: "nadie" },
      occurs_at: "2026-12-01T15:00:00Z",
    },
    status: 404,
  },
  { route: "POST /crm/marketing/automation/numbers/:id/reset", as: "shop", param: { id: "404" }, status: 404 },
  { route: "DELETE /crm/marketing/automation/rules/:id", as: "shop", param: { id: "{rule}" } },
  { route: "GET /crm/marketing/automation-logs", as: "shop", query: { status: "sent" } },
  { route: "GET /crm/marketing/automation-logs", title: "csv", as: "shop", headers: csv },
  { route: "GET /crm/marketing/automation-logs.csv", as: "shop" },
];

const crm: Example[] = [
  {
    route: "POST /crm/leads",
    title: "one",
    as: "shop",
    body: {
      external_id: "L-1001",
      first_name: "Ana",
      phone_number: "+5491155550000",
      created_at: "2026-11-21T12:00:00-03:00",
      touchpoints: [
        { occurred_at: "2026-11-21T11:58:00-03:00", channel: "meta_lead_form", ad_id: "a1", leadgen_id: "881001" },
      ],
    },
  },
  {
    route: "POST /crm/leads",
    title: "several",
    as: "shop",
    headers: { "idempotency-key": "leads-2026-11-23-1" },
    body: {
      leads: [
        { external_id: "L-1001", status: "contacted" },
        { external_id: "L-1002", first_name: "Bruno" },
      ],
    },
  },
  { route: "PATCH /crm/leads/:id", as: "shop", param: { id: "external:L-1002" }, body: { status: "contacted" } },
  {
    route: "POST /crm/leads/:id/touchpoints",
    as: "shop",
    param: { id: "external:L-1002" },
    body: { occurred_at: "2026-11-22T09:00:00-03:00", channel: "referral", source_detail: "Una amiga" },
  },
  {
    route: "POST /crm/leads/:id/merge",
    as: "shop",
    param: { id: "external:L-1002" },
    body: { into: "external:L-1001" },
    keep: { merge: "data.id" },
  },
  { route: "POST /crm/leads/merges/:id/undo", as: "shop", param: { id: "{merge}" } },
  {
    route: "POST /crm/marketing/intake/keys",
    as: "shop",
    body: { name: "Página de implantes" },
    keep: { intakeKey: "data.key", intakeKeyId: "data.id" },
  },
  {
    route: "POST /leads/intake",
    as: "nobody",
    headers: { "x-intake-key": "{intakeKey}" },
    body: {
      external_id: "form-77",
      first_name: "Carla",
      email: "carla@correo.example",
      phone: "11 15 5555-0001",
      utm_source: "instagram",
      utm_medium: "paid_social",
      answers: { "¿Cuándo te llamamos?": "por la tarde" },
    },
  },
  { route: "GET /crm/marketing/intake/payloads", as: "shop" },
  { route: "GET /crm/marketing/intake/keys", as: "shop" },
  { route: "DELETE /crm/marketing/intake/keys/:id", as: "shop", param: { id: "{intakeKeyId}" } },
  {
    route: "POST /crm/opportunities",
    as: "shop",
    body: {
      external_id: "O-1",
      lead_external_id: "L-1001",
      name: "Implante",
      value: "900000.00",
      currency: "ARS",
      stage: "proposal",
      created_at: "2026-11-21T15:00:00-03:00",
    },
  },
  {
    route: "PATCH /crm/opportunities/:id",
    as: "shop",
    param: { id: "external:O-1" },
    body: { stage: "closed_won", closed_at: "2026-11-22T18:00:00-03:00" },
  },
  {
    route: "POST /crm/sales",
    as: "shop",
    body: {
      external_id: "S-1",
      opportunity_external_id: "O-1",
      amount: "900000.00",
      currency: "ARS",
      sold_at: "2026-11-22T18:00:00-03:00",
    },
    keep: { sale: "data.id" },
  },
  { route: "PATCH /crm/sales/:id", as: "shop", param: { id: "external:S-1" }, body: { invoice_number: "A-0001" } },
  {
    route: "POST /crm/sales/:id/refund",
    as: "shop",
    param: { id: "external:S-1" },
    body: { amount: "100000.00", date: "2026-11-23" },
  },
  {
    route: "POST /crm/fx-rates",
    as: "shop",
    body: [{ date: "2026-11-20", base: "USD", quote: "ARS", rate: "1420.5", source: "BCRA" }],
  },
  {
    route: "POST /crm/fx-rates",
    title: "csv",
    as: "shop",
    body: "date,base,quote,rate,source\n2026-11-19,USD,ARS,1418,BCRA\n",
  },
  { route: "GET /crm/fx-rates", as: "shop", query: { base: "USD", quote: "ARS" } },
];

/** As Meta posts it, of somebody who is not connected here. */
const fromMeta = {
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: `signed_request=${signRequest(metaApp.secret, { userId: "10215241773831025", issuedAt: START / 1000 })}`,
};

const meta: Example[] = [
  { route: "GET /crm/auth/meta/url", as: "owner" },
  { route: "GET /crm/auth/meta/callback", as: "nobody", query: { error: "access_denied", state: "unknown" } },
  { route: "GET /crm/marketing/token-status", as: "owner" },
  { route: "GET /admin/meta/status", as: "owner" },
  { route: "GET /crm/auth/meta/test-connection", as: "owner" },
  { route: "GET /crm/marketing/assets", as: "owner" },
  { route: "POST /crm/marketing/assets/refresh", as: "owner" },
  {
    route: "POST /admin/meta/select-channels",
    as: "owner",
    body: { asset_ids: ["102290129340398", "106540352242922"] },
  },
  { route: "GET /crm/marketing/lead-forms", as: "owner" },
  {
    route: "PUT /crm/marketing/lead-forms/:id/mapping",
    as: "owner",
    param: { id: "172036835026334" },
    body: { mapping: { "¿qué_tratamiento_buscas?": "answer" } },
  },
  { route: "GET /crm/auth/meta/debug/token", as: "owner" },
  { route: "GET /crm/marketing/meta-portfolios", as: "owner" },
  { route: "GET /crm/marketing/meta-accounts", as: "owner" },
  {
    route: "POST /crm/marketing/connect",
    as: "owner",
    body: { account_id: "act_784512093311002" },
    keep: { run: "data.sync_run_id" },
  },
  { route: "GET /crm/marketing/sync/runs", as: "owner", query: { limit: "1" } },
  { route: "GET /crm/marketing/sync/runs/:id", as: "owner", param: { id: "{run}" } },
  { route: "POST /crm/marketing/sync/runs/:id/cancel", as: "owner", param: { id: "{run}" } },
  {
    route: "POST /crm/marketing/sync",
    as: "owner",
    body: { account_id: "act_784512093311002", since: "2026-11-01", until: "2026-11-07" },
  },
  { route: "POST /crm/auth/meta/system-user-token", as: "owner", body: { token: "{systemUserToken}" } },
  {
    route: "POST /crm/auth/meta/system-user-token",
    title: "of nobody",
    as: "owner",
    body: { token: "EAAGnobodysToken" },
    status: 422,
  },
  { route: "POST /crm/auth/meta/disconnect", as: "owner" },
  { route: "POST /crm/auth/meta/deauthorize", as: "nobody", ...fromMeta },
  {
    route: "POST /crm/auth/meta/data-deletion",
    as: "nobody",
    ...fromMeta,
    keep: { deletion: "confirmation_code" },
  },
  {
    route: "GET /crm/auth/meta/data-deletion/:code",
    as: "nobody",
    param: { code: "{deletion}" },
    headers: { accept: "application/json" },
  },
  { route: "DELETE /admin/meta/disconnect", as: "owner" },
];

const told = samples(START / 1000).account_update;
const handshake = {
  "hub.mode": "subscribe",
  "hub.verify_token": "local-webhook-verify-token",
  "hub.challenge": "1158201444",
};
const { headers: signature } = signedPost(metaApp.secret, JSON.stringify(told));
const toldByMeta = { as: "nobody" as const, body: told, headers: signature };

const webhooks: Example[] = [
  { route: "GET /webhooks/meta", as: "nobody", query: handshake },
  { route: "GET /webhooks/meta/:tenant_id", as: "nobody", param: { tenant_id: "1" }, query: handshake },
  { route: "POST /webhooks/meta", ...toldByMeta },
  { route: "POST /webhooks/meta", title: "unsigned", as: "nobody", body: told, status: 401 },
  { route: "POST /webhooks/meta/:tenant_id", param: { tenant_id: "1" }, ...toldByMeta },
  { route: "GET /crm/marketing/webhooks/events", as: "shop", query: { topic: "account" } },
  { route: "POST /crm/marketing/webhooks/replay", as: "shop", body: { failed: true } },
];

const outcomes: Example[] = [
  {
    route: "PUT /crm/marketing/conversions/settings",
    as: "owner",
    body: { enabled: true, dataset_id: "772090031845123", stages: { turno: "appointment", en_espera: null } },
  },
  { route: "GET /crm/marketing/conversions/settings", as: "owner" },
  { route: "POST /crm/marketing/conversions/test", as: "owner", body: { test_event_code: "TEST12345" }, status: 409 },
  { route: "GET /crm/marketing/conversions/events", as: "shop", query: { state: "sent" } },
  {
    route: "PUT /crm/leads/:id/consents",
    as: "shop",
    param: { id: "external:L-1001" },
    body: { granted: true, source: "Formulario de implantes", at: "2026-11-20T15:00:00Z" },
  },
  {
    route: "POST /crm/marketing/notifications/endpoints",
    as: "shop",
    body: { url: "https://crm.example.com/hooks/marketing", events: ["lead.created", "connection.error"] },
    keep: { endpoint: "data.id" },
  },
  {
    route: "POST /crm/marketing/notifications/endpoints",
    title: "inside",
    as: "shop",
    body: { url: "https://169.254.169.254/", events: ["lead.created"] },
    status: 422,
  },
  { route: "GET /crm/marketing/notifications/endpoints", as: "shop" },
  {
    route: "PATCH /crm/marketing/notifications/endpoints/:id",
    as: "shop",
    param: { id: "{endpoint}" },
    body: { rotate_secret: true },
  },
  { route: "GET /crm/marketing/notifications/deliveries", as: "shop" },
  {
    route: "POST /crm/marketing/notifications/deliveries/:id/replay",
    title: "unknown",
    as: "shop",
    param: { id: "404" },
    status: 404,
  },
  { route: "DELETE /crm/marketing/notifications/endpoints/:id", as: "shop", param: { id: "{endpoint}" } },
];

export const examples: Example[] = [
  { route: "GET /healthz", as: "nobody" },
  { route: "GET /readyz", as: "nobody" },
  ...figures,
  ...settings,
  ...automation,
  ...crm,
  ...meta,
  ...outcomes,
  ...webhooks,
];
