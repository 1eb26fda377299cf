import type { Ctx, Tools } from "../context.ts";
import type { ErrorCode } from "../errors.ts";
import type { LimiterState } from "./allowance.ts";

/** What travels on Hono's context: the tools from the first middleware on, `ctx` from the guard on, `answeredAt` once `reply` was called. */
export type Hall = {
  Variables: {
    tools: Tools;
    requestId: string;
    ctx: Ctx;
    answeredAt: string;
    /** What the request was refused for or failed of, as the audit tells it. */
    failure?: ErrorCode;
    isUpstreamAway?: true;
    limiter?: LimiterState;
  };
};
