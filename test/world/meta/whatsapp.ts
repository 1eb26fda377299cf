// WhatsApp's Cloud API (§I.3): takes templates without looking whether it had them before, and tells later, by webhook and in
// no order, what became of them. It counts what it was given to send by the caller's own reference.
import { Hono } from "hono";
import { authenticate } from "./caller.ts";
import type { SimContext, SimEnv } from "./context.ts";
import { forbidden, GraphError, invalidParameter } from "./envelope.ts";
import { isRecord, jsonParam } from "./params.ts";
import type { Manner, Webhooks } from "./webhooks.ts";

export interface SentMessage {
  id: string;
  phoneNumberId: string;
  /** Digits, or a BSUID. */
  recipient: string;
  template: Record<string, unknown>;
  reference: string | undefined;
  at: number;
  /** What has been told of it. */
  told: string[];
}

export interface Script {
  /** Refused at once with this code. */
  code?: number;
  status?: number;
  /** Taken, and told to have failed with this code. */
  laterCode?: number;
  isHeld?: boolean;
  /** WhatsApp knows the phone under another writing. */
  waId?: string;
  category?: string;
}

export interface Referral {
  source_id: string;
  source_type?: "ad" | "post";
  ctwa_clid?: string;
  headline?: string;
  body?: string;
  source_url?: string;
}

export interface Writing {
  phoneNumberId: string;
  from?: string;
  bsuid?: string;
  name?: string;
  username?: string;
  text?: string;
  /** The text of a template's button that was tapped. */
  button?: string;
  type?: string;
  /** Of our message that this answers. */
  contextId?: string;
  referral?: Referral;
  at?: number;
  id?: string;
}

const PAIR_MS = 6_000;
const WABA = "102290129340398";

const refused = (code: number, message: string, status?: number): GraphError =>
  new GraphError({ code, message: `(#${code}) ${message}`, ...(status !== undefined && { status }) });

export const createWhatsapp = (sim: SimContext, webhooks: Webhooks) => {
  const { clock } = sim;
  const sent: SentMessage[] = [];
  const scripts = new Map<string, Script>();
  const levers = {
    /** 131056 for a second message to one person within six seconds. */
    hasPairLimit: false,
    /** 130429 above so many in one second; unlimited when absent. */
    perSecond: undefined as number | undefined,
    /** Numbers that may not send, and why (131031, 131042, 368…). */
    stopped: new Map<string, number>(),
    wabaOf: new Map<string, string>(),
  };

  const limit = (phoneNumberId: string, recipient: string): void => {
    const code = levers.stopped.get(phoneNumberId);
    if (code !== undefined) throw refused(code, "This number may not send.");
    const now = clock.now();
    const ofNumber = sent.filter((one) => one.phoneNumberId === phoneNumberId);
    if (levers.hasPairLimit && ofNumber.some((one) => one.recipient === recipient && now - one.at < PAIR_MS))
      throw refused(131_056, "(Business Account, Consumer Account) pair rate limit hit");
    if (levers.perSecond !== undefined && ofNumber.filter(({ at }) => now - at < 1_000).length >= levers.perSecond)
      throw refused(130_429, "Rate limit hit");
  };

  const readTemplate = (value: unknown): Record<string, unknown> => {
    if (!isRecord(value) || typeof value["name"] !== "string" || !isRecord(value["language"]))
      throw invalidParameter("The parameter template is required.");
    return value;
  };

  const app = new Hono<SimEnv>().post("/:id{[0-9]+}/messages", (c) => {
    const caller = authenticate(c, sim);
    if (!caller.scopes.has("whatsapp_business_messaging"))
      throw forbidden(
        "You do not have the necessary permissions required to send messages on behalf of this WhatsApp Business Account",
      );
    const params = c.get("params");
    const phoneNumberId = c.req.param("id");
    if (params["messaging_product"] !== "whatsapp")
      throw invalidParameter("The parameter messaging_product is required.");
    if (params["type"] !== "template") throw refused(131_047, "Re-engagement message");
    const recipient = params["to"] ?? params["recipient"];
    if (!recipient) throw refused(131_008, "The parameter to is required.");
    const template = readTemplate(jsonParam(params, "template"));
    const script = scripts.get(recipient) ?? {};
    if (script.code !== undefined) throw refused(script.code, "Simulated refusal", script.status);
    limit(phoneNumberId, recipient);
    const id = `wamid.HBgL${Buffer.from(`${phoneNumberId}:${sent.length + 1}`).toString("base64url")}`;
    sent.push({
      id,
      phoneNumberId,
      recipient,
      template,
      reference: params["biz_opaque_callback_data"],
      at: clock.now(),
      told: [],
    });
    return c.json({
      messaging_product: "whatsapp",
      contacts: [{ input: recipient, ...(params["to"] && { wa_id: script.waId ?? recipient }) }],
      messages: [{ id, message_status: script.isHeld ? "held_for_quality_assessment" : "accepted" }],
    });
  });

  const tell = (phoneNumberId: string, value: object, manner: Manner = {}) =>
    webhooks.notify(
      {
        object: "whatsapp_business_account",
        entry: [
          {
            id: levers.wabaOf.get(phoneNumberId) ?? WABA,
            changes: [
              {
                field: "messages",
                value: {
                  messaging_product: "whatsapp",
                  metadata: { display_phone_number: "15550783881", phone_number_id: phoneNumberId },
                  ...value,
                },
              },
            ],
          },
        ],
      },
      manner,
    );

  /** A status as Meta writes it. */
  const statusOf = (one: SentMessage, word: string, at: number): Record<string, unknown> => {
    const { laterCode, category = "marketing", waId } = scripts.get(one.recipient) ?? {};
    return {
      id: one.id,
      status: word,
      timestamp: String(Math.floor(at / 1000)),
      recipient_id: waId ?? one.recipient,
      ...(one.reference !== undefined && { biz_opaque_callback_data: one.reference }),
      ...(word === "failed"
        ? {
            errors: [
              {
                code: laterCode ?? 131_000,
                title: "Failed",
                message: "Failed",
                error_data: { details: "Failed to send." },
              },
            ],
          }
        : { pricing: { billable: true, pricing_model: "PMP", type: "regular", category } }),
    };
  };

  return {
    app,
    whatsapp: {
      sent,
      levers,
      /** What becomes of messages to a phone (digits) or BSUID. */
      script: (recipient: string, script: Script): void => void scripts.set(recipient, script),
      /** How often a message with this reference was taken. */
      timesSent: (reference: string): number => sent.filter((one) => one.reference === reference).length,
      statusOf,
      tellStatus: (one: SentMessage, word: string, { at = clock.now(), ...manner }: Manner & { at?: number } = {}) => {
        one.told.push(word);
        return tell(one.phoneNumberId, { statuses: [statusOf(one, word, at)] }, manner);
      },
      /** Everything that is to tell of what was sent: the last first, some twice, `delivered` left out of every third. */
      tellAll: async (): Promise<void> => {
        for (const [index, one] of sent.entries()) {
          if (one.told.length > 0) continue;
          const hasFailed = scripts.get(one.recipient)?.laterCode !== undefined;
          const words = hasFailed
            ? ["failed", "sent"]
            : index % 3 === 0
              ? ["read", "sent"]
              : ["read", "delivered", "sent"];
          for (const word of words) {
            one.told.push(word);
            const at = clock.now() + 1_000 * ["sent", "delivered", "read"].indexOf(word);
            await tell(one.phoneNumberId, { statuses: [statusOf(one, word, at)] }, { copies: 1 + (index % 2) });
          }
        }
      },
      /** A person writes to a number. */
      write: (
        {
          phoneNumberId,
          from,
          bsuid,
          name = "Ana",
          username,
          text,
          button,
          type,
          contextId,
          referral,
          at,
          id,
        }: Writing,
        manner?: Manner,
      ) => {
        const seconds = String(Math.floor((at ?? clock.now()) / 1000));
        const person = { ...(from && { wa_id: from }), ...(bsuid && { user_id: bsuid }) };
        const kind = type ?? (button === undefined ? "text" : "button");
        return tell(
          phoneNumberId,
          {
            contacts: [{ profile: { name, ...(username && { username }) }, ...person }],
            messages: [
              {
                ...(from && { from }),
                ...(bsuid && { from_user_id: bsuid }),
                id:
                  id ??
                  `wamid.IN${Buffer.from(`${from ?? bsuid}:${seconds}:${text ?? button ?? kind}`).toString("base64url")}`,
                timestamp: seconds,
                type: kind,
                ...(kind === "text" && { text: { body: text ?? "Hola" } }),
                ...(kind === "button" && { button: { payload: button, text: button } }),
                ...(contextId && { context: { from: "15550783881", id: contextId } }),
                ...(referral && { referral: { source_type: "ad", ...referral } }),
              },
            ],
          },
          manner,
        );
      },
      forget: (): void => {
        sent.length = 0;
        scripts.clear();
      },
    },
  };
};
