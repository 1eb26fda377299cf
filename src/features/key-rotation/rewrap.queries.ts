import { type SQL, sql } from "drizzle-orm";
import type { Needs, Tools } from "../../context.ts";

type Dispatch = Pick<Tools, "dispatch">;

const TENANTS_PER_TICK = 250;

/** Where envelopes are. `id` and `kind` say what they are sealed for: the places that those who seal them name. */
export const places = [
  { table: "connections", column: "token_sealed", by: "sealed_by", id: "id::text", kind: "kind" },
  // connection/page-token.ts
  { table: "meta_assets", column: "token_sealed", by: "sealed_by", id: "asset_id", kind: "kind" },
  // messages/provider-key.ts
  { table: "message_providers", column: "key_sealed", by: "sealed_by", id: "'ycloud'", kind: "'messages'" },
  // notifications/endpoint-secret.ts
  { table: "notification_endpoints", column: "secret_sealed", by: "sealed_by", id: "id::text", kind: "'notification'" },
  {
    table: "notification_endpoints",
    column: "former_secret_sealed",
    by: "former_sealed_by",
    id: "id::text",
    kind: "'notification'",
  },
] as const;

const ofAll = (select: (place: (typeof places)[number], index: number) => SQL) =>
  sql.join(places.map(select), sql` UNION ALL `);

/** As the dispatcher may see them. */
const sealed = sql`(${ofAll(({ table, by }) =>
  sql.raw(`SELECT tenant_id, ${by} AS sealed_by FROM ${table} WHERE ${by} IS NOT NULL`),
)}) AS sealed`;

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

/** `place` is one of the above. */
export type SealedToken = { place: number; id: string; kind: string; envelope: string };

export async function listSealedTokens({ db }: Needs<"db">): Promise<SealedToken[]> {
  const { rows } = await db.one(
    db.q.execute<SealedToken>(
      ofAll(
        ({ table, column, id, kind }, index) =>
          sql`${sql.raw(`SELECT ${index} AS place, ${id} AS id, ${kind} AS kind, ${column} AS envelope FROM ${table}`)}
            WHERE tenant_id = ${db.tenantId} AND ${sql.raw(column)} IS NOT NULL`,
      ),
    ),
  );
  return rows;
}

/** Puts an envelope in the place of the one it was made from; false when another has been stored since, or none is left. */
export async function replaceEnvelope(
  { db }: Needs<"db">,
  { place, id: key, kind: sort, envelope: from }: SealedToken,
  to: string,
): Promise<boolean> {
  const found = places[place];
  if (!found) return false;
  const { table, column, id, kind } = found;
  const { rows } = await db.one(
    db.q.execute(sql`
      UPDATE ${sql.raw(table)} SET ${sql.raw(column)} = ${to}
      WHERE tenant_id = ${db.tenantId} AND ${sql.raw(`${id} = `)}${key} AND ${sql.raw(`${kind} = `)}${sort}
        AND ${sql.raw(column)} = ${from}
      RETURNING 1`),
  );
  return rows.length > 0;
}
