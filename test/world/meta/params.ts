import type { MiddlewareHandler } from "hono";
import type { Params, SimEnv } from "./context.ts";
import { invalidParameter } from "./envelope.ts";

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

const fromJson = (text: string): Params => {
  try {
    const body: unknown = JSON.parse(text || "{}");
    if (typeof body !== "object" || body === null) throw new TypeError("not an object");
    return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, asText(value)]));
  } catch {
    throw invalidParameter("Invalid JSON in the request body");
  }
};

/** Graph reads a parameter from the query, a form or a JSON body alike; the body wins. */
export const readParams: MiddlewareHandler<SimEnv> = async (c, next) => {
  const query = Object.fromEntries(new URL(c.req.url).searchParams);
  const text = c.req.method === "GET" || c.req.method === "HEAD" ? "" : await c.req.text();
  const isJson = c.req.header("content-type")?.includes("json") ?? false;
  const body = isJson ? fromJson(text) : Object.fromEntries(new URLSearchParams(text));
  c.set("params", { ...query, ...body });
  await next();
};

/** A parameter that holds JSON, e.g. `filtering` or `time_range`. */
export const jsonParam = (params: Params, name: string): unknown => {
  const text = params[name];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalidParameter(`param ${name} must be valid JSON`);
  }
};

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A list written as JSON (`["ACTIVE"]`) or separated by commas. */
export const listParam = (params: Params, name: string): string[] | undefined => {
  const text = params[name];
  if (text === undefined) return undefined;
  if (!text.trimStart().startsWith("["))
    return text
      .split(",")
      .map((item) => item.trim())
      .filter(Boolean);
  const list = jsonParam(params, name);
  if (!Array.isArray(list)) throw invalidParameter(`param ${name} must be an array`);
  return list.map(asText);
};

export const limitParam = (params: Params, fallback = 25): number => {
  const text = params["limit"];
  if (text === undefined) return fallback;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) throw invalidParameter("param limit must be a positive integer");
  return limit;
};
