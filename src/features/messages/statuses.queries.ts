// Statuses: what is told later counts only where it tells more (rank.ts), each step is dated by its first telling, and prices
// come with them.
import { and, eq, inArray, or, sql } from "drizzle-orm";
import { messageAttempts, messages } from "../../adapters/db/schema/messages.ts";
import type { Needs } from "../../context.ts";
import { followRefusal, noteFailed } from "./attempts.queries.ts";
import type { Message } from "./outbox.queries.ts";
import { type MessageState, statesBelow } from "./rank.ts";
import { retrySeconds, type Verdict } from "./send-errors.ts";
import type { Status } from "./webhook-shapes.ts";

type Acts = Needs<"db" | "now">;

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

export type Told = {
  message: Message;
  /** It is of an attempt that failed, or after which there was another. */
  isOver: boolean;
};

/** The message that a status is of: by our reference, or by the provider's id of any of its attempts. */
export async function findTold(
  ctx: Acts,
  { id, biz_opaque_callback_data: reference }: Status,
): Promise<Told | undefined> {
  const isOurs = reference && UUID.test(reference) ? eq(messages.id, reference) : undefined;
  const ofAttempt = and(ctx.db.mine(messageAttempts), eq(messageAttempts.providerMessageId, id));
  const [found, [attempt]] = await ctx.db.run(
    ctx.db.q
      .select()
      .from(messages)
      .where(
        and(
          ctx.db.mine(messages),
          or(
            isOurs,
            inArray(
              messages.id,
              ctx.db.q.select({ id: messageAttempts.messageId }).from(messageAttempts).where(ofAttempt),
            ),
          ),
        ),
      )
      .limit(1),
    ctx.db.q.select().from(messageAttempts).where(ofAttempt).limit(1),
  );
  const [message] = found;
  if (!message) return undefined;
  return {
    message,
    isOver: attempt !== undefined && (attempt.number < message.attempts || attempt.outcome === "failed"),
  };
}

const first = (column: "accepted_at" | "sent_at" | "delivered_at" | "read_at" | "failed_at", at: string) =>
  sql`LEAST(COALESCE(${sql.raw(column)}, ${at}::timestamptz), ${at}::timestamptz)`;

export async function raiseStatus(
  ctx: Acts,
  { message, isOver }: Told,
  state: Exclude<MessageState, "failed">,
  { id, timestamp, pricing, conversation, recipient_id: waId }: Status,
): Promise<void> {
  const at = timestamp.toISOString();
  // That an attempt which is over was once taken, says nothing of the next one; that it arrived, does.
  const raised = isOver && state === "accepted" ? [] : statesBelow(state);
  const hasArrived = state === "delivered" || state === "read";
  const isFreeEntry = conversation?.origin?.type === "referral_conversion" && conversation.expiration_timestamp;
  await ctx.db.run(
    ctx.db.q
      .update(messages)
      .set({
        state: sql`CASE WHEN state = ANY (${sql.param(raised)}::text[]) THEN ${state} ELSE state END`,
        // Who has it, has it: what was believed to be wrong was not.
        ...(message.state === "unknown" && { reason: null, errorText: null }),
        ...(!isOver && { providerMessageId: sql`COALESCE(provider_message_id, ${id})` }),
        waId: sql`COALESCE(wa_id, ${waId ?? null})`,
        acceptedAt: first("accepted_at", at),
        sentAt: first("sent_at", at),
        // `delivered` is left out where it is read at once.
        ...(hasArrived && { deliveredAt: first("delivered_at", at) }),
        ...(state === "read" && { readAt: first("read_at", at) }),
        ...(pricing && {
          billable: pricing.billable ?? null,
          pricingCategory: pricing.category ?? null,
          pricingType: pricing.type ?? null,
          pricingModel: pricing.pricing_model ?? null,
          ...costOf(ctx, at, pricing),
        }),
        updatedAt: new Date(ctx.now()),
      })
      .where(and(ctx.db.mine(messages), eq(messages.id, message.id))),
    ctx.db.q.execute(sql`
      UPDATE conversations SET free_entry_until = ${isFreeEntry ? isFreeEntry.toISOString() : null}::timestamptz
      WHERE ${isFreeEntry ? sql`true` : sql`false`} AND tenant_id = ${ctx.db.tenantId}
        AND phone_number_id = ${message.phoneNumberId} AND wa_id = ${waId ?? null}`),
  );
}

/** Nothing where it is not billed, else the rate of the day, if there is one: by the longest beginning of the phone. */
function costOf(ctx: Acts, at: string, { billable, category }: NonNullable<Status["pricing"]>) {
  if (billable === false) return { cost: "0", costCurrency: sql`COALESCE(cost_currency, 'USD')` };
  const rate = (column: "rate" | "currency") => sql`(
    SELECT r.${sql.raw(column)} FROM message_rates r
    WHERE r.tenant_id = ${ctx.db.tenantId} AND r.category = ${category ?? null} AND r.effective_on <= (${at}::timestamptz AT TIME ZONE 'UTC')::date
      AND (r.market = '*' OR starts_with(COALESCE(messages.recipient_phone, '+' || messages.wa_id), '+' || r.market))
    ORDER BY CASE r.market WHEN '*' THEN 0 ELSE length(r.market) END DESC, r.effective_on DESC LIMIT 1)`;
  return { cost: sql`${rate("rate")}`, costCurrency: sql`${rate("currency")}` };
}

/** A failure that is told later: recorded whatever the state; it ends only what has not arrived, and that once. */
export async function saveFailure(
  ctx: Acts,
  { message, isOver }: Told,
  { id, timestamp }: Status,
  { code, verdict }: { code: number; verdict: Verdict },
): Promise<void> {
  const isCurrent = !isOver;
  const isOpen = and(
    ctx.db.mine(messages),
    eq(messages.id, message.id),
    eq(messages.attempts, message.attempts),
    inArray(
      messages.state,
      statesBelow("failed").filter((state) => state !== "planned" && state !== "dropped"),
    ),
  );
  // Meta spares the person for a day: what is refused at once is tried again then, and so is this.
  const seconds = verdict.act === "wait_day" ? retrySeconds(verdict, message.attempts) : undefined;
  const at = timestamp.toISOString();
  const again = {
    state: "planned" as const,
    dueAt: new Date(ctx.now() + (seconds ?? 0) * 1000),
    providerMessageId: null,
  };
  const ended = seconds === undefined ? { state: "failed" as const, failedAt: first("failed_at", at) } : again;
  await ctx.db.run(
    ...(isCurrent ? followRefusal(ctx, message, code, verdict) : []),
    ...(isCurrent && seconds === undefined && isOpen ? noteFailed(ctx, message, code, isOpen) : []),
    ctx.db.q
      .update(messageAttempts)
      .set({ outcome: "failed", errorCode: code })
      .where(
        and(
          ctx.db.mine(messageAttempts),
          eq(messageAttempts.messageId, message.id),
          eq(messageAttempts.providerMessageId, id),
        ),
      ),
    ctx.db.q
      .update(messages)
      .set({ ...ended, reason: verdict.act, errorCode: code, errorText: verdict.text, updatedAt: new Date(ctx.now()) })
      .where(isCurrent ? isOpen : sql`false`),
    ctx.db.q
      .update(messages)
      .set({ failedAt: first("failed_at", at), errorCode: code })
      .where(and(ctx.db.mine(messages), eq(messages.id, message.id), inArray(messages.state, ["delivered", "read"]))),
  );
}
