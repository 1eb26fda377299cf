import { createMiddleware } from "hono/factory";
import { userCtx } from "../context.ts";
import { askedOf } from "./audit.ts";
import { authenticate } from "./authenticate.ts";
import { chooseMembership, type Permission, requireLiveSession, requirePermission } from "./authorize.ts";
import { noted } from "./describe.ts";
import type { Hall } from "./hall.ts";
import { refuse } from "./allowance.ts";
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
    // The tenant is the one that the session was signed for: a wish (X-Tenant-ID) would be a new allowance each time.
    const key = `${session.tenantId ?? ""}:${session.userId}:${c.req.method}:${c.req.routePath}`;
    const routeClass = permission === "marketing.read" ? "read" : "act";
    const [memberships, refusal] = await Promise.all([
      tools.listMemberships(session.userId),
      refuse(c, { key, perMinute, routeClass }),
    ]);
    const membership = chooseMembership(memberships, session, wanted);
    requireLiveSession(membership, session);
    const { tenantId, role, answerVersion } = membership;
    // From here on there is somebody to write into the audit, refused or not.
    const asked = askedOf(c);
    c.set("ctx", userCtx(tools, { tenantId, requestId, userId: session.userId, role, answerVersion, asked }));
    if (refusal) throw refusal;
    requirePermission(role, permission);
    await requireSecondFactor(c, role, permission);
    await next();
  });
  return noted(door, { guard: { permission, perMinute } });
};
