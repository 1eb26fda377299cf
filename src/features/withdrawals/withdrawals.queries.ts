import { and, eq, isNull, lte, ne, or, sql } from "drizzle-orm";
import { connections, withdrawals } from "../../adapters/db/schema/connection.ts";
import type { Needs, Tools } from "../../context.ts";

type Dispatch = Pick<Tools, "dispatch">;

export type Withdrawal = typeof withdrawals.$inferSelect;

const OPEN_PER_TICK = 250;

/** A withdrawal that came before changes nothing. */
export async function insertWithdrawal({ dispatch }: Dispatch, withdrawal: Omit<Withdrawal, "doneAt">): Promise<void> {
  await dispatch.one(dispatch.q.insert(withdrawals).values(withdrawal).onConflictDoNothing());
}

export async function findDeletion({ dispatch }: Dispatch, codeHash: string) {
  const [found] = await dispatch.one(
    dispatch.q
      .select({ receivedAt: withdrawals.receivedAt, doneAt: withdrawals.doneAt })
      .from(withdrawals)
      .where(and(eq(withdrawals.codeHash, codeHash), eq(withdrawals.kind, "deletion"))),
  );
  return found;
}

// A token that was granted after the person's word is not meant by it. A deletion means what a disconnected one left too.
const isMeant = and(
  eq(connections.metaUserId, withdrawals.metaUserId),
  or(isNull(connections.issuedAt), lte(connections.issuedAt, withdrawals.issuedAt)),
  or(eq(withdrawals.kind, "deletion"), ne(connections.status, "revoked")),
);

/** Open withdrawals with the tenants whose connection they mean; null where none is left. */
export const listOpen = ({ dispatch }: Dispatch): Promise<{ tenantId: number | null }[]> =>
  dispatch.one(
    dispatch.q
      .selectDistinct({ tenantId: connections.tenantId })
      .from(withdrawals)
      .leftJoin(connections, isMeant)
      .where(isNull(withdrawals.doneAt))
      .orderBy(sql`${connections.tenantId} NULLS FIRST`)
      .limit(OPEN_PER_TICK),
  );

/** Forgets the person of withdrawals that mean no connection any more. */
export async function closeDone({ dispatch, now }: Pick<Tools, "dispatch" | "now">): Promise<void> {
  await dispatch.one(
    dispatch.q
      .update(withdrawals)
      .set({ doneAt: new Date(now()), metaUserId: null })
      .where(
        and(
          isNull(withdrawals.doneAt),
          sql`NOT EXISTS (${dispatch.q
            .select({ one: sql`1` })
            .from(connections)
            .where(isMeant)})`,
        ),
      ),
  );
}

/** The open withdrawals that mean this tenant's connection: a deletion, if there is one. */
export async function findMeant({ dispatch, tenantId }: Needs<"dispatch" | "tenantId">) {
  const found = await dispatch.one(
    dispatch.q
      .select({ kind: withdrawals.kind })
      .from(withdrawals)
      .innerJoin(connections, isMeant)
      .where(and(eq(connections.tenantId, tenantId), isNull(withdrawals.doneAt))),
  );
  return found.find(({ kind }) => kind === "deletion") ?? found[0];
}
