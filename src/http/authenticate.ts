import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { Session } from "../context.ts";
import { AppError } from "../errors.ts";
import type { Hall } from "./hall.ts";

export const SESSION_COOKIE = "access_token";

/** Who sent the request: a Bearer token, else the session cookie. */
export async function authenticate(c: Context<Hall>): Promise<Session> {
  const bearer = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(c.req.header("authorization") ?? "")?.[1];
  const token = bearer ?? getCookie(c, SESSION_COOKIE);
  if (!token) throw new AppError("session.missing", "Iniciá sesión para continuar.");
  const session = await c.var.tools.verifySession(token);
  if (!session) throw new AppError("session.invalid", "Tu sesión venció. Volvé a iniciar sesión.");
  if (!bearer) refuseForeignOrigin(c);
  return session;
}

/** The session a browser happens to carry, for routes that work without one. */
export async function findSession(c: Context<Hall>): Promise<Session | undefined> {
  const token = getCookie(c, SESSION_COOKIE);
  return token ? c.var.tools.verifySession(token) : undefined;
}

// A browser attaches cookies to requests that other sites make; Origin tells, and scripts cannot forge it.
function refuseForeignOrigin(c: Context<Hall>): void {
  if (c.req.method === "GET" || c.req.method === "HEAD") return;
  const origin = c.req.header("origin");
  const isOurs = origin !== undefined && c.var.tools.settings.allowedOrigins.includes(origin);
  if (!isOurs) throw new AppError("origin.forbidden", "Este sitio no puede hacer cambios en tu nombre.");
}
