// Tells the tenants' endpoints what happened. A delivery keeps its id however often it is tried: a receiver that was told twice
// can see it. One tenant's run is bounded, and an endpoint that fails is asked once in it.
import type { Ctx, Tools } from "../../context.ts";
import { toAppError } from "../../errors.ts";
import { backoffSeconds, chanceOf } from "../../lib/backoff.ts";
import { claimDue, type Claimed, listDue, type Settled, settle } from "./deliveries.queries.ts";
import { liveSecrets } from "./endpoint-secret.ts";
import { payloadOf } from "./payload.ts";
import { signedHeaders } from "./sign.ts";
import { judgeUrl } from "./url-guard.ts";

const [MOST_TRIES, AT_ONCE, ROUNDS] = [12, 5, 20];
const [LONGEST_MS, LONGEST_WAIT_MS] = [60_000, 600_000];

/** Posts a message for every tenant with something to deliver. */
export async function planNotifications(tools: Pick<Tools, "dispatch" | "enqueue" | "now">): Promise<void> {
  const tenants = await listDue(tools);
  await tools.enqueue(tenants.map((tenantId) => ({ message: { v: 1, kind: "notifications.send", tenantId } })));
}

export async function runNotifications(ctx: Ctx): Promise<void> {
  const end = ctx.now() + LONGEST_MS;
  for (let round = 0; round < ROUNDS && ctx.now() < end; round += 1) if (!(await deliverDue(ctx))) return;
}

/** False where nothing was due. */
async function deliverDue(ctx: Ctx): Promise<boolean> {
  const claim = ctx.uuid();
  const claimed = await claimDue(ctx, claim, AT_ONCE);
  if (claimed.length === 0) return false;
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
  return true;
}

/** In their order; after one that failed, the others wait as it does, but not for hours. */
async function deliverAll(ctx: Ctx, deliveries: readonly Claimed[]): Promise<Settled[]> {
  const settled: Settled[] = [];
  let waits: number | undefined;
  for (const claimed of deliveries) {
    const { id, endpointId, status, problem } = claimed.delivery;
    if (waits !== undefined)
      settled.push({ id, endpointId, state: "pending", status, problem, nextTryAt: waits, isUntouched: true });
    else {
      const one = await deliver(ctx, claimed);
      if (one.state !== "delivered") waits = Math.min(one.nextTryAt, ctx.now() + LONGEST_WAIT_MS);
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
  const posted = await post(ctx, claimed, judged.url);
  const status = posted.kind === "answered" ? posted.status : null;
  if (status !== null && status >= 200 && status < 300) return { ...done, state: "delivered", status };
  const problem = posted.kind === "answered" ? `http_${posted.status}` : posted.reason;
  if (status === 410) return { ...done, state: "dropped", status, problem };
  if (attempts >= MOST_TRIES) return { ...done, state: "failed", status, problem };
  const nextTryAt = ctx.now() + backoffSeconds(attempts, chanceOf(ctx.uuid())) * 1000;
  return { ...done, state: "pending", status, problem, nextTryAt };
}

/** A secret that does not open is its endpoint's trouble alone. */
async function post(ctx: Ctx, claimed: Claimed, url: URL) {
  const secrets = await liveSecrets(ctx, claimed.endpoint).catch((thrown: unknown) => toAppError(thrown));
  if (!Array.isArray(secrets)) return { kind: "failed" as const, reason: secrets.code };
  const body = payloadOf(claimed);
  const headers = await signedHeaders(secrets, { id: claimed.delivery.id, at: ctx.now(), body });
  return ctx.outgoing.post(url, headers, body);
}

/** Only a developer's own machine may be told over http. */
export const isLocal = (environment: string): boolean => ["development", "test"].includes(environment);
