import { and, desc, eq, isNull, type SQL, sql } from "drizzle-orm";
import { runAudited, wroteHere } from "../../adapters/db/audit.ts";
import { intakeKeys, intakePayloads } from "../../adapters/db/schema/leads.ts";
import { isoText } from "../../adapters/db/wire.ts";
import type { Needs, Tools } from "../../context.ts";

type Acts = Needs<"db" | "now" | "audit">;

const PAYLOADS_KEPT = 50;

/** Whose key it is, before there is a tenant. */
export async function findKey({ dispatch }: Pick<Tools, "dispatch">, keyHash: string) {
  const [found] = await dispatch.one(
    dispatch.q
      .select({ tenantId: intakeKeys.tenantId, id: intakeKeys.id })
      .from(intakeKeys)
      .where(and(eq(intakeKeys.keyHash, keyHash), isNull(intakeKeys.revokedAt))),
  );
  return found;
}

const wire = {
  id: intakeKeys.id,
  name: intakeKeys.name,
  created_at: isoText(intakeKeys.createdAt),
  revoked_at: sql<string | null>`${isoText(intakeKeys.revokedAt)}`,
};

export const listKeys = ({ db }: Needs<"db">) =>
  db.one(
    db.q.select(wire).from(intakeKeys).where(db.mine(intakeKeys)).orderBy(desc(intakeKeys.createdAt), intakeKeys.id),
  );

export async function insertKey(ctx: Acts, key: { id: string; name: string; keyHash: string }) {
  const { tenantId } = ctx.db;
  const [[made]] = await runAudited(
    ctx,
    { target: key.id, diff: { intake_key: key.id } },
    ctx.db.q
      .insert(intakeKeys)
      .values({ tenantId, ...key, createdAt: new Date(ctx.now()) })
      .returning(wire),
  );
  return made;
}

/** Once more changes nothing; undefined where there is none. */
export async function revokeKey(ctx: Acts, id: string) {
  const isIt = and(ctx.db.mine(intakeKeys), eq(intakeKeys.id, id));
  const [, [revoked]] = await runAudited(
    ctx,
    { diff: { intake_key: id }, when: wroteHere(intakeKeys, isIt as SQL) },
    ctx.db.q
      .update(intakeKeys)
      .set({ revokedAt: new Date(ctx.now()) })
      .where(and(isIt, isNull(intakeKeys.revokedAt))),
    ctx.db.q.select(wire).from(intakeKeys).where(isIt),
  );
  return revoked;
}

export async function insertPayload(
  { db }: Needs<"db">,
  payload: Omit<typeof intakePayloads.$inferInsert, "tenantId">,
): Promise<void> {
  await db.run(
    db.q.insert(intakePayloads).values({ tenantId: db.tenantId, ...payload }),
    db.q.execute(sql`
      DELETE FROM intake_payloads WHERE tenant_id = ${db.tenantId} AND id IN (
        SELECT id FROM intake_payloads WHERE tenant_id = ${db.tenantId} ORDER BY received_at DESC, id OFFSET ${PAYLOADS_KEPT})`),
  );
}

export const listPayloads = ({ db }: Needs<"db">) =>
  db.one(
    db.q
      .select({
        id: intakePayloads.id,
        key_id: intakePayloads.keyId,
        received_at: isoText(intakePayloads.receivedAt),
        payload: intakePayloads.payload,
        outcome: intakePayloads.outcome,
        problem: intakePayloads.problem,
        lead_id: intakePayloads.leadId,
      })
      .from(intakePayloads)
      .where(db.mine(intakePayloads))
      .orderBy(desc(intakePayloads.receivedAt), intakePayloads.id)
      .limit(PAYLOADS_KEPT),
  );
