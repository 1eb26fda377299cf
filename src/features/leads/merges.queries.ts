import { and, eq, type SQL, sql } from "drizzle-orm";
import { runAudited, wroteHere } from "../../adapters/db/audit.ts";
import { holdOutcomes, settleOutcomes } from "../../adapters/db/outcomes.ts";
import { leadMerges } from "../../adapters/db/schema/leads.ts";
import { isoText } from "../../adapters/db/wire.ts";
import type { Needs } from "../../context.ts";
import type { Address } from "./sent-fields.ts";

type Acts = Needs<"db" | "now" | "audit">;

export type MergeOutcome = "done" | "not_found" | "conflict";

const idOf = ({ db }: Acts, { id, externalId }: Address): SQL =>
  sql`(SELECT id FROM leads WHERE tenant_id = ${db.tenantId}
    AND ${id === undefined ? sql`external_id = ${externalId}` : sql`id = ${id}::uuid`})`;

/** What belongs to one lead is another's from now on, and what was counted of both is counted of that one. */
export const insertMerge = (ctx: Acts, mergeId: string, lead: Address, into: Address) =>
  runMerge(
    ctx,
    mergeId,
    sql`merge_leads(${ctx.db.tenantId}, ${mergeId}::uuid, ${idOf(ctx, lead)}, ${idOf(ctx, into)}, ${instantOf(ctx)})`,
  );

/** As if there had been no merge. */
export const undoMerge = (ctx: Acts, mergeId: string) =>
  runMerge(ctx, mergeId, sql`undo_merge(${ctx.db.tenantId}, ${mergeId}::uuid, ${instantOf(ctx)})`);

const instantOf = (ctx: Needs<"now">) => sql`${new Date(ctx.now()).toISOString()}::timestamptz`;

async function runMerge(ctx: Acts, mergeId: string, act: SQL) {
  const isIt = and(ctx.db.mine(leadMerges), eq(leadMerges.id, mergeId));
  const moved = (kind: string) =>
    sql<number>`(SELECT count(*)::int FROM lead_moves m WHERE m.tenant_id = ${ctx.db.tenantId}
      AND m.merge_id = ${mergeId}::uuid AND m.kind = ${kind})`;
  const [, outcome, , [merge]] = await runAudited(
    ctx,
    {
      diff: sql`(SELECT jsonb_build_object('merge', id, 'lead', lead_id, 'into', into_id) FROM lead_merges WHERE ${isIt})`,
      when: wroteHere(leadMerges, isIt as SQL),
    },
    holdOutcomes(ctx.db),
    ctx.db.q.execute<{ outcome: MergeOutcome }>(sql`SELECT ${act} AS outcome`),
    settleOutcomes(ctx.db),
    ctx.db.q
      .select({
        id: leadMerges.id,
        lead_id: leadMerges.leadId,
        into_id: leadMerges.intoId,
        moved: {
          identities: moved("identity"),
          touchpoints: moved("touchpoint"),
          opportunities: moved("opportunity"),
          sales: moved("sale"),
        },
        merged_at: isoText(leadMerges.mergedAt),
        undone_at: sql<string | null>`${isoText(leadMerges.undoneAt)}`,
      })
      .from(leadMerges)
      .where(isIt),
  );
  return { outcome: outcome.rows[0]?.outcome, merge };
}
