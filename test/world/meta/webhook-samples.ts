// Meta's own samples (§G.2–G.7), with the ids that its documents use. In test/world because the board sends them too.
import type { Notification } from "./webhook-body.ts";

export const sampleIds = {
  page: "138124712925158",
  waba: "102290129340398",
  phoneNumber: "106540352242922",
  adAccount: "111",
} as const;

export type SampleName =
  | "leadgen"
  | "message"
  | "referral"
  | "status"
  | "status_failed"
  | "template_status"
  | "template_quality"
  | "number_quality"
  | "account_update"
  | "opt_out"
  | "ad_issue"
  | "permission_revoked";

/** Fresh copies; ids that Meta writes as numbers are bigints. */
export const samples = (time: number): Record<string, Notification> & Record<SampleName, Notification> => {
  const { page, waba, phoneNumber, adAccount } = sampleIds;
  const whatsapp = (field: string, value: object, withTime = true): Notification => ({
    object: "whatsapp_business_account",
    entry: [{ id: waba, ...(withTime && { time }), changes: [{ field, value }] }],
  });
  const envelope = {
    messaging_product: "whatsapp",
    metadata: { display_phone_number: "15550783881", phone_number_id: phoneNumber },
  };
  const contact = {
    profile: { name: "Sheena Nelson", username: "sheena.n" },
    wa_id: "16505551234",
    user_id: "US.13491208655302741918",
  };
  const inbound = (id: string, rest: object): Notification =>
    whatsapp(
      "messages",
      {
        ...envelope,
        contacts: [contact],
        messages: [
          { from: "16505551234", from_user_id: contact.user_id, id, timestamp: String(time), type: "text", ...rest },
        ],
      },
      false,
    );
  const status = (id: string, word: string, rest: object): Notification =>
    whatsapp(
      "messages",
      { ...envelope, statuses: [{ id, status: word, timestamp: String(time), recipient_id: "16505551234", ...rest }] },
      false,
    );
  const template = {
    message_template_id: 1_689_556_908_129_835n,
    message_template_name: "abandoned_cart",
    message_template_language: "en",
  };
  return {
    leadgen: {
      object: "page",
      entry: [
        {
          id: page,
          time,
          changes: [
            {
              field: "leadgen",
              value: {
                leadgen_id: "233370042045345",
                page_id: page,
                form_id: "172036835026334",
                adgroup_id: 120_210_000_000_000_333n,
                ad_id: 120_210_000_000_000_333n,
                created_time: time - 1,
              },
            },
          ],
        },
      ],
    },
    message: inbound("wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQTRB", { text: { body: "¿Viene en otro color? 🌵" } }),
    referral: inbound("wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQTRC", {
      text: { body: "Hola" },
      referral: {
        source_url: "https://fb.me/3cr4Wqqkv",
        source_id: "120226305854810726",
        source_type: "ad",
        headline: "Chat with us",
        body: "Summer Succulents are here!",
        media_type: "image",
        image_url: "https://scontent.example/image",
        ctwa_clid: "Aff-n8ZTODiE79d22KtA",
      },
    }),
    status: status("wamid.HBgLOUTGOING", "delivered", {
      recipient_user_id: contact.user_id,
      pricing: { billable: true, pricing_model: "PMP", type: "regular", category: "marketing" },
    }),
    status_failed: status("wamid.HBgLFAILED", "failed", {
      errors: [
        {
          code: 131_049,
          title: "This message was not delivered to maintain healthy ecosystem engagement.",
          message: "This message was not delivered to maintain healthy ecosystem engagement.",
          error_data: { details: "In order to maintain a healthy ecosystem engagement, the message failed." },
        },
      ],
    }),
    template_status: whatsapp("message_template_status_update", {
      event: "REJECTED",
      ...template,
      reason: "INVALID_FORMAT",
      message_template_category: "MARKETING",
    }),
    template_quality: whatsapp("message_template_quality_update", {
      previous_quality_score: "GREEN",
      new_quality_score: "YELLOW",
      ...template,
    }),
    number_quality: whatsapp("phone_number_quality_update", {
      display_phone_number: "15550783881",
      event: "FLAGGED",
      current_limit: "TIER_1K",
    }),
    account_update: whatsapp("account_update", {
      event: "ACCOUNT_RESTRICTION",
      restriction_info: [{ restriction_type: "RESTRICTED_BIZ_INITIATED_MESSAGING", expiration: time + 86_400 }],
    }),
    opt_out: whatsapp("user_preferences", {
      ...envelope,
      contacts: [contact],
      user_preferences: [
        {
          wa_id: contact.wa_id,
          category: "marketing_messages",
          value: "stop",
          detail: "User requested",
          timestamp: time,
        },
      ],
    }),
    ad_issue: {
      object: "ad_account",
      entry: [
        {
          id: adAccount,
          time,
          changes: [
            {
              field: "with_issues_ad_objects",
              value: { id: "120210000000000333", level: "AD", error_code: 1_815_869, error_summary: "Ad rejected" },
            },
          ],
        },
      ],
    },
    permission_revoked: {
      object: "permissions",
      entry: [
        { id: "4711", time, changes: [{ field: "ads_read", value: { verb: "revoke", target_ids: [adAccount] } }] },
      ],
    },
  };
};
