import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { Asked } from "../context.ts";
import { catalogue } from "../errors.ts";
import { networkOf } from "../lib/network.ts";
import type { Hall } from "./hall.ts";

/** What the audit tells of a request before it is answered. */
export const askedOf = (c: Context<Hall>): Asked => ({
  action: `${c.req.method} ${c.req.routePath}`,
  target: Object.values(c.req.param()).join("/") || null,
  ip: networkOf(c.req.header("cf-connecting-ip")),
});

/**
 * Leaves a record of every access that had a tenant, after the answer is made and without delaying it. A change has its record
 * already, written in its own transaction; one that ended in an error after all gets a second, which says so.
 */
export const audit = createMiddleware<Hall>(async (c, next) => {
  await next();
  const ctx = c.get("ctx") as Hall["Variables"]["ctx"] | undefined;
  if (!ctx) return;
  const { tools, failure } = c.var;
  const { isWritten, ...subject } = ctx.audit;
  if (isWritten && !failure) return;
  // A login that failed is answered with a redirect.
  const status = failure ? catalogue[failure][0] : c.res.status;
  const entry = {
    ...subject,
    occurredAt: new Date(tools.now()),
    outcome: status < 400 ? ("success" as const) : status < 500 ? ("refused" as const) : ("failed" as const),
    reason: failure ?? (c.res.headers.has("Idempotent-Replayed") ? "replayed" : null),
    httpStatus: c.res.status,
  };
  c.executionCtx.waitUntil(tools.recordAudit(ctx.tenantId, entry));
});
