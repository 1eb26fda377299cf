import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { type Allowance, userCtx } from "../context.ts";
import { AppError } from "../errors.ts";
import { authenticate } from "./authenticate.ts";
import { chooseMembership, type Permission, requirePermission } from "./authorize.ts";
import { noted } from "./describe.ts";
import type { Hall } from "./hall.ts";
import { requireSecondFactor } from "./second-factor.ts";

const JSON_ONLY: readonly string[] = ["application/json"];

/**
 * The door of every signed-in route: who, for which tenant, whether their role may, and how often. Membership and limit
 * are asked at once, so a guarded read costs one round trip here and one for its own query.
 */
export const guard = (permission: Permission, perMinute: number, { accepts = JSON_ONLY } = {}) => {
  const door = createMiddleware<Hall>(async (c, next) => {
    const { tools, requestId } = c.var;
    const session = await authenticate(c, accepts);
    const wanted = c.req.header("x-tenant-id");
    const [memberships, allowance] = await Promise.all([
      tools.listMemberships(session.userId),
      tools.limiter.consume(`${session.userId}:${c.req.method}:${c.req.routePath}`, perMinute),
    ]);
    applyLimit(c, allowance, permission);
    const { tenantId, role, answerVersion } = chooseMembership(memberships, session, wanted);
    // From here on there is somebody to write into the audit, refused or not.
    c.set("ctx", userCtx(tools, { tenantId, requestId, userId: session.userId, role, answerVersion }));
    requirePermission(role, permission);
    await requireSecondFactor(c, role, permission);
    await next();
  });
  return noted(door, { guard: { permission, perMinute } });
};

// Without Redis, looking goes on and acting waits.
function applyLimit(c: Context<Hall>, allowance: Allowance | undefined, permission: Permission): void {
  if (!allowance) {
    if (permission === "marketing.read") return;
    throw new AppError("redis.unavailable", "Un servicio interno no responde. Probá de nuevo en unos minutos.");
  }
  const seconds = Math.max(1, Math.ceil((allowance.resetAt - c.var.tools.now()) / 1000));
  c.header("RateLimit", `"minute";r=${allowance.remaining};t=${seconds}`);
  c.header("RateLimit-Policy", `"minute";q=${allowance.limit};w=60`);
  if (allowance.allowed) return;
  throw new AppError("request.too_many", `Demasiados pedidos. Probá de nuevo en ${seconds} segundos.`, {
    details: { retryAfterSeconds: seconds },
  });
}
