// The outbox. A message is sent only by who moved it from planned to sending and wrote its attempt, in one transaction,
// before the call; what died in between is unknown, and is not sent again until a status or a person says it was not sent.
import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import { messages } from "../../adapters/db/schema/messages.ts";
import type { Statement } from "../../adapters/db/scope.ts";
import { toInstant } from "../../adapters/db/wire.ts";
import { actorName, type Needs, type Tools } from "../../context.ts";
import { isSuppressed } from "../../adapters/db/suppressed.ts";

export type Message = typeof messages.$inferSelect;

export type NewMessage = {
  id?: string;
  /** A second message of the same key is none. */
  occurrenceKey: string;
  dueAt: Date;
  executionId?: string | undefined;
  ruleId?: string | undefined;
  leadId?: string | undefined;
  /** For the log; `manual` without it. */
  triggerType?: string | undefined;
  triggerData?: Readonly<Record<string, unknown>> | undefined;
  template: { id: string; name: string; language: string; category: string };
  /** With their parameters, as Meta takes them (template-components.ts). */
  components: readonly unknown[];
  /** At least one of them; `phone` is E.164. */
  recipient: { phone?: string | undefined; bsuid?: string | undefined };
  /** Without it, the tenant's default number. */
  phoneNumberId?: string | undefined;
};

const TENANTS_PER_TICK = 250;
/** Longer than a call may take, with what is written around it. */
export const SENDING_SECONDS = 120;

/** Plans messages, for a batch; those whose occurrence is known already change nothing. */
export const insertMessages = (ctx: Needs<"db" | "now" | "uuid" | "actor">, rows: readonly NewMessage[]): Statement => {
  const now = new Date(ctx.now());
  return ctx.db.q
    .insert(messages)
    .values(
      rows.map(({ id = ctx.uuid(), template, components, recipient, ...row }) => ({
        ...row,
        tenantId: ctx.db.tenantId,
        id,
        templateId: template.id,
        templateName: template.name,
        templateLanguage: template.language,
        templateCategory: template.category,
        components: [...components],
        recipientPhone: recipient.phone,
        recipientBsuid: recipient.bsuid,
        createdBy: actorName(ctx.actor),
        createdAt: now,
        updatedAt: now,
      })),
    )
    .onConflictDoNothing();
};

/** Tenants with something to send, or somebody who died sending. */
export async function listDueTenants({ dispatch, now }: Pick<Tools, "dispatch" | "now">): Promise<number[]> {
  const { rows } = await dispatch.one(
    dispatch.q.execute<{ tenant_id: number }>(sql`
      SELECT tenant_id FROM messages
      WHERE state IN ('planned', 'sending') AND due_at <= ${toInstant(now())}
        AND (claimed_until IS NULL OR claimed_until <= ${toInstant(now())})
      GROUP BY tenant_id ORDER BY min(due_at) LIMIT ${TENANTS_PER_TICK}`),
  );
  return rows.map((row) => row.tenant_id);
}

/** Claims messages that are due, oldest first, for `leaseSeconds`: others leave them alone until then. */
export async function claimDue(
  ctx: Needs<"db" | "now" | "log" | "tenantId">,
  { limit, leaseSeconds }: { limit: number; leaseSeconds: number },
): Promise<Message[]> {
  const now = ctx.now();
  const haveDied = and(ctx.db.mine(messages), eq(messages.state, "sending"), sql`due_at <= ${toInstant(now)}`);
  const [died, claimed] = await ctx.db.run(
    ctx.db.q.select({ id: messages.id }).from(messages).where(haveDied),
    ctx.db.q
      .update(messages)
      .set({ claimedUntil: new Date(now + leaseSeconds * 1000) })
      .where(
        and(
          ctx.db.mine(messages),
          sql`id IN (SELECT id FROM messages WHERE ${ctx.db.mine(messages)} AND state = 'planned' AND due_at <= ${toInstant(now)}
            AND (claimed_until IS NULL OR claimed_until <= ${toInstant(now)}) ORDER BY due_at, id LIMIT ${limit} FOR UPDATE SKIP LOCKED)`,
        ),
      )
      .returning(),
  );
  // The alarm first: whoever dies in between leaves it to be raised again.
  died.forEach(({ id }) => alarmUnknown(ctx, id, "died"));
  if (died.length > 0)
    await ctx.db.one(
      ctx.db.q
        .update(messages)
        .set({ state: "unknown", reason: "died", errorText: UNKNOWN_TEXT, updatedAt: new Date(now) })
        .where(
          and(
            haveDied,
            inArray(
              messages.id,
              died.map(({ id }) => id),
            ),
          ),
        ),
    );
  return claimed.toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime() || (a.id < b.id ? -1 : 1));
}

export const UNKNOWN_TEXT = "No sabemos si salió: lo dirá WhatsApp, o decidilo vos.";

/** An alarm: somebody may have to say what became of it. */
export const alarmUnknown = (ctx: Needs<"log" | "tenantId">, messageId: string, reason: string): void =>
  ctx.log("message.unknown", { tenantId: ctx.tenantId, messageId, reason });

const mine = (ctx: Needs<"db">, id: string, also?: SQL) => and(ctx.db.mine(messages), eq(messages.id, id), also);

export async function findMessage(ctx: Needs<"db">, id: string): Promise<Message | undefined> {
  const [found] = await ctx.db.one(ctx.db.q.select().from(messages).where(mine(ctx, id)));
  return found;
}

/**
 * Moves a planned message to sending and writes its attempt. False when it is no longer planned, or when its recipient
 * wants no such messages: nothing has changed then, and it must not be sent.
 */
export async function beginAttempt(
  ctx: Needs<"db" | "now">,
  { id, attempts }: Pick<Message, "id" | "attempts">,
  provider: string,
): Promise<boolean> {
  const now = ctx.now();
  const { rows } = await ctx.db.one(
    ctx.db.q.execute(sql`
      WITH begun AS (
        UPDATE messages SET state = 'sending', attempts = attempts + 1, due_at = ${toInstant(now + SENDING_SECONDS * 1000)},
          claimed_until = NULL, provider = ${provider}, reason = NULL, error_code = NULL, error_text = NULL, updated_at = ${toInstant(now)}
        WHERE ${ctx.db.mine(messages)} AND id = ${id}::uuid AND state = 'planned' AND attempts = ${attempts}
          AND NOT ${isSuppressed(ctx.db)}
        RETURNING tenant_id, id, attempts)
      INSERT INTO message_attempts (tenant_id, message_id, number, provider, started_at)
      SELECT tenant_id, id, attempts, ${provider}, ${toInstant(now)} FROM begun RETURNING number`),
  );
  return rows.length > 0;
}

/** Puts a planned message off, for a batch. */
export const deferMessage = (ctx: Needs<"db" | "now">, id: string, until: Date, reason: string) =>
  ctx.db.q
    .update(messages)
    .set({ dueAt: until, claimedUntil: null, reason, updatedAt: new Date(ctx.now()) })
    .where(mine(ctx, id, sql`state = 'planned'`));

/** Ends a planned message unsent, for a batch; `text` tells people why. */
export const dropMessage = (ctx: Needs<"db" | "now">, id: string, reason: string, text?: string) =>
  ctx.db.q
    .update(messages)
    .set({ state: "dropped", claimedUntil: null, reason, errorText: text, updatedAt: new Date(ctx.now()) })
    .where(mine(ctx, id, sql`state = 'planned'`));

/** Defers one. */
export const defer = async (ctx: Needs<"db" | "now">, id: string, until: Date, reason: string): Promise<void> =>
  void (await ctx.db.one(deferMessage(ctx, id, until, reason)));

/** Drops one. */
export const drop = async (ctx: Needs<"db" | "now">, id: string, reason: string, text?: string): Promise<void> =>
  void (await ctx.db.one(dropMessage(ctx, id, reason, text)));
