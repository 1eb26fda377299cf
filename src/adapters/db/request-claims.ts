// Requests that carry an Idempotency-Key: who came first acts, and what it was answered is kept for who comes again.
import { and, eq, sql } from "drizzle-orm";
import type { TenantDb } from "./scope.ts";
import { idempotencyKeys } from "./schema/tenancy.ts";

const KEPT_MS = 24 * 60 * 60 * 1000;
/** A request without an answer after so long has died. */
const RUNNING_MS = 60_000;
const SWEPT_AT_ONCE = 20;

/** `claimedAt` tells this claim from one that took its place. */
export type Claim = { key: string; route: string; requestHash: string; claimedAt: Date };

/** What an earlier request left: `status` is null while it runs, `answer` null when it was too long to keep. */
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

/** Gives a claim back: the request may be sent again. */
async function release(db: TenantDb, claim: Claim): Promise<void> {
  await db.one(db.q.delete(idempotencyKeys).where(isOurs(db, claim)));
}

const isOurs = (db: TenantDb, { key, route, claimedAt }: Claim) =>
  and(
    db.mine(idempotencyKeys),
    eq(idempotencyKeys.route, route),
    eq(idempotencyKeys.key, key),
    eq(idempotencyKeys.claimedAt, claimedAt),
  );

export const requestClaims = { take, keep, release };

export type RequestClaims = typeof requestClaims;
