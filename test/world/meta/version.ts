import type { MiddlewareHandler } from "hono";
import type { SimContext, SimEnv } from "./context.ts";
import { GraphError } from "./envelope.ts";

/** §A.1 on 2026-11-23: Graph and Marketing have different calendars. Oldest first. */
const GRAPH_VERSIONS = ["v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0"] as const;
const MARKETING_VERSIONS = ["v25.0", "v26.0"] as const;
const NEWEST = "v26.0";

const VERSIONED = /^\/(v\d+\.\d+)(?=\/|$)/;

/** Routes are written without the version; this takes it off. */
export const pathWithoutVersion = (request: Request): string => {
  const path = new URL(request.url).pathname.replace(VERSIONED, "");
  return path === "" ? "/" : path;
};

export const askedVersion = (url: string): string | undefined => VERSIONED.exec(new URL(url).pathname)?.[1];

const isMarketing = (path: string): boolean =>
  /^\/(act_|\d)/.test(path) || path === "/me/adaccounts" || path.endsWith("_ad_accounts");

const major = (version: string): number => Number(version.slice(1).split(".")[0]);

const served = (asked: string | undefined, alive: readonly string[]): string => {
  const [oldest = NEWEST] = alive;
  if (asked === undefined) return oldest;
  return alive.includes(asked) ? asked : oldest;
};

/** Dead versions are served by the oldest living one, which only the response header tells (§A.2). */
export const versionGate =
  ({ state }: Pick<SimContext, "state">): MiddlewareHandler<SimEnv> =>
  async (c, next) => {
    const asked = askedVersion(c.req.url);
    const alive = isMarketing(c.req.path) ? MARKETING_VERSIONS : GRAPH_VERSIONS;
    const version = served(asked, alive);
    c.set("version", version);
    c.header("facebook-api-version", version);
    const [firstSegment = ""] = c.req.path.slice(1).split("/");
    const isMalformed = asked === undefined && /^v\d/.test(firstSegment);
    if (isMalformed || (asked !== undefined && major(asked) > major(NEWEST))) {
      throw new GraphError({ code: 2500, message: `Unknown path components: /${asked ?? firstSegment}` });
    }
    const isDead = asked !== undefined && !(alive as readonly string[]).includes(asked);
    if (isDead && state.strictVersions && isMarketing(c.req.path)) {
      throw new GraphError({
        code: 2635,
        message: `(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version: ${NEWEST}.`,
      });
    }
    await next();
  };
