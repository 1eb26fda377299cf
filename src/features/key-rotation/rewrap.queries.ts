import { and, eq, isNotNull, sql } from "drizzle-orm";
import { metaAssets } from "../../adapters/db/schema/assets.ts";
import { connections } from "../../adapters/db/schema/connection.ts";
import type { Needs, Tools } from "../../context.ts";

type Dispatch = Pick<Tools, "dispatch">;

const TENANTS_PER_TICK = 250;

/** Where envelopes are: the tenants' own tokens, and those of their pages. */
const sealed = sql`(SELECT tenant_id, sealed_by FROM connections WHERE sealed_by IS NOT NULL
  UNION ALL SELECT tenant_id, sealed_by FROM meta_assets WHERE sealed_by IS NOT NULL) AS sealed`;

/** How many tokens there are under each format and key (`v2.k1`), over all tenants. */
export async function countTokensByKey({ dispatch }: Dispatch): Promise<{ sealedBy: string; tokens: number }[]> {
  const { rows } = await dispatch.one(
    dispatch.q.execute<{ sealed_by: string; tokens: number }>(sql`
      SELECT sealed_by, count(*)::integer AS tokens FROM ${sealed}
      GROUP BY sealed_by ORDER BY sealed_by`),
  );
  return rows.map(({ sealed_by: sealedBy, tokens }) => ({ sealedBy, tokens }));
}

/** Some tenants with tokens under these; any, so that a token which never opens keeps no other from its turn. */
export async function listTenantsUnder({ dispatch }: Dispatch, sealedBy: readonly string[]): Promise<number[]> {
  const { rows } = await dispatch.one(
    dispatch.q.execute<{ tenant_id: number }>(sql`
      SELECT tenant_id FROM (SELECT DISTINCT tenant_id FROM ${sealed} WHERE sealed_by = ANY (${sql.param(sealedBy)})) AS t
      ORDER BY random() LIMIT ${TENANTS_PER_TICK}`),
  );
  return rows.map((row) => row.tenant_id);
}

/** Tenants with a token, in order, from the one after `after`. */
export async function listTenantsWithTokens({ dispatch }: Dispatch, after: number, limit: number): Promise<number[]> {
  const { rows } = await dispatch.one(
    dispatch.q.execute<{ tenant_id: number }>(sql`
      SELECT DISTINCT tenant_id FROM ${sealed} WHERE tenant_id > ${after}
      ORDER BY tenant_id LIMIT ${limit}`),
  );
  return rows.map((row) => row.tenant_id);
}

/** `id` and `kind` say where it is sealed for: a connection, or a page (connection/page-token.ts). */
export type SealedToken = { id: string; kind: string; tokenSealed: string | null };

export async function listSealedTokens({ db }: Needs<"db">): Promise<SealedToken[]> {
  const [own, pages] = await db.run(
    db.q
      .select({ id: connections.id, kind: connections.kind, tokenSealed: connections.tokenSealed })
      .from(connections)
      .where(and(db.mine(connections), isNotNull(connections.tokenSealed))),
    db.q
      .select({ id: metaAssets.assetId, kind: metaAssets.kind, tokenSealed: metaAssets.tokenSealed })
      .from(metaAssets)
      .where(and(db.mine(metaAssets), isNotNull(metaAssets.tokenSealed))),
  );
  return [...own, ...pages];
}

/** Puts an envelope in the place of the one it was made from; false when another has been stored since, or none is left. */
export async function replaceEnvelope(
  { db }: Needs<"db">,
  { id, kind, from, to }: { id: string; kind: string; from: string; to: string },
): Promise<boolean> {
  if (kind === "page") {
    const pages = await db.one(
      db.q
        .update(metaAssets)
        .set({ tokenSealed: to })
        .where(
          and(
            db.mine(metaAssets),
            eq(metaAssets.kind, kind),
            eq(metaAssets.assetId, id),
            eq(metaAssets.tokenSealed, from),
          ),
        )
        .returning({ id: metaAssets.assetId }),
    );
    return pages.length > 0;
  }
  const replaced = await db.one(
    db.q
      .update(connections)
      .set({ tokenSealed: to })
      .where(and(db.mine(connections), eq(connections.id, id), eq(connections.tokenSealed, from)))
      .returning({ id: connections.id }),
  );
  return replaced.length > 0;
}
