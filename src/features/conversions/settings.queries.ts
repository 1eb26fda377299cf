import { and, eq, isNull, sql } from "drizzle-orm";
import { type Diff, runAudited } from "../../adapters/db/audit.ts";
import { metaAssets } from "../../adapters/db/schema/assets.ts";
import { consents, conversionOutbox, conversionSettings } from "../../adapters/db/schema/conversions.ts";
import type { Needs } from "../../context.ts";

export type ConversionSettings = typeof conversionSettings.$inferSelect;

export async function findConversionSettings(ctx: Needs<"db">): Promise<ConversionSettings | undefined> {
  const { q } = ctx.db;
  const [found] = await ctx.db.one(q.select().from(conversionSettings).where(ctx.db.mine(conversionSettings)));
  return found;
}

/** What waited for a setting waits no longer. */
export async function saveConversionSettings(
  ctx: Needs<"db" | "now" | "audit">,
  settings: Omit<ConversionSettings, "tenantId" | "updatedAt">,
  diff: Diff,
): Promise<void> {
  const at = new Date(ctx.now());
  const set = { ...settings, updatedAt: at };
  await runAudited(
    ctx,
    { diff },
    ctx.db.q
      .insert(conversionSettings)
      .values({ tenantId: ctx.db.tenantId, ...set })
      .onConflictDoUpdate({ target: conversionSettings.tenantId, set }),
    ctx.db.q
      .update(conversionOutbox)
      .set({ nextTryAt: at })
      .where(and(ctx.db.mine(conversionOutbox), eq(conversionOutbox.state, "pending"))),
  );
}

export async function isOwnWaba(ctx: Needs<"db">, wabaId: string): Promise<boolean> {
  const found = await ctx.db.one(
    ctx.db.q
      .select({ id: metaAssets.assetId })
      .from(metaAssets)
      .where(
        and(
          ctx.db.mine(metaAssets),
          eq(metaAssets.kind, "waba"),
          eq(metaAssets.assetId, wabaId),
          isNull(metaAssets.releasedAt),
        ),
      ),
  );
  return found.length > 0;
}

export type Consent = Pick<typeof consents.$inferSelect, "leadId" | "purpose" | "at" | "isGranted" | "source">;

/** Notes a word, and answers the one that counts: said again at the same instant, it replaces itself. */
export async function saveConsent(ctx: Needs<"db" | "audit" | "now">, consent: Consent): Promise<Consent | undefined> {
  const { leadId, purpose, isGranted, source } = consent;
  const [, , [latest]] = await runAudited(
    ctx,
    { target: `lead:${leadId}`, diff: { purpose, granted: isGranted } },
    ctx.db.q
      .insert(consents)
      .values({ tenantId: ctx.db.tenantId, ...consent })
      .onConflictDoUpdate({
        target: [consents.tenantId, consents.leadId, consents.purpose, consents.at],
        set: { isGranted, source },
      }),
    ctx.db.q
      .update(conversionOutbox)
      .set({ nextTryAt: new Date(ctx.now()) })
      .where(
        and(
          ctx.db.mine(conversionOutbox),
          eq(conversionOutbox.leadId, leadId),
          eq(conversionOutbox.reason, "no_consent"),
        ),
      ),
    ctx.db.q
      .select()
      .from(consents)
      .where(and(ctx.db.mine(consents), eq(consents.leadId, leadId), eq(consents.purpose, purpose)))
      .orderBy(sql`${consents.at} DESC`)
      .limit(1),
  );
  return latest;
}
