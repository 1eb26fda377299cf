import { and, eq, isNotNull, type SQL, sql } from "drizzle-orm";
import { noteHappenings } from "../../adapters/db/happenings.ts";
import { metaTemplates } from "../../adapters/db/schema/automation.ts";
import { toInstant } from "../../adapters/db/wire.ts";
import type { Needs } from "../../context.ts";
import { DRAFT, foldStatus, isStopAfter, SUBMITTING } from "./template-status.ts";

type MetaRow = Awaited<ReturnType<Needs<"meta">["meta"]["listTemplates"]>>[number];

/** Rows of one statement. */
const CHUNK = 500;
/** An event's time is in whole seconds, and Meta's clock is not ours: what it tells of the minute before is newer. */
const MARGIN_MS = 60_000;
/** How long a listing may not show what was just made. */
export const LAG_MS = 600_000;

/** Writes a whole listing that was begun at `readAt`: what is newer than it stays. */
export async function saveListing(
  ctx: Needs<"db">,
  wabaId: string,
  { rows, readAt }: { rows: readonly MetaRow[]; readAt: Date },
): Promise<{ isWaiting: boolean }> {
  const { db } = ctx;
  const { tenantId } = db;
  const read = toInstant(readAt.getTime());
  const settled = toInstant(readAt.getTime() - MARGIN_MS);
  const known = await db.one(
    db.q
      .select({
        id: metaTemplates.id,
        metaId: metaTemplates.metaTemplateId,
        status: metaTemplates.status,
        key: sql<string>`${metaTemplates.name} || ' ' || ${metaTemplates.language}`,
      })
      .from(metaTemplates)
      .where(and(db.mine(metaTemplates), eq(metaTemplates.wabaId, wabaId), isNotNull(metaTemplates.metaTemplateId))),
  );
  const words = new Map(
    rows.flatMap(({ id, name, language, status }) => [
      [id, status.toUpperCase()],
      [`${name} ${language}`, status.toUpperCase()],
    ]),
  );
  const mine = sql`tenant_id = ${tenantId} AND waba_id = ${wabaId}`;
  const isGone = sql`${mine} AND meta_template_id IS NOT NULL AND status <> 'DELETED' AND COALESCE(status_at <= ${settled}, true)
    AND COALESCE(last_synced_at < ${read}, COALESCE(submitted_at < ${toInstant(readAt.getTime() - LAG_MS)}, true))`;
  const tell = (all: readonly { id: string; word: string }[], when: SQL) =>
    noteHappenings(
      db,
      all.map(({ id, word }) => ({
        kind: "template.stopped",
        key: `${id}:${word}:sync:${readAt.toISOString()}`,
        occurredAt: readAt,
        details: { template_id: id, status: word },
      })),
      sql`EXISTS (SELECT FROM ${metaTemplates} WHERE ${db.mine(metaTemplates)}
        AND id = (f.details ->> 'template_id')::uuid AND ${when})`,
    );
  const wordOf = ({ metaId, key }: (typeof known)[number]) => words.get(metaId ?? "") ?? words.get(key);
  const stops = known.flatMap((one) => {
    const word = wordOf(one);
    if (!word || !isStopAfter(one.status, word)) return [];
    return [tell([{ id: one.id, word }], sql`status = ${one.status} AND COALESCE(status_at <= ${settled}, true)`)];
  });
  const vanished = known.filter((one) => foldStatus(one.status) === "APPROVED" && !wordOf(one));
  for (let start = 0; start < rows.length; start += CHUNK) {
    const listed = sql`jsonb_to_recordset(${JSON.stringify(rows.slice(start, start + CHUNK))}::jsonb)
      AS f (id text, name text, language text, status text, category text, previous_category text, correct_category text,
        parameter_format text, quality_score text, rejected_reason text, components jsonb)`;
    await db.run(
      ...(start === 0 ? stops : []),
      // One that was known by its id under another account or name moves there.
      db.q.execute(sql`
        UPDATE meta_templates t SET waba_id = ${wabaId}, name = f.name, language = f.language
        FROM ${listed}
        WHERE t.tenant_id = ${tenantId} AND t.meta_template_id = f.id AND (t.waba_id, t.name, t.language) <> (${wabaId}, f.name, f.language)
          AND t.id = (SELECT o.id FROM meta_templates o WHERE o.tenant_id = t.tenant_id AND o.meta_template_id = f.id ORDER BY o.updated_at DESC, o.id LIMIT 1)
          AND NOT EXISTS (SELECT FROM meta_templates o WHERE o.tenant_id = t.tenant_id
            AND (o.waba_id, o.name, o.language) = (${wabaId}, f.name, f.language))`),
      db.q.execute(sql`
        INSERT INTO meta_templates AS t (tenant_id, meta_template_id, waba_id, name, language, status, category, previous_category,
          correct_category, parameter_format, quality_score, rejected_reason, components, status_at, last_synced_at, created_at, updated_at)
        SELECT ${tenantId}, f.id, ${wabaId}, f.name, f.language, f.status, f.category, f.previous_category, f.correct_category,
          f.parameter_format, f.quality_score, f.rejected_reason, f.components, ${settled}, ${read}, ${read}, ${read}
        FROM ${listed}
        ON CONFLICT (tenant_id, waba_id, name, language) DO UPDATE SET
          meta_template_id = EXCLUDED.meta_template_id,
          status = CASE WHEN COALESCE(t.status_at <= ${settled}, true) THEN EXCLUDED.status ELSE t.status END,
          rejected_reason = CASE WHEN COALESCE(t.status_at <= ${settled}, true) THEN EXCLUDED.rejected_reason ELSE t.rejected_reason END,
          status_at = GREATEST(t.status_at, EXCLUDED.status_at),
          quality_score = CASE WHEN COALESCE(t.quality_at <= ${read}, true) THEN EXCLUDED.quality_score ELSE t.quality_score END,
          category = CASE WHEN COALESCE(t.category_at <= ${read}, true) THEN EXCLUDED.category ELSE t.category END,
          previous_category = CASE WHEN COALESCE(t.category_at <= ${read}, true)
            THEN COALESCE(EXCLUDED.previous_category, t.previous_category) ELSE t.previous_category END,
          correct_category = CASE WHEN COALESCE(t.category_at <= ${read}, true) THEN EXCLUDED.correct_category ELSE t.correct_category END,
          components = CASE WHEN COALESCE(t.components_at <= ${read}, true) THEN EXCLUDED.components ELSE t.components END,
          parameter_format = EXCLUDED.parameter_format, last_synced_at = EXCLUDED.last_synced_at,
          updated_at = CASE WHEN (t.status, t.category, t.components) IS DISTINCT FROM (EXCLUDED.status, EXCLUDED.category, EXCLUDED.components)
            THEN EXCLUDED.updated_at ELSE t.updated_at END
        WHERE COALESCE(t.last_synced_at <= EXCLUDED.last_synced_at, true)`),
    );
  }
  const gone = vanished.map(({ id }) => ({ id, word: "DELETED" }));
  const [, , , waiting] = await db.run(
    tell(gone, sql`upper(status) = 'APPROVED' AND ${isGone}`),
    db.q.execute(sql`
      UPDATE meta_templates SET status = 'DELETED', status_at = ${settled}, updated_at = ${read} WHERE ${isGone}`),
    // What Meta never showed was never made: a draft again.
    db.q.execute(sql`
      UPDATE meta_templates SET status = ${DRAFT}, waba_id = '', updated_at = ${read},
        rejected_reason = 'Meta no la recibió: se puede enviar de nuevo.'
      WHERE ${mine} AND status = ${SUBMITTING} AND submitted_at < ${toInstant(readAt.getTime() - LAG_MS)}
        AND NOT EXISTS (SELECT FROM meta_templates d WHERE d.tenant_id = ${tenantId} AND d.waba_id = ''
          AND d.name = meta_templates.name AND d.language = meta_templates.language)`),
    db.q.execute(sql`SELECT FROM meta_templates WHERE ${mine} AND status = ${SUBMITTING} LIMIT 1`),
  );
  return { isWaiting: waiting.rows.length > 0 };
}
