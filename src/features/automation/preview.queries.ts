import { asc, and, desc, isNull } from "drizzle-orm";
import { leads } from "../../adapters/db/schema/crm.ts";
import type { Needs } from "../../context.ts";

export async function newestLeads(ctx: Needs<"db">, limit: number): Promise<string[]> {
  const rows = await ctx.db.one(
    ctx.db.q
      .select({ id: leads.id })
      .from(leads)
      .where(and(ctx.db.mine(leads), isNull(leads.mergedInto)))
      .orderBy(desc(leads.createdAt), asc(leads.externalId), asc(leads.id))
      .limit(limit),
  );
  return rows.map(({ id }) => id);
}
