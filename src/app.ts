// Contents by path: the hall in its order, then every router.
import { Hono } from "hono";
import { requestId } from "hono/request-id";
import type { Tools } from "./context.ts";
import { accountsRoutes } from "./features/accounts/accounts.routes.ts";
import { analyticsRoutes } from "./features/analytics/analytics.routes.ts";
import { auditRoutes } from "./features/audit/audit.routes.ts";
import { attributionRoutes } from "./features/attribution/attribution.routes.ts";
import { logsRoutes, rulesRoutes } from "./features/automation/automation.routes.ts";
import { campaignsRoutes } from "./features/campaigns/campaigns.routes.ts";
import { connectionRoutes, tokenStatusRoutes } from "./features/connection/connection.routes.ts";
import { withdrawalRoutes } from "./features/withdrawals/withdrawals.routes.ts";
import { currenciesRoutes } from "./features/currencies/currencies.routes.ts";
import { leadsRoutes } from "./features/leads/leads.routes.ts";
import { panelRoutes } from "./features/connection/panel.routes.ts";
import { opportunitiesRoutes } from "./features/sales/opportunities.routes.ts";
import { salesRoutes } from "./features/sales/sales.routes.ts";
import { deploymentRoutes, settingsRoutes } from "./features/settings/settings.routes.ts";
import { syncRoutes } from "./features/sync/sync.routes.ts";
import { panelTemplatesRoutes, templatesRoutes } from "./features/templates/templates.routes.ts";
import { audit } from "./http/audit.ts";
import { closedByDefault } from "./http/closed-by-default.ts";
import { onNotFound, passOn } from "./http/elsewhere.ts";
import type { Hall } from "./http/hall.ts";
import { crossOrigin, noStore, securityHeaders } from "./http/headers.ts";
import { healthRoutes } from "./http/health.ts";
import { onError } from "./http/on-error.ts";
import { requestLog } from "./http/request-log.ts";
import { smallBody, smallHead } from "./http/size.ts";

export function createApp(tools: Tools) {
  const app = new Hono<Hall>();
  return app
    .use((c, next) => {
      c.set("tools", tools);
      return next();
    })
    .use(passOn(app.router))
    .use(requestId({ limitLength: 64 }), requestLog, securityHeaders, crossOrigin, noStore, audit)
    .use(smallHead, smallBody, closedByDefault)
    .onError(onError)
    .notFound(onNotFound(app.router))
    .route("/", healthRoutes)
    .route("/crm/auth/meta", connectionRoutes)
    .route("/crm/auth/meta", withdrawalRoutes)
    .route("/admin/meta", panelRoutes)
    .route("/admin", deploymentRoutes)
    .route("/crm/marketing", settingsRoutes)
    .route("/crm/marketing", tokenStatusRoutes)
    .route("/crm/marketing", accountsRoutes)
    .route("/crm/marketing/sync", syncRoutes)
    .route("/crm/marketing", templatesRoutes)
    .route("/admin/core/crm", panelTemplatesRoutes)
    .route("/crm/marketing/automation/rules", rulesRoutes)
    .route("/crm/marketing", logsRoutes)
    .route("/crm/leads", leadsRoutes)
    .route("/crm/opportunities", opportunitiesRoutes)
    .route("/crm/sales", salesRoutes)
    .route("/crm", currenciesRoutes)
    .route("/crm", auditRoutes)
    .route("/crm/marketing/attribution", attributionRoutes)
    .route("/crm/marketing", campaignsRoutes)
    .route("/crm/marketing", analyticsRoutes);
}

export type App = ReturnType<typeof createApp>;

/** Stands in while settings are missing or malformed: alive, not ready, and it says what is wrong by name. */
export function createUnconfiguredApp(problems: readonly { variable: string; problem: string }[]) {
  const error = { code: "config.invalid", message: "The worker is not configured.", details: { problems } };
  return new Hono<Hall>()
    .use(securityHeaders, noStore)
    .get("/healthz", (c) => c.json({ status: "ok" }))
    .notFound((c) => c.json({ success: false, detail: error.message, error }, 503, { "Retry-After": "60" }));
}
