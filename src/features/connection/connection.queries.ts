import { and, count, eq, isNotNull, isNull, ne } from "drizzle-orm";
import { metaAssets } from "../../adapters/db/schema/assets.ts";
import { adAccounts, connections } from "../../adapters/db/schema/connection.ts";
import { isUserConnection } from "../../adapters/db/user-connection.ts";
import { actorName, type Needs } from "../../context.ts";

export type Connection = typeof connections.$inferSelect;

type Db = Needs<"db">;

export async function findConnection(ctx: Db): Promise<Connection | undefined> {
  const [found] = await ctx.db.one(ctx.db.q.select().from(connections).where(isUserConnection(ctx.db)).limit(1));
  return found;
}

/** The id a token will be sealed for: the tenant's connection, made now if there was none. */
export async function reserveConnection(
  ctx: Needs<"db" | "actor">,
): Promise<Pick<Connection, "id" | "status" | "tokenType" | "grantedScopes">> {
  const { tenantId } = ctx.db;
  const [, [reserved]] = await ctx.db.run(
    ctx.db.q
      .insert(connections)
      .values({ tenantId, kind: "user", status: "pending", connectedBy: actorName(ctx.actor) })
      .onConflictDoNothing(),
    ctx.db.q
      .select({
        id: connections.id,
        status: connections.status,
        tokenType: connections.tokenType,
        grantedScopes: connections.grantedScopes,
      })
      .from(connections)
      .where(isUserConnection(ctx.db)),
  );
  if (!reserved) throw new Error("The connection was not reserved.");
  return reserved;
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

export type SubscribedAsset = Pick<typeof metaAssets.$inferSelect, "kind" | "assetId" | "tokenSealed">;

/** Of which Meta sends us what happens there. */
export const listSubscribedAssets = (ctx: Db): Promise<SubscribedAsset[]> =>
  ctx.db.one(
    ctx.db.q
      .select({ kind: metaAssets.kind, assetId: metaAssets.assetId, tokenSealed: metaAssets.tokenSealed })
      .from(metaAssets)
      .where(and(ctx.db.mine(metaAssets), isNull(metaAssets.releasedAt), isNotNull(metaAssets.subscribedAt))),
  );

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
