import { and, asc, eq, inArray, isNotNull, isNull, ne, or, sql } from "drizzle-orm";
import { runAudited } from "../../adapters/db/audit.ts";
import { type assetKinds, assetSchedule, metaAssets } from "../../adapters/db/schema/assets.ts";
import type { Needs } from "../../context.ts";

export type Asset = typeof metaAssets.$inferSelect;
export type AssetKind = (typeof assetKinds)[number];

/** What Meta shows the tenant. */
export type Found = {
  kind: AssetKind;
  assetId: string;
  parentId: string | null;
  name: string;
  details: Record<string, unknown>;
  tokenSealed: string | null;
};

/** What is the tenant's, what it chose not to use, and what it sees and another has. */
export const listAssets = ({ db }: Needs<"db">): Promise<Asset[]> =>
  db.one(
    db.q
      .select()
      .from(metaAssets)
      .where(
        and(
          db.mine(metaAssets),
          or(isNull(metaAssets.releasedAt), isNotNull(metaAssets.declinedAt), eq(metaAssets.problem, "asset.taken")),
        ),
      )
      .orderBy(asc(metaAssets.kind), asc(metaAssets.assetId)),
  );

/** A page or account of the tenant's; undefined where it is another's, or nobody's. */
export async function findAsset({ db }: Needs<"db">, kind: AssetKind, assetId: string): Promise<Asset | undefined> {
  const [found] = await db.one(
    db.q
      .select()
      .from(metaAssets)
      .where(
        and(
          db.mine(metaAssets),
          eq(metaAssets.kind, kind),
          eq(metaAssets.assetId, assetId),
          isNull(metaAssets.releasedAt),
        ),
      ),
  );
  return found;
}

/** What a look at Meta changed, as `kind id`; empty where all is as it was. */
export type News = { bound: string[]; taken: string[]; lost: string[] };

export const keyOf = ({ kind, assetId }: Pick<Found, "kind" | "assetId">) => `${kind} ${assetId}`;

/** Which of these another tenant has. */
export async function listTaken(
  { dispatch, tenantId }: Needs<"dispatch" | "tenantId">,
  found: readonly Found[],
): Promise<Set<string>> {
  if (found.length === 0) return new Set();
  const rows = await dispatch.one(
    dispatch.q
      .select({ kind: metaAssets.kind, assetId: metaAssets.assetId })
      .from(metaAssets)
      .where(
        and(
          inArray(
            metaAssets.assetId,
            found.map(({ assetId }) => assetId),
          ),
          isNull(metaAssets.releasedAt),
          ne(metaAssets.tenantId, tenantId),
        ),
      ),
  );
  return new Set(rows.map(keyOf));
}

/**
 * Writes down what Meta shows: the tenant's from now on, unless another has it or the tenant chose not to use it. Throws
 * lease.lost when the connection changed meanwhile, and database.conflict when another tenant was faster.
 */
export async function saveFound(
  ctx: Needs<"db" | "now" | "audit">,
  {
    found,
    taken,
    lost,
    news,
    tokenVersion,
  }: { found: readonly Found[]; taken: ReadonlySet<string>; lost: readonly Asset[]; news: News; tokenVersion: number },
): Promise<void> {
  const { db } = ctx;
  const at = new Date(ctx.now()).toISOString();
  const rows = found.map((one) => ({
    kind: one.kind,
    asset_id: one.assetId,
    parent_id: one.parentId,
    name: one.name,
    details: one.details,
    token_sealed: one.tokenSealed,
    is_taken: taken.has(keyOf(one)),
  }));
  const pages = sql`SELECT asset_id FROM meta_assets WHERE tenant_id = ${db.tenantId} AND kind = 'page' AND released_at IS NULL`;
  const statements = [
    // Only for the token that was asked with, while it is the tenant's.
    db.q.execute(sql`SELECT hold_token(${db.tenantId}, ${tokenVersion}, NULL, ${at}::timestamptz)`),
    db.q.execute(sql`
      INSERT INTO meta_assets AS a (tenant_id, kind, asset_id, parent_id, name, details, token_sealed, released_at, problem, created_at, updated_at)
      SELECT ${db.tenantId}, f.kind, f.asset_id, f.parent_id, f.name, f.details,
        CASE WHEN NOT f.is_taken THEN f.token_sealed END, CASE WHEN f.is_taken THEN ${at}::timestamptz END,
        CASE WHEN f.is_taken THEN 'asset.taken' END, ${at}::timestamptz, ${at}::timestamptz
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS f (kind text, asset_id text, parent_id text, name text,
        details jsonb, token_sealed text, is_taken boolean)
      ON CONFLICT (tenant_id, kind, asset_id) DO UPDATE SET
        parent_id = excluded.parent_id, name = excluded.name, details = excluded.details, updated_at = excluded.updated_at,
        token_sealed = CASE WHEN a.declined_at IS NULL THEN excluded.token_sealed END,
        released_at = CASE WHEN a.declined_at IS NULL AND excluded.released_at IS NULL THEN NULL
          ELSE COALESCE(a.released_at, excluded.released_at, excluded.updated_at) END,
        subscribed_at = CASE WHEN a.released_at IS NULL THEN a.subscribed_at END,
        problem = CASE WHEN excluded.problem IS NOT NULL THEN excluded.problem
          WHEN a.problem IN ('asset.taken', 'asset.lost') THEN NULL ELSE a.problem END`),
    db.q
      .update(metaAssets)
      .set({ problem: "asset.lost", checkedAt: new Date(at), updatedAt: new Date(at) })
      .where(
        and(
          db.mine(metaAssets),
          isNull(metaAssets.releasedAt),
          inArray(sql`(kind || ' ' || asset_id)`, lost.length > 0 ? lost.map(keyOf) : [""]),
        ),
      ),
    // Each page's leads have a schedule from its first moment to its last.
    db.q.execute(sql`
      INSERT INTO asset_schedule (tenant_id, task, asset_id, next_due_at)
      SELECT ${db.tenantId}, 'leads', asset_id, ${at}::timestamptz FROM (${pages}) AS p
      ON CONFLICT (tenant_id, task, asset_id) DO NOTHING`),
    db.q
      .delete(assetSchedule)
      .where(and(db.mine(assetSchedule), eq(assetSchedule.task, "leads"), sql`asset_id NOT IN (${pages})`)),
  ] as const;
  if (Object.values(news).every((ids) => ids.length === 0)) await db.run(...statements);
  else await runAudited(ctx, { action: "assets.bound", diff: news }, ...statements);
}

/** What became of the look at one asset's subscription. */
export async function noteChecked(
  { db, now }: Needs<"db" | "now">,
  { kind, assetId }: Pick<Asset, "kind" | "assetId">,
  { isSubscribed, problem }: { isSubscribed: boolean; problem: string | null },
): Promise<void> {
  const at = new Date(now());
  await db.one(
    db.q
      .update(metaAssets)
      .set({
        checkedAt: at,
        subscribedAt: isSubscribed ? at : problem === "asset.not_subscribed" ? null : sql`subscribed_at`,
        // Who may not read its leads is told of by whoever reads them.
        problem: problem ?? sql`CASE WHEN problem = 'lead.no_access' THEN problem END`,
        updatedAt: at,
      })
      .where(
        and(
          db.mine(metaAssets),
          eq(metaAssets.kind, kind),
          eq(metaAssets.assetId, assetId),
          isNull(metaAssets.releasedAt),
        ),
      ),
  );
}

/** Writes a problem with a page's leads, or takes it back; other problems stay. */
export async function noteLeadAccess(
  { db, now }: Needs<"db" | "now">,
  pageId: string,
  hasAccess: boolean,
): Promise<void> {
  await db.one(
    db.q
      .update(metaAssets)
      .set({ problem: hasAccess ? null : "lead.no_access", updatedAt: new Date(now()) })
      .where(
        and(
          db.mine(metaAssets),
          eq(metaAssets.kind, "page"),
          eq(metaAssets.assetId, pageId),
          isNull(metaAssets.releasedAt),
          hasAccess ? eq(metaAssets.problem, "lead.no_access") : isNull(metaAssets.problem),
        ),
      ),
  );
}

/** The tenant uses `chosen` (with the numbers of its accounts) and leaves `declined` to others. */
export async function saveChoice(
  ctx: Needs<"db" | "now" | "audit">,
  { chosen, declined }: { chosen: readonly Asset[]; declined: readonly Asset[] },
): Promise<void> {
  const { db } = ctx;
  const at = new Date(ctx.now());
  const among = (assets: readonly Asset[]) =>
    and(db.mine(metaAssets), inArray(sql`(kind || ' ' || asset_id)`, assets.length > 0 ? assets.map(keyOf) : [""]));
  await runAudited(
    ctx,
    {
      action: "assets.chosen",
      diff: { chosen: chosen.map(({ assetId }) => assetId), declined: declined.map(({ assetId }) => assetId) },
    },
    db.q.update(metaAssets).set({ declinedAt: null, updatedAt: at }).where(among(chosen)),
    db.q
      .update(metaAssets)
      .set({
        declinedAt: sql`COALESCE(declined_at, ${at.toISOString()}::timestamptz)`,
        releasedAt: sql`COALESCE(released_at, ${at.toISOString()}::timestamptz)`,
        tokenSealed: null,
        subscribedAt: null,
        problem: null,
        updatedAt: at,
      })
      .where(among(declined)),
    db.q
      .delete(assetSchedule)
      .where(
        and(
          db.mine(assetSchedule),
          eq(assetSchedule.task, "leads"),
          inArray(assetSchedule.assetId, declined.length > 0 ? declined.map(({ assetId }) => assetId) : [""]),
        ),
      ),
  );
}
