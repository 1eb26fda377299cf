// A page's own token is sealed for its page and opens nowhere else.
import type { Needs } from "../../context.ts";

/** Where it lives; key rotation asks too. */
export const pagePlace = (tenantId: number, pageId: string) => ({ tenantId, connectionId: pageId, kind: "page" });

export const sealPageToken = (ctx: Needs<"db" | "vault">, pageId: string, token: string): Promise<string> =>
  ctx.vault.seal(token, pagePlace(ctx.db.tenantId, pageId));

/** Undefined where there is none, or none that opens. */
export const openPageToken = async (
  ctx: Needs<"db" | "vault">,
  { assetId, tokenSealed }: { assetId: string; tokenSealed: string | null },
): Promise<string | undefined> =>
  tokenSealed === null ? undefined : ctx.vault.open(tokenSealed, pagePlace(ctx.db.tenantId, assetId));
