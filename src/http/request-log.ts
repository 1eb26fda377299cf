import { createMiddleware } from "hono/factory";
import { toAppError } from "../errors.ts";
import type { Hall } from "./hall.ts";

/** One line per request: the route, never the URL (its query may hold a code), and never a body. */
export const requestLog = createMiddleware<Hall>(async (c, next) => {
  const { tools, requestId } = c.var;
  const startedAt = tools.now();
  await next();
  const ctx = c.get("ctx") as Hall["Variables"]["ctx"] | undefined;
  tools.log("request", {
    requestId,
    method: c.req.method,
    route: c.req.routePath,
    status: c.res.status,
    ms: tools.now() - startedAt,
    tenantId: ctx?.tenantId,
    error: c.error ? toAppError(c.error).code : undefined,
    // An error we did not foresee is told by its class: its message may quote anything.
    errorClass: c.error && c.error.name !== "AppError" ? c.error.name : undefined,
  });
});
