import { and, count, eq, type SQL, sql } from "drizzle-orm";
import { conversionOutbox, conversionSettings } from "../../adapters/db/schema/conversions.ts";
import { leads, salesTransactions } from "../../adapters/db/schema/crm.ts";
import { tenantSettings } from "../../adapters/db/schema/tenancy.ts";
import { isoText, toInstant } from "../../adapters/db/wire.ts";
import type { Needs, Tools } from "../../context.ts";
import type { EventsQuery } from "./conversions.contract.ts";
import type { EventMap, NamedEvent } from "./event-map.ts";
import type { KnownEvent } from "./judge-event.ts";

const TENANTS_PER_TICK = 250;
/** Longer than the calls of one run may take. */
const CLAIM_MS = 600_000;

export type OutboxRules = EventMap & { isEnabled: boolean; hasCtwa: boolean };

/** Undefined where nothing was ever set. */
export async function findRules(ctx: Needs<"db">): Promise<OutboxRules | undefined> {
  const own = conversionSettings;
  const [found] = await ctx.db.one(
    ctx.db.q
      .select({
        isEnabled: own.isEnabled,
        hasCtwa: sql<boolean>`${own.ctwaDatasetId} IS NOT NULL`,
        events: own.events,
        stages: own.stages,
        wonStages: tenantSettings.wonStages,
        lostStages: tenantSettings.lostStages,
        qualifiedStages: tenantSettings.qualifiedStages,
      })
      .from(own)
      .leftJoin(tenantSettings, ctx.db.mine(tenantSettings))
      .where(ctx.db.mine(own)),
  );
  return (
    found && {
      ...found,
      wonStages: found.wonStages ?? ["closed_won"],
      lostStages: found.lostStages ?? ["closed_lost"],
      qualifiedStages: found.qualifiedStages ?? [],
    }
  );
}

export type Candidate = NamedEvent & { leadId: string | null; saleId: string | null; occurredAt: Date };

/**
 * Rows for what happened: of real leads, of the click or form that was last before it, and no earlier than that; a sale with
 * what it brought. What stands there already stays as it is.
 */
export const insertOutcomes = (ctx: Needs<"db" | "now">, candidates: readonly Candidate[], hasCtwa: boolean) =>
  ctx.db.q.execute(sql`
    INSERT INTO conversion_outbox (tenant_id, event_id, event_name, kind, lead_id, sale_id, leadgen_id, ctwa_clid,
      occurred_at, value, currency, next_try_at)
    SELECT l.tenant_id, f.event_id, n.name, CASE WHEN n.is_ctwa THEN 'ctwa' ELSE 'crm' END, l.id, s.id,
      CASE WHEN NOT n.is_ctwa THEN c.leadgen_id END, CASE WHEN n.is_ctwa THEN c.ctwa_clid END,
      GREATEST(f.occurred_at, l.created_at, c.occurred_at), s.amount, s.currency, ${toInstant(ctx.now())}
    FROM jsonb_to_recordset(${JSON.stringify(
      candidates.map(({ eventId, name, whatsapp, leadId, saleId, occurredAt }) => ({
        event_id: eventId,
        name,
        whatsapp,
        lead_id: leadId,
        sale_id: saleId,
        occurred_at: occurredAt,
      })),
    )}::jsonb) AS f (event_id text, name text, whatsapp text, lead_id uuid, sale_id uuid, occurred_at timestamptz)
    LEFT JOIN sales_transactions s ON s.tenant_id = ${ctx.db.tenantId} AND s.id = f.sale_id
    LEFT JOIN opportunities o ON o.tenant_id = s.tenant_id AND o.id = s.opportunity_id
    JOIN leads l ON l.tenant_id = ${ctx.db.tenantId} AND l.id = COALESCE(f.lead_id, s.lead_id, o.lead_id)
      AND NOT l.is_test AND l.merged_into IS NULL
    LEFT JOIN LATERAL (
      SELECT t.leadgen_id, t.ctwa_clid, t.occurred_at FROM touchpoints t
      WHERE t.tenant_id = l.tenant_id AND t.lead_id = l.id AND (t.leadgen_id IS NOT NULL OR t.ctwa_clid IS NOT NULL)
      ORDER BY t.occurred_at <= f.occurred_at DESC, abs(extract(epoch FROM t.occurred_at - f.occurred_at)), t.leadgen_id
      LIMIT 1
    ) c ON true
    CROSS JOIN LATERAL (
      SELECT x.is_ctwa, CASE WHEN x.is_ctwa THEN f.whatsapp ELSE f.name END AS name
      FROM (SELECT ${hasCtwa} AND c.leadgen_id IS NULL AND c.ctwa_clid IS NOT NULL AS is_ctwa) x
    ) n
    WHERE n.name IS NOT NULL
      AND (f.sale_id IS NULL OR s.kind = 'sale' AND s.payment_status = 'completed' AND s.amount > 0 AND s.currency ~ '^[A-Z]{3}$')
    ON CONFLICT DO NOTHING`);

/** Tenants with something to send. */
export async function listDue(tools: Pick<Tools, "dispatch" | "now">): Promise<number[]> {
  const { rows } = await tools.dispatch.one(
    tools.dispatch.q.execute<{ tenant_id: number }>(sql`
      SELECT tenant_id FROM conversion_outbox
      WHERE state = 'pending' AND next_try_at <= ${toInstant(tools.now())}
        AND (claimed_until IS NULL OR claimed_until < ${toInstant(tools.now())})
      GROUP BY tenant_id ORDER BY min(next_try_at) LIMIT ${TENANTS_PER_TICK}`),
  );
  return rows.map(({ tenant_id }) => tenant_id);
}

/** Puts off what is due while the tenant tells Meta nothing. */
export async function putOff(ctx: Needs<"db" | "now">, until: number, reason: string): Promise<void> {
  await ctx.db.one(
    ctx.db.q.execute(sql`
      UPDATE conversion_outbox SET next_try_at = ${toInstant(until)}, reason = ${reason}
      WHERE tenant_id = ${ctx.db.tenantId} AND state = 'pending' AND next_try_at <= ${toInstant(ctx.now())}`),
  );
}

export type ClaimedEvent = KnownEvent & { attempts: number };

/** Claims what is due of one kind, for one caller, with what is known of it now. From here on Meta may have it. */
export async function claimDue(
  ctx: Needs<"db">,
  kind: "crm" | "ctwa",
  { claim, at: now, limit }: { claim: string; at: number; limit: number },
): Promise<ClaimedEvent[]> {
  const { tenantId } = ctx.db;
  const own = conversionOutbox;
  const [, rows] = await ctx.db.run(
    ctx.db.q.execute(sql`
      UPDATE conversion_outbox SET claim = ${claim}::uuid, claimed_until = ${toInstant(now + CLAIM_MS)},
        attempts = attempts + 1, maybe_sent_at = COALESCE(maybe_sent_at, ${toInstant(now)})
      WHERE tenant_id = ${tenantId} AND event_id IN (
        SELECT event_id FROM conversion_outbox
        WHERE tenant_id = ${tenantId} AND state = 'pending' AND kind = ${kind} AND next_try_at <= ${toInstant(now)}
          AND (claimed_until IS NULL OR claimed_until < ${toInstant(now)})
        ORDER BY occurred_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`),
    ctx.db.q
      .select({
        eventId: own.eventId,
        eventName: own.eventName,
        kind: own.kind,
        leadgenId: own.leadgenId,
        ctwaClid: own.ctwaClid,
        occurredAt: own.occurredAt,
        value: own.value,
        currency: own.currency,
        maybeSentAt: own.maybeSentAt,
        attempts: own.attempts,
        isTest: leads.isTest,
        isMerged: sql<boolean>`${leads.mergedInto} IS NOT NULL`,
        isGranted: sql<boolean | null>`(
          SELECT c.is_granted FROM consents c JOIN leads m ON m.tenant_id = c.tenant_id AND m.id = c.lead_id
          WHERE c.tenant_id = ${tenantId} AND (m.id = ${leads.id} OR m.merged_into = ${leads.id}) AND c.purpose = 'conversions'
          ORDER BY c.at DESC, c.is_granted LIMIT 1)`,
        isCompleted: sql<boolean | null>`${salesTransactions.paymentStatus} = 'completed'`,
        person: {
          em: leads.email,
          ph: leads.phoneNumber,
          fn: leads.firstName,
          ln: leads.lastName,
          external_id: leads.id,
        },
      })
      .from(own)
      .innerJoin(leads, and(ctx.db.mine(leads), eq(leads.id, own.leadId)))
      .leftJoin(salesTransactions, and(ctx.db.mine(salesTransactions), eq(salesTransactions.id, own.saleId)))
      .where(and(ctx.db.mine(own), eq(own.claim, claim)))
      .orderBy(own.occurredAt, own.eventId),
  );
  return rows;
}

export type Settled = {
  eventId: string;
  state: typeof conversionOutbox.$inferSelect.state;
  reason: string | null;
  nextTryAt?: number;
  fbtraceId?: string | null;
  /** Meta does not have it of this attempt. */
  isNotSent?: boolean;
  /** Its turn did not come: that was no attempt. */
  isUntried?: boolean;
};

/** Writes what became of claimed events and lets them go; those that somebody else has claimed since stay as they are. */
export async function settleEvents(
  ctx: Needs<"db" | "now">,
  { claim, claimedAt, datasetId }: { claim: string; claimedAt: number; datasetId: string | null },
  settled: readonly Settled[],
  problem: string | null | undefined,
): Promise<void> {
  const now = ctx.now();
  const rows = settled.map(
    ({ eventId, state, reason, nextTryAt = now, fbtraceId = null, isNotSent = false, isUntried = false }) => ({
      event_id: eventId,
      state,
      reason,
      next_try_at: new Date(nextTryAt),
      fbtrace_id: fbtraceId,
      is_not_sent: isNotSent,
      is_untried: isUntried,
    }),
  );
  await ctx.db.run(
    ctx.db.q.execute(sql`
      UPDATE conversion_outbox o SET state = f.state, reason = f.reason, next_try_at = f.next_try_at, fbtrace_id = f.fbtrace_id,
        sent_at = CASE WHEN f.state = 'sent' THEN ${toInstant(now)} END,
        dataset_id = CASE WHEN f.state = 'sent' THEN ${datasetId} ELSE o.dataset_id END,
        maybe_sent_at = CASE WHEN f.is_not_sent AND o.maybe_sent_at = ${toInstant(claimedAt)} THEN NULL ELSE o.maybe_sent_at END,
        attempts = o.attempts - f.is_untried::integer, claim = NULL, claimed_until = NULL
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        AS f (event_id text, state text, reason text, next_try_at timestamptz, fbtrace_id text, is_not_sent boolean, is_untried boolean)
      WHERE o.tenant_id = ${ctx.db.tenantId} AND o.event_id = f.event_id AND o.claim = ${claim}::uuid`),
    ...(problem === undefined
      ? []
      : [
          ctx.db.q
            .update(conversionSettings)
            .set({ problem })
            .where(and(ctx.db.mine(conversionSettings), sql`problem IS DISTINCT FROM ${problem}`)),
        ]),
  );
}

function fits(ctx: Needs<"db">, { state, lead_id, event_name }: EventsQuery): SQL | undefined {
  return and(
    ctx.db.mine(conversionOutbox),
    state === undefined ? undefined : eq(conversionOutbox.state, state),
    lead_id === undefined ? undefined : eq(conversionOutbox.leadId, lead_id),
    event_name === undefined ? undefined : eq(conversionOutbox.eventName, event_name),
  );
}

/** Newest first, a row more than the page, and how many there are. */
export async function listEvents(ctx: Needs<"db">, query: EventsQuery) {
  const own = conversionOutbox;
  const { limit, offset, cursor } = query;
  const after = cursor && sql`(${own.occurredAt}, ${own.eventId}) < (${cursor[0]}::timestamptz, ${cursor[1]})`;
  const [rows, [counted]] = await ctx.db.run(
    ctx.db.q
      .select({
        event_id: own.eventId,
        event_name: own.eventName,
        kind: own.kind,
        lead_id: own.leadId,
        sale_id: own.saleId,
        occurred_at: isoText(own.occurredAt),
        value: sql<number | null>`${own.value}::float8`,
        currency: own.currency,
        state: own.state,
        reason: own.reason,
        dataset_id: own.datasetId,
        attempts: own.attempts,
        sent_at: sql<string | null>`${isoText(own.sentAt)}`,
        fbtrace_id: own.fbtraceId,
        exactly: sql<string>`${own.occurredAt}::text`,
      })
      .from(own)
      .where(and(fits(ctx, query), after))
      .orderBy(sql`${own.occurredAt} DESC, ${own.eventId} DESC`)
      .limit(limit + 1)
      .offset(cursor ? 0 : offset),
    ctx.db.q.select({ total: count() }).from(own).where(fits(ctx, query)),
  );
  return { rows, total: counted?.total ?? 0 };
}
