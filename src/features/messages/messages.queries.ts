import { and, asc, desc, eq, sql } from "drizzle-orm";
import { runAudited, wroteHere } from "../../adapters/db/audit.ts";
import { messageAttempts, messageRates, messages } from "../../adapters/db/schema/messages.ts";
import type { Needs } from "../../context.ts";
import type { MessagesQuery, Rate } from "./messages.contract.ts";
import { insertMessages, type Message, type NewMessage } from "./outbox.queries.ts";

type Acts = Needs<"db" | "now" | "uuid" | "actor" | "audit">;

/** Plans one message with its audit row; answers that of the occurrence, which may have been there. */
export async function planMessage(ctx: Acts, row: NewMessage & { id: string }): Promise<Message | undefined> {
  const isIt = and(ctx.db.mine(messages), eq(messages.occurrenceKey, row.occurrenceKey));
  const [, [planned]] = await runAudited(
    ctx,
    {
      target: row.id,
      diff: { message: row.id, template: row.template.id },
      when: wroteHere(messages, sql`${ctx.db.mine(messages)} AND ${eq(messages.id, row.id)}`),
    },
    insertMessages(ctx, [row]),
    ctx.db.q.select().from(messages).where(isIt),
  );
  return planned;
}

export const listMessages = (
  ctx: Needs<"db">,
  { state, lead_id, limit, offset, cursor }: MessagesQuery,
): Promise<Message[]> =>
  ctx.db.one(
    ctx.db.q
      .select()
      .from(messages)
      .where(
        and(
          ctx.db.mine(messages),
          state && eq(messages.state, state),
          lead_id === undefined ? undefined : eq(messages.leadId, lead_id),
        ),
      )
      .orderBy(desc(messages.createdAt), desc(messages.id))
      .limit(limit + 1)
      .offset(cursor ?? offset),
  );

/** A person's word about what is unknown; false where it is no longer. */
export async function resolveUnknown(ctx: Acts, { id, attempts }: Message, wasSent: boolean): Promise<boolean> {
  const at = new Date(ctx.now());
  const settled = wasSent
    ? { state: "accepted" as const, acceptedAt: sql`COALESCE(accepted_at, ${at.toISOString()}::timestamptz)` }
    : { state: "planned" as const, dueAt: at, claimedUntil: null };
  const isIt = sql`${ctx.db.mine(messages)} AND ${eq(messages.id, id)}`;
  const [resolved] = await runAudited(
    ctx,
    { target: id, diff: { outcome: wasSent ? "sent" : "not_sent" }, when: wroteHere(messages, isIt) },
    ctx.db.q
      .update(messages)
      .set({ ...settled, reason: "person", errorText: null, updatedAt: at })
      .where(and(isIt, eq(messages.state, "unknown")))
      .returning({ id: messages.id }),
    ctx.db.q
      .update(messageAttempts)
      .set({ outcome: wasSent ? "accepted" : "not_sent", endedAt: at })
      .where(
        and(
          ctx.db.mine(messageAttempts),
          eq(messageAttempts.messageId, id),
          eq(messageAttempts.number, attempts),
          wroteHere(messages, isIt),
        ),
      ),
  );
  return resolved.length > 0;
}

export const listRates = (ctx: Needs<"db">) =>
  ctx.db.one(
    ctx.db.q
      .select()
      .from(messageRates)
      .where(ctx.db.mine(messageRates))
      .orderBy(asc(messageRates.market), asc(messageRates.category), asc(messageRates.effectiveOn)),
  );

export const saveRates = (ctx: Acts, rates: readonly Rate[]) =>
  runAudited(
    ctx,
    { diff: { rates: rates.length } },
    ctx.db.q
      .insert(messageRates)
      .values(
        rates.map(({ effective_on: effectiveOn, ...rate }) => ({ ...rate, effectiveOn, tenantId: ctx.db.tenantId })),
      )
      .onConflictDoUpdate({
        target: [messageRates.tenantId, messageRates.market, messageRates.category, messageRates.effectiveOn],
        set: { rate: sql`excluded.rate`, currency: sql`excluded.currency` },
      }),
  );
