import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";
import type { Hall } from "./hall.ts";

const YEAR_SECONDS = 31_536_000;

export const securityHeaders = secureHeaders({
  strictTransportSecurity: `max-age=${YEAR_SECONDS}; includeSubDomains`,
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"] },
  xFrameOptions: "DENY",
  referrerPolicy: "no-referrer",
  crossOriginResourcePolicy: "same-site",
  xXssProtection: false,
});

/** Everything here is private to a session. */
export const noStore = createMiddleware<Hall>(async (c, next) => {
  await next();
  if (!c.res.headers.has("cache-control")) c.header("Cache-Control", "no-store");
});

/** The configured origins, exactly, with cookies; the frontend asks a preflight before every call. */
export const crossOrigin = createMiddleware<Hall>((c, next) => {
  const { allowedOrigins } = c.var.tools.settings;
  return cors({
    origin: (origin) => (allowedOrigins.includes(origin) ? origin : null),
    credentials: true,
    allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
    allowHeaders: ["Authorization", "Content-Type", "X-Admin-Token", "X-Tenant-ID", "Idempotency-Key", "If-None-Match"],
    exposeHeaders: [
      "X-Request-Id",
      "RateLimit",
      "RateLimit-Policy",
      "Retry-After",
      "X-RateLimit-Limit",
      "X-RateLimit-Remaining",
      "X-RateLimit-Reset",
      "ETag",
      "Idempotency-Replayed",
      "Idempotent-Replayed",
      "Content-Disposition",
    ],
    maxAge: 86_400,
  })(c, next);
});
