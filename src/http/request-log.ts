import { createMiddleware } from "hono/factory";
import { toAppError } from "../errors.ts";
import type { Hall } from "./hall.ts";

/** One line per request: the route, never the URL (its query may hold a code), and never a body. */
export const requestLog = createMiddleware<Hall>(async (c, next) => {
  const { tools, requestId } = c.var;
  const startedAt = tools.now();
  await next();
  const ctx = c.get("ctx") as Hall["Variables"]["ctx"] | undefined;
  const error = c.error ? toAppError(c.error) : undefined;
  tools.log("request", {
    requestId,
    method: c.req.method,
    route: c.req.routePath,
    status: c.res.status,
    ms: tools.now() - startedAt,
    tenantId: ctx?.tenantId,
    outcome: error?.code ?? (c.res.status < 400 ? "done" : "refused"),
    limiter: c.get("limiter"),
    error: error?.code,
    note: error?.note,
  });
});
