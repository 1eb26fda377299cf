import { and, eq, isNotNull, sql } from "drizzle-orm";
import { connections } from "../../adapters/db/schema/connection.ts";
import type { Needs, Tools } from "../../context.ts";

type Dispatch = Pick<Tools, "dispatch">;

const TENANTS_PER_TICK = 250;

/** How many tokens there are under each format and key (`v2.k1`), over all tenants. */
export async function countTokensByKey({ dispatch }: Dispatch): Promise<{ sealedBy: string; tokens: number }[]> {
  const { rows } = await dispatch.one(
    dispatch.q.execute<{ sealed_by: string; tokens: number }>(sql`
      SELECT sealed_by, count(*)::integer AS tokens FROM connections WHERE sealed_by IS NOT NULL
      GROUP BY sealed_by ORDER BY sealed_by`),
  );
  return rows.map(({ sealed_by: sealedBy, tokens }) => ({ sealedBy, tokens }));
}

/** Some tenants with tokens under these; any, so that a token which never opens keeps no other from its turn. */
export async function listTenantsUnder({ dispatch }: Dispatch, sealedBy: readonly string[]): Promise<number[]> {
  const { rows } = await dispatch.one(
    dispatch.q.execute<{ tenant_id: number }>(sql`
      SELECT tenant_id FROM (SELECT DISTINCT tenant_id FROM connections WHERE sealed_by = ANY (${sql.param(sealedBy)})) AS t
      ORDER BY random() LIMIT ${TENANTS_PER_TICK}`),
  );
  return rows.map((row) => row.tenant_id);
}

/** Tenants with a token, in order, from the one after `after`. */
export async function listTenantsWithTokens({ dispatch }: Dispatch, after: number, limit: number): Promise<number[]> {
  const { rows } = await dispatch.one(
    dispatch.q.execute<{ tenant_id: number }>(sql`
      SELECT DISTINCT tenant_id FROM connections WHERE sealed_by IS NOT NULL AND tenant_id > ${after}
      ORDER BY tenant_id LIMIT ${limit}`),
  );
  return rows.map((row) => row.tenant_id);
}

export type SealedToken = { id: string; kind: string; tokenSealed: string | null };

export function listSealedTokens({ db }: Needs<"db">): Promise<SealedToken[]> {
  return db.one(
    db.q
      .select({ id: connections.id, kind: connections.kind, tokenSealed: connections.tokenSealed })
      .from(connections)
      .where(and(db.mine(connections), isNotNull(connections.tokenSealed))),
  );
}

/** Puts an envelope in the place of the one it was made from; false when another has been stored since, or none is left. */
export async function replaceEnvelope(
  { db }: Needs<"db">,
  { id, from, to }: { id: string; from: string; to: string },
): Promise<boolean> {
  const replaced = await db.one(
    db.q
      .update(connections)
      .set({ tokenSealed: to })
      .where(and(db.mine(connections), eq(connections.id, id), eq(connections.tokenSealed, from)))
      .returning({ id: connections.id }),
  );
  return replaced.length > 0;
}
