import { and, asc, eq, isNull, sql } from "drizzle-orm";
import { runAudited } from "../../adapters/db/audit.ts";
import { metaAssets } from "../../adapters/db/schema/assets.ts";
import { messageProviders } from "../../adapters/db/schema/messages.ts";
import type { Needs } from "../../context.ts";

export type Provider = typeof messageProviders.$inferSelect;

/** Through whom the tenant sends, and its numbers at Meta: those that may send first, then the oldest. */
export async function findProvider(ctx: Needs<"db">) {
  const [[chosen], numbers] = await ctx.db.run(
    ctx.db.q.select().from(messageProviders).where(ctx.db.mine(messageProviders)),
    ctx.db.q
      .select({ assetId: metaAssets.assetId })
      .from(metaAssets)
      .where(and(ctx.db.mine(metaAssets), eq(metaAssets.kind, "phone_number"), isNull(metaAssets.releasedAt)))
      .orderBy(sql`${metaAssets.problem} IS NOT NULL`, asc(metaAssets.createdAt), asc(metaAssets.assetId)),
  );
  return { chosen, numbers: numbers.map(({ assetId }) => assetId) };
}

/** Stores the choice; a key that is not given stays. */
export async function saveProvider(
  ctx: Needs<"db" | "now" | "audit">,
  { provider, sender, keySealed, phoneNumberId }: Omit<Provider, "tenantId" | "updatedAt" | "sealedBy">,
): Promise<void> {
  const row = { provider, sender, phoneNumberId, updatedAt: new Date(ctx.now()), ...(keySealed && { keySealed }) };
  await runAudited(
    ctx,
    { diff: { provider, phone_number_id: phoneNumberId, ...(keySealed && { key: "changed" }) } },
    ctx.db.q
      .insert(messageProviders)
      .values({ ...row, tenantId: ctx.db.tenantId })
      .onConflictDoUpdate({ target: messageProviders.tenantId, set: row }),
  );
}
