// Has Meta send us what happens on an asset, and believes it only when Meta says so on being asked.
import type { Needs } from "../../context.ts";
import { AppError, isAppError } from "../../errors.ts";
import { openPageToken } from "../connection/page-token.ts";
import { type Asset, noteChecked } from "./assets.queries.ts";

const LEADGEN = "leadgen";

type Tools = Needs<"db" | "meta" | "vault" | "now">;

/** The token that the asset's own edges ask for. */
export const keyOf = async (ctx: Needs<"db" | "vault">, asset: Asset, token: string): Promise<string> => {
  const key = asset.kind === "page" ? await openPageToken(ctx, asset) : token;
  if (key === undefined) throw new AppError("asset.no_token", "Tu usuario de Meta no administra esta página.");
  return key;
};

export const isSubscribed = async (
  ctx: Needs<"meta">,
  { kind, assetId }: Pick<Asset, "kind" | "assetId">,
  key: string,
): Promise<{ ours: boolean; fields: string[] }> => {
  const fields = await ctx.meta.listSubscribedFields(key, assetId);
  return { ours: fields !== undefined && (kind !== "page" || fields.includes(LEADGEN)), fields: fields ?? [] };
};

/** Looks whether the asset is subscribed, subscribes it where it is not, and writes down what became of it. */
export async function keepSubscribed(ctx: Tools, asset: Asset, token: string): Promise<AppError | undefined> {
  try {
    const key = await keyOf(ctx, asset, token);
    const before = await isSubscribed(ctx, asset, key);
    if (!before.ours) {
      // What is sent takes the place of what was there.
      const fields = asset.kind === "page" ? [...new Set([...before.fields, LEADGEN])].join(",") : undefined;
      await ctx.meta.subscribe(key, { assetId: asset.assetId, ...(fields && { fields }) });
      if (!(await isSubscribed(ctx, asset, key)).ours)
        throw new AppError("asset.not_subscribed", "Meta dijo que sí y no lo hizo.");
    }
    await noteChecked(ctx, asset, { isSubscribed: true, problem: null });
    return undefined;
  } catch (thrown) {
    if (!isAppError(thrown)) throw thrown;
    await noteChecked(ctx, asset, { isSubscribed: false, problem: thrown.code });
    return thrown;
  }
}
