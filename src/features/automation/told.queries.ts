import { and, eq, isNull, or, sql } from "drizzle-orm";
import { runAudited } from "../../adapters/db/audit.ts";
import { leads } from "../../adapters/db/schema/crm.ts";
import type { Needs } from "../../context.ts";
import { callOff, insertExecutions, type NewExecution } from "./executions.queries.ts";

/** By id, by the sender's own id, or by phone (E.164); of several of one phone, the newest. */
export async function findToldLead(
  ctx: Needs<"db">,
  { id, external_id, phone }: { id?: string | undefined; external_id?: string | undefined; phone?: string | undefined },
): Promise<string | undefined> {
  const isIt = or(
    id === undefined ? undefined : eq(leads.id, id),
    external_id === undefined ? undefined : eq(leads.externalId, external_id),
    phone === undefined ? undefined : sql`'+' || regexp_replace(phone_number, '\\D', '', 'g') = ${phone}`,
  );
  const [found] = await ctx.db.one(
    ctx.db.q
      .select({ id: leads.id })
      .from(leads)
      .where(and(ctx.db.mine(leads), isNull(leads.mergedInto), isIt))
      .orderBy(
        sql`${leads.id} = ${id ?? null}::uuid DESC NULLS LAST, ${leads.externalId} = ${external_id ?? null} DESC NULLS LAST, ${leads.createdAt} DESC`,
      )
      .limit(1),
  );
  return found?.id;
}

export async function saveStarts(
  ctx: Needs<"db" | "now" | "audit">,
  starts: readonly NewExecution[],
  moved?: { subject: string; exceptKey: string | null },
): Promise<void> {
  await runAudited(
    ctx,
    { diff: { started: starts.length } },
    ...(moved ? [callOff(ctx, moved.subject, moved.exceptKey)] : []),
    ...(starts.length > 0 ? [insertExecutions(ctx, starts)] : []),
  );
}
