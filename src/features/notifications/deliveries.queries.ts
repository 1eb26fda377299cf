import { and, count, eq, lt, type SQL, sql } from "drizzle-orm";
import { runAudited, wroteHere } from "../../adapters/db/audit.ts";
import type { Happening } from "../../adapters/db/happenings.ts";
import { leads, opportunities, salesTransactions } from "../../adapters/db/schema/crm.ts";
import { notificationDeliveries, notificationEndpoints } from "../../adapters/db/schema/notifications.ts";
import { isoText, toInstant } from "../../adapters/db/wire.ts";
import type { Needs, Tools } from "../../context.ts";
import type { DeliveriesQuery } from "./notifications.contract.ts";

const [TENANTS_PER_TICK, CLAIM_SECONDS, KEPT_DAYS] = [250, 180, 30];
const own = notificationDeliveries;

/** A delivery for every endpoint that listens to it, each once. */
export const insertDeliveries = (ctx: Needs<"db" | "now">, told: readonly Happening[]) =>
  ctx.db.q.execute(sql`
    INSERT INTO notification_deliveries (tenant_id, endpoint_id, happening_id, kind, lead_id, opportunity_id, sale_id, details,
      occurred_at, next_try_at, created_at)
    SELECT e.tenant_id, e.id, h.id, h.kind, h.lead_id, h.opportunity_id, h.sale_id, h.details, h.occurred_at,
      ${toInstant(ctx.now())}, ${toInstant(ctx.now())}
    FROM happenings h JOIN notification_endpoints e
      ON e.tenant_id = h.tenant_id AND e.is_active AND h.kind = ANY (e.events)
    WHERE h.tenant_id = ${ctx.db.tenantId} AND h.id = ANY (${sql.param(told.map(({ id }) => id))}::bigint[])
    ON CONFLICT (tenant_id, endpoint_id, happening_id) DO NOTHING`);

/** Tenants with something to deliver. */
export async function listDue({ dispatch, now }: Pick<Tools, "dispatch" | "now">): Promise<number[]> {
  const { rows } = await dispatch.one(
    dispatch.q.execute<{ tenant_id: number }>(sql`
      SELECT tenant_id FROM notification_deliveries
      WHERE state = 'pending' AND next_try_at <= ${toInstant(now())} AND (claimed_until IS NULL OR claimed_until < ${toInstant(now())})
      GROUP BY tenant_id ORDER BY min(next_try_at) LIMIT ${TENANTS_PER_TICK}`),
  );
  return rows.map(({ tenant_id }) => tenant_id);
}

const leadgenId = sql<string | null>`(SELECT t.leadgen_id FROM touchpoints t WHERE t.tenant_id = ${own.tenantId}
  AND t.lead_id = ${own.leadId} AND t.leadgen_id IS NOT NULL ORDER BY t.occurred_at DESC LIMIT 1)`;

/** Claims what is due, the oldest so many of each endpoint, with what is known now of what it points to. */
export async function claimDue(ctx: Needs<"db" | "now">, claim: string, limit: number) {
  const now = ctx.now();
  const [, , , rows] = await ctx.db.run(
    ctx.db.q.delete(own).where(and(ctx.db.mine(own), lt(own.createdAt, new Date(now - KEPT_DAYS * 86_400_000)))),
    // What waits for an endpoint that is off is due again when somebody switches it on.
    ctx.db.q.execute(sql`
      UPDATE notification_deliveries d SET next_try_at = ${toInstant(now + 86_400_000)}
      FROM notification_endpoints e
      WHERE d.tenant_id = ${ctx.db.tenantId} AND e.tenant_id = d.tenant_id AND e.id = d.endpoint_id AND NOT e.is_active
        AND d.state = 'pending' AND d.next_try_at <= ${toInstant(now)}`),
    ctx.db.q.execute(sql`
      UPDATE notification_deliveries SET claim = ${claim}::uuid, claimed_until = ${toInstant(now + CLAIM_SECONDS * 1000)},
        attempts = attempts + 1
      WHERE tenant_id = ${ctx.db.tenantId} AND id IN (
        SELECT f.id FROM notification_endpoints e CROSS JOIN LATERAL (
          SELECT d.id FROM notification_deliveries d
          WHERE d.tenant_id = e.tenant_id AND d.endpoint_id = e.id AND d.state = 'pending' AND d.next_try_at <= ${toInstant(now)}
            AND (d.claimed_until IS NULL OR d.claimed_until < ${toInstant(now)})
          ORDER BY d.next_try_at, d.happening_id LIMIT ${limit} FOR UPDATE SKIP LOCKED
        ) AS f
        WHERE e.tenant_id = ${ctx.db.tenantId} AND e.is_active)`),
    ctx.db.q
      .select({
        delivery: own,
        endpoint: notificationEndpoints,
        lead: leads,
        leadgenId,
        opportunity: opportunities,
        sale: salesTransactions,
      })
      .from(own)
      .innerJoin(
        notificationEndpoints,
        and(ctx.db.mine(notificationEndpoints), eq(notificationEndpoints.id, own.endpointId)),
      )
      .leftJoin(leads, and(ctx.db.mine(leads), eq(leads.id, own.leadId)))
      .leftJoin(opportunities, and(ctx.db.mine(opportunities), eq(opportunities.id, own.opportunityId)))
      .leftJoin(salesTransactions, and(ctx.db.mine(salesTransactions), eq(salesTransactions.id, own.saleId)))
      .where(and(ctx.db.mine(own), eq(own.claim, claim)))
      .orderBy(own.happeningId),
  );
  return rows;
}

export type Claimed = Awaited<ReturnType<typeof claimDue>>[number];

export type Settled = {
  id: string;
  endpointId: string;
  state: "pending" | "delivered" | "failed" | "dropped";
  status: number | null;
  problem: string | null;
  nextTryAt: number;
  /** Its turn did not come: that was no attempt. */
  isUntouched?: boolean;
};

/** After so long without one delivery an endpoint is switched off. */
const FAILING_DAYS = 5;

/** Writes what became of claimed deliveries, and what that says of their endpoints. */
export async function settle(ctx: Needs<"db" | "now">, claim: string, settled: readonly Settled[]): Promise<void> {
  const now = ctx.now();
  const rows = settled.map(({ id, endpointId, nextTryAt, isUntouched = false, ...rest }) => ({
    ...rest,
    id,
    endpoint_id: endpointId,
    next_try_at: new Date(nextTryAt),
    is_untouched: isUntouched,
  }));
  const told = sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS f (id uuid, endpoint_id uuid, state text, status integer,
    problem text, next_try_at timestamptz, is_untouched boolean)`;
  await ctx.db.run(
    ctx.db.q.execute(sql`
      UPDATE notification_deliveries d SET state = f.state, status = f.status, problem = f.problem, next_try_at = f.next_try_at,
        attempts = d.attempts - f.is_untouched::integer, claim = NULL, claimed_until = NULL,
        delivered_at = CASE WHEN f.state = 'delivered' THEN ${toInstant(now)} END
      FROM ${told} WHERE d.tenant_id = ${ctx.db.tenantId} AND d.id = f.id AND d.claim = ${claim}::uuid`),
    ctx.db.q.execute(sql`
      UPDATE notification_endpoints e SET
        failing_since = CASE WHEN g.arrived THEN NULL ELSE COALESCE(e.failing_since, ${toInstant(now)}) END,
        is_active = NOT g.gone AND (g.arrived OR COALESCE(e.failing_since, ${toInstant(now)}) > ${toInstant(now)} - make_interval(days => ${FAILING_DAYS})),
        disabled_reason = CASE WHEN g.gone THEN 'gone'
          WHEN NOT g.arrived AND e.failing_since <= ${toInstant(now)} - make_interval(days => ${FAILING_DAYS}) THEN 'failing' END
      FROM (SELECT f.endpoint_id, bool_or(f.state = 'delivered') AS arrived, bool_or(f.status IS NOT DISTINCT FROM 410) AS gone FROM ${told}
        WHERE NOT f.is_untouched GROUP BY 1) AS g
      WHERE e.tenant_id = ${ctx.db.tenantId} AND e.id = g.endpoint_id AND e.is_active`),
  );
}

const shown = {
  id: own.id,
  endpoint_id: own.endpointId,
  event: own.kind,
  state: own.state,
  attempts: own.attempts,
  status: own.status,
  problem: own.problem,
  next_try_at: sql<string | null>`CASE WHEN ${own.state} = 'pending' THEN ${isoText(own.nextTryAt)} END`,
  delivered_at: sql<string | null>`${isoText(own.deliveredAt)}`,
  created_at: isoText(own.createdAt),
};

const fits = (ctx: Needs<"db">, { endpoint_id, state, event }: DeliveriesQuery): SQL | undefined =>
  and(
    ctx.db.mine(own),
    endpoint_id === undefined ? undefined : eq(own.endpointId, endpoint_id),
    state === undefined ? undefined : eq(own.state, state),
    event === undefined ? undefined : eq(own.kind, event),
  );

/** Newest first, a row more than the page, and how many there are. */
export async function listDeliveries(ctx: Needs<"db">, query: DeliveriesQuery) {
  const { limit, offset, cursor } = query;
  const after = cursor && sql`(${own.createdAt}, ${own.id}) < (${cursor[0]}::timestamptz, ${cursor[1]}::uuid)`;
  const [rows, [counted]] = await ctx.db.run(
    ctx.db.q
      .select({ ...shown, exactly: sql<string>`${own.createdAt}::text` })
      .from(own)
      .where(and(fits(ctx, query), after))
      .orderBy(sql`${own.createdAt} DESC, ${own.id} DESC`)
      .limit(limit + 1)
      .offset(cursor ? 0 : offset),
    ctx.db.q.select({ total: count() }).from(own).where(fits(ctx, query)),
  );
  return { rows, total: counted?.total ?? 0 };
}

/** Makes an ended delivery due again, under its own id. */
export async function replayDelivery(ctx: Needs<"db" | "now" | "audit">, id: string) {
  const [, [row]] = await runAudited(
    ctx,
    { target: `delivery:${id}`, when: wroteHere(own, sql`id = ${id}::uuid`) },
    ctx.db.q
      .update(own)
      .set({ state: "pending", attempts: 0, nextTryAt: new Date(ctx.now()), deliveredAt: null })
      .where(and(ctx.db.mine(own), eq(own.id, id), sql`state <> 'pending'`)),
    ctx.db.q
      .select(shown)
      .from(own)
      .where(and(ctx.db.mine(own), eq(own.id, id))),
  );
  return row;
}
