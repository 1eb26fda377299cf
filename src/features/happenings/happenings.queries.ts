import { and, asc, inArray, isNull, lt, sql } from "drizzle-orm";
import type { Happening } from "../../adapters/db/happenings.ts";
import { happenings } from "../../adapters/db/schema/happenings.ts";
import type { Statement } from "../../adapters/db/scope.ts";
import type { Needs, Tools } from "../../context.ts";

/** After so many failures a happening is left alone. */
export const MOST_FAILURES = 12;
const [TENANTS_PER_TICK, AT_ONCE, KEPT_DAYS] = [250, 100, 30];
const DAY_MS = 86_400_000;

const isOpen = and(isNull(happenings.handledAt), lt(happenings.failures, MOST_FAILURES));

export async function listOpenTenants({ dispatch }: Pick<Tools, "dispatch">): Promise<number[]> {
  const rows = await dispatch.one(
    dispatch.q.selectDistinct({ tenantId: happenings.tenantId }).from(happenings).where(isOpen).limit(TENANTS_PER_TICK),
  );
  return rows.map(({ tenantId }) => tenantId);
}

/** The oldest of those that failed least. */
export const listOpen = (ctx: Needs<"db">): Promise<Happening[]> =>
  ctx.db.one(
    ctx.db.q
      .select()
      .from(happenings)
      .where(and(ctx.db.mine(happenings), isOpen))
      .orderBy(asc(happenings.failures), asc(happenings.id))
      .limit(AT_ONCE),
  );

const among = (ctx: Needs<"db">, told: readonly Happening[]) =>
  and(
    ctx.db.mine(happenings),
    inArray(
      happenings.id,
      told.map(({ id }) => id),
    ),
    isNull(happenings.handledAt),
  );

/** What came of them and that they are handled, in one transaction; those of long ago are forgotten. */
export async function handle(
  ctx: Needs<"db" | "now">,
  told: readonly Happening[],
  consequences: readonly Statement[],
): Promise<void> {
  const at = ctx.now();
  const isOld = and(ctx.db.mine(happenings), lt(happenings.handledAt, new Date(at - KEPT_DAYS * DAY_MS)));
  await ctx.db.run(
    ...consequences,
    ctx.db.q
      .update(happenings)
      .set({ handledAt: new Date(at) })
      .where(among(ctx, told)),
    ctx.db.q.delete(happenings).where(isOld),
  );
}

export async function noteFailure(ctx: Needs<"db">, told: Happening): Promise<void> {
  await ctx.db.one(
    ctx.db.q
      .update(happenings)
      .set({ failures: sql`${happenings.failures} + 1` })
      .where(among(ctx, [told])),
  );
}
