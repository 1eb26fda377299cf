import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { AppError, toAppError } from "../errors.ts";
import type { Hall } from "./hall.ts";

/** The one place that turns an error into an answer. `detail` is what the frontend shows. */
export function onError(thrown: Error, c: Context<Hall>) {
  const error = thrown instanceof HTTPException ? malformed(thrown) : toAppError(thrown);
  c.set("failure", error.code);
  const wait = error.retryAfterSeconds ?? (error.status === 503 ? 5 : undefined);
  if (wait !== undefined) c.header("Retry-After", String(wait));
  const details = Object.keys(error.details).length > 0 ? { details: error.details } : {};
  const body = { code: error.code, message: error.message, request_id: c.var.requestId, ...details };
  return c.json({ success: false, detail: error.message, error: body }, error.status as ContentfulStatusCode);
}

// Hono's own exceptions come from reading a body that is not what its content type says.
function malformed(thrown: HTTPException): AppError {
  return new AppError("request.invalid", "El pedido no se puede leer.", { details: { status: thrown.status } });
}
