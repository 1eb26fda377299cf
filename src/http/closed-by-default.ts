import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import { AppError } from "../errors.ts";
import { notesOf } from "./describe.ts";
import type { Hall } from "./hall.ts";

/** The routes that anybody may ask. Every other one has a `guard`, or answers nobody. */
export const publicRoutes: ReadonlySet<string> = new Set([
  "GET /healthz",
  "GET /readyz",
  "GET /crm/auth/meta/callback",
  "POST /crm/auth/meta/deauthorize",
  "POST /crm/auth/meta/data-deletion",
  "GET /crm/auth/meta/data-deletion/:code",
  "POST /leads/intake",
  "GET /webhooks/meta",
  "GET /webhooks/meta/:tenant_id",
  "POST /webhooks/meta",
  "POST /webhooks/meta/:tenant_id",
]);

/** Refuses what reaches a route that has no guard and is not public: one was forgotten. */
export const closedByDefault = createMiddleware<Hall>((c, next) => {
  const handlers = matchedRoutes(c).filter(({ method }) => method !== "ALL");
  const guarded = new Set(handlers.filter(({ handler }) => notesOf(handler).guard).map(nameOf));
  if (handlers.map(nameOf).every((name) => guarded.has(name) || publicRoutes.has(name))) return next();
  throw new AppError("role.forbidden", "Esta dirección no está abierta a nadie.", { note: "a route without a guard" });
});

const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
