// How often one may ask, and what happens when the counter cannot be asked.
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { Allowance } from "../context.ts";
import { AppError } from "../errors.ts";
import { holderOf } from "../lib/address.ts";
import type { Hall } from "./hall.ts";

/**
 * Without Redis: `open` goes on, on Cloudflare's floor; `closed` waits for Redis. What acts is closed. A callback is open
 * because what it needs first is its state, which lies in Redis.
 */
const withoutRedis = { read: "open", act: "closed", callback: "open", health: "open" } as const;

export type RouteClass = keyof typeof withoutRedis;

/** How a request fared, as the log tells it. */
export type LimiterState = "counted" | "refused" | "floor" | "floor_refused" | "away";

/** The floor of wrangler.toml: the top of what any route allows. */
const FLOOR_PER_MINUTE = 100;

type Asked = { key: string; perMinute: number; routeClass: RouteClass };

/** Counts a request and sets its headers; answers the error to throw when it may not go on. */
export async function refuse(c: Context<Hall>, { key, perMinute, routeClass }: Asked): Promise<AppError | undefined> {
  const allowance = await c.var.tools.limiter.consume(key, perMinute);
  if (allowance) return refuseCounted(c, allowance);
  return (
    (await refuseOnFloor(c, key)) ??
    (withoutRedis[routeClass] === "open"
      ? undefined
      : new AppError("redis.unavailable", "Un servicio interno no responde. Probá de nuevo en unos minutos."))
  );
}

function refuseCounted(c: Context<Hall>, { allowed, limit, remaining, resetAt }: Allowance): AppError | undefined {
  const seconds = Math.max(1, Math.ceil((resetAt - c.var.tools.now()) / 1000));
  c.header("RateLimit", `"minute";r=${remaining};t=${seconds}`);
  c.header("RateLimit-Policy", `"minute";q=${limit};w=60`);
  c.header("X-RateLimit-Limit", String(limit));
  c.header("X-RateLimit-Remaining", String(remaining));
  c.header("X-RateLimit-Reset", String(seconds));
  c.set("limiter", allowed ? "counted" : "refused");
  return allowed ? undefined : tooMany(seconds);
}

// The floor tells yes or no: how many are left, nobody knows, and no header says so.
async function refuseOnFloor(c: Context<Hall>, key: string): Promise<AppError | undefined> {
  const stands = await c.var.tools.limiter.standsOnFloor(key);
  c.set("limiter", stands === undefined ? "away" : stands ? "floor" : "floor_refused");
  if (stands === undefined) return undefined;
  c.header("RateLimit-Policy", `"floor";q=${FLOOR_PER_MINUTE};w=60`);
  if (stands) return undefined;
  c.header("RateLimit", '"floor";r=0;t=60');
  return tooMany(60);
}

const tooMany = (seconds: number) =>
  new AppError("request.too_many", `Demasiados pedidos. Probá de nuevo en ${seconds} segundos.`, {
    details: { retryAfterSeconds: seconds },
  });

// Cloudflare sets it on every request from outside and overwrites what a caller wrote there; X-Forwarded-For is anybody's.
const strangerOf = (c: Context<Hall>) => {
  const address = c.req.header("cf-connecting-ip");
  return address ? holderOf(address) : undefined;
};

/** For a route without a session: counts by address. */
export async function refuseAddress(c: Context<Hall>, routeClass: RouteClass, perMinute: number) {
  const stranger = strangerOf(c);
  return stranger ? refuse(c, { key: `${stranger}:${c.req.path}`, perMinute, routeClass }) : undefined;
}

/** For paths that are nowhere: they cost nothing, so nobody asks Redis about them. */
export async function refuseWanderer(c: Context<Hall>): Promise<AppError | undefined> {
  const stranger = strangerOf(c);
  return stranger ? refuseOnFloor(c, `${stranger}:nowhere`) : undefined;
}

/** Stands before a route without a session. */
export const limitAddress = (routeClass: RouteClass, perMinute: number) =>
  createMiddleware<Hall>(async (c, next) => {
    const refusal = await refuseAddress(c, routeClass, perMinute);
    if (refusal) throw refusal;
    await next();
  });
