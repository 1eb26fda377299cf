// Looks after the tokens. A look is due at least daily (next_check_at); of any number of callers one becomes the keeper,
// and only the keeper asks Meta. A message that is lost, doubled or late changes nothing but time.
import type { Ctx, Tools } from "../../context.ts";
import { isAppError } from "../../errors.ts";
import type { Connection } from "./connection.queries.ts";
import { openSealed, sealToken } from "./connection.service.ts";
import { claimDueTokens, saveKept, takeToken } from "./keep.queries.ts";
import { type Act, decide } from "./token-life.ts";
import { isBetter, type Outcome, settleToken } from "./token-outcome.ts";

/** Posts a message for every token that is due for a look. */
export async function planTokenKeeping(tools: Pick<Tools, "dispatch" | "enqueue" | "now">): Promise<void> {
  const tenants = await claimDueTokens(tools);
  await tools.enqueue(tenants.map((tenantId) => ({ message: { v: 1, kind: "token.keep", tenantId } })));
}

/** Verifies or renews the tenant's token, if it is due and nobody else is at it. */
export async function runTokenKeeping(ctx: Ctx): Promise<void> {
  const keeper = ctx.uuid();
  const taken = await takeToken(ctx, keeper);
  if (!taken) return;
  const act = decide(taken, ctx.now());
  const outcome = await perform(ctx, taken, act);
  await saveKept(ctx, taken, keeper, settleToken(taken, outcome, ctx.now()));
  ctx.log("token.kept", { tenantId: ctx.tenantId, act, outcome: outcome.kind });
}

async function perform(ctx: Ctx, connection: Connection, act: Act): Promise<Outcome> {
  if (act === "expire") return { kind: "expired" };
  if (act !== "verify" && act !== "renew") return { kind: "unasked" };
  const isRenewal = act === "renew";
  try {
    const token = await openSealed(ctx, connection);
    return await (isRenewal ? renew(ctx, connection, token) : verify(ctx, connection, token));
  } catch (thrown) {
    if (!isAppError(thrown) || !/^(meta|vault|connection)\./.test(thrown.code)) throw thrown;
    return { kind: "failed", isRenewal, code: thrown.code, retryAfterSeconds: thrown.retryAfterSeconds ?? 0 };
  }
}

async function verify(ctx: Ctx, { status }: Connection, token: string): Promise<Outcome> {
  const inspected = await ctx.meta.debugToken(token);
  if (!inspected.isValid) return { kind: "dead", reason: inspected.error?.reason ?? null };
  // Something refused it although Meta calls it valid: it is believed again when it has worked.
  if (status === "needs_reauth") {
    const refusal = await refusalOf(ctx, token);
    if (refusal) return refusal;
  }
  return { kind: "verified", inspected };
}

async function refusalOf(ctx: Ctx, token: string): Promise<Outcome | undefined> {
  try {
    await ctx.meta.getMe(token);
    return undefined;
  } catch (thrown) {
    if (!isAppError(thrown, "connection.needs_reauth")) throw thrown;
    return { kind: "dead", reason: thrown.reason };
  }
}

async function renew(ctx: Ctx, connection: Connection, token: string): Promise<Outcome> {
  const isSystemUser = connection.tokenType === "system_user";
  let fresh: string;
  try {
    fresh = (await ctx.meta.exchangeLongLived(token, { isSystemUser })).accessToken;
  } catch (thrown) {
    if (!isAppError(thrown, "connection.needs_reauth")) throw thrown;
    const old = await ctx.meta.debugToken(token);
    if (old.isValid) throw thrown;
    return { kind: "dead", reason: old.error?.reason ?? thrown.reason };
  }
  // `expires_in` may be missing or wrong: what the new token is worth is asked.
  const inspected = await ctx.meta.debugToken(fresh);
  const isOurs = inspected.appId === ctx.settings.metaAppId && inspected.userId === connection.metaUserId;
  if (!inspected.isValid || !isOurs)
    return { kind: "failed", isRenewal: true, code: "meta.protocol", retryAfterSeconds: 0 };
  if (!isBetter(inspected, connection)) return { kind: "ineffective" };
  return { kind: "renewed", inspected, tokenSealed: await sealToken(ctx, connection.id, fresh) };
}
