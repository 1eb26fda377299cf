// Sending over the Cloud API (meta-graph-api §I.3). There is no idempotency key: one call, no retry, and an answer that
// proves nothing is told as such.
import * as z from "zod";
import { isAppError } from "../../errors.ts";
import { once } from "../../lib/once.ts";
import type { Sent, TemplateMessage } from "../../lib/sending.ts";
import type { Graph } from "./graph.ts";
import { read, refusalOf } from "./read.ts";
import { requireId } from "./shapes.ts";

const accepted = once(() =>
  z.object({
    contacts: z.array(z.object({ wa_id: z.string().optional() })).optional(),
    messages: z.tuple([z.object({ id: z.string().min(1), message_status: z.string().optional() })]),
  }),
);

/** Throws connection.needs_reauth, for which nothing was sent. */
export const sendTemplate = async (
  graph: Graph,
  token: string,
  { phoneNumberId, ...message }: TemplateMessage & { phoneNumberId: string },
): Promise<Sent> => {
  const { phone, bsuid, template } = message;
  const path = `${requireId(phoneNumberId)}/messages`;
  try {
    const answer = await graph.ask({
      method: "POST",
      path,
      params: {
        messaging_product: "whatsapp",
        recipient_type: "individual",
        // A BSUID in `to` is accepted and then lost (§G.8).
        to: phone?.replace("+", ""),
        recipient: phone === undefined ? bsuid : undefined,
        type: "template",
        template: {
          name: template.name,
          language: { code: template.language },
          ...(template.components.length > 0 && { components: template.components }),
        },
        biz_opaque_callback_data: message.reference,
      },
      auth: { token },
    });
    const refusal = refusalOf(answer, { oauth: false, ofApp: false, retryAfterSeconds: answer.retryAfterSeconds });
    // What Meta's servers fail at may have happened before they failed.
    if (refusal && (refusal.code === undefined || answer.status >= 500))
      return { kind: "unknown", reason: `http_${answer.status}` };
    if (refusal?.code !== undefined) {
      if (refusal.error.code === "connection.needs_reauth") throw refusal.error;
      return { kind: "refused", code: refusal.code, retryAfterSeconds: refusal.error.retryAfterSeconds };
    }
    const {
      messages: [sent],
      contacts,
    } = read(answer, accepted(), { oauth: false, ofApp: false });
    const isHeld = sent.message_status === "held_for_quality_assessment";
    return { kind: "accepted", providerId: sent.id, waId: contacts?.[0]?.wa_id, isHeld };
  } catch (thrown) {
    if (!isAppError(thrown, "meta.transient", "meta.protocol")) throw thrown;
    return { kind: "unknown", reason: thrown.reason ?? "network" };
  }
};
