import { and, eq, gt, lt, lte, or, isNull, sql } from "drizzle-orm";
import { renewAnswers } from "../../adapters/db/answers.ts";
import { insertAudit } from "../../adapters/db/audit.ts";
import { connections } from "../../adapters/db/schema/connection.ts";
import { isUserConnection } from "../../adapters/db/user-connection.ts";
import type { Needs, Tools } from "../../context.ts";
import type { Connection } from "./connection.queries.ts";
import { auditOfEvent } from "./events.queries.ts";
import type { Settlement } from "./token-outcome.ts";

const CLAIM_SECONDS = 300;
const CLAIMS_PER_TICK = 250;
/** Longer than the few calls to Meta that it covers may take. */
export const KEEPER_SECONDS = 300;

const instant = (ms: number) => new Date(ms).toISOString();

/** Claims every connection that is due for a look, over all tenants, each for one message. */
export async function claimDueTokens(tools: Pick<Tools, "dispatch" | "now">): Promise<number[]> {
  const now = tools.now();
  const { rows } = await tools.dispatch.one(
    tools.dispatch.q.execute<{ tenant_id: number }>(sql`
      UPDATE connections AS c SET check_claimed_until = ${instant(now + CLAIM_SECONDS * 1000)}::timestamptz
      FROM (
        SELECT tenant_id, next_check_at FROM connections
        WHERE next_check_at <= ${instant(now)}::timestamptz
          AND (check_claimed_until IS NULL OR check_claimed_until < ${instant(now)}::timestamptz)
        ORDER BY next_check_at
        LIMIT ${CLAIMS_PER_TICK}
        FOR UPDATE SKIP LOCKED
      ) AS due
      WHERE c.tenant_id = due.tenant_id AND c.next_check_at = due.next_check_at
      RETURNING c.tenant_id`),
  );
  return rows.map((row) => row.tenant_id);
}

/** Makes one caller the keeper of a token that is due; the others get nothing. */
export async function takeToken(ctx: Needs<"db" | "now">, keeper: string): Promise<Connection | undefined> {
  const now = new Date(ctx.now());
  const [taken] = await ctx.db.one(
    ctx.db.q
      .update(connections)
      .set({ keeper, keeperUntil: new Date(ctx.now() + KEEPER_SECONDS * 1000) })
      .where(
        and(
          isUserConnection(ctx.db),
          lte(connections.nextCheckAt, now),
          or(isNull(connections.keeperUntil), lt(connections.keeperUntil, now)),
        ),
      )
      .returning(),
  );
  return taken;
}

/**
 * Writes what became of the token and lets it go. Throws lease.lost, having written nothing, when the token is no longer
 * the one that was taken or no longer the keeper's: who slept past the lease has nothing to say.
 */
export async function saveKept(
  ctx: Needs<"db" | "now" | "actor" | "requestId">,
  { tokenVersion }: Pick<Connection, "tokenVersion">,
  keeper: string,
  { change, events }: Settlement,
): Promise<void> {
  const at = new Date(ctx.now());
  const { tenantId } = ctx.db;
  await ctx.db.run(
    ctx.db.q.execute(
      sql`SELECT hold_token(${tenantId}, ${tokenVersion}, ${keeper}::uuid, ${at.toISOString()}::timestamptz)`,
    ),
    ctx.db.q
      .update(connections)
      .set({
        ...change,
        ...(change.tokenSealed && { tokenVersion: sql`${connections.tokenVersion} + 1` }),
        keeper: null,
        keeperUntil: null,
        checkClaimedUntil: null,
        updatedAt: at,
      })
      .where(
        and(
          isUserConnection(ctx.db),
          eq(connections.tokenVersion, tokenVersion),
          eq(connections.keeper, keeper),
          gt(connections.keeperUntil, at),
        ),
      ),
    renewAnswers(ctx.db),
    ...(events.length > 0 ? [insertAudit(ctx.db, ...events.map((event) => auditOfEvent(ctx, at, event)))] : []),
  );
}
