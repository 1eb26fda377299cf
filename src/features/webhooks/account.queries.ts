import { and, eq, isNull, sql } from "drizzle-orm";
import { noteHappenings } from "../../adapters/db/happenings.ts";
import { metaAssets } from "../../adapters/db/schema/assets.ts";
import type { Needs } from "../../context.ts";

type AccountEvent = { wabaId: string; event: string; at: Date; isGrave: boolean };

/** An older event does not take the place of a newer one. */
export async function saveAccountEvent(
  { db, now }: Needs<"db" | "now">,
  { wabaId, event, at, isGrave }: AccountEvent,
): Promise<void> {
  const noted = JSON.stringify({ account_event: { event, at: at.toISOString() } });
  const update = db.q
    .update(metaAssets)
    .set({ details: sql`${metaAssets.details} || ${noted}::jsonb`, updatedAt: new Date(now()) })
    .where(
      and(
        db.mine(metaAssets),
        eq(metaAssets.kind, "waba"),
        eq(metaAssets.assetId, wabaId),
        isNull(metaAssets.releasedAt),
        sql`COALESCE(${metaAssets.details} -> 'account_event' ->> 'at', '') < ${at.toISOString()}`,
      ),
    );
  const happening = {
    kind: "connection.error" as const,
    key: `whatsapp:${wabaId}:${event}:${at.toISOString()}`,
    occurredAt: at,
    details: { source: "whatsapp_account", event, asset_id: wabaId },
  };
  await db.run(update, noteHappenings(db, isGrave ? [happening] : []));
}
