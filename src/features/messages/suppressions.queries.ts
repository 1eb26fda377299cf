import { and, desc, eq, sql } from "drizzle-orm";
import { runAudited } from "../../adapters/db/audit.ts";
import { suppressions } from "../../adapters/db/schema/messages.ts";
import type { Statement } from "../../adapters/db/scope.ts";
import type { Needs } from "../../context.ts";
import { phoneKey } from "../../lib/phone.ts";

type Acts = Needs<"db" | "now">;
type Row = typeof suppressions.$inferSelect;
type Person = {
  phones?: readonly (string | null | undefined)[];
  bsuids?: readonly (string | null | undefined)[];
};
type Word = Pick<Row, "purpose" | "isActive" | "source"> & { at: Date };

/** Keeps what a person said, under each of their identities: what was said last, counts, in whatever order it comes. */
export function suppress(ctx: Needs<"db">, { phones = [], bsuids = [] }: Person, word: Word): Statement[] {
  const values = [
    ...phones.flatMap((phone) => (phone ? [["phone", phoneKey(phone)] as const] : [])),
    ...bsuids.flatMap((bsuid) => (bsuid ? [["bsuid", bsuid] as const] : [])),
  ];
  const distinct = [...new Map(values.map((one) => [one.join(), one])).values()];
  return distinct.map(([kind, value]) => {
    const { purpose, isActive, source, at } = word;
    return ctx.db.q
      .insert(suppressions)
      .values({ tenantId: ctx.db.tenantId, kind, value, purpose, isActive, source, changedAt: at, createdAt: at })
      .onConflictDoUpdate({
        target: [suppressions.tenantId, suppressions.kind, suppressions.value, suppressions.purpose],
        set: { isActive, source, changedAt: at },
        setWhere: sql`${suppressions.changedAt} < ${at.toISOString()}::timestamptz`,
      });
  });
}

/** Those that hold, newest first. */
export const listSuppressions = (ctx: Needs<"db">, { limit, offset }: { limit: number; offset: number }) =>
  ctx.db.one(
    ctx.db.q
      .select()
      .from(suppressions)
      .where(and(ctx.db.mine(suppressions), eq(suppressions.isActive, true)))
      .orderBy(desc(suppressions.changedAt), suppressions.kind, suppressions.value, suppressions.purpose)
      .limit(limit)
      .offset(offset),
  );

/** On a person's order, with its audit row; whom it is about is not told there. */
export const changeSuppression = async (
  ctx: Acts & Needs<"audit">,
  person: Person,
  { purpose, isActive }: Pick<Word, "purpose" | "isActive">,
): Promise<void> => {
  const word = { purpose, isActive, source: "person", at: new Date(ctx.now()) };
  await runAudited(ctx, { diff: { purpose, is_active: isActive } }, ...suppress(ctx, person, word));
};
