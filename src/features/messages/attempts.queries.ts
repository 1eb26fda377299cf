// What became of a call, written with all that follows from it.
import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import { noteHappenings } from "../../adapters/db/happenings.ts";
import { metaAssets } from "../../adapters/db/schema/assets.ts";
import { metaTemplates } from "../../adapters/db/schema/automation.ts";
import { messageAttempts, messages } from "../../adapters/db/schema/messages.ts";
import type { Statement } from "../../adapters/db/scope.ts";
import type { Needs } from "../../context.ts";
import type { Sent } from "../../lib/sending.ts";
import { type Message, UNKNOWN_TEXT } from "./outbox.queries.ts";
import { statesBelow } from "./rank.ts";
import { judge, retrySeconds, type Verdict } from "./send-errors.ts";
import { suppress } from "./suppressions.queries.ts";

type Acts = Needs<"db" | "now">;

/** Still the one that was begun: a status, or a person, may have been faster. */
const isBegun = (ctx: Acts, { id, attempts }: Pick<Message, "id" | "attempts">) =>
  and(ctx.db.mine(messages), eq(messages.id, id), eq(messages.attempts, attempts)) as SQL;

export type Ended = "accepted" | "unknown" | "retried" | "failed";

/** Ends the attempt that `message` (as it was begun, with its number in `attempts`) is at. */
export async function endAttempt(ctx: Acts, message: Message, sent: Sent, phoneNumberId?: string): Promise<Ended> {
  const at = new Date(ctx.now());
  const close = ctx.db.q
    .update(messageAttempts)
    .set({
      endedAt: at,
      outcome: sent.kind,
      errorCode: sent.kind === "refused" ? sent.code : null,
      reason: sent.kind === "unknown" ? sent.reason : null,
      providerMessageId: sent.kind === "accepted" ? sent.providerId : null,
    })
    .where(
      and(
        ctx.db.mine(messageAttempts),
        eq(messageAttempts.messageId, message.id),
        eq(messageAttempts.number, message.attempts),
      ),
    );
  switch (sent.kind) {
    case "accepted": {
      const raised = statesBelow("accepted");
      await ctx.db.run(
        close,
        ctx.db.q
          .update(messages)
          .set({
            state: sql`CASE WHEN ${inArray(messages.state, raised)} THEN 'accepted' ELSE state END`,
            providerMessageId: sent.providerId,
            waId: sent.waId ?? null,
            isHeld: sent.isHeld ?? false,
            acceptedAt: sql`COALESCE(accepted_at, ${at.toISOString()}::timestamptz)`,
            ...(phoneNumberId && { phoneNumberId }),
            reason: null,
            errorText: null,
            updatedAt: at,
          })
          .where(isBegun(ctx, message)),
        openFreeEntry(ctx, message, at),
      );
      return "accepted";
    }
    case "unknown":
      await ctx.db.run(
        close,
        ctx.db.q
          .update(messages)
          .set({ state: "unknown", reason: sent.reason, errorText: UNKNOWN_TEXT, updatedAt: at })
          .where(and(isBegun(ctx, message), eq(messages.state, "sending"))),
      );
      return "unknown";
    case "refused": {
      const verdict = judge(sent.code);
      const seconds = retrySeconds(verdict, message.attempts, sent.retryAfterSeconds);
      const isOpen = and(isBegun(ctx, message), inArray(messages.state, ["sending", "unknown"])) as SQL;
      await ctx.db.run(
        close,
        ...followRefusal(
          ctx,
          { ...message, phoneNumberId: phoneNumberId ?? message.phoneNumberId },
          sent.code,
          verdict,
        ),
        ...(seconds === undefined ? noteFailed(ctx, message, sent.code, isOpen) : []),
        settleRefusal(ctx, sent.code, verdict, seconds).where(isOpen),
      );
      return seconds === undefined ? "failed" : "retried";
    }
  }
}

/** The message itself, refused: planned again after `seconds`, or failed. */
export const settleRefusal = (ctx: Acts, code: number, { act, text }: Verdict, seconds: number | undefined) => {
  const at = ctx.now();
  const again = { state: "planned" as const, dueAt: new Date(at + (seconds ?? 0) * 1000), claimedUntil: null };
  return ctx.db.q.update(messages).set({
    ...(seconds === undefined ? { state: "failed" as const, failedAt: new Date(at) } : again),
    reason: act,
    errorCode: code,
    errorText: text,
    updatedAt: new Date(at),
  });
};

/** Tells of a failure once, if the row that `isOpen` names is there to fail. */
export const noteFailed = (ctx: Acts, { id, leadId, ruleId }: Message, code: number, isOpen: SQL): Statement[] => [
  noteHappenings(
    ctx.db,
    [
      {
        kind: "message.failed",
        key: id,
        occurredAt: new Date(ctx.now()),
        leadId: leadId ?? undefined,
        details: { message_id: id, code, ...(ruleId && { rule_id: ruleId }) },
      },
    ],
    sql`EXISTS (SELECT FROM messages WHERE ${isOpen})`,
  ),
];

/** What else a refusal says: of the number, of the template, of the person. */
export function followRefusal(
  ctx: Acts,
  message: Message,
  code: number,
  { act, templateStatus }: Verdict,
): Statement[] {
  const at = new Date(ctx.now());
  if (act === "stop_number" && message.phoneNumberId)
    return [
      ctx.db.q
        .update(metaAssets)
        .set({ problem: `send.${code}`, updatedAt: at })
        .where(
          and(
            ctx.db.mine(metaAssets),
            eq(metaAssets.kind, "phone_number"),
            eq(metaAssets.assetId, message.phoneNumberId),
          ),
        ),
    ];
  if (act === "stop_template" && message.templateId && templateStatus)
    return [
      noteHappenings(ctx.db, [
        {
          kind: "template.stopped",
          key: `${message.templateId}:${message.id}`,
          occurredAt: at,
          details: { template_id: message.templateId, code, status: templateStatus },
        },
      ]),
      ctx.db.q
        .update(metaTemplates)
        .set({ status: templateStatus, updatedAt: at })
        .where(
          and(
            ctx.db.mine(metaTemplates),
            eq(metaTemplates.id, message.templateId),
            eq(metaTemplates.status, "APPROVED"),
          ),
        ),
    ];
  if (act === "suppress")
    return suppress(
      ctx,
      { phones: [message.recipientPhone, message.waId && `+${message.waId}`], bsuids: [message.recipientBsuid] },
      { purpose: "marketing", isActive: true, source: "provider", at },
    );
  return [];
}

/** Who answers an ad's click within a day chats free of charge for three. */
const openFreeEntry = (ctx: Acts, { recipientPhone, recipientBsuid, leadId }: Message, at: Date): Statement =>
  ctx.db.q.execute(sql`
    UPDATE conversations SET free_entry_until = ${at.toISOString()}::timestamptz + interval '72 hours', updated_at = ${at.toISOString()}::timestamptz
    WHERE tenant_id = ${ctx.db.tenantId}
      AND (phone = ${recipientPhone ?? null} OR bsuid = ${recipientBsuid ?? null} OR lead_id = ${leadId ?? null}::uuid)
      AND referred_at > ${at.toISOString()}::timestamptz - interval '24 hours'
      AND (free_entry_until IS NULL OR free_entry_until < referred_at)`);
