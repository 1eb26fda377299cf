import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { MiddlewareHandler } from "hono";
import type { SimContext, SimEnv, SimRequest } from "./context.ts";
import { errorResponse, knownError } from "./envelope.ts";
import { ConnectionReset, type Fault, parseFault } from "./faults.ts";
import { isRecord } from "./params.ts";

const BAD_GATEWAY = "<!DOCTYPE html><html><head><title>Sorry</title></head><body>Something went wrong.</body></html>";

const dropConnection = (c: SimRequest): Response => {
  const socket = c.env?.incoming?.socket;
  if (!socket) throw new ConnectionReset();
  socket.resetAndDestroy();
  return RESPONSE_ALREADY_SENT;
};

/** Rejects when an in-process caller aborts; a served caller's socket is simply left waiting until it closes. */
const untilGivenUp = (c: SimRequest): Promise<Response> =>
  new Promise((resolve, reject) => {
    const { signal } = c.req.raw;
    const socket = c.env?.incoming?.socket;
    if (socket) socket.once("close", () => resolve(RESPONSE_ALREADY_SENT));
    else if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const graphError = (c: SimRequest, fault: Extract<Fault, { kind: "graph-error" }>): Response => {
  const { code, subcode, status, message, minutesToWait, isTransient } = fault;
  if (minutesToWait !== undefined) {
    const accountId = /^\/act_(\d+)/.exec(c.req.path)?.[1] ?? "0";
    const use = c.req.path.endsWith("/insights") ? "ads_insights" : "ads_management";
    const usage = {
      type: use,
      call_count: 100,
      total_cputime: 100,
      total_time: 100,
      estimated_time_to_regain_access: minutesToWait,
    };
    c.header("x-business-use-case-usage", JSON.stringify({ [accountId]: [usage] }));
  }
  return errorResponse(c, {
    ...knownError(code, subcode),
    ...(status !== undefined && { status }),
    ...(message !== undefined && { message }),
    ...(isTransient !== undefined && { isTransient }),
  });
};

const swapTypes = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(swapTypes);
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, swapTypes(inner)]));
  if (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
};

const loop = (c: SimRequest, body: Record<string, unknown>): Record<string, unknown> => {
  const paging = isRecord(body["paging"]) ? body["paging"] : {};
  const own = isRecord(paging["cursors"]) ? paging["cursors"]["after"] : undefined;
  const after = c.get("params")["after"] ?? (typeof own === "string" ? own : "MAZDZD");
  const next = new URL(c.req.url);
  next.searchParams.set("after", after);
  return { ...body, paging: { cursors: { before: after, after }, next: next.href } };
};

const foreignNext = (body: Record<string, unknown>, origin: string): Record<string, unknown> => {
  const paging = isRecord(body["paging"]) ? body["paging"] : {};
  return { ...body, paging: { ...paging, next: `${origin}/v26.0/stolen?access_token=EAAGstolen&after=MAZDZD` } };
};

const doubled = (body: Record<string, unknown>): Record<string, unknown> =>
  Array.isArray(body["data"]) ? { ...body, data: [...body["data"], ...body["data"].toReversed()] } : body;

const dripping = (text: string, bytes: number, everyMs: number): ReadableStream<Uint8Array> => {
  const whole = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull: async (controller) => {
      await pause(everyMs);
      controller.enqueue(whole.slice(at, (at += bytes)));
      if (at >= whole.length) controller.close();
    },
  });
};

const withoutExpiry = (body: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(body).filter(([key]) => key !== "expires_in"));

/** The good answer, spoilt. Undefined for faults that do not look at the answer. */
const spoil = (c: SimRequest, fault: Fault, text: string): string | undefined => {
  const rewrite = (change: (body: Record<string, unknown>) => unknown): string => {
    const body: unknown = JSON.parse(text);
    return isRecord(body) ? JSON.stringify(change(body)) : text;
  };
  switch (fault.kind) {
    case "truncate":
      return text.slice(0, Math.max(1, Math.floor(text.length * 0.6)));
    case "loop-cursor":
      return rewrite((body) => loop(c, body));
    case "foreign-next":
      return rewrite((body) => foreignNext(body, fault.origin ?? "https://graph.facebook.evil.example"));
    case "wrong-types":
      return rewrite(swapTypes);
    case "duplicate":
      return rewrite(doubled);
    case "missing-expires-in":
      return rewrite(withoutExpiry);
    case "huge-body":
      return rewrite((body) => ({ ...body, padding: "x".repeat(fault.bytes ?? 12_000_000) }));
    default:
      return undefined;
  }
};

export const faultGate =
  ({ faults }: Pick<SimContext, "faults">): MiddlewareHandler<SimEnv> =>
  async (c, next) => {
    if (c.req.path.startsWith("/__sim")) return next();
    const header = c.req.header("x-sim-fault");
    const fault = header ? parseFault(header) : faults.take(c.req.raw, c.req.path);
    if (!fault) return next();
    c.set("fault", header ?? fault.kind);
    if (fault.kind === "graph-error") return graphError(c, fault);
    if (fault.kind === "html") return c.html(BAD_GATEWAY, (fault.status ?? 502) as 502);
    if (fault.kind === "redirect")
      return c.redirect(fault.location ?? "https://login.facebook.example/checkpoint", 302);
    if (fault.kind === "reset") return dropConnection(c);
    if (fault.kind === "timeout") return untilGivenUp(c);
    if (fault.kind === "latency") await pause(fault.ms);
    await next();
    if (fault.kind === "reset-after-execute") {
      c.res = undefined;
      c.res = dropConnection(c);
      return undefined;
    }
    if (fault.kind === "latency") return undefined;
    if (fault.kind === "headers") {
      for (const [name, value] of Object.entries(fault.headers)) c.res.headers.set(name, value);
      return undefined;
    }
    if (fault.kind === "drip") {
      c.res = new Response(dripping(await c.res.clone().text(), fault.bytes, fault.everyMs), c.res);
      return undefined;
    }
    const spoilt = spoil(c, fault, await c.res.clone().text());
    if (spoilt !== undefined) c.res = new Response(spoilt, c.res);
    return undefined;
  };
