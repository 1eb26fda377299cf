// Contents by path: the hall in its order, then every page of contents/.
import { requestId } from "hono/request-id";
import type { Tools } from "./context.ts";
import { adminContents } from "./contents/admin.ts";
import { crmContents } from "./contents/crm.ts";
import { marketingContents } from "./contents/marketing.ts";
import { metaContents } from "./contents/meta.ts";
import { audit } from "./http/audit.ts";
import { closedByDefault } from "./http/closed-by-default.ts";
import { onNotFound, passOn } from "./http/elsewhere.ts";
import { crossOrigin, noStore, securityHeaders } from "./http/headers.ts";
import { healthRoutes } from "./http/health.ts";
import { onError } from "./http/on-error.ts";
import { requestLog } from "./http/request-log.ts";
import { router } from "./http/router.ts";
import { smallBody, smallHead } from "./http/size.ts";

export function createApp(tools: Tools) {
  const app = router();
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
    .route("/", metaContents)
    .route("/", adminContents)
    .route("/", marketingContents)
    .route("/", crmContents);
}

export type App = ReturnType<typeof createApp>;

/** Stands in while settings are missing or malformed: alive, not ready, and it says what is wrong by name. */
export function createUnconfiguredApp(problems: readonly { variable: string; problem: string }[]) {
  const error = { code: "config.invalid", message: "The worker is not configured.", details: { problems } };
  return router()
    .use(securityHeaders, noStore)
    .get("/healthz", (c) => c.json({ status: "ok" }))
    .notFound((c) => c.json({ success: false, detail: error.message, error }, 503, { "Retry-After": "60" }));
}
