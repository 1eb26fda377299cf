import type { Ctx, Tools } from "../context.ts";

/** What travels on Hono's context: the tools from the first middleware on, `ctx` from the guard on, `answeredAt` once `reply` was called. */
export type Hall = {
  Variables: { tools: Tools; requestId: string; ctx: Ctx; answeredAt: string; isUpstreamAway?: true };
};
