// Contents by path: the hall in its order, then every router.
import { Hono } from "hono";
import { requestId } from "hono/request-id";
import type { Tools } from "./context.ts";
import { accountsRoutes } from "./features/accounts/accounts.routes.ts";
import { analyticsRoutes } from "./features/analytics/analytics.routes.ts";
import { campaignsRoutes } from "./features/campaigns/campaigns.routes.ts";
import { connectionRoutes, tokenStatusRoutes } from "./features/connection/connection.routes.ts";
import { syncRoutes } from "./features/sync/sync.routes.ts";
import { audit } from "./http/audit.ts";
import type { Hall } from "./http/hall.ts";
import { crossOrigin, noStore, securityHeaders } from "./http/headers.ts";
import { healthRoutes } from "./http/health.ts";
import { onError, onNotFound } from "./http/on-error.ts";
import { requestLog } from "./http/request-log.ts";

export function createApp(tools: Tools) {
  return new Hono<Hall>()
    .use((c, next) => {
      c.set("tools", tools);
      return next();
    })
    .use(requestId({ limitLength: 64 }), requestLog, securityHeaders, crossOrigin, noStore, audit)
    .onError(onError)
    .notFound(onNotFound)
    .route("/", healthRoutes)
    .route("/crm/auth/meta", connectionRoutes)
    .route("/crm/marketing", tokenStatusRoutes)
    .route("/crm/marketing", accountsRoutes)
    .route("/crm/marketing/sync", syncRoutes)
    .route("/crm/marketing", campaignsRoutes)
    .route("/crm/marketing", analyticsRoutes);
}

export type App = ReturnType<typeof createApp>;

/** Stands in while settings are missing or malformed: alive, not ready, and it says what is wrong by name. */
export function createUnconfiguredApp(problems: readonly { variable: string; problem: string }[]) {
  const error = { code: "config.invalid", message: "The worker is not configured.", details: { problems } };
  return new Hono()
    .use(securityHeaders)
    .get("/healthz", (c) => c.json({ status: "ok" }))
    .notFound((c) => c.json({ success: false, detail: error.message, error }, 503, { "Retry-After": "60" }));
}
