import type { Needs } from "../../context.ts";
import { listSealedTokens, replaceEnvelope, type SealedToken } from "./rewrap.queries.ts";

/** `overtaken`: another token was stored meanwhile, or it was forgotten; the newer state stands. */
export type Rewrapped = Record<"renewed" | "current" | "overtaken" | "unopenable", number>;

/** Brings the tenant's tokens under the ring's first key, and tells what became of them. Again changes nothing. */
export async function rewrapTokens(ctx: Needs<"db" | "vault">): Promise<Rewrapped> {
  const result: Rewrapped = { renewed: 0, current: 0, overtaken: 0, unopenable: 0 };
  for (const token of await listSealedTokens(ctx)) result[await rewrapToken(ctx, token)] += 1;
  return result;
}

async function rewrapToken(ctx: Needs<"db" | "vault">, token: SealedToken): Promise<keyof Rewrapped> {
  const { id, kind, envelope } = token;
  const place = { tenantId: ctx.db.tenantId, connectionId: id, kind };
  const secret = await ctx.vault.open(envelope, place);
  if (secret === undefined) return "unopenable";
  const to = await ctx.vault.rewrap(envelope, place);
  if (to === undefined) return "current";
  // What does not open never takes the place of what does.
  if ((await ctx.vault.open(to, place)) !== secret) throw new Error("The new envelope does not open.");
  return (await replaceEnvelope(ctx, token, to)) ? "renewed" : "overtaken";
}
