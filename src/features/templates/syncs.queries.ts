import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { runAudited } from "../../adapters/db/audit.ts";
import { metaAssets } from "../../adapters/db/schema/assets.ts";
import { templateSyncs } from "../../adapters/db/schema/templates.ts";
import type { Statement } from "../../adapters/db/scope.ts";
import { toInstant } from "../../adapters/db/wire.ts";
import type { Needs, Tools } from "../../context.ts";

const [CLAIM_MS, CLAIMS_PER_TICK] = [300_000, 250];

/** Claims every account that is due or was never read, over all tenants, each for one message. */
export async function claimDueSyncs(
  tools: Pick<Tools, "dispatch" | "now">,
): Promise<{ tenantId: number; wabaId: string }[]> {
  const now = tools.now();
  const { rows } = await tools.dispatch.one(
    tools.dispatch.q.execute<{ tenantId: number; wabaId: string }>(sql`
      INSERT INTO template_syncs (tenant_id, waba_id, due_at, claimed_until)
      SELECT a.tenant_id, a.asset_id, ${toInstant(now)}, ${toInstant(now + CLAIM_MS)}
      FROM meta_assets a LEFT JOIN template_syncs s ON s.tenant_id = a.tenant_id AND s.waba_id = a.asset_id
      WHERE a.kind = 'waba' AND a.released_at IS NULL AND (s.tenant_id IS NULL
        OR (s.due_at <= ${toInstant(now)} AND (s.claimed_until IS NULL OR s.claimed_until < ${toInstant(now)})))
      ORDER BY s.due_at NULLS FIRST, a.tenant_id, a.asset_id
      LIMIT ${CLAIMS_PER_TICK}
      ON CONFLICT (tenant_id, waba_id) DO UPDATE SET claimed_until = EXCLUDED.claimed_until
      RETURNING tenant_id AS "tenantId", waba_id AS "wabaId"`),
  );
  return rows;
}

/** The tenant's WhatsApp accounts. */
export const listWabas = async (ctx: Needs<"db">): Promise<string[]> =>
  (
    await ctx.db.one(
      ctx.db.q
        .select({ id: metaAssets.assetId })
        .from(metaAssets)
        .where(and(ctx.db.mine(metaAssets), eq(metaAssets.kind, "waba"), isNull(metaAssets.releasedAt)))
        .orderBy(metaAssets.assetId),
    )
  ).map(({ id }) => id);

/** Has the account read so long from now, or sooner where it was due before; once more where it is being read. */
export const hasten = (ctx: Needs<"db" | "now">, wabaId: string, inMs: number, when: SQL = sql`true`): Statement =>
  ctx.db.q.execute(sql`
    INSERT INTO template_syncs (tenant_id, waba_id, due_at)
    SELECT ${ctx.db.tenantId}, ${wabaId}, ${toInstant(ctx.now() + inMs)} WHERE ${when}
    ON CONFLICT (tenant_id, waba_id) DO UPDATE
    SET due_at = CASE WHEN template_syncs.due_at <= ${toInstant(ctx.now())} THEN ${toInstant(ctx.now())}
        ELSE LEAST(template_syncs.due_at, EXCLUDED.due_at) END, claimed_until = NULL`);

/** On somebody's wish: at once, and in the audit. */
export const hastenAll = (ctx: Needs<"db" | "now" | "audit">, wabaIds: readonly string[]) =>
  runAudited(ctx, { diff: { accounts: wabaIds.length } }, ...wabaIds.map((wabaId) => hasten(ctx, wabaId, 0)));

const isIt = (ctx: Needs<"db">, wabaId: string) => and(ctx.db.mine(templateSyncs), eq(templateSyncs.wabaId, wabaId));

/** What is kept of an account; undefined where it is not the tenant's any more. */
export async function findSync(ctx: Needs<"db">, wabaId: string) {
  const [found] = await ctx.db.one(
    ctx.db.q
      .select({ dueAt: templateSyncs.dueAt, syncedAt: templateSyncs.syncedAt })
      .from(templateSyncs)
      .innerJoin(
        metaAssets,
        and(
          ctx.db.mine(metaAssets),
          eq(metaAssets.kind, "waba"),
          eq(metaAssets.assetId, templateSyncs.wabaId),
          isNull(metaAssets.releasedAt),
        ),
      )
      .where(isIt(ctx, wabaId)),
  );
  return found;
}

export const listSyncs = (ctx: Needs<"db">) =>
  ctx.db.one(
    ctx.db.q
      .select({ wabaId: templateSyncs.wabaId, syncedAt: templateSyncs.syncedAt, problem: templateSyncs.problem })
      .from(templateSyncs)
      .where(ctx.db.mine(templateSyncs))
      .orderBy(templateSyncs.wabaId),
  );

/** Who hastened it while it was read is not put off: their time is later than the reading's. */
export const endSync = (
  ctx: Needs<"db">,
  wabaId: string,
  { readAt, ...change }: { readAt: Date; dueAt: Date; problem: string | null; syncedAt?: Date },
): Statement =>
  ctx.db.q
    .update(templateSyncs)
    .set({
      ...change,
      dueAt: sql`CASE WHEN ${templateSyncs.dueAt} > ${toInstant(readAt.getTime())}
        THEN LEAST(${templateSyncs.dueAt}, ${toInstant(change.dueAt.getTime())}) ELSE ${toInstant(change.dueAt.getTime())} END`,
      claimedUntil: null,
    })
    .where(isIt(ctx, wabaId));
