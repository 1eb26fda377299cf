import { and, eq, type SQL, sql } from "drizzle-orm";
import { runAudited } from "../../adapters/db/audit.ts";
import { creditsOf, holdOutcomes, settleOutcomes } from "../../adapters/db/outcomes.ts";
import { opportunities } from "../../adapters/db/schema/crm.ts";
import { mergeObject, type SentColumn, sentValue } from "../../adapters/db/sent.ts";
import { isoText } from "../../adapters/db/wire.ts";
import type { Needs } from "../../context.ts";
import { insertRows, itsId, type RowToStore, selectWritten, updateRows } from "./rows.queries.ts";
import { selectLeads, selectOpportunities, selectSettings } from "./references.queries.ts";
import type { Reference } from "./references.ts";

type Db = Needs<"db">;

const TABLE = "opportunities";

type Rules = { currency: string | null; closedStages: readonly string[] };

function columnsOf(ctx: Needs<"now">, { currency, closedStages }: Rules): SentColumn[] {
  const at = sql`${new Date(ctx.now()).toISOString()}::timestamptz`;
  const isClosed = (stage: SQL) => sql`${stage} = ANY (${sql.param([...closedStages])}::text[])`;
  const newStage = sql`COALESCE(f.sent ->> 'stage', t.stage)`;
  const closedAt = { name: "closed_at", type: "timestamptz" } as const;
  return [
    { name: "lead_id", type: "uuid" },
    { name: "name", type: "text" },
    { name: "description", type: "text" },
    { name: "value", type: "numeric" },
    { name: "currency", type: "text", fallback: sql`${currency}::text` },
    { name: "stage", type: "text" },
    { name: "probability", type: "numeric" },
    { name: "expected_close_date", type: "date" },
    {
      ...closedAt,
      fallback: sql`CASE WHEN ${isClosed(sql`f.sent ->> 'stage'`)} THEN ${at} END`,
      change: sql`CASE
        WHEN ${sentValue(closedAt)} IS NOT NULL THEN ${sentValue(closedAt)}
        WHEN ${isClosed(newStage)} THEN COALESCE(t.closed_at, ${at})
        WHEN NOT ${isClosed(sql`t.stage`)} THEN t.closed_at END`,
    },
    { name: "close_reason", type: "text" },
    { name: "lost_reason", type: "text" },
    { name: "seller_id", type: "text" },
    { name: "tags", type: "jsonb", fallback: sql`'[]'` },
    { name: "custom_fields", type: "jsonb", fallback: sql`'{}'`, change: mergeObject("custom_fields") },
  ];
}

export async function lookUp(ctx: Db, opportunities: readonly Reference[], leads: readonly Reference[]) {
  const [[settings], known, people] = await ctx.db.run(
    selectSettings(ctx),
    selectOpportunities(ctx, opportunities),
    selectLeads(ctx, leads),
  );
  return { settings, known, people };
}

/** Makes the new ones, changes the others; answers which is which, and the record of a single one. */
export async function saveOpportunities(ctx: Needs<"db" | "now" | "audit">, rules: Rules, rows: readonly RowToStore[]) {
  const columns = columnsOf(ctx, rules);
  const created = rows.filter(({ is_new }) => is_new).length;
  const [, , , , written, [record]] = await runAudited(
    ctx,
    { diff: { opportunities: rows.length, new: created } },
    holdOutcomes(ctx.db),
    insertRows(
      ctx,
      TABLE,
      columns,
      rows.filter(({ is_new }) => is_new),
    ),
    updateRows(ctx, TABLE, columns, rows),
    settleOutcomes(ctx.db),
    selectWritten(ctx, TABLE, rows),
    selectOpportunity(ctx, rows.length === 1 ? rows : []),
  );
  return { written, record: record && { ...record, created: written[0]?.isCreated === true } };
}

/** An opportunity as it travels. */
const selectOpportunity = (ctx: Db, rows: readonly RowToStore[]) =>
  ctx.db.q
    .select({
      id: opportunities.id,
      external_id: opportunities.externalId,
      lead_id: opportunities.leadId,
      lead_external_id: sql<string | null>`(SELECT l.external_id FROM leads l
        WHERE l.tenant_id = ${ctx.db.tenantId} AND l.id = opportunities.lead_id)`,
      name: opportunities.name,
      description: opportunities.description,
      value: sql<string>`trim_scale(value)::text`,
      currency: opportunities.currency,
      stage: opportunities.stage,
      probability: sql<number | null>`probability::float8`,
      expected_close_date: opportunities.expectedCloseDate,
      closed_at: sql<string | null>`${isoText(opportunities.closedAt)}`,
      close_reason: opportunities.closeReason,
      lost_reason: opportunities.lostReason,
      seller_id: opportunities.sellerId,
      tags: sql<unknown[]>`CASE jsonb_typeof(tags) WHEN 'array' THEN tags ELSE '[]' END`,
      custom_fields: sql<
        Record<string, unknown>
      >`CASE jsonb_typeof(custom_fields) WHEN 'object' THEN custom_fields ELSE '{}' END`,
      created_at: isoText(opportunities.createdAt),
      updated_at: isoText(opportunities.updatedAt),
      attribution: {
        credits: creditsOf(ctx.db, "opportunity", sql`opportunities.id`),
        frozen_at: sql<string | null>`${isoText(opportunities.frozenAt)}`,
      },
    })
    .from(opportunities)
    .where(and(ctx.db.mine(opportunities), eq(opportunities.id, itsId(ctx, TABLE, rows))));
