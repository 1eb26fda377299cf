// Tells the tenants' endpoints what happened. A delivery keeps its id however often it is tried: a receiver that was told twice
// can see it. One tenant's run is bounded, and an endpoint that fails is asked once in it.
import type { Ctx, Tools } from "../../context.ts";
import { backoffSeconds, chanceOf } from "../../lib/backoff.ts";
import { claimDue, type Claimed, listDue, type Settled, settle } from "./deliveries.queries.ts";
import { liveSecrets } from "./endpoint-secret.ts";
import { payloadOf } from "./payload.ts";
import { signedHeaders } from "./sign.ts";
import { judgeUrl } from "./url-guard.ts";

const [MOST_TRIES, AT_ONCE] = [12, 20];

/** Posts a message for every tenant with something to deliver. */
export async function planNotifications(tools: Pick<Tools, "dispatch" | "enqueue" | "now">): Promise<void> {
  const tenants = await listDue(tools);
  await tools.enqueue(tenants.map((tenantId) => ({ message: { v: 1, kind: "notifications.send", tenantId } })));
}

export async function runNotifications(ctx: Ctx): Promise<void> {
  const claim = ctx.uuid();
  const claimed = await claimDue(ctx, claim, AT_ONCE);
  if (claimed.length === 0) return;
  const byEndpoint = Map.groupBy(claimed, ({ endpoint }) => endpoint.id);
  const settled = await Promise.all([...byEndpoint.values()].map((deliveries) => deliverAll(ctx, deliveries)));
  await settle(ctx, claim, settled.flat());
  const count = (state: Settled["state"]) => settled.flat().filter((one) => one.state === state).length;
  ctx.log("notifications.sent", {
    tenantId: ctx.tenantId,
    delivered: count("delivered"),
    waiting: count("pending"),
    failed: count("failed"),
  });
}

/** In their order; after one that failed, the others wait for the next run. */
async function deliverAll(ctx: Ctx, deliveries: readonly Claimed[]): Promise<Settled[]> {
  const settled: Settled[] = [];
  let isFailing = false;
  for (const claimed of deliveries) {
    const { id, endpointId, status, problem } = claimed.delivery;
    if (isFailing)
      settled.push({ id, endpointId, state: "pending", status, problem, nextTryAt: ctx.now(), isUntouched: true });
    else {
      const one = await deliver(ctx, claimed);
      isFailing = one.state !== "delivered";
      settled.push(one);
    }
  }
  return settled;
}

async function deliver(ctx: Ctx, claimed: Claimed): Promise<Settled> {
  const { id, endpointId, attempts } = claimed.delivery;
  const done = { id, endpointId, problem: null, nextTryAt: ctx.now() };
  const judged = judgeUrl(claimed.endpoint.url, { allowsLocal: isLocal(ctx.settings.environment) });
  if ("problem" in judged) return { ...done, state: "dropped", status: null, problem: "address" };
  const secrets = await liveSecrets(ctx, claimed.endpoint);
  const body = payloadOf(claimed);
  const headers = await signedHeaders(secrets, { id, at: ctx.now(), body });
  const posted = await ctx.outgoing.post(judged.url, headers, body);
  const status = posted.kind === "answered" ? posted.status : null;
  if (status !== null && status >= 200 && status < 300) return { ...done, state: "delivered", status };
  const problem = posted.kind === "answered" ? `http_${posted.status}` : posted.reason;
  if (status === 410) return { ...done, state: "dropped", status, problem };
  if (attempts >= MOST_TRIES) return { ...done, state: "failed", status, problem };
  const nextTryAt = ctx.now() + backoffSeconds(attempts, chanceOf(ctx.uuid())) * 1000;
  return { ...done, state: "pending", status, problem, nextTryAt };
}

/** Only a developer's own machine may be told over http. */
export const isLocal = (environment: string): boolean => ["development", "test"].includes(environment);
