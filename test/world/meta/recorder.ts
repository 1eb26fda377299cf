import type { MiddlewareHandler } from "hono";
import type { Clock } from "./clock.ts";
import type { SimEnv } from "./context.ts";
import { askedVersion, pathWithoutVersion } from "./version.ts";

/** What was asked of Meta: names of parameters, never their values. */
export interface Recorded {
  serial: number;
  method: string;
  /** Without the version. */
  path: string;
  version: string;
  queryKeys: string[];
  bodyKeys: string[];
  isBearer: boolean;
  /** 0 when the connection was dropped or the caller gave up. */
  status: number;
  at: number;
  durationMs: number;
  fault?: string;
}

/** Parameters that a POST body or the Authorization header could have carried instead (§0, §B.3, §B.8). */
const SECRETS = new Set(["client_secret", "code", "fb_exchange_token", "access_token", "revoke_token"]);
const KEPT = 5_000;

export const createRecorder = (clock: Clock) => {
  let serial = 0;
  const requests: Recorded[] = [];

  const middleware: MiddlewareHandler<SimEnv> = async (c, next) => {
    if (c.req.path.startsWith("/__sim")) return next();
    serial += 1;
    const { searchParams } = new URL(c.req.url);
    const entry: Recorded = {
      serial,
      method: c.req.method,
      path: pathWithoutVersion(c.req.raw),
      version: askedVersion(c.req.url) ?? "",
      queryKeys: [...new Set(searchParams.keys())],
      bodyKeys: [],
      isBearer: /^bearer /i.test(c.req.header("authorization") ?? ""),
      status: 0,
      at: clock.now(),
      durationMs: 0,
    };
    requests.push(entry);
    if (requests.length > KEPT) requests.shift();
    const started = performance.now();
    try {
      await next();
      entry.status = c.res.headers.has("x-hono-already-sent") ? 0 : c.res.status;
    } finally {
      entry.durationMs = Math.round(performance.now() - started);
      const fault = c.get("fault");
      if (fault !== undefined) entry.fault = fault;
      entry.bodyKeys = Object.keys(c.get("params") ?? {}).filter((key) => !entry.queryKeys.includes(key));
    }
    return undefined;
  };

  const find = (path?: RegExp): Recorded[] =>
    path ? requests.filter((request) => path.test(request.path)) : [...requests];

  return {
    middleware,
    requests: find,
    count: (path?: RegExp, method?: string): number =>
      find(path).filter((request) => method === undefined || request.method === method).length,
    /** Requests whose query held a secret that could have travelled hidden; debug_token's input_token is allowed. */
    secretsInQuery: (): { path: string; keys: string[] }[] =>
      requests
        .filter(({ path }) => !path.startsWith("/dialog/"))
        .map(({ path, queryKeys }) => ({ path, keys: queryKeys.filter((key) => SECRETS.has(key)) }))
        .filter(({ keys }) => keys.length > 0),
    clear: (): void => {
      requests.length = 0;
    },
  };
};

export type Recorder = ReturnType<typeof createRecorder>;
