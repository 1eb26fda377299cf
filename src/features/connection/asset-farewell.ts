import type { Needs } from "../../context.ts";
import { isAppError } from "../../errors.ts";
import type { SubscribedAsset } from "./connection.queries.ts";
import { openPageToken } from "./page-token.ts";

const AT_ONCE = 5;

/** Tells Meta to send nothing of these any more, as far as Meta listens; `token` is the tenant's. */
export async function unsubscribe(
  ctx: Needs<"db" | "vault" | "meta" | "log" | "tenantId">,
  assets: readonly SubscribedAsset[],
  token: string | undefined,
): Promise<void> {
  const tellOne = async (asset: SubscribedAsset) => {
    const key = asset.kind === "page" ? await openPageToken(ctx, asset) : token;
    if (key === undefined) return;
    try {
      await ctx.meta.unsubscribe(key, asset.assetId);
    } catch (thrown) {
      if (!isAppError(thrown)) throw thrown;
      ctx.log("asset.unsubscribe_failed", { tenantId: ctx.tenantId, kind: asset.kind, code: thrown.code });
    }
  };
  const told = assets.filter(({ kind }) => kind !== "phone_number");
  for (let at = 0; at < told.length; at += AT_ONCE) await Promise.all(told.slice(at, at + AT_ONCE).map(tellOne));
}
