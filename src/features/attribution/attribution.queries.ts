import { sql } from "drizzle-orm";
import { runAudited } from "../../adapters/db/audit.ts";
import { settleOutcomes } from "../../adapters/db/outcomes.ts";
import type { Needs, Tools } from "../../context.ts";
import type { Recompute } from "./attribution.contract.ts";

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

export async function settle({ db }: Needs<"db">): Promise<void> {
  await db.one(settleOutcomes(db));
}

export type Recomputed = { leads: number; moved: Moved[] };

type Moved = {
  place: string;
  currency: string;
  revenue_before: number;
  revenue_after: number;
  leads_before: number;
  leads_after: number;
};

/** Moves credits that were frozen, or tells what would move. The audit tells who asked. */
export async function recompute(
  ctx: Needs<"db" | "now" | "audit">,
  { leadIds, isDryRun }: Recompute,
): Promise<Recomputed> {
  const { db } = ctx;
  const ids = leadIds === undefined ? sql`NULL` : sql`${sql.param(leadIds)}`;
  const [{ rows }] = await runAudited(
    ctx,
    { diff: { dry_run: isDryRun, leads: leadIds?.length ?? "all" } },
    db.q.execute<{ result: Recomputed }>(
      sql`SELECT recompute_credits(${db.tenantId}, ${ids}::uuid[], ${isDryRun}) AS result`,
    ),
  );
  return rows[0]?.result ?? { leads: 0, moved: [] };
}
