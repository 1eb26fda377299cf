import { and, eq, isNull, sql } from "drizzle-orm";
import { insertAudit } from "../../adapters/db/audit.ts";
import { leads } from "../../adapters/db/schema/crm.ts";
import type { Statement } from "../../adapters/db/scope.ts";
import { actorName, type Needs } from "../../context.ts";

type Acts = Needs<"db" | "now" | "actor" | "requestId">;

const mine = (ctx: Needs<"db">, leadId: string) => and(ctx.db.mine(leads), eq(leads.id, leadId));

/** Who has a seller keeps them, unless the rule says otherwise. */
export const assignSeller = (ctx: Acts, leadId: string, seller: string, overwrite: boolean): Statement =>
  ctx.db.q
    .update(leads)
    .set({ assignedSellerId: seller, updatedAt: new Date(ctx.now()) })
    .where(
      and(
        mine(ctx, leadId),
        overwrite ? undefined : isNull(leads.assignedSellerId),
        sql`assigned_seller_id IS DISTINCT FROM ${seller}`,
      ),
    );

/** A tag is added to those that are there. */
export const setField = (
  ctx: Acts,
  leadId: string,
  field: "status" | "tags" | "assigned_seller_id",
  value: string,
): Statement => {
  const updatedAt = new Date(ctx.now());
  if (field === "tags")
    return ctx.db.q
      .update(leads)
      .set({
        tags: sql`CASE jsonb_typeof(tags) WHEN 'array' THEN tags ELSE '[]' END || to_jsonb(${value}::text)`,
        updatedAt,
      })
      .where(and(mine(ctx, leadId), sql`NOT tags @> to_jsonb(${value}::text)`));
  const change = field === "status" ? { status: value } : { assignedSellerId: value };
  return ctx.db.q
    .update(leads)
    .set({ ...change, updatedAt })
    .where(and(mine(ctx, leadId), sql`${sql.identifier(field)} IS DISTINCT FROM ${value}`));
};

/** Told as the last of its batch. */
export const auditOfAction = (ctx: Acts, ruleId: string, action: string, fields: readonly string[]): Statement =>
  insertAudit(ctx.db, {
    occurredAt: new Date(ctx.now()),
    actor: actorName(ctx.actor),
    action: `automation.${action}`,
    target: ruleId,
    outcome: "success",
    httpStatus: null,
    requestId: ctx.requestId,
    diff: { leads: 1, fields },
  });
