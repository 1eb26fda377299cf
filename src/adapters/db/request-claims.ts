// Requests that carry an Idempotency-Key: who came first acts, and what it was answered is kept for who comes again.
import { and, eq, isNull, sql } from "drizzle-orm";
import type { BatchResponse } from "drizzle-orm/batch";
import type { Statement, TenantDb } from "./scope.ts";
import { idempotencyKeys } from "./schema/tenancy.ts";

const KEPT_MS = 24 * 60 * 60 * 1000;
/** A request without an answer after so long has died. */
const RUNNING_MS = 60_000;
const SWEPT_AT_ONCE = 20;

/** `claimedAt` tells this claim from one that took its place. */
export type Claim = { key: string; route: string; requestHash: string; claimedAt: Date };

/** What an earlier request left: `status` is null while it runs, `answer` null when it was too long to keep or got lost. */
export type EarlierRequest = { requestHash: string; status: number | null; answer: string | null };

/** Claims the key, or says who has it; an expired claim, and the same request that died, are taken over. */
async function take(db: TenantDb, claim: Claim): Promise<EarlierRequest | "claimed" | "running"> {
  const { key, route, requestHash, claimedAt } = claim;
  const ago = (ms: number) => new Date(claimedAt.getTime() - ms);
  const { claimedAt: at, status, requestHash: hash } = idempotencyKeys;
  const isFree = sql`${at} < ${ago(KEPT_MS)} OR (${status} IS NULL AND ${hash} = ${requestHash} AND ${at} < ${ago(RUNNING_MS)})`;
  const [, claimed, [earlier]] = await db.run(
    // Whoever comes sweeps a little: no more than a day's keys stay.
    db.q.execute(sql`DELETE FROM idempotency_keys WHERE ctid IN (
      SELECT ctid FROM idempotency_keys WHERE tenant_id = ${db.tenantId} AND claimed_at < ${ago(KEPT_MS).toISOString()}::timestamptz
      LIMIT ${SWEPT_AT_ONCE} FOR UPDATE SKIP LOCKED)`),
    db.q
      .insert(idempotencyKeys)
      .values({ tenantId: db.tenantId, ...claim })
      .onConflictDoUpdate({
        target: [idempotencyKeys.tenantId, idempotencyKeys.route, idempotencyKeys.key],
        set: { requestHash, claimedAt, status: null, answer: null },
        setWhere: isFree,
      })
      .returning({ claimedAt: idempotencyKeys.claimedAt }),
    db.q
      .select({
        requestHash: idempotencyKeys.requestHash,
        status: idempotencyKeys.status,
        answer: idempotencyKeys.answer,
      })
      .from(idempotencyKeys)
      .where(and(db.mine(idempotencyKeys), eq(idempotencyKeys.route, route), eq(idempotencyKeys.key, key))),
  );
  if (claimed.length > 0) return "claimed";
  // Nobody there: it was given back between the two statements.
  return earlier ?? "running";
}

/** Keeps what a claimed request was answered. */
async function keep(db: TenantDb, claim: Claim, answer: { status: number; answer: string | null }): Promise<void> {
  await db.one(db.q.update(idempotencyKeys).set(answer).where(isOurs(db, claim)));
}

/** Gives a claim back, unless it is noted that it has acted: the request may be sent again. */
async function release(db: TenantDb, claim: Claim): Promise<void> {
  await db.one(db.q.delete(idempotencyKeys).where(and(isOurs(db, claim), isNull(idempotencyKeys.status))));
}

/**
 * The same database for a request whose change is one transaction: that transaction also notes that the request has acted.
 * Who comes again after an isolate died, or an answer got lost, is told so and nothing is done twice. A transaction that
 * changed nothing notes nothing; one whose claim another request has taken over fails.
 */
function acting(db: TenantDb, claim: Claim): TenantDb {
  const note = () =>
    db.q.execute(sql`
      WITH noted AS (
        UPDATE idempotency_keys SET status = 200
        WHERE ${isOurs(db, claim)} AND pg_current_xact_id_if_assigned() IS NOT NULL RETURNING 1
      )
      SELECT 1 / CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN 1 ELSE (SELECT count(*) FROM noted) END`);
  const run: TenantDb["run"] = async <const T extends readonly Statement[]>(...statements: T) =>
    (await db.run(...statements, note())).slice(0, -1) as unknown as BatchResponse<T>;
  return { ...db, run, one: async (statement) => (await run(statement))[0] };
}

const isOurs = (db: TenantDb, { key, route, claimedAt }: Claim) =>
  and(
    db.mine(idempotencyKeys),
    eq(idempotencyKeys.route, route),
    eq(idempotencyKeys.key, key),
    eq(idempotencyKeys.claimedAt, claimedAt),
  );

export const requestClaims = { take, keep, release, acting };

export type RequestClaims = typeof requestClaims;
