import { and, count, eq, inArray, isNull, ne, sql } from "drizzle-orm";
import { renewAnswers } from "../../adapters/db/answers.ts";
import { insertAudit } from "../../adapters/db/audit.ts";
import { adAccounts, connections } from "../../adapters/db/schema/connection.ts";
import { isUserConnection } from "../../adapters/db/user-connection.ts";
import { syncRuns, syncSchedule, syncSlices } from "../../adapters/db/schema/sync.ts";
import { actorName, type Needs } from "../../context.ts";

export type ConnectionStatus = "pending" | "active" | "limited" | "needs_reauth" | "revoked";

export type Connection = typeof connections.$inferSelect;

type Db = Needs<"db">;

export async function findConnection(ctx: Db): Promise<Connection | undefined> {
  const [found] = await ctx.db.one(ctx.db.q.select().from(connections).where(isUserConnection(ctx.db)).limit(1));
  return found;
}

/** The id a token will be sealed for: the tenant's connection, made now if there was none. */
export async function reserveConnection(ctx: Needs<"db" | "actor">): Promise<{ id: string }> {
  const { tenantId } = ctx.db;
  const [, [reserved]] = await ctx.db.run(
    ctx.db.q
      .insert(connections)
      .values({ tenantId, kind: "user", status: "pending", connectedBy: actorName(ctx.actor) })
      .onConflictDoNothing(),
    ctx.db.q.select({ id: connections.id }).from(connections).where(isUserConnection(ctx.db)),
  );
  if (!reserved) throw new Error("The connection was not reserved.");
  return reserved;
}

export type GrantedToken = Pick<
  Connection,
  | "status"
  | "metaUserId"
  | "metaUserName"
  | "tokenSealed"
  | "expiresAt"
  | "dataAccessExpiresAt"
  | "issuedAt"
  | "grantedScopes"
  | "declinedScopes"
  | "granularTargets"
>;

/** Stores a new token, wakes the schedules of the accounts that were chosen before, and leaves the audit row. */
export async function saveGrantedToken(
  ctx: Needs<"db" | "now" | "actor" | "requestId">,
  token: GrantedToken,
): Promise<void> {
  const at = new Date(ctx.now());
  await ctx.db.run(
    ctx.db.q
      .update(connections)
      .set({
        ...token,
        tokenVersion: sql`${connections.tokenVersion} + 1`,
        lastVerifiedAt: at,
        lastErrorCode: null,
        lastErrorReason: null,
        connectedBy: actorName(ctx.actor),
        updatedAt: at,
      })
      .where(isUserConnection(ctx.db)),
    ctx.db.q.execute(sql`
      INSERT INTO ${syncSchedule} (tenant_id, account_id, next_due_at)
      SELECT tenant_id, account_id, ${at.toISOString()}::timestamptz FROM ${adAccounts}
      WHERE ${ctx.db.mine(adAccounts)} AND ${isNull(adAccounts.disconnectedAt)}
      ON CONFLICT (tenant_id, account_id) DO UPDATE SET next_due_at = excluded.next_due_at, failures = 0`),
    insertAudit(ctx.db, auditOf(ctx, at, "connection.connected")),
    renewAnswers(ctx.db),
  );
}

/** Meta told us, while we used a token, that it no longer works. A token stored since then is not meant. */
export async function markConnection(
  ctx: Needs<"db" | "now">,
  { status, code, reason }: { status: ConnectionStatus; code: string; reason: string | null },
  tokenVersion: number | undefined,
): Promise<void> {
  await ctx.db.run(
    ctx.db.q
      .update(connections)
      .set({ status, lastErrorCode: code, lastErrorReason: reason, updatedAt: new Date(ctx.now()) })
      .where(
        and(
          isUserConnection(ctx.db),
          ne(connections.status, "revoked"),
          tokenVersion === undefined ? undefined : eq(connections.tokenVersion, tokenVersion),
        ),
      ),
    renewAnswers(ctx.db),
  );
}

export async function markVerified(ctx: Needs<"db" | "now">): Promise<void> {
  const at = new Date(ctx.now());
  await ctx.db.one(
    ctx.db.q.update(connections).set({ lastVerifiedAt: at, updatedAt: at }).where(isUserConnection(ctx.db)),
  );
}

/** Forgets the secret, ends running syncs and their schedule; accounts and history stay. */
export async function forgetToken(
  ctx: Needs<"db" | "now" | "actor" | "requestId">,
  { revokedAtMeta }: { revokedAtMeta: string },
): Promise<void> {
  const at = new Date(ctx.now());
  await ctx.db.run(
    ctx.db.q
      .update(connections)
      .set({ status: "revoked", tokenSealed: null, grantedScopes: [], granularTargets: {}, updatedAt: at })
      .where(isUserConnection(ctx.db)),
    ctx.db.q.delete(syncSchedule).where(ctx.db.mine(syncSchedule)),
    ctx.db.q
      .update(syncSlices)
      .set({ status: "cancelled", finishedAt: at })
      .where(and(ctx.db.mine(syncSlices), inArray(syncSlices.status, ["pending", "waiting"]))),
    ctx.db.q
      .update(syncRuns)
      .set({
        status: "cancelled",
        finishedAt: at,
        errorCode: "connection.missing",
        hint: "Volvé a conectar tu cuenta de Meta.",
      })
      .where(and(ctx.db.mine(syncRuns), isNull(syncRuns.finishedAt))),
    insertAudit(ctx.db, { ...auditOf(ctx, at, "connection.disconnected"), target: `revoked_at_meta:${revokedAtMeta}` }),
    renewAnswers(ctx.db),
  );
}

export async function countAccounts(ctx: Db): Promise<number> {
  const [row] = await ctx.db.one(
    ctx.db.q
      .select({ accounts: count() })
      .from(adAccounts)
      .where(and(ctx.db.mine(adAccounts), isNull(adAccounts.disconnectedAt))),
  );
  return row?.accounts ?? 0;
}

/** How many other tenants are connected as this Meta user: revoking would disconnect them too. */
export async function countOtherUses(ctx: Needs<"dispatch" | "tenantId">, metaUserId: string): Promise<number> {
  const [row] = await ctx.dispatch.one(
    ctx.dispatch.q
      .select({ uses: count() })
      .from(connections)
      .where(
        and(
          eq(connections.metaUserId, metaUserId),
          ne(connections.tenantId, ctx.tenantId),
          ne(connections.status, "revoked"),
        ),
      ),
  );
  return row?.uses ?? 0;
}

const auditOf = (ctx: Needs<"actor" | "requestId">, at: Date, action: string) => ({
  occurredAt: at,
  actor: actorName(ctx.actor),
  action,
  target: null,
  outcome: "success" as const,
  httpStatus: null,
  requestId: ctx.requestId,
});
