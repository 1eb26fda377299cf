// What the engine has to know of messages, steps and candidates, for many at once.
import { sql } from "drizzle-orm";
import { toInstant } from "../../adapters/db/wire.ts";
import type { Needs } from "../../context.ts";
import { isSuppressed } from "../../adapters/db/suppressed.ts";

/** What is asked about. Of a message its own recipient and category, of a step what they would be. */
export type Subject = {
  key: string;
  lead_id: string | null;
  rule_id: string | null;
  execution_id: string | null;
  opportunity_id: string | null;
  template_id: string | null;
  template_category: string | null;
  recipient_phone: string | null;
  recipient_bsuid: string | null;
  phone_number_id: string | null;
  started_at: string | null;
};

type Fields = Record<string, unknown>;

export type Known = {
  key: string;
  lead: Fields | null;
  opportunity: Fields | null;
  touch: Fields | null;
  rule: {
    name: string;
    is_active: boolean;
    trigger_type: string;
    trigger_conditions: unknown;
    action_type: string;
    action_config: unknown;
    template_id: string | null;
    timing_value: number | null;
    timing_unit: string | null;
    steps: unknown;
    purpose: string | null;
    quiet_hours: unknown;
    caps: unknown;
    stop_on: string[] | null;
    schedule: unknown;
  } | null;
  execution: { event: Fields; event_at: string | null; step: number; started_at: string } | null;
  template: {
    id: string;
    name: string;
    language: string;
    category: string;
    status: string;
    components: unknown;
  } | null;
  bsuid: string | null;
  is_suppressed: boolean;
  replied_at: string | null;
  first_accepted_at: string | null;
  is_won: boolean;
  is_human: boolean;
  before: string | null;
  today: number;
  this_week: number;
  of_rule: number;
  number: string;
  number_problem: string | null;
  messaging_limit: string | null;
  open_until: string | null;
  probe_until: string | null;
  last_to_person: string | null;
  reached: number;
  reached_first: string | null;
  is_reached: boolean;
};

export type Frame = { dayStart: number; weekStart: number; wonStages: readonly string[] };

const DAY = 86_400_000;

/** One row for each subject, in any order. */
export async function loadFacts(
  ctx: Needs<"db" | "now">,
  subjects: readonly Subject[],
  { dayStart, weekStart, wonStages }: Frame,
): Promise<Known[]> {
  if (subjects.length === 0) return [];
  const { tenantId } = ctx.db;
  const now = ctx.now();
  // Who was sent something, or may have been.
  const isOut = sql`(o.accepted_at IS NOT NULL OR o.state IN ('sending', 'unknown'))`;
  const when = sql`COALESCE(o.accepted_at, o.updated_at)`;
  const sameLead = sql`o.tenant_id = ${tenantId} AND o.lead_id = messages.lead_id`;
  const samePerson = sql`(o.recipient_phone = messages.recipient_phone OR o.recipient_bsuid = messages.recipient_bsuid)`;
  const { rows } = await ctx.db.one(
    ctx.db.q.execute<Known>(sql`
    WITH reached AS (
      SELECT COALESCE(o.recipient_phone, o.recipient_bsuid) AS person, min(${when}) AS first
      FROM messages o
      WHERE o.tenant_id = ${tenantId} AND o.state <> 'dropped' AND ${isOut} AND ${when} > ${toInstant(now - DAY)}
      GROUP BY 1),
    home AS (SELECT COALESCE(
      (SELECT COALESCE(p.phone_number_id, p.sender) FROM message_providers p WHERE p.tenant_id = ${tenantId}),
      (SELECT a.asset_id FROM meta_assets a WHERE a.tenant_id = ${tenantId} AND a.kind = 'phone_number' AND a.released_at IS NULL
        ORDER BY a.created_at, a.asset_id LIMIT 1), 'default') AS number)
    SELECT messages.key, to_jsonb(l) AS lead, to_jsonb(op) AS opportunity,
      (SELECT to_jsonb(tp) FROM touchpoints tp WHERE tp.tenant_id = ${tenantId} AND tp.lead_id = l.id ORDER BY tp.occurred_at DESC, tp.id DESC LIMIT 1) AS touch,
      to_jsonb(r) AS rule, to_jsonb(e) AS execution,
      CASE WHEN t.id IS NOT NULL THEN jsonb_build_object('id', t.id, 'name', t.name, 'language', t.language, 'category', t.category,
        'status', t.status, 'components', t.components) END AS template,
      c.bsuid, ${isSuppressed(ctx.db)} AS is_suppressed, c.last_inbound_at AS replied_at,
      (SELECT min(o.accepted_at) FROM messages o WHERE o.tenant_id = ${tenantId} AND o.execution_id = messages.execution_id) AS first_accepted_at,
      EXISTS (SELECT FROM opportunities w JOIN opportunity_stage_events s ON s.tenant_id = w.tenant_id AND s.opportunity_id = w.id
        WHERE w.tenant_id = ${tenantId} AND w.lead_id = l.id AND s.to_stage = ANY (${sql.param([...wonStages])}::text[])
          AND s.occurred_at > COALESCE(messages.started_at, e.started_at)) AS is_won,
      EXISTS (SELECT FROM messages o WHERE ${sameLead} AND o.rule_id IS NULL AND o.accepted_at > COALESCE(messages.started_at, e.started_at)) AS is_human,
      (SELECT o.state FROM messages o WHERE o.tenant_id = ${tenantId} AND o.execution_id = messages.execution_id
        ORDER BY o.created_at DESC LIMIT 1) AS before,
      (SELECT count(*)::int FROM messages o WHERE ${sameLead} AND o.rule_id IS NOT NULL AND ${isOut} AND ${when} >= ${toInstant(dayStart)}) AS today,
      (SELECT count(*)::int FROM messages o WHERE ${sameLead} AND o.rule_id IS NOT NULL AND ${isOut} AND ${when} >= ${toInstant(weekStart)}) AS this_week,
      (SELECT count(*)::int FROM messages o WHERE ${sameLead} AND o.rule_id = messages.rule_id AND ${isOut}) AS of_rule,
      n.number, a.problem AS number_problem, a.details ->> 'messaging_limit' AS messaging_limit,
      CASE s.breaker WHEN 'open' THEN s.open_until END AS open_until, s.probe_until,
      (SELECT max(ma.started_at) FROM messages o JOIN message_attempts ma ON ma.tenant_id = o.tenant_id AND ma.message_id = o.id
        WHERE ${sameLead} AND ${samePerson} AND ma.started_at > ${toInstant(now - 60_000)}) AS last_to_person,
      (SELECT count(*)::int FROM reached) AS reached, (SELECT min(first) FROM reached) AS reached_first,
      EXISTS (SELECT FROM reached WHERE person IN (messages.recipient_phone, messages.recipient_bsuid)) AS is_reached
    FROM jsonb_to_recordset(${JSON.stringify(subjects)}::jsonb) AS messages (key text, lead_id uuid, rule_id uuid, execution_id uuid,
      opportunity_id uuid, template_id uuid, template_category text, recipient_phone text, recipient_bsuid text, phone_number_id text,
      started_at timestamptz)
    CROSS JOIN home
    CROSS JOIN LATERAL (SELECT COALESCE(messages.phone_number_id, home.number) AS number) n
    LEFT JOIN leads l ON l.tenant_id = ${tenantId} AND l.id = messages.lead_id
    LEFT JOIN automation_executions e ON e.tenant_id = ${tenantId} AND e.id = messages.execution_id
    LEFT JOIN opportunities op ON op.tenant_id = ${tenantId} AND op.id = COALESCE(messages.opportunity_id, e.opportunity_id)
    LEFT JOIN automation_rules r ON r.tenant_id = ${tenantId} AND r.id = messages.rule_id
    LEFT JOIN meta_templates t ON t.tenant_id = ${tenantId} AND t.id = messages.template_id
    LEFT JOIN meta_assets a ON a.tenant_id = ${tenantId} AND a.kind = 'phone_number' AND a.asset_id = n.number AND a.released_at IS NULL
    LEFT JOIN sending_numbers s ON s.tenant_id = ${tenantId} AND s.number = n.number
    LEFT JOIN LATERAL (SELECT max(c.last_inbound_at) AS last_inbound_at, max(c.bsuid) AS bsuid FROM conversations c
      WHERE c.tenant_id = ${tenantId} AND c.lead_id = messages.lead_id) c ON true`),
  );
  return rows;
}
