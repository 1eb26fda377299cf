// The dispatcher's side of the inbox: of no tenant yet, or of all of them.
import { sql } from "drizzle-orm";
import type { Tools } from "../../context.ts";

type Dispatch = Pick<Tools, "dispatch" | "now">;

export type Pointer = { tenantId: number; id: string; tries: number };

export type EventToStore = {
  event_key: string;
  topic: string;
  field: string;
  kind: string;
  asset_id: string;
  number_id: string | undefined;
  at: string;
  is_late: boolean;
  payload: string;
};

/** A message that was posted is waited for this long: in the queue it may have others before it. */
const POSTED_MS = { first: 120_000, again: 300_000 };
const PER_TENANT = 500;
const PER_TICK = 5_000;
const PURGED_PER_TICK = 2_000;
const KEPT_MS = 30 * 86_400_000;

const iso = (ms: number) => new Date(ms).toISOString();

/**
 * Stores events with whoever owns the asset they are about, all in one statement. An event that is there already changes
 * nothing; one whose asset is nobody's is counted only.
 */
export async function storeEvents(
  { dispatch, now }: Dispatch,
  events: readonly EventToStore[],
): Promise<{ stored: Pointer[]; unrouted: number }> {
  const at = iso(now());
  const { rows } = await dispatch.one(
    dispatch.q.execute<{ tenant_id: number | null; id: string | null; unrouted: number }>(sql`
      WITH sent AS (
        SELECT f.*, COALESCE(
          (SELECT a.tenant_id FROM meta_assets a
           WHERE a.kind = 'phone_number' AND a.asset_id = f.number_id AND a.released_at IS NULL),
          (SELECT a.tenant_id FROM meta_assets a
           WHERE a.kind = f.kind AND a.asset_id = f.asset_id AND a.released_at IS NULL)) AS tenant_id
        FROM jsonb_to_recordset(${JSON.stringify(events)}::jsonb) AS f (event_key text, topic text, field text, kind text,
          asset_id text, number_id text, at timestamptz, is_late boolean, payload text)
      ), stored AS (
        INSERT INTO webhook_inbox
          (tenant_id, event_key, topic, field, asset_id, at, is_late, payload, received_at, due_at, posted_until)
        SELECT tenant_id, event_key, topic, field, asset_id, at, is_late, payload, ${at}::timestamptz, ${at}::timestamptz,
          ${iso(now() + POSTED_MS.first)}::timestamptz
        FROM sent WHERE tenant_id IS NOT NULL
        ORDER BY tenant_id, event_key
        ON CONFLICT DO NOTHING
        RETURNING tenant_id, id
      )
      SELECT stored.tenant_id, stored.id, counted.unrouted
      FROM (SELECT count(*)::int AS unrouted FROM sent WHERE tenant_id IS NULL) AS counted LEFT JOIN stored ON true`),
  );
  const stored = rows.flatMap(({ tenant_id: tenantId, id }) =>
    tenantId === null || id === null ? [] : [{ tenantId, id, tries: 0 }],
  );
  return { stored, unrouted: rows[0]?.unrouted ?? 0 };
}

/** Takes what is due and on no way yet, over all tenants; of one with very much, some. */
export async function takeDueEvents({ dispatch, now }: Dispatch): Promise<Pointer[]> {
  const at = iso(now());
  const { rows } = await dispatch.one(
    dispatch.q.execute<{ tenant_id: number; id: string; tries: number }>(sql`
      UPDATE webhook_inbox AS w SET posted_until = ${iso(now() + POSTED_MS.again)}::timestamptz
      FROM (
        SELECT tenant_id, id FROM (
          SELECT tenant_id, id, due_at, row_number() OVER (PARTITION BY tenant_id ORDER BY due_at, id) AS place
          FROM webhook_inbox
          WHERE state = 'pending' AND due_at <= ${at}::timestamptz AND posted_until <= ${at}::timestamptz
        ) AS waiting
        WHERE place <= ${PER_TENANT} ORDER BY due_at, id LIMIT ${PER_TICK}
      ) AS due
      WHERE w.tenant_id = due.tenant_id AND w.id = due.id AND w.posted_until <= ${at}::timestamptz
      RETURNING w.tenant_id, w.id, w.tries`),
  );
  return rows.map(({ tenant_id: tenantId, id, tries }) => ({ tenantId, id, tries }));
}

/** Erases what events said a week after they were worked off, and forgets after a month that they came. */
export async function purgeEvents({ dispatch, now }: Dispatch): Promise<{ erased: number; deleted: number }> {
  const erased = await dispatch.one(
    dispatch.q.execute(sql`
      UPDATE webhook_inbox SET payload = NULL, erase_at = NULL WHERE (tenant_id, id) IN (
        SELECT tenant_id, id FROM webhook_inbox WHERE erase_at <= ${iso(now())}::timestamptz LIMIT ${PURGED_PER_TICK})`),
  );
  const deleted = await dispatch.one(
    dispatch.q.execute(sql`
      DELETE FROM webhook_inbox WHERE (tenant_id, id) IN (
        SELECT tenant_id, id FROM webhook_inbox
        WHERE received_at < ${iso(now() - KEPT_MS)}::timestamptz AND state <> 'pending' AND erase_at IS NULL
        LIMIT ${PURGED_PER_TICK})`),
  );
  return { erased: erased.rowCount ?? 0, deleted: deleted.rowCount ?? 0 };
}
