import { and, isNull, sql } from "drizzle-orm";
import { renewAnswers } from "../../adapters/db/answers.ts";
import { runAudited } from "../../adapters/db/audit.ts";
import { adAccounts, connections } from "../../adapters/db/schema/connection.ts";
import { isUserConnection } from "../../adapters/db/user-connection.ts";
import type { Needs } from "../../context.ts";
import { differenceOf } from "../../lib/difference.ts";

export type AccountChoice = {
  accountId: string;
  name: string;
  currency: string;
  timezoneName: string;
  accountStatus: number;
};

export async function listConnectedIds(ctx: Needs<"db">): Promise<string[]> {
  const rows = await ctx.db.one(
    ctx.db.q
      .select({ accountId: adAccounts.accountId })
      .from(adAccounts)
      .where(and(ctx.db.mine(adAccounts), isNull(adAccounts.disconnectedAt))),
  );
  return rows.map(({ accountId }) => accountId);
}

/** Stores the account as one of the tenant's; the first one is the primary. */
export async function saveAccount(ctx: Needs<"db" | "now" | "audit">, choice: AccountChoice): Promise<void> {
  const at = new Date(ctx.now());
  const { tenantId } = ctx.db;
  const connection = ctx.db.q.select({ id: connections.id }).from(connections).where(isUserConnection(ctx.db));
  const { accountId, currency, timezoneName } = choice;
  await runAudited(
    ctx,
    { target: accountId, diff: differenceOf({}, { accountId, currency, timezoneName }) },
    ctx.db.q
      .insert(adAccounts)
      .values({
        ...choice,
        tenantId,
        connectionId: sql`(${connection})`,
        isPrimary: sql`NOT EXISTS (SELECT FROM ${adAccounts} WHERE ${ctx.db.mine(adAccounts)} AND is_primary)`,
        connectedAt: at,
        updatedAt: at,
      })
      .onConflictDoUpdate({
        target: [adAccounts.tenantId, adAccounts.accountId],
        set: {
          ...choice,
          epoch: sql`${adAccounts.epoch} + CASE WHEN (${adAccounts.currency}, ${adAccounts.timezoneName})
            = (excluded.currency, excluded.timezone_name) THEN 0 ELSE 1 END`,
          disconnectedAt: null,
          lastErrorCode: null,
          updatedAt: at,
        },
      }),
    renewAnswers(ctx.db),
  );
}
