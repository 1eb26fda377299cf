import { and, eq, sql } from "drizzle-orm";
import { runAudited, wroteHere } from "../../adapters/db/audit.ts";
import { holdOutcomes, settleOutcomes } from "../../adapters/db/outcomes.ts";
import { touchpoints } from "../../adapters/db/schema/attribution.ts";
import { leads } from "../../adapters/db/schema/crm.ts";
import { leadIdentities } from "../../adapters/db/schema/leads.ts";
import type { Needs } from "../../context.ts";
import type { KeptIdentity } from "./identities.ts";
import { insertTouches } from "./touches.queries.ts";
import type { TouchToStore } from "./touches.ts";

export type LeadToReceive = {
  id: string;
  identities: readonly KeptIdentity[];
  createdAt: string;
  fields: Readonly<Record<"first_name" | "last_name" | "email" | "phone_number", string | null>>;
  leadSource: string;
  isTest: boolean;
  answers: Readonly<Record<string, unknown>>;
  shown: Readonly<Record<"meta_campaign_id" | "meta_ad_id" | "meta_ad_headline" | "meta_ad_body", string | null>>;
  touch: TouchToStore | undefined;
};

/** Under the tenant's lock all along: who looked for a lead and found none is the one who makes it. */
export async function storeReceived(ctx: Needs<"db" | "now" | "audit">, lead: LeadToReceive) {
  const { id, fields, shown } = lead;
  const { tenantId } = ctx.db;
  const now = sql`${new Date(ctx.now()).toISOString()}::timestamptz`;
  const said = sql`unnest(${sql.param(lead.identities.map(({ kind }) => kind))}::text[],
    ${sql.param(lead.identities.map(({ value }) => value))}::text[]) WITH ORDINALITY AS f (kind, value, place)`;
  const known = sql`FROM lead_identities i JOIN ${said} ON i.kind = f.kind AND i.value = f.value WHERE i.tenant_id = ${tenantId}`;
  const itsId = sql<string>`COALESCE((SELECT id FROM leads WHERE tenant_id = ${tenantId} AND id = ${id}::uuid),
    (SELECT i.lead_id ${known} ORDER BY f.place LIMIT 1))`;
  const others = sql`(SELECT count(DISTINCT i.lead_id)::int ${known} AND i.lead_id <> ${itsId})`;
  const [, , , , , , [stored]] = await runAudited(
    ctx,
    {
      action: "lead.receive",
      // Leads who have another of its identities, and stay apart.
      diff: sql`jsonb_build_object('lead', ${itsId}, 'created', ${itsId} = ${id}::uuid, 'other_leads', ${others})`,
      when: sql`${wroteHere(leads, sql`${ctx.db.mine(leads)} AND ${leads.id} = ${itsId}`)}
        OR ${wroteHere(touchpoints, sql`${ctx.db.mine(touchpoints)} AND ${touchpoints.leadId} = ${itsId}`)}
        OR ${wroteHere(leadIdentities, sql`${ctx.db.mine(leadIdentities)} AND ${leadIdentities.leadId} = ${itsId}`)}`,
    },
    holdOutcomes(ctx.db),
    ctx.db.q.execute(sql`
      INSERT INTO leads (tenant_id, id, first_name, last_name, email, phone_number, lead_source, is_test, answers,
        meta_campaign_id, meta_ad_id, meta_ad_headline, meta_ad_body, created_at, updated_at)
      SELECT ${tenantId}, ${id}::uuid, ${fields.first_name}, ${fields.last_name}, ${fields.email}, ${fields.phone_number},
        ${lead.leadSource}, ${lead.isTest}::boolean, ${JSON.stringify(lead.answers)}::jsonb, ${shown.meta_campaign_id},
        ${shown.meta_ad_id}, ${shown.meta_ad_headline}, ${shown.meta_ad_body}, ${lead.createdAt}::timestamptz, ${now}
      WHERE NOT EXISTS (SELECT ${known})`),
    ctx.db.q.execute(sql`
      INSERT INTO lead_identities (tenant_id, kind, value, lead_id, created_at)
      SELECT ${tenantId}, f.kind, f.value, ${itsId}, ${now} FROM ${said} ON CONFLICT DO NOTHING`),
    // What nobody said so far; answers of a new form beside those of earlier ones.
    ctx.db.q.execute(sql`
      UPDATE leads t SET (first_name, last_name, email, phone_number, answers, updated_at) = (n.first_name, n.last_name,
        n.email, n.phone_number, n.answers, ${now})
      FROM (
        SELECT id, COALESCE(NULLIF(first_name, ''), ${fields.first_name}) AS first_name,
          COALESCE(NULLIF(last_name, ''), ${fields.last_name}) AS last_name, COALESCE(email, ${fields.email}) AS email,
          COALESCE(phone_number, ${fields.phone_number}) AS phone_number, answers || ${JSON.stringify(lead.answers)}::jsonb AS answers
        FROM leads WHERE tenant_id = ${tenantId} AND id = ${itsId}
      ) AS n
      WHERE t.tenant_id = ${tenantId} AND t.id = n.id
        AND (t.first_name, t.last_name, t.email, t.phone_number, t.answers)
          IS DISTINCT FROM (n.first_name, n.last_name, n.email, n.phone_number, n.answers)`),
    insertTouches(ctx, lead.touch ? [lead.touch] : [], itsId),
    settleOutcomes(ctx.db),
    ctx.db.q
      .select({ leadId: leads.id, isNew: sql<boolean>`${leads.id} = ${id}::uuid` })
      .from(leads)
      .where(and(ctx.db.mine(leads), eq(leads.id, itsId))),
  );
  if (!stored) throw new RangeError("A received lead is nowhere.");
  return stored;
}

export async function findByIdentity(ctx: Needs<"db">, { kind, value }: KeptIdentity): Promise<string | undefined> {
  const [found] = await ctx.db.one(
    ctx.db.q
      .select({ leadId: leadIdentities.leadId })
      .from(leadIdentities)
      .where(and(ctx.db.mine(leadIdentities), eq(leadIdentities.kind, kind), eq(leadIdentities.value, value))),
  );
  return found?.leadId;
}
