// What is not ours. With UPSTREAM_API_URL it belongs to the main backend: the request passes through as it is, both ways and
// streaming, and nothing of our hall touches it. Without, it is a 404 that costs nothing, or a 405 on a path of ours.
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { Result } from "hono/router";
import { AppError } from "../errors.ts";
import type { Hall } from "./hall.ts";
import { refuseWanderer } from "./allowance.ts";
import { onError } from "./on-error.ts";

/** What has passed through us once does not do so again. */
const HOP = "X-Marketing-Hub-Hop";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** The app's own router. */
type Routes = { match: (method: string, path: string) => Result<[unknown, { method: string }]> };

// What answers every method is middleware, no route.
const methodsOf = (routes: Routes, path: string) =>
  METHODS.filter((method) => routes.match(method, path)[0].some(([[, route]]) => route.method !== "ALL"));

// A path may be ours in part: we take POST /crm/leads, and the main backend lists them. A preflight asks for the path.
function isOurs(routes: Routes, { method, path }: { method: string; path: string }): boolean {
  const ours = methodsOf(routes, path);
  return method === "OPTIONS" ? ours.length > 0 : ours.some((own) => own === (method === "HEAD" ? "GET" : method));
}

/** Stands before the hall: hands what is not ours to the main backend, where there is one. */
export const passOn = (routes: Routes) =>
  createMiddleware<Hall>(async (c, next) => {
    const { upstream, log } = c.var.tools;
    if (!upstream || isOurs(routes, c.req) || c.req.raw.headers.has(HOP)) return next();
    const { host, pathname, search } = new URL(c.req.url);
    const target = new URL(pathname + search, upstream.origin);
    try {
      if (target.host === host) throw new Error("The main backend has our own address.");
      const request = new Request(target, c.req.raw);
      const headers = new Headers(request.headers);
      headers.set(HOP, "1");
      return await upstream.send(new Request(request, { headers, redirect: "manual" }));
    } catch (thrown) {
      log("upstream.unavailable", { note: thrown instanceof Error ? thrown.name : typeof thrown });
      c.set("isUpstreamAway", true);
      return next();
    }
  });

/** The hall's last word: 405 for a path of ours that does not know the method, else nobody is there. */
export const onNotFound = (routes: Routes) => async (c: Context<Hall>) => {
  c.error = (await refuseWanderer(c)) ?? lastWord(c, methodsOf(routes, c.req.path));
  return onError(c.error, c);
};

function lastWord(c: Context<Hall>, allowed: readonly string[]): AppError {
  if (allowed.length > 0) {
    const withHead = allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    c.header("Allow", [...withHead, "OPTIONS"].join(", "));
    return new AppError("request.method_not_allowed", "Esta dirección no admite ese método.");
  }
  return c.get("isUpstreamAway")
    ? new AppError("upstream.unavailable", "El sistema principal no responde. Probá de nuevo en unos minutos.")
    : new AppError("request.not_found", "No existe.");
}
