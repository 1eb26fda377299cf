import { createMiddleware } from "hono/factory";
import { actorName } from "../context.ts";
import type { Hall } from "./hall.ts";

/** Leaves a record of every access that had a tenant, after the answer is made and without delaying it. */
export const audit = createMiddleware<Hall>(async (c, next) => {
  await next();
  const ctx = c.get("ctx") as Hall["Variables"]["ctx"] | undefined;
  if (!ctx) return;
  const { tools, requestId } = c.var;
  const httpStatus = c.res.status;
  const entry = {
    occurredAt: new Date(tools.now()),
    actor: actorName(ctx.actor),
    action: `${c.req.method} ${c.req.routePath}`,
    target: Object.values(c.req.param()).join("/") || null,
    outcome: httpStatus < 400 ? ("success" as const) : httpStatus < 500 ? ("refused" as const) : ("failed" as const),
    httpStatus,
    requestId,
  };
  c.executionCtx.waitUntil(tools.recordAudit(ctx.tenantId, entry));
});
