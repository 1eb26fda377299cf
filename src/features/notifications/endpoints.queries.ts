import { and, asc, count, eq, getTableColumns, sql } from "drizzle-orm";
import { type Diff, runAudited } from "../../adapters/db/audit.ts";
import { notificationDeliveries, notificationEndpoints } from "../../adapters/db/schema/notifications.ts";
import type { Needs } from "../../context.ts";

export type Endpoint = typeof notificationEndpoints.$inferSelect;

const own = notificationEndpoints;

export const listEndpoints = (ctx: Needs<"db">): Promise<Endpoint[]> =>
  ctx.db.one(ctx.db.q.select().from(own).where(ctx.db.mine(own)).orderBy(asc(own.createdAt), asc(own.id)));

export async function findEndpoint(ctx: Needs<"db">, id: string): Promise<Endpoint | undefined> {
  const [found] = await ctx.db.one(
    ctx.db.q
      .select()
      .from(own)
      .where(and(ctx.db.mine(own), eq(own.id, id))),
  );
  return found;
}

export async function countEndpoints(ctx: Needs<"db">): Promise<number> {
  const [found] = await ctx.db.one(ctx.db.q.select({ total: count() }).from(own).where(ctx.db.mine(own)));
  return found?.total ?? 0;
}

export async function insertEndpoint(
  ctx: Needs<"db" | "now" | "audit">,
  endpoint: Pick<Endpoint, "id" | "url" | "description" | "events" | "secretSealed">,
): Promise<Endpoint | undefined> {
  const at = new Date(ctx.now());
  const { id, events } = endpoint;
  const [[row]] = await runAudited(
    ctx,
    { target: `endpoint:${id}`, diff: { events, secret: "made" } },
    ctx.db.q
      .insert(own)
      .values({ tenantId: ctx.db.tenantId, ...endpoint, createdAt: at, updatedAt: at })
      .returning(getTableColumns(own)),
  );
  return row;
}

/** What waited while it was off is due at once. */
export async function updateEndpoint(
  ctx: Needs<"db" | "now" | "audit">,
  id: string,
  change: Partial<Omit<Endpoint, "tenantId" | "id">>,
  diff: Diff,
): Promise<Endpoint | undefined> {
  const at = new Date(ctx.now());
  const [[row]] = await runAudited(
    ctx,
    { target: `endpoint:${id}`, diff },
    ctx.db.q
      .update(own)
      .set({ ...change, updatedAt: at })
      .where(and(ctx.db.mine(own), eq(own.id, id)))
      .returning(getTableColumns(own)),
    ctx.db.q
      .update(notificationDeliveries)
      .set({ nextTryAt: at })
      .where(
        and(
          ctx.db.mine(notificationDeliveries),
          eq(notificationDeliveries.endpointId, id),
          eq(notificationDeliveries.state, "pending"),
        ),
      ),
  );
  return row;
}

/** Its deliveries go with it. False when there is none. */
export async function deleteEndpoint(ctx: Needs<"db" | "now" | "audit">, id: string): Promise<boolean> {
  // Deleted and told in one statement: what is gone can only be told by who took it.
  const deleted = sql`WITH gone AS (DELETE FROM ${own} WHERE ${ctx.db.mine(own)} AND id = ${id}::uuid RETURNING id)`;
  const note = { target: `endpoint:${id}`, diff: { deleted: true }, change: { with: deleted, from: sql`gone` } };
  await runAudited(ctx, note);
  return ctx.audit.isWritten;
}
