import { and, eq, type SQL, sql } from "drizzle-orm";
import { noteHappenings } from "../../adapters/db/happenings.ts";
import { metaAssets } from "../../adapters/db/schema/assets.ts";
import { conversations, messageAttempts, messages } from "../../adapters/db/schema/messages.ts";
import { ads } from "../../adapters/db/schema/structure.ts";
import type { Statement } from "../../adapters/db/scope.ts";
import type { Needs } from "../../context.ts";
import { phoneKey } from "../../lib/phone.ts";
import { suppress } from "./suppressions.queries.ts";
import type { Referral } from "./webhook-shapes.ts";

type Acts = Needs<"db" | "now">;

/** Who writes, as WhatsApp knows them: at least by one. */
export type Writer = { waId?: string | undefined; phone?: string | undefined; bsuid?: string | undefined };

export type InboundFacts = {
  writer: Writer & { leadId: string };
  phoneNumberId: string;
  id: string;
  type: string;
  at: Date;
  referral?: Referral | undefined;
  /** Our message that this answers. */
  replied?: { id: string; templateId: string | null; ruleId: string | null } | undefined;
  verdict: "stop" | "start" | undefined;
};

const instant = (at: Date) => sql`${at.toISOString()}::timestamptz`;
const later = (column: string, at: Date) => sql`GREATEST(${sql.raw(column)}, ${instant(at)})`;

export async function findAd(ctx: Needs<"db">, adId: string) {
  const [found] = await ctx.db.one(
    ctx.db.q
      .select({ campaignId: ads.campaignId, adSetId: ads.adSetId })
      .from(ads)
      .where(and(ctx.db.mine(ads), eq(ads.adId, adId))),
  );
  return found;
}

export async function findReplied(ctx: Needs<"db">, providerMessageId: string) {
  const [found] = await ctx.db.one(
    ctx.db.q
      .select({ id: messages.id, templateId: messages.templateId, ruleId: messages.ruleId })
      .from(messageAttempts)
      .innerJoin(messages, and(ctx.db.mine(messages), eq(messages.id, messageAttempts.messageId)))
      .where(and(ctx.db.mine(messageAttempts), eq(messageAttempts.providerMessageId, providerMessageId)))
      .limit(1),
  );
  return found;
}

/** The chats of a person with one number: by phone, or by BSUID. */
const isWith = (
  ctx: Needs<"db">,
  { waId, bsuid }: Writer,
  phoneNumberId?: string,
): SQL => sql`${ctx.db.mine(conversations)}
  ${phoneNumberId === undefined ? sql`` : sql`AND phone_number_id = ${phoneNumberId}`}
  AND (wa_id = ${waId ?? null} OR bsuid = ${bsuid ?? null})`;

/** In one transaction: the chat, whose message was answered, who wants no more, and that it happened. */
export async function saveInbound(ctx: Acts & Needs<"uuid">, facts: InboundFacts): Promise<void> {
  const { writer, phoneNumberId, id, at, referral, replied, verdict } = facts;
  const [known] = await ctx.db.one(
    ctx.db.q
      .select({ lastInboundId: conversations.lastInboundId })
      .from(conversations)
      .where(isWith(ctx, writer, phoneNumberId)),
  );
  const statements: Statement[] = [
    ...chat(ctx, facts),
    ctx.db.q
      .update(messages)
      .set({ repliedAt: at })
      .where(and(ctx.db.mine(messages), eq(messages.id, replied?.id ?? ctx.uuid()), sql`replied_at IS NULL`)),
    ...(verdict
      ? suppress(
          ctx,
          { phones: [writer.phone ?? (writer.waId && `+${writer.waId}`)], bsuids: [writer.bsuid] },
          { purpose: "all", isActive: verdict === "stop", source: "word", at },
        )
      : []),
    // Who says START wants promotions again too, whoever stopped them.
    ...(verdict === "start"
      ? suppress(
          ctx,
          { phones: [writer.phone], bsuids: [writer.bsuid] },
          { purpose: "marketing", isActive: false, source: "word", at },
        )
      : []),
    noteHappenings(ctx.db, [
      {
        kind: "message.received",
        key: id,
        occurredAt: at,
        leadId: writer.leadId,
        details: {
          is_first: known === undefined,
          is_reply: replied !== undefined,
          is_ctwa: referral?.source_type === "ad",
          ...(replied && { message_id: replied.id, template_id: replied.templateId, rule_id: replied.ruleId }),
          ...(verdict && { verdict }),
        },
      },
    ]),
  ];
  await ctx.db.run(...statements);
}

/** Makes the chat, or moves it on: what is told late does not take it back. */
function chat(ctx: Acts & Needs<"uuid">, { writer, phoneNumberId, id, type, at, referral }: InboundFacts): Statement[] {
  const { waId, phone, bsuid, leadId } = writer;
  const said = referral && JSON.stringify(referral);
  const now = instant(new Date(ctx.now()));
  const isNewer = sql`last_inbound_at <= ${instant(at)}`;
  const free = (column: "wa_id" | "bsuid", value: string | undefined) => sql`CASE
    WHEN ${value ?? null}::text IS NULL OR (${sql.raw(column)} IS NOT NULL AND NOT ${isNewer}) OR EXISTS (
      SELECT FROM conversations o WHERE o.tenant_id = c.tenant_id AND o.phone_number_id = c.phone_number_id
        AND o.${sql.raw(column)} = ${value ?? null} AND o.id <> c.id)
    THEN ${sql.raw(column)} ELSE ${value ?? null} END`;
  return [
    ctx.db.q.execute(sql`
      INSERT INTO conversations (tenant_id, id, phone_number_id, wa_id, phone, bsuid, lead_id, first_inbound_at,
        last_inbound_at, last_inbound_id, last_inbound_type, created_at, updated_at)
      SELECT ${ctx.db.tenantId}, ${ctx.uuid()}::uuid, ${phoneNumberId}, ${waId ?? null}, ${phone ?? null}, ${bsuid ?? null},
        ${leadId}::uuid, ${instant(at)}, ${instant(at)}, ${id}, ${type}, ${now}, ${now}
      WHERE NOT EXISTS (SELECT FROM conversations WHERE ${isWith(ctx, writer, phoneNumberId)})
      ON CONFLICT DO NOTHING`),
    ctx.db.q.execute(sql`
      UPDATE conversations c SET
        wa_id = ${free("wa_id", waId)}, bsuid = ${free("bsuid", bsuid)}, phone = COALESCE(${phone ?? null}, phone), lead_id = ${leadId}::uuid,
        last_inbound_id = CASE WHEN ${isNewer} THEN ${id} ELSE last_inbound_id END,
        last_inbound_type = CASE WHEN ${isNewer} THEN ${type} ELSE last_inbound_type END,
        first_inbound_at = LEAST(first_inbound_at, ${instant(at)}), last_inbound_at = ${later("last_inbound_at", at)},
        ${
          said === undefined
            ? sql``
            : sql`first_referral = COALESCE(first_referral, ${said}::jsonb),
        last_referral = CASE WHEN referred_at > ${instant(at)} THEN last_referral ELSE ${said}::jsonb END,
        referred_at = ${later("referred_at", at)},`
        }
        updated_at = ${now}
      WHERE ${sql`c.tenant_id = ${ctx.db.tenantId} AND c.phone_number_id = ${phoneNumberId} AND (c.wa_id = ${waId ?? null} OR c.bsuid = ${bsuid ?? null})`}`),
  ];
}

/** A person has another number: the chats and the lead are theirs under it, and so is what they wished not to get. */
export async function moveNumber(ctx: Acts, from: Writer, to: Writer, at: Date): Promise<void> {
  const { tenantId } = ctx.db;
  const [old, fresh] = [from, to].map(({ phone, waId }) => phoneKey(phone ?? `+${waId}`));
  await ctx.db.run(
    ctx.db.q.execute(sql`
      INSERT INTO suppressions (tenant_id, kind, value, purpose, is_active, source, changed_at, created_at)
      SELECT tenant_id, kind, ${fresh}, purpose, is_active, source, changed_at, ${instant(new Date(ctx.now()))} FROM suppressions
      WHERE tenant_id = ${tenantId} AND kind = 'phone' AND value = ${old} AND is_active
      ON CONFLICT DO NOTHING`),
    ctx.db.q.execute(sql`
      INSERT INTO lead_identities (tenant_id, kind, value, lead_id)
      SELECT tenant_id, kind, ${fresh}, lead_id FROM lead_identities
      WHERE tenant_id = ${tenantId} AND kind = 'phone' AND value = ${old}
      ON CONFLICT DO NOTHING`),
    ctx.db.q.execute(sql`
      UPDATE conversations c SET wa_id = ${to.waId}, phone = ${to.phone ?? null}, bsuid = COALESCE(${to.bsuid ?? null}, bsuid), updated_at = ${instant(at)}
      WHERE c.tenant_id = ${tenantId} AND c.wa_id = ${from.waId ?? null} AND NOT EXISTS (
        SELECT FROM conversations o WHERE o.tenant_id = c.tenant_id AND o.phone_number_id = c.phone_number_id
          AND (o.wa_id = ${to.waId} OR o.bsuid = ${to.bsuid ?? null}) AND o.id <> c.id)`),
  );
}

/** An older fact does not take the place of a newer one. */
export async function saveNumberFacts(
  ctx: Acts,
  { wabaId, phone, facts, at }: { wabaId: string; phone: string | undefined; facts: Record<string, unknown>; at: Date },
): Promise<void> {
  const told = Object.entries(facts).filter(([, value]) => value !== undefined && value !== null);
  const noted = JSON.stringify({ ...Object.fromEntries(told), number_event_at: at.toISOString() });
  const isIt =
    phone === undefined
      ? and(eq(metaAssets.kind, "waba"), eq(metaAssets.assetId, wabaId))
      : and(
          eq(metaAssets.kind, "phone_number"),
          eq(metaAssets.parentId, wabaId),
          sql`${phone} IN (regexp_replace(${metaAssets.name}, '[^0-9]', '', 'g'),
            regexp_replace(${metaAssets.details} ->> 'display_phone_number', '[^0-9]', '', 'g'))`,
        );
  await ctx.db.one(
    ctx.db.q
      .update(metaAssets)
      .set({ details: sql`${metaAssets.details} || ${noted}::jsonb`, updatedAt: new Date(ctx.now()) })
      .where(
        and(
          ctx.db.mine(metaAssets),
          isIt,
          sql`${metaAssets.releasedAt} IS NULL`,
          sql`COALESCE(${metaAssets.details} ->> 'number_event_at', '') < ${at.toISOString()}`,
        ),
      ),
  );
}
