import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { address, instant, jsonObject, clearable, kept, reference, said, tags } from "./sent-fields.ts";

export const channels = [
  "meta_lead_form",
  "ctwa",
  "utm_paid",
  "organic",
  "referral",
  "direct",
  "manual",
  "import",
  "email",
  "other",
] as const;

const paidChannels = new Set<string>(["meta_lead_form", "ctwa", "utm_paid"]);

export const leadParam = once(() => z.object({ id: address }));

export const touchpoint = once(() =>
  z
    .strictObject({
      occurred_at: instant.describe(onPaper("With a zone; in any order.")),
      channel: z
        .enum(channels, { error: `debe ser uno de ${channels.join(", ")}` })
        .describe(onPaper("A click on an organic post is a referral.")),
      is_paid: z
        .boolean()
        .optional()
        .describe(onPaper("Default: true for meta_lead_form, ctwa and utm_paid, else false.")),
      source_detail: kept(255).describe(onPaper("Free text, e.g. a utm_source.")),
      campaign_id: kept(64).describe(onPaper("Meta's id; that of the ad wins where the ad is known.")),
      ad_set_id: kept(64),
      ad_id: kept(64),
      form_id: kept(64),
      leadgen_id: kept(64).describe(onPaper("One touch only has it: sent again for the same lead it changes nothing.")),
      ctwa_clid: kept(1024),
      fbclid: kept(1024),
      headline: kept(1000),
      body: kept(5000),
      external_id: kept(255).describe(onPaper("Yours; works as leadgen_id does.")),
    })
    .transform((touch) => ({ ...touch, is_paid: touch.is_paid ?? paidChannels.has(touch.channel) }))
    .describe(onPaper("How a lead came by. Touches are never changed nor removed.")),
);

export type Touchpoint = z.output<ReturnType<typeof touchpoint>>;

const fields = once(() => ({
  first_name: kept(255).describe(onPaper("Empty never replaces a name.")),
  last_name: kept(255),
  phone_number: clearable(64),
  email: clearable(320),
  status: kept(64).describe(onPaper("new when it is not sent.")),
  assigned_seller_id: clearable(255),
  lead_source: kept(64).describe(
    onPaper("ORGANIC when it is not sent; META_ADS once a paid touch names an ad or a campaign."),
  ),
  meta_campaign_id: kept(64).describe(onPaper("For senders without touchpoints: becomes one. Never emptied.")),
  meta_ad_id: kept(64),
  meta_ad_headline: kept(1000),
  meta_ad_body: kept(5000),
  external_ids: jsonObject.optional().describe(onPaper("Merged with what is there, key by key.")),
  tags: tags.optional().describe(onPaper("Replace what is there.")),
}));

/** What POST takes. `sent` has the columns that were spoken of. */
export const lead = once(() =>
  z
    .strictObject({
      external_id: reference.optional().describe(onPaper("The lead's id at yours: sent again, it is the same lead.")),
      ...fields(),
      created_at: instant.optional().describe(onPaper("Default: the first touch, else now. Never changes.")),
      touchpoints: z.array(touchpoint()).max(100).optional(),
    })
    .refine((sent) => Object.keys(said(sent)).length > 0, "no dice nada del lead")
    .transform(({ external_id, created_at, touchpoints = [], ...rest }) => ({
      externalId: external_id,
      createdAt: created_at,
      touchpoints,
      sent: said(rest),
    })),
);

export type LeadInput = z.output<ReturnType<typeof lead>>;

/** What PATCH takes. */
export const leadChange = once(() =>
  z
    .strictObject({ external_id: reference.optional(), ...fields() })
    .refine((sent) => Object.keys(said(sent)).length > 0, "no hay nada que cambiar")
    .transform(said),
);

const wireInstant = z.string().describe(onPaper("ISO 8601, UTC."));

const touchSeen = once(() =>
  z.object({
    id: z.uuid(),
    occurred_at: wireInstant,
    channel: z.string(),
    is_paid: z.boolean(),
    source_detail: z.string().nullable(),
    campaign_id: z.string().nullable(),
    ad_set_id: z.string().nullable(),
    ad_id: z.string().nullable(),
  }),
);

export type TouchSeen = z.output<ReturnType<typeof touchSeen>>;

const credit = once(() =>
  z.object({
    touchpoint_id: z.uuid(),
    channel: z.string(),
    is_paid: z.boolean(),
    campaign_id: z.string().nullable(),
    ad_set_id: z.string().nullable(),
    ad_id: z.string().nullable(),
    weight: z.number().describe(onPaper("Share of it, 0 to 1; all together are 1.")),
  }),
);

export const credits = once(() =>
  z.array(credit()).describe(onPaper("By the tenant's own model and window; empty: no touch had a part in it.")),
);

export const leadRecord = once(() =>
  z.object({
    id: z.uuid(),
    external_id: z.string().nullable(),
    first_name: z.string().nullable(),
    last_name: z.string().nullable(),
    phone_number: z.string().nullable(),
    email: z.string().nullable(),
    status: z.string(),
    assigned_seller_id: z.string().nullable(),
    lead_source: z.string(),
    meta_campaign_id: z.string().nullable(),
    meta_ad_id: z.string().nullable(),
    meta_ad_headline: z.string().nullable(),
    meta_ad_body: z.string().nullable(),
    external_ids: z.record(z.string(), z.unknown()),
    tags: z.array(z.unknown()),
    answers: z.record(z.string(), z.unknown()).describe(onPaper("What forms asked besides: question → answer.")),
    is_test: z.boolean().describe(onPaper("Counts nowhere.")),
    merged_into: z.uuid().nullable().describe(onPaper("The lead that this one turned out to be.")),
    created_at: wireInstant,
    updated_at: wireInstant,
    attribution: z.object({
      touchpoints: z.number(),
      first_touch: touchSeen().nullable(),
      last_touch: touchSeen().nullable(),
      credits: credits(),
      frozen_at: wireInstant.nullable().describe(onPaper("Since then later touches do not move the credits.")),
    }),
  }),
);

export const leadWritten = once(() => leadRecord().extend({ created: z.boolean() }));

export const touchRecord = once(() =>
  touchSeen().extend({
    lead_id: z.uuid(),
    form_id: z.string().nullable(),
    leadgen_id: z.string().nullable(),
    ctwa_clid: z.string().nullable(),
    fbclid: z.string().nullable(),
    headline: z.string().nullable(),
    body: z.string().nullable(),
    external_id: z.string().nullable(),
    created: z.boolean(),
  }),
);
