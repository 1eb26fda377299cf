// Sends one message, at most once. All that can be known before is asked before; then the attempt is written, then the call
// is made, then what became of it is written. Whoever dies in between leaves it `sending`, which becomes `unknown`.
import type { Ctx } from "../../context.ts";
import { AppError, isAppError, toAppError } from "../../errors.ts";
import type { Sent, TemplateMessage } from "../../lib/sending.ts";
import { withToken } from "../connection/connection.service.ts";
import { endAttempt, type Ended } from "./attempts.queries.ts";
import { alarmUnknown, beginAttempt, defer, drop, findMessage, type Message } from "./outbox.queries.ts";
import { openKey } from "./provider-key.ts";
import { findProvider } from "./providers.queries.ts";

export type Delivered = Ended | "not_planned" | "suppressed" | "not_ready";

/** How long a message waits for a connection, a key or a number that is not there. */
const NOT_READY_SECONDS = 3600;

/** Sends a planned message. Throws only what says nothing of the message (database.unavailable): it stays as it is. */
export async function deliver(ctx: Ctx, messageId: string): Promise<Delivered> {
  const message = await findMessage(ctx, messageId);
  if (message?.state !== "planned") return "not_planned";
  const { chosen, numbers } = await findProvider(ctx);
  try {
    if (chosen?.provider === "ycloud") {
      const key = await openKey(ctx, chosen);
      const { sender } = chosen;
      if (sender === null) throw notReady("no_number");
      return await attempt(ctx, message, "ycloud", undefined, (sent) =>
        ctx.ycloud.sendTemplate(key, { ...sent, sender }),
      );
    }
    const phoneNumberId = message.phoneNumberId ?? chosen?.phoneNumberId ?? numbers[0];
    // A number of somebody else's is none.
    if (phoneNumberId === undefined || !numbers.includes(phoneNumberId)) throw notReady("no_number");
    return await overMeta(ctx, message, phoneNumberId);
  } catch (thrown) {
    const error = toAppError(thrown);
    if (!/^(connection|vault)\./.test(error.code)) throw thrown;
    const reason = error.reason === "no_number" ? "no_number" : error.code;
    await defer(ctx, message.id, new Date(ctx.now() + NOT_READY_SECONDS * 1000), reason);
    ctx.log("message.not_ready", { tenantId: ctx.tenantId, messageId, reason });
    return "not_ready";
  }
}

const notReady = (reason: string) =>
  new AppError("connection.missing", "Todavía no hay un número de WhatsApp desde el que enviar.", {
    details: { reason },
  });

/** The token is open before the attempt begins; an answer that it is dead ends the attempt, and is told to the connection. */
async function overMeta(ctx: Ctx, message: Message, phoneNumberId: string): Promise<Delivered> {
  let ended: Delivered | undefined;
  try {
    return await withToken(ctx, "messages", async ({ token }) => {
      let dead: unknown;
      ended = await attempt(ctx, message, "cloud", phoneNumberId, async (sent) => {
        try {
          return await ctx.meta.sendTemplate(token, { ...sent, phoneNumberId });
        } catch (thrown) {
          if (!isAppError(thrown, "connection.needs_reauth")) throw thrown;
          dead = thrown;
          return { kind: "refused", code: Number(thrown.details["metaCode"] ?? 190) };
        }
      });
      if (dead !== undefined) throw dead;
      return ended;
    });
  } catch (thrown) {
    if (ended === undefined || !isAppError(thrown, "connection.needs_reauth")) throw thrown;
    return ended;
  }
}

async function attempt(
  ctx: Ctx,
  planned: Message,
  provider: string,
  phoneNumberId: string | undefined,
  call: (message: TemplateMessage) => Promise<Sent>,
): Promise<Delivered> {
  if (!(await beginAttempt(ctx, planned, provider))) return notBegun(ctx, planned);
  const message = { ...planned, attempts: planned.attempts + 1 };
  const sent = await call({
    reference: message.id,
    phone: message.recipientPhone ?? undefined,
    bsuid: message.recipientBsuid ?? undefined,
    template: { name: message.templateName, language: message.templateLanguage, components: message.components },
  });
  if (sent.kind === "unknown") alarmUnknown(ctx, message.id, sent.reason);
  const ended = await endAttempt(ctx, message, sent, phoneNumberId);
  ctx.log("message.sent", {
    tenantId: ctx.tenantId,
    messageId: message.id,
    provider,
    outcome: ended,
    attempt: message.attempts,
  });
  return ended;
}

/** Somebody else was faster, or the recipient wants none. */
async function notBegun(ctx: Ctx, { id, attempts }: Message): Promise<Delivered> {
  const now = await findMessage(ctx, id);
  if (now?.state !== "planned" || now.attempts !== attempts) return "not_planned";
  await drop(ctx, id, "suppressed", "Esa persona pidió no recibir mensajes.");
  return "suppressed";
}
