import { sql } from "drizzle-orm";
import type { Tools } from "../../context.ts";

const TENANTS_PER_TICK = 100;

/** Tenants with rows that were written past our routes, and whose outcomes are not settled yet. */
export async function listUnsettledTenants({ dispatch }: Pick<Tools, "dispatch">): Promise<number[]> {
  const { rows } = await dispatch.one(
    dispatch.q.execute<{ tenant_id: number }>(
      sql`SELECT DISTINCT tenant_id FROM outcome_changes LIMIT ${TENANTS_PER_TICK}`,
    ),
  );
  return rows.map((row) => row.tenant_id);
}
