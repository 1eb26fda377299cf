import { and, eq, type SQL, sql } from "drizzle-orm";
import { runAudited } from "../../adapters/db/audit.ts";
import { creditsOf, holdOutcomes, settleOutcomes } from "../../adapters/db/outcomes.ts";
import { leads } from "../../adapters/db/schema/crm.ts";
import {
  changedValues,
  columnNames,
  mergeObject,
  newValues,
  presentValues,
  type SentColumn,
  sentRows,
} from "../../adapters/db/sent.ts";
import { isoText } from "../../adapters/db/wire.ts";
import type { Needs } from "../../context.ts";
import type { LeadInput, TouchSeen } from "./leads.contract.ts";
import type { Address } from "./sent-fields.ts";
import { insertTouches } from "./touches.queries.ts";
import type { TouchToStore } from "./touches.ts";

type Db = Needs<"db">;

const text = (name: string): SentColumn => ({ name, type: "text" });

const columns: SentColumn[] = [
  text("first_name"),
  text("last_name"),
  text("phone_number"),
  text("email"),
  { name: "status", type: "text", fallback: sql`'new'` },
  text("assigned_seller_id"),
  { name: "lead_source", type: "text", fallback: sql`'ORGANIC'` },
  text("meta_campaign_id"),
  text("meta_ad_id"),
  text("meta_ad_headline"),
  text("meta_ad_body"),
  { name: "external_ids", type: "jsonb", fallback: sql`'{}'`, change: mergeObject("external_ids") },
  { name: "tags", type: "jsonb", fallback: sql`'[]'` },
];

/** A phone as it is known again (identities.ts), of the lead with `external_id`, else with `id`. */
export type LeadPhone = { id: string | undefined; external_id: string | undefined; value: string };

/** Of two leads with one phone the first keeps it. E-mails, and phones written internationally, a trigger notes. */
const insertPhones = (ctx: Needs<"db" | "now">, phones: readonly LeadPhone[]) =>
  ctx.db.q.execute(sql`
    INSERT INTO lead_identities (tenant_id, kind, value, lead_id, created_at)
    SELECT l.tenant_id, 'phone', f.value, COALESCE(l.merged_into, l.id), ${instantOf(ctx)}
    FROM jsonb_to_recordset(${JSON.stringify(phones)}::jsonb) AS f (id uuid, external_id text, value text)
    JOIN leads l ON l.tenant_id = ${ctx.db.tenantId} AND NOT l.is_test
      AND CASE WHEN f.external_id IS NULL THEN l.id = f.id ELSE l.external_id = f.external_id END
    ON CONFLICT DO NOTHING`);

export type LeadToStore = {
  id: string;
  external_id: string | undefined;
  created_at: string;
  sent: LeadInput["sent"];
};

const instantOf = (ctx: Needs<"now">) => sql`${new Date(ctx.now()).toISOString()}::timestamptz`;

/** The id of row `f`: that of the lead who has its external_id, else its own. */
const itsId = (ctx: Db) =>
  sql<string>`COALESCE((SELECT l.id FROM leads l WHERE l.tenant_id = ${ctx.db.tenantId} AND l.external_id = f.external_id), f.id)`;

/** Makes the leads that are not there and changes those that are; answers which is which, and the record of a single one. */
export async function saveLeads(
  ctx: Needs<"db" | "now" | "audit">,
  rows: readonly LeadToStore[],
  touches: readonly TouchToStore[],
  phones: readonly LeadPhone[],
) {
  // In the order of a key, so that two batches never wait for each other's rows.
  const inOrder = rows.toSorted((a, b) => ((a.external_id ?? a.id) < (b.external_id ?? b.id) ? -1 : 1));
  const ids = sql`unnest(${sql.param(rows.map(({ id }) => id))}::uuid[],
    ${sql.param(rows.map(({ external_id }) => external_id ?? null))}::text[]) WITH ORDINALITY AS f (id, external_id, place)`;
  const [first] = rows.length === 1 ? rows : [];
  const only = first && (first.external_id ? eq(leads.externalId, first.external_id) : eq(leads.id, first.id));
  const [, , , , , , written, [record]] = await runAudited(
    ctx,
    { diff: { leads: rows.length, touchpoints: touches.length } },
    holdOutcomes(ctx.db),
    ctx.db.q.execute(sql`
      INSERT INTO leads (tenant_id, id, external_id, ${columnNames(columns)}, created_at, updated_at)
      SELECT ${ctx.db.tenantId}, f.id, f.external_id, ${newValues(columns)}, f.created_at, ${instantOf(ctx)}
      FROM ${sentRows(inOrder, "created_at timestamptz")}
      ON CONFLICT DO NOTHING`),
    updateLeads(ctx, columns, inOrder, sql`t.external_id = f.external_id AND t.id <> f.id`),
    insertPhones(ctx, phones),
    insertTouches(ctx, touches),
    settleOutcomes(ctx.db),
    ctx.db.q
      .select({ id: itsId(ctx), isCreated: sql<boolean>`${itsId(ctx)} = f.id` })
      .from(ids)
      .orderBy(sql`f.place`),
    selectLead(ctx, only ?? sql`false`),
  );
  return { written, record };
}

/** Undefined where there is no such lead. */
export async function changeLead(
  ctx: Needs<"db" | "now" | "audit">,
  address: Address,
  sent: Readonly<Record<string, unknown>>,
  phone: string | undefined,
) {
  const changing = [text("external_id"), ...columns];
  const renamed = typeof sent["external_id"] === "string" ? sent["external_id"] : address.externalId;
  const isIt = isAt(address.id === undefined ? { id: undefined, externalId: renamed } : address);
  const [, , , , [record]] = await runAudited(
    ctx,
    {
      diff: { leads: 1, fields: Object.keys(sent) },
      when: sql`EXISTS (SELECT FROM ${leads} WHERE ${and(ctx.db.mine(leads), isIt)})`,
    },
    holdOutcomes(ctx.db),
    updateLeads(
      ctx,
      changing,
      [{ id: address.id, external_id: address.externalId, sent }],
      address.id === undefined ? sql`t.external_id = f.external_id` : sql`t.id = f.id`,
    ),
    insertPhones(
      ctx,
      phone === undefined ? [] : [{ id: address.id, external_id: address.id ? undefined : renamed, value: phone }],
    ),
    settleOutcomes(ctx.db),
    selectLead(ctx, isIt),
  );
  return record;
}

function updateLeads(ctx: Needs<"db" | "now">, changing: readonly SentColumn[], rows: readonly object[], on: SQL) {
  return ctx.db.q.execute(sql`
    UPDATE leads t SET (${columnNames(changing)}, updated_at) = (${changedValues(changing)}, ${instantOf(ctx)})
    FROM ${sentRows(rows)}
    WHERE t.tenant_id = ${ctx.db.tenantId} AND ${on}
      AND (${presentValues(changing)}) IS DISTINCT FROM (${changedValues(changing)})`);
}

const isAt = ({ id, externalId }: { id?: string | undefined; externalId?: string | undefined }) =>
  id === undefined ? eq(leads.externalId, externalId ?? "") : eq(leads.id, id);

const touchAtEnd = (ctx: Db, end: "ASC" | "DESC") => sql<TouchSeen | null>`(
  SELECT jsonb_build_object('id', t.id, 'occurred_at', ${isoText(sql`t.occurred_at`)}, 'channel', t.channel,
    'is_paid', t.is_paid, 'source_detail', t.source_detail, 'campaign_id', t.campaign_id, 'ad_set_id', t.ad_set_id,
    'ad_id', t.ad_id)
  FROM touchpoints t WHERE t.tenant_id = ${ctx.db.tenantId} AND t.lead_id = leads.id
  ORDER BY t.occurred_at ${sql.raw(end)}, t.id ${sql.raw(end)} LIMIT 1)`;

/** A lead as it travels. */
const selectLead = (ctx: Db, which: SQL) =>
  ctx.db.q
    .select({
      id: leads.id,
      external_id: leads.externalId,
      first_name: leads.firstName,
      last_name: leads.lastName,
      phone_number: leads.phoneNumber,
      email: leads.email,
      status: leads.status,
      assigned_seller_id: leads.assignedSellerId,
      lead_source: leads.leadSource,
      meta_campaign_id: leads.metaCampaignId,
      meta_ad_id: leads.metaAdId,
      meta_ad_headline: leads.metaAdHeadline,
      meta_ad_body: leads.metaAdBody,
      external_ids: sql<
        Record<string, unknown>
      >`CASE jsonb_typeof(external_ids) WHEN 'object' THEN external_ids ELSE '{}' END`,
      tags: sql<unknown[]>`CASE jsonb_typeof(tags) WHEN 'array' THEN tags ELSE '[]' END`,
      answers: sql<Record<string, unknown>>`answers`,
      is_test: leads.isTest,
      merged_into: leads.mergedInto,
      created_at: isoText(leads.createdAt),
      updated_at: isoText(leads.updatedAt),
      attribution: {
        touchpoints: sql<number>`(SELECT count(*)::int FROM touchpoints t
          WHERE t.tenant_id = ${ctx.db.tenantId} AND t.lead_id = leads.id)`,
        first_touch: touchAtEnd(ctx, "ASC"),
        last_touch: touchAtEnd(ctx, "DESC"),
        credits: creditsOf(ctx.db, "lead", sql`leads.id`),
        frozen_at: sql<string | null>`${isoText(leads.frozenAt)}`,
      },
    })
    .from(leads)
    .where(and(ctx.db.mine(leads), which));

export async function findLeadId(ctx: Db, address: Address): Promise<string | undefined> {
  const [found] = await ctx.db.one(
    ctx.db.q
      .select({ id: leads.id })
      .from(leads)
      .where(and(ctx.db.mine(leads), isAt(address))),
  );
  return found?.id;
}
