// What Meta shows the tenant's token of pages, WhatsApp accounts and numbers. A kind that could not be listed whole is not
// listed at all: nothing may look lost because Meta was away.
import type { Needs } from "../../context.ts";
import { capabilitiesOf } from "../connection/capabilities.ts";
import type { Connection } from "../connection/connection.queries.ts";
import { sealPageToken } from "../connection/page-token.ts";
import type { AssetKind, Found } from "./assets.queries.ts";

const FEW = 5;

export type Findings = { found: Found[]; looked: AssetKind[] };

export async function findAssets(
  ctx: Needs<"db" | "meta" | "vault">,
  { grantedScopes, granularTargets }: Pick<Connection, "grantedScopes" | "granularTargets">,
  token: string,
): Promise<Findings> {
  const { can } = capabilitiesOf(grantedScopes);
  const targets = (granularTargets as Record<string, string[] | "all">)["whatsapp_business_management"] ?? "all";
  const [pages, accounts] = await Promise.all([
    can("leads") ? findPages(ctx, token) : undefined,
    can("templates") ? findAccounts(ctx, token, targets) : undefined,
  ]);
  return {
    found: [...(pages ?? []), ...(accounts ?? [])],
    looked: [...(pages ? ["page" as const] : []), ...(accounts ? (["waba", "phone_number"] as const) : [])],
  };
}

async function findPages(ctx: Needs<"db" | "meta" | "vault">, token: string): Promise<Found[]> {
  const pages = await ctx.meta.listPages(token);
  return Promise.all(
    pages.map(async ({ id, name, category, tasks, token: own }) => ({
      kind: "page" as const,
      assetId: id,
      parentId: null,
      name,
      details: { category, tasks },
      tokenSealed: own === null ? null : await sealPageToken(ctx, id, own),
    })),
  );
}

async function findAccounts(ctx: Needs<"meta">, token: string, targetIds: readonly string[] | "all"): Promise<Found[]> {
  const wabas = await ctx.meta.listWabas(token, { targetIds });
  const found: Found[] = [];
  for (let at = 0; at < wabas.length; at += FEW) {
    const some = await Promise.all(
      wabas.slice(at, at + FEW).map(async ({ id, name, currency, timezoneId }) => [
        {
          kind: "waba" as const,
          assetId: id,
          parentId: null,
          name,
          details: { currency, timezone_id: timezoneId },
          tokenSealed: null,
        },
        ...(await ctx.meta.listPhoneNumbers(token, id)).map((number) => ({
          kind: "phone_number" as const,
          assetId: number.id,
          parentId: id,
          name: number.verifiedName ?? number.displayPhoneNumber ?? number.id,
          details: {
            display_phone_number: number.displayPhoneNumber,
            quality_rating: number.qualityRating,
            status: number.status,
            platform_type: number.platformType,
            throughput: number.throughput,
          },
          tokenSealed: null,
        })),
      ]),
    );
    found.push(...some.flat());
  }
  return found;
}
