import { and, eq, type SQL, sql } from "drizzle-orm";
import { runAudited } from "../../adapters/db/audit.ts";
import { creditsOf, holdOutcomes, settleOutcomes } from "../../adapters/db/outcomes.ts";
import { salesTransactions } from "../../adapters/db/schema/crm.ts";
import type { SentColumn } from "../../adapters/db/sent.ts";
import { isoText } from "../../adapters/db/wire.ts";
import type { Needs } from "../../context.ts";
import * as references from "./references.queries.ts";
import type { Reference } from "./references.ts";
import { insertRows, itsId, type RowToStore, selectWritten, updateRows } from "./rows.queries.ts";

type Db = Needs<"db">;

const TABLE = "sales_transactions";

const text = (name: string): SentColumn => ({ name, type: "text" });

const dayOfSale = (timezone: string): SQL => sql`(t.sold_at AT TIME ZONE ${timezone}::text)::date`;

const columnsOf = (ctx: Db, timezone: string): SentColumn[] => [
  { name: "kind", type: "text", change: sql`t.kind` },
  // Made by an external_id of the same request it is known only now.
  {
    name: "parent_id",
    type: "uuid",
    fallback: sql`(SELECT p.id FROM sales_transactions p
      WHERE p.tenant_id = ${ctx.db.tenantId} AND p.external_id = f.sent ->> 'parent_external_id')`,
    change: sql`t.parent_id`,
  },
  { name: "lead_id", type: "uuid" },
  { name: "opportunity_id", type: "uuid" },
  { name: "amount", type: "numeric" },
  text("currency"),
  { name: "transaction_date", type: "date" },
  // A new day without an hour: the hour of the old one says nothing any more.
  {
    name: "sold_at",
    type: "timestamptz",
    change: sql`CASE
      WHEN jsonb_exists(f.sent, 'sold_at') THEN (f.sent ->> 'sold_at')::timestamptz
      WHEN COALESCE((f.sent ->> 'transaction_date')::date = ${dayOfSale(timezone)}, true) THEN t.sold_at END`,
  },
  { ...text("payment_status"), fallback: sql`'completed'` },
  text("payment_method"),
  text("payment_reference"),
  text("invoice_number"),
  text("description"),
  text("notes"),
];

export async function lookUp(
  ctx: Db,
  meant: { sales: readonly Reference[]; opportunities: readonly Reference[]; leads: readonly Reference[] },
) {
  const [[settings], sales, opportunities, leads] = await ctx.db.run(
    references.selectSettings(ctx),
    references.selectSales(ctx, meant.sales),
    references.selectOpportunities(ctx, meant.opportunities),
    references.selectLeads(ctx, meant.leads),
  );
  return { settings, sales, opportunities, leads };
}

/** `isChild`: given back of a sale, or an adjustment of one. */
export type SaleToStore = RowToStore & { isChild: boolean };

/** Sales first, then what is given back of them. Throws sale.over_refunded where another request was quicker. */
export async function saveSales(ctx: Needs<"db" | "now" | "audit">, timezone: string, rows: readonly SaleToStore[]) {
  const columns = columnsOf(ctx, timezone);
  const write = (some: readonly SaleToStore[]) =>
    [
      insertRows(
        ctx,
        TABLE,
        columns,
        some.filter(({ is_new }) => is_new),
      ),
      updateRows(ctx, TABLE, columns, some),
    ] as const;
  const created = rows.filter(({ is_new }) => is_new).length;
  const [, , , , , , written, [record]] = await runAudited(
    ctx,
    { diff: { sales: rows.length, new: created } },
    holdOutcomes(ctx.db),
    ...write(rows.filter(({ isChild }) => !isChild)),
    ...write(rows.filter(({ isChild }) => isChild)),
    settleOutcomes(ctx.db),
    selectWritten(ctx, TABLE, rows),
    selectSale(ctx, rows.length === 1 ? rows : []),
  );
  return { written, record: record && { ...record, created: written[0]?.isCreated === true } };
}

/** A sale as it travels. */
const selectSale = (ctx: Db, rows: readonly RowToStore[]) =>
  ctx.db.q
    .select({
      id: salesTransactions.id,
      external_id: salesTransactions.externalId,
      kind: sql<"sale" | "refund" | "chargeback" | "adjustment">`kind`,
      parent_id: salesTransactions.parentId,
      lead_id: salesTransactions.leadId,
      lead_external_id: sql<string | null>`(SELECT l.external_id FROM leads l
        WHERE l.tenant_id = ${ctx.db.tenantId} AND l.id = sales_transactions.lead_id)`,
      opportunity_id: salesTransactions.opportunityId,
      amount: sql<string>`trim_scale(amount)::text`,
      currency: salesTransactions.currency,
      transaction_date: salesTransactions.transactionDate,
      sold_at: sql<string | null>`${isoText(salesTransactions.soldAt)}`,
      payment_status: salesTransactions.paymentStatus,
      payment_method: salesTransactions.paymentMethod,
      payment_reference: salesTransactions.paymentReference,
      invoice_number: salesTransactions.invoiceNumber,
      description: salesTransactions.description,
      notes: salesTransactions.notes,
      refunded: references.refundedOf(ctx),
      created_at: isoText(salesTransactions.createdAt),
      updated_at: isoText(salesTransactions.updatedAt),
      attribution: {
        credits: creditsOf(ctx.db, "sale", sql`COALESCE(sales_transactions.parent_id, sales_transactions.id)`),
        frozen_at: sql<string | null>`${isoText(salesTransactions.frozenAt)}`,
      },
    })
    .from(salesTransactions)
    .where(and(ctx.db.mine(salesTransactions), eq(salesTransactions.id, itsId(ctx, TABLE, rows))));
