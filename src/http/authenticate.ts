import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { Session } from "../context.ts";
import { AppError } from "../errors.ts";
import type { Hall } from "./hall.ts";
import { guardCookie } from "./origin-gate.ts";

export const sessionIsOver = () => new AppError("session.invalid", "Tu sesión venció. Volvé a iniciar sesión.");

export const SESSION_COOKIE = "access_token";

/** Who sent the request: a Bearer token, else the session cookie. `accepts` are the content types that a cookie may send. */
export async function authenticate(c: Context<Hall>, accepts: readonly string[]): Promise<Session> {
  const bearer = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(c.req.header("authorization") ?? "")?.[1];
  const token = bearer ?? getCookie(c, SESSION_COOKIE);
  if (!token) throw new AppError("session.missing", "Iniciá sesión para continuar.");
  if (!bearer) guardCookie(c, accepts);
  const session = await c.var.tools.verifySession(token);
  if (!session) throw sessionIsOver();
  return session;
}

/**
 * The session a browser happens to carry, for a route that works without one: the way back from Meta, which is a navigation
 * from another site. It changes nothing there, it can only refuse: what acts is the state and the nonce of its browser.
 */
export async function findSession(c: Context<Hall>): Promise<Session | undefined> {
  const token = getCookie(c, SESSION_COOKIE);
  return token ? c.var.tools.verifySession(token) : undefined;
}
