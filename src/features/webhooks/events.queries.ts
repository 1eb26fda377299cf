// A tenant's own events.
import { and, desc, eq, inArray, isNotNull, isNull, lte, sql } from "drizzle-orm";
import { runAudited } from "../../adapters/db/audit.ts";
import { webhookInbox } from "../../adapters/db/schema/webhooks.ts";
import { isoText } from "../../adapters/db/wire.ts";
import type { Needs } from "../../context.ts";
import type { Settled } from "./retry.ts";
import type { EventsQuery, Replay } from "./webhooks.contract.ts";

/** Longer than a message may work. */
const LEASE_MS = 300_000;
const KEPT_MS = 7 * 86_400_000;
export const MOST_REPLAYED = 5_000;
const POSTED_MS = 120_000;

const iso = (ms: number) => new Date(ms).toISOString();

/** Makes `worker` the one who works on these events, as far as they are due and nobody else does. */
export async function claimEvents({ db, now }: Needs<"db" | "now">, worker: string, ids: readonly string[]) {
  const until = new Date(now() + LEASE_MS);
  const claimable = db.q
    .select({ id: webhookInbox.id })
    .from(webhookInbox)
    .where(
      and(
        db.mine(webhookInbox),
        inArray(webhookInbox.id, [...ids]),
        eq(webhookInbox.state, "pending"),
        lte(webhookInbox.dueAt, new Date(now())),
      ),
    )
    .orderBy(webhookInbox.id)
    .for("update", { skipLocked: true });
  const claimed = await db.one(
    db.q
      .update(webhookInbox)
      .set({ claimedBy: worker, dueAt: until, postedUntil: until, tries: sql`${webhookInbox.tries} + 1` })
      .where(and(db.mine(webhookInbox), inArray(webhookInbox.id, claimable)))
      .returning({
        id: webhookInbox.id,
        topic: webhookInbox.topic,
        field: webhookInbox.field,
        assetId: webhookInbox.assetId,
        at: webhookInbox.at,
        payload: webhookInbox.payload,
        tries: webhookInbox.tries,
        receivedAt: webhookInbox.receivedAt,
      }),
  );
  return claimed.toSorted((a, b) => a.receivedAt.getTime() - b.receivedAt.getTime());
}

/** Writes how events ended; one that somebody else has claimed since is theirs. */
export async function settleEvents(
  { db, now }: Needs<"db" | "now">,
  worker: string,
  settled: readonly (Settled & { id: string })[],
): Promise<void> {
  const rows = settled.map(({ id, state, dueAt, tries, error }) => {
    const over = state === "pending" ? undefined : { processed_at: iso(now()), erase_at: iso(now() + KEPT_MS) };
    return { id, state, due_at: dueAt === null ? null : iso(dueAt), tries, error, ...over };
  });
  await db.one(
    db.q.execute(sql`
      UPDATE webhook_inbox AS w SET state = f.state, due_at = f.due_at, posted_until = COALESCE(f.due_at, w.posted_until),
        tries = f.tries, last_error = f.error, claimed_by = NULL, processed_at = f.processed_at, erase_at = f.erase_at
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS f (id uuid, state text, due_at timestamptz, tries int,
        error text, processed_at timestamptz, erase_at timestamptz)
      WHERE w.tenant_id = ${db.tenantId} AND w.id = f.id AND w.claimed_by = ${worker}::uuid`),
  );
}

/** A page of events, newest first, and how many there are of each topic and state. */
export async function listEvents({ db }: Needs<"db">, { state, topic, limit, offset, cursor }: EventsQuery) {
  const page = db.q
    .select({
      id: webhookInbox.id,
      topic: webhookInbox.topic,
      field: webhookInbox.field,
      asset_id: webhookInbox.assetId,
      state: webhookInbox.state,
      tries: webhookInbox.tries,
      last_error: webhookInbox.lastError,
      is_late: webhookInbox.isLate,
      received_at: isoText(webhookInbox.receivedAt),
      due_at: sql<string | null>`${isoText(webhookInbox.dueAt)}`,
      processed_at: sql<string | null>`${isoText(webhookInbox.processedAt)}`,
      can_replay: sql<boolean>`${webhookInbox.payload} IS NOT NULL`,
    })
    .from(webhookInbox)
    .where(
      and(
        db.mine(webhookInbox),
        state && eq(webhookInbox.state, state),
        topic && eq(webhookInbox.topic, topic),
        cursor &&
          sql`(${webhookInbox.receivedAt}, ${webhookInbox.id}) < (${cursor[0]}::timestamptz, ${cursor[1]}::uuid)`,
      ),
    )
    .orderBy(desc(webhookInbox.receivedAt), desc(webhookInbox.id))
    .limit(limit + 1)
    .offset(cursor ? 0 : offset);
  const counts = db.q
    .select({ topic: webhookInbox.topic, state: webhookInbox.state, count: sql<number>`count(*)::int` })
    .from(webhookInbox)
    .where(db.mine(webhookInbox))
    .groupBy(webhookInbox.topic, webhookInbox.state)
    .orderBy(webhookInbox.topic, webhookInbox.state);
  const [events, counted] = await db.run(page, counts);
  return { events, counts: counted };
}

/** Makes events due now, whatever became of them, as long as it is known what they said and nobody works on them. */
export async function reviveEvents(ctx: Needs<"db" | "now" | "audit">, replay: Replay): Promise<string[]> {
  const { db, now } = ctx;
  const at = new Date(now());
  const which =
    "ids" in replay
      ? inArray(webhookInbox.id, replay.ids)
      : "failed" in replay
        ? eq(webhookInbox.state, "failed")
        : sql`${webhookInbox.receivedAt} >= ${replay.since}::timestamptz AND ${webhookInbox.receivedAt} < ${replay.until}::timestamptz`;
  const chosen = db.q
    .select({ id: webhookInbox.id })
    .from(webhookInbox)
    .where(and(db.mine(webhookInbox), which, isNotNull(webhookInbox.payload), isNull(webhookInbox.claimedBy)))
    .orderBy(webhookInbox.receivedAt, webhookInbox.id)
    .limit(MOST_REPLAYED)
    .for("update", { skipLocked: true });
  const [revived] = await runAudited(
    ctx,
    { diff: "ids" in replay ? { ids: replay.ids.length } : replay },
    db.q
      .update(webhookInbox)
      .set({
        state: "pending",
        tries: 0,
        dueAt: at,
        postedUntil: new Date(now() + POSTED_MS),
        processedAt: null,
        eraseAt: null,
      })
      .where(and(db.mine(webhookInbox), inArray(webhookInbox.id, chosen)))
      .returning({ id: webhookInbox.id }),
  );
  return revived.map(({ id }) => id);
}
