import { and, inArray, or, type SQL, sql } from "drizzle-orm";
import { runAudited } from "../../adapters/db/audit.ts";
import { holdOutcomes, settleOutcomes } from "../../adapters/db/outcomes.ts";
import { touchpoints } from "../../adapters/db/schema/attribution.ts";
import { isoText } from "../../adapters/db/wire.ts";
import type { Needs } from "../../context.ts";
import type { KnownTouch, TouchToStore } from "./touches.ts";

type Db = Needs<"db">;

const said = `occurred_at timestamptz, channel text, is_paid boolean, source_detail text, campaign_id text, ad_set_id text,
  ad_id text, form_id text, leadgen_id text, ctwa_clid text, fbclid text, headline text, body text, external_id text`;
const saidNames = said.replaceAll(/ (timestamptz|text|boolean)\b/g, "");

/**
 * The touches as `f`, in their order (`place`), each with the lead it is sent to and with the one it belongs to: where that
 * lead turned out to be another one, a trigger brings it there. `lead`: all are this one's.
 */
const sentTouches = (ctx: Db, touches: readonly TouchToStore[], lead?: SQL): SQL => {
  const named = sql`FROM leads l WHERE l.tenant_id = ${ctx.db.tenantId}`;
  const sentTo = sql`COALESCE((SELECT l.id ${named} AND l.external_id = r.lead_external_id), r.lead_id)`;
  return sql`(
  SELECT s.*, ${lead ? sql`sent_to` : sql`COALESCE((SELECT l.merged_into ${named} AND l.id = s.sent_to), s.sent_to)`} AS its_lead
  FROM (
    SELECT r.*, ${lead ?? sentTo} AS sent_to
    FROM ROWS FROM (jsonb_to_recordset(${JSON.stringify(touches)}::jsonb)
      AS (id uuid, lead_id uuid, lead_external_id text, ${sql.raw(said)})) WITH ORDINALITY
      AS r (id, lead_id, lead_external_id, ${sql.raw(saidNames)}, place)) AS s) AS f`;
};

/** `t` is the touch that `f` tells of: by its ids, or in every word where it has none. */
const isSame = (ctx: Db): SQL => sql`t.tenant_id = ${ctx.db.tenantId} AND t.lead_id = f.its_lead AND CASE
  WHEN COALESCE(f.leadgen_id, f.external_id) IS NOT NULL
    THEN COALESCE(t.leadgen_id = f.leadgen_id, false) OR COALESCE(t.external_id = f.external_id, false)
  ELSE (t.occurred_at, t.channel, t.campaign_id, t.ad_set_id, t.ad_id, t.source_detail)
    IS NOT DISTINCT FROM (f.occurred_at, f.channel, f.campaign_id, f.ad_set_id, f.ad_id, f.source_detail) END`;

/** A touch that is there is not written again; one whose id another lead has fails the batch. `lead`: all are this one's, and stay away where another has them. */
export const insertTouches = (ctx: Needs<"db" | "now">, touches: readonly TouchToStore[], lead?: SQL) =>
  ctx.db.q.execute(sql`
    INSERT INTO touchpoints (tenant_id, id, lead_id, ${sql.raw(saidNames)}, created_at)
    SELECT ${ctx.db.tenantId}, f.id, f.sent_to, ${sql.raw(saidNames)}, ${new Date(ctx.now()).toISOString()}::timestamptz
    FROM ${sentTouches(ctx, touches, lead)}
    WHERE NOT EXISTS (SELECT FROM touchpoints t WHERE ${isSame(ctx)})
    ${lead ? sql`ON CONFLICT DO NOTHING` : sql``}`);

/** Stores the `distinct` ones of the touches and answers all of them. */
export async function saveTouches(
  ctx: Needs<"db" | "now" | "audit">,
  touches: readonly TouchToStore[],
  distinct: readonly TouchToStore[],
) {
  const results = await runAudited(
    ctx,
    { diff: { touchpoints: touches.length } },
    holdOutcomes(ctx.db),
    insertTouches(ctx, distinct),
    settleOutcomes(ctx.db),
    ctx.db.q
      .select({
        place: sql<number>`f.place::int`,
        created: sql<boolean>`t.id = f.id`,
        id: touchpoints.id,
        lead_id: touchpoints.leadId,
        occurred_at: isoText(touchpoints.occurredAt),
        channel: touchpoints.channel,
        is_paid: touchpoints.isPaid,
        source_detail: touchpoints.sourceDetail,
        campaign_id: touchpoints.campaignId,
        ad_set_id: touchpoints.adSetId,
        ad_id: touchpoints.adId,
        form_id: touchpoints.formId,
        leadgen_id: touchpoints.leadgenId,
        ctwa_clid: touchpoints.ctwaClid,
        fbclid: touchpoints.fbclid,
        headline: touchpoints.headline,
        body: touchpoints.body,
        external_id: touchpoints.externalId,
      })
      .from(sentTouches(ctx, touches))
      .innerJoin(
        sql`LATERAL (SELECT t.id FROM touchpoints t WHERE ${isSame(ctx)} ORDER BY t.id = f.id DESC LIMIT 1) AS t`,
        sql`true`,
      )
      .innerJoin(touchpoints, and(ctx.db.mine(touchpoints), sql`${touchpoints.id} = t.id`))
      .orderBy(sql`f.place`),
  );
  return results[3];
}

/** Touches of any lead that have one of these ids. */
export async function findTouches(ctx: Db, leadgenIds: string[], externalIds: string[]): Promise<KnownTouch[]> {
  if (leadgenIds.length + externalIds.length === 0) return [];
  return ctx.db.one(
    ctx.db.q
      .select({
        leadgenId: touchpoints.leadgenId,
        externalId: touchpoints.externalId,
        owners: sql<
          string[]
        >`ARRAY(SELECT v.name FROM leads l, LATERAL (VALUES (l.id::text), ('external:' || l.external_id)) AS v (name)
          WHERE l.tenant_id = ${ctx.db.tenantId} AND ${touchpoints.leadId} IN (l.id, l.merged_into) AND v.name IS NOT NULL)`,
      })
      .from(touchpoints)
      .where(
        and(
          ctx.db.mine(touchpoints),
          or(
            leadgenIds.length > 0 ? inArray(touchpoints.leadgenId, leadgenIds) : undefined,
            externalIds.length > 0 ? inArray(touchpoints.externalId, externalIds) : undefined,
          ),
        ),
      ),
  );
}
