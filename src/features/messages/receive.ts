// What Meta tells of messages. All of it may come twice, late and in any order.
import type { Ctx } from "../../context.ts";
import { toE164 } from "../../lib/phone.ts";
import { type ReceivedLead, receiveLead } from "../leads/receive-lead.ts";
import { judgeWords } from "./opt-out.ts";
import { findAd, findReplied, moveNumber, saveInbound, saveNumberFacts, type Writer } from "./receive.queries.ts";
import { stateOf } from "./rank.ts";
import { judge } from "./send-errors.ts";
import { findTold, raiseStatus, saveFailure } from "./statuses.queries.ts";
import { suppress } from "./suppressions.queries.ts";
import * as shapes from "./webhook-shapes.ts";

type WebhookChange = shapes.WebhookChange;

/** A status of a message of ours; of one that was sent elsewhere it changes nothing. */
export async function receiveStatus(ctx: Ctx, { value }: WebhookChange): Promise<void> {
  const {
    statuses: [status],
  } = shapes.understand(shapes.statusChange(), value);
  const state = stateOf(status.status);
  if (state === undefined) return;
  const told = await findTold(ctx, status);
  if (!told) return;
  if (state !== "failed") return raiseStatus(ctx, told, state, status);
  const code = status.errors?.[0]?.code ?? 131000;
  await saveFailure(ctx, told, status, { code, verdict: judge(code) });
}

/** A person writes. What they wrote is judged for words that stop messages, and not kept. */
export async function receiveMessage(ctx: Ctx, { value }: WebhookChange): Promise<void> {
  const read = shapes.understand(shapes.inbound(), value);
  const {
    messages: [message],
    metadata,
  } = read;
  const writer = writerOf(read);
  if (message.type === "system") {
    const { type, wa_id: to, user_id: bsuid } = message.system ?? {};
    if (type === "user_changed_number" && to && writer.waId)
      await moveNumber(ctx, writer, { waId: to, phone: phoneOf(to), bsuid: bsuid ?? undefined }, message.timestamp);
    return;
  }
  if (!writer.waId && !writer.bsuid) return;
  const referral = message.referral ?? undefined;
  const [ad, replied] = await Promise.all([
    referral?.source_type === "ad" && referral.source_id ? findAd(ctx, referral.source_id) : undefined,
    message.context?.id ? findReplied(ctx, message.context.id) : undefined,
  ]);
  const { leadId } = await receiveLead(ctx, leadOf(read, writer, ad));
  const said = message.text?.body ?? message.button?.text ?? message.interactive?.button_reply?.title ?? "";
  const verdict = judgeWords(said, { isButton: !message.text });
  await saveInbound(ctx, {
    writer: { ...writer, leadId },
    phoneNumberId: metadata.phone_number_id,
    id: message.id,
    type: message.type,
    at: message.timestamp,
    referral,
    replied,
    verdict,
  });
}

const phoneOf = (waId: string): string | undefined => toE164(`+${waId.replaceAll(/\D/g, "")}`);

function writerOf({ contacts, messages: [message] }: shapes.Inbound): Writer {
  const contact = contacts?.[0];
  const waId = message.from ?? contact?.wa_id ?? undefined;
  const bsuid = message.from_user_id ?? contact?.user_id ?? undefined;
  return { waId, phone: waId === undefined ? undefined : phoneOf(waId), bsuid };
}

type Ad = Awaited<ReturnType<typeof findAd>>;

/** As a lead that is found by any of its names, or made; a click on an ad is a touch. */
function leadOf({ contacts, messages: [message] }: shapes.Inbound, { waId, bsuid }: Writer, ad: Ad): ReceivedLead {
  const { profile, parent_user_id: parentBsuid } = contacts?.[0] ?? {};
  const [firstName, ...rest] = profile?.name?.trim().split(/\s+/) ?? [];
  const { referral } = message;
  const isAd = referral?.source_type === "ad";
  const identities: ReceivedLead["identities"] = [
    ...(waId === undefined ? [] : [{ kind: "wa_id" as const, value: waId }]),
    ...(bsuid === undefined ? [] : [{ kind: "bsuid" as const, value: bsuid }]),
    ...(parentBsuid ? [{ kind: "parent_bsuid" as const, value: parentBsuid }] : []),
    ...(profile?.username ? [{ kind: "username" as const, value: profile.username }] : []),
  ];
  const shown = {
    campaign_id: ad?.campaignId,
    ad_set_id: ad?.adSetId,
    ad_id: isAd ? (referral?.source_id ?? undefined) : undefined,
    headline: referral?.headline ?? undefined,
    body: referral?.body ?? undefined,
  };
  return {
    identities,
    occurredAt: message.timestamp.toISOString(),
    firstName,
    lastName: rest.join(" ") || undefined,
    phoneNumber: waId === undefined ? undefined : `+${waId.replaceAll(/\D/g, "")}`,
    leadSource: isAd ? "META_ADS" : "WHATSAPP",
    ...(referral && {
      touch: {
        ...shown,
        channel: isAd ? ("ctwa" as const) : ("referral" as const),
        is_paid: isAd,
        ctwa_clid: referral.ctwa_clid ?? undefined,
        source_detail: referral.source_url?.slice(0, 255),
        external_id: `whatsapp:${message.id}`,
      },
    }),
  };
}

/** "Stop promotions", said to WhatsApp itself. */
export async function receivePreference(ctx: Ctx, { value }: WebhookChange): Promise<void> {
  const {
    user_preferences: [said],
  } = shapes.understand(shapes.preference(), value);
  const isActive = said.value === "stop";
  if (!isActive && said.value !== "resume" && said.value !== "signup") return;
  const person = { phones: [said.wa_id && (phoneOf(said.wa_id) ?? `+${said.wa_id}`)], bsuids: [said.user_id] };
  const words = suppress(ctx, person, { purpose: "marketing", isActive, source: "preference", at: said.timestamp });
  if (words.length > 0) await ctx.db.run(...words);
}

/** What Meta decides about a number: its quality, its limit, its name. */
export async function receiveNumberEvent(ctx: Ctx, { assetId, at, value }: WebhookChange): Promise<void> {
  const { phone, facts } = shapes.understand(shapes.numberEvent(), value);
  await saveNumberFacts(ctx, { wabaId: assetId, phone, facts, at: new Date(at) });
}
