import { and, inArray, or, sql } from "drizzle-orm";
import { leads, opportunities, salesTransactions } from "../../adapters/db/schema/crm.ts";
import { tenantSettings } from "../../adapters/db/schema/tenancy.ts";
import type { Needs } from "../../context.ts";
import type { Reference } from "./references.ts";

type Db = Needs<"db">;

export const selectSettings = (ctx: Db) =>
  ctx.db.q
    .select({
      timezone: tenantSettings.timezone,
      currency: tenantSettings.reportingCurrency,
      closedStages: sql<string[]>`${tenantSettings.wonStages} || ${tenantSettings.lostStages}`,
    })
    .from(tenantSettings)
    .where(ctx.db.mine(tenantSettings));

type Referable = typeof leads | typeof opportunities | typeof salesTransactions;

/** Rows that one of the references means. */
const among = (ctx: Db, table: Referable, references: readonly Reference[]) =>
  and(ctx.db.mine(table), isMeant(table, references) ?? sql`false`);

const isMeant = (table: Referable, references: readonly Reference[]) => {
  const ids = references.flatMap(({ id }) => id ?? []);
  const externalIds = references.flatMap(({ externalId }) => externalId ?? []);
  return or(
    ids.length > 0 ? inArray(table.id, ids) : undefined,
    externalIds.length > 0 ? inArray(table.externalId, externalIds) : undefined,
  );
};

export const selectLeads = (ctx: Db, references: readonly Reference[]) =>
  ctx.db.q
    .select({ id: leads.id, externalId: leads.externalId })
    .from(leads)
    .where(among(ctx, leads, references));

export const selectOpportunities = (ctx: Db, references: readonly Reference[]) =>
  ctx.db.q
    .select({ id: opportunities.id, externalId: opportunities.externalId, leadId: opportunities.leadId })
    .from(opportunities)
    .where(among(ctx, opportunities, references));

/** With the sales that they give back; each with what was given back of it so far. */
export const selectSales = (ctx: Db, references: readonly Reference[]) => {
  const parents = ctx.db.q
    .select({ id: salesTransactions.parentId })
    .from(salesTransactions)
    .where(among(ctx, salesTransactions, references));
  return ctx.db.q
    .select({
      id: salesTransactions.id,
      externalId: salesTransactions.externalId,
      kind: salesTransactions.kind,
      parentId: salesTransactions.parentId,
      leadId: salesTransactions.leadId,
      opportunityId: salesTransactions.opportunityId,
      amount: salesTransactions.amount,
      currency: salesTransactions.currency,
      status: salesTransactions.paymentStatus,
      refunded: refundedOf(ctx),
    })
    .from(salesTransactions)
    .where(
      and(
        ctx.db.mine(salesTransactions),
        or(isMeant(salesTransactions, references) ?? sql`false`, inArray(salesTransactions.id, parents)),
      ),
    );
};

export const refundedOf = (ctx: Db) => sql<string>`(
  SELECT trim_scale(COALESCE(-sum(r.amount), 0))::text FROM sales_transactions r
  WHERE r.tenant_id = ${ctx.db.tenantId} AND r.parent_id = sales_transactions.id AND r.payment_status = 'completed')`;
