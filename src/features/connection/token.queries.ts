// What befalls the token of the tenant's connection: it is granted, found dead, found alive, forgotten.
import { and, inArray, isNull, sql } from "drizzle-orm";
import { renewAnswers } from "../../adapters/db/answers.ts";
import { type Diff, insertAudit, runAudited } from "../../adapters/db/audit.ts";
import { assetSchedule, metaAssets } from "../../adapters/db/schema/assets.ts";
import { adAccounts, connections } from "../../adapters/db/schema/connection.ts";
import { isUserConnection } from "../../adapters/db/user-connection.ts";
import { syncRuns, syncSchedule, syncSlices } from "../../adapters/db/schema/sync.ts";
import { actorName, type Needs } from "../../context.ts";
import { isAppError } from "../../errors.ts";
import { capabilitiesOf } from "./capabilities.ts";
import type { Connection } from "./connection.queries.ts";
import { auditOfEvent } from "./events.queries.ts";

const FIRST_CHECK_MS = 86_400_000;

/** Nothing was tried or told of a new token. Who keeps the old one loses it: the version has moved. */
const untouched = {
  coolDownUntil: null,
  renewedAt: null,
  renewFailures: 0,
  refreshIneffectiveAt: null,
  warnedDays: null,
  warnedDataDays: null,
} as const;

export type GrantedToken = Pick<
  Connection,
  | "tokenType"
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

/** Whether there may be pages or WhatsApp accounts to find with a token of these scopes. */
const mayFindAssets = (scopes: readonly string[]) => {
  const { can } = capabilitiesOf(scopes);
  return can("leads") || can("templates");
};

/** Stores a new token, wakes the schedules of what was chosen before, and leaves the audit row. */
export async function saveGrantedToken(
  ctx: Needs<"db" | "now" | "actor" | "requestId" | "audit">,
  token: GrantedToken,
  { isRecovery, diff }: { isRecovery: boolean; diff: Diff },
): Promise<void> {
  const at = new Date(ctx.now());
  await runAudited(
    ctx,
    { action: "connection.connected", diff },
    ctx.db.q
      .update(connections)
      .set({
        ...token,
        tokenVersion: sql`${connections.tokenVersion} + 1`,
        lastVerifiedAt: at,
        lastErrorCode: null,
        lastErrorReason: null,
        ...untouched,
        // Looked at soon: its life was counted from this instant.
        nextCheckAt: new Date(at.getTime() + FIRST_CHECK_MS),
        connectedBy: actorName(ctx.actor),
        updatedAt: at,
      })
      .where(isUserConnection(ctx.db)),
    ctx.db.q.execute(sql`
      INSERT INTO ${syncSchedule} (tenant_id, account_id, next_due_at)
      SELECT tenant_id, account_id, ${at.toISOString()}::timestamptz FROM ${adAccounts}
      WHERE ${ctx.db.mine(adAccounts)} AND ${isNull(adAccounts.disconnectedAt)}
      ON CONFLICT (tenant_id, account_id) DO UPDATE SET next_due_at = excluded.next_due_at, failures = 0`),
    ctx.db.q.execute(sql`
      INSERT INTO ${assetSchedule} (tenant_id, task, next_due_at)
      SELECT ${ctx.db.tenantId}, 'bind', ${at.toISOString()}::timestamptz
      WHERE ${mayFindAssets(token.grantedScopes)} OR EXISTS (SELECT FROM ${assetSchedule} WHERE ${ctx.db.mine(assetSchedule)})
      ON CONFLICT (tenant_id, task, asset_id) DO UPDATE SET next_due_at = excluded.next_due_at, claimed_until = NULL,
        worker_until = NULL, failures = 0`),
    renewAnswers(ctx.db),
    ...(isRecovery ? [insertAudit(ctx.db, auditOfEvent(ctx, at, { action: "connection.recovered" }))] : []),
  );
}

/**
 * Meta told us, while we used a token, that it no longer works. A token stored since then is not meant, and of many who
 * find out at once one is the first: the others get false.
 */
export async function markDead(
  ctx: Needs<"db" | "now" | "actor" | "requestId">,
  { code, reason }: { code: string; reason: string | null },
  tokenVersion: number | undefined,
): Promise<boolean> {
  const at = new Date(ctx.now());
  try {
    await ctx.db.run(
      ctx.db.q.execute(
        sql`SELECT hold_token(${ctx.db.tenantId}, ${tokenVersion ?? null}, NULL, ${at.toISOString()}::timestamptz)`,
      ),
      ctx.db.q
        .update(connections)
        .set({ status: "needs_reauth", lastErrorCode: code, lastErrorReason: reason, updatedAt: at })
        .where(isUserConnection(ctx.db)),
      renewAnswers(ctx.db),
      insertAudit(ctx.db, auditOfEvent(ctx, at, { action: "connection.needs_reauth", reason })),
    );
    return true;
  } catch (thrown) {
    if (isAppError(thrown, "lease.lost")) return false;
    throw thrown;
  }
}

export async function markVerified(ctx: Needs<"db" | "now">): Promise<void> {
  const at = new Date(ctx.now());
  await ctx.db.one(
    ctx.db.q.update(connections).set({ lastVerifiedAt: at, updatedAt: at }).where(isUserConnection(ctx.db)),
  );
}

/** On whose word, other than the tenant's: a person took the app back, or wants to be forgotten themselves. */
type Word = { kind: "deauthorization" | "deletion"; tokenVersion: number };

/**
 * Forgets the secret and those of its pages, ends running syncs and their schedule; accounts and history stay, pages and
 * numbers are free for others. On a person's word only while the
 * token is the one of `tokenVersion`: throws lease.lost when it has changed.
 */
export async function forgetToken(
  ctx: Needs<"db" | "now" | "audit">,
  { revokedAtMeta, withdrawal }: { revokedAtMeta: string; withdrawal?: Word },
): Promise<void> {
  const at = new Date(ctx.now());
  const isForgotten = withdrawal?.kind === "deletion";
  const action = isForgotten ? "data_deleted" : withdrawal ? "deauthorized" : "disconnected";
  const version = withdrawal ? sql`${withdrawal.tokenVersion}` : sql`token_version`;
  await runAudited(
    ctx,
    {
      action: `connection.${action}`,
      target: `revoked_at_meta:${revokedAtMeta}`,
      diff: { status: { after: "revoked" }, token: "forgotten" },
    },
    ctx.db.q.execute(sql`
      SELECT hold_token_version(tenant_id, ${version}) FROM ${connections} WHERE ${isUserConnection(ctx.db)}`),
    ctx.db.q
      .update(connections)
      .set({
        ...untouched,
        status: "revoked",
        tokenSealed: null,
        nextCheckAt: null,
        grantedScopes: [],
        granularTargets: {},
        ...(isForgotten
          ? { metaUserId: null, metaUserName: null, declinedScopes: [], expiresAt: null, issuedAt: null }
          : {}),
        updatedAt: at,
      })
      .where(isUserConnection(ctx.db)),
    ctx.db.q
      .update(metaAssets)
      .set({
        releasedAt: sql`COALESCE(released_at, ${at.toISOString()}::timestamptz)`,
        tokenSealed: null,
        subscribedAt: null,
        problem: null,
        updatedAt: at,
      })
      .where(ctx.db.mine(metaAssets)),
    ctx.db.q.delete(assetSchedule).where(ctx.db.mine(assetSchedule)),
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
    renewAnswers(ctx.db),
  );
}
