import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { currency, day } from "../currencies/currencies.contract.ts";
import { credits } from "../leads/leads.contract.ts";
import { address, clearable, instant, jsonObject, reference, said, tags, text } from "../leads/sent-fields.ts";
import { amount } from "./money.contract.ts";

export const opportunityParam = once(() => z.object({ id: address }));

const fields = once(() => ({
  lead_id: z.uuid().optional().describe(onPaper("Our id of its lead; or lead_external_id. Needed for a new one.")),
  lead_external_id: reference.optional(),
  name: text(500).optional().describe(onPaper("Needed for a new one.")),
  description: clearable(5000),
  value: amount().optional().describe(onPaper("Major units, zero or more. Needed for a new one.")),
  currency: currency.optional().describe(onPaper("Default: the tenant's reporting currency.")),
  stage: text(64)
    .optional()
    .describe(onPaper("Needed for a new one. The tenant's settings say which are won and lost.")),
  probability: z.number().min(0).max(100).nullish().describe(onPaper("Percent.")),
  expected_close_date: day.nullish(),
  closed_at: instant
    .optional()
    .describe(onPaper("Default: now, when it comes to a won or lost stage; emptied when it leaves them.")),
  close_reason: clearable(1000),
  lost_reason: clearable(1000),
  seller_id: clearable(255),
  tags: tags.optional().describe(onPaper("Replace what is there.")),
  custom_fields: jsonObject.optional().describe(onPaper("Merged with what is there, key by key.")),
}));

const toInput = <F extends { lead_id?: string | undefined; lead_external_id?: string | undefined }>(sent: F) => {
  const { lead_id, lead_external_id, ...rest } = sent;
  return { lead: { id: lead_id, externalId: lead_external_id }, sent: said(rest) };
};

export const opportunity = once(() =>
  z
    .strictObject({
      external_id: reference.optional().describe(onPaper("Its id at yours: sent again, it is the same opportunity.")),
      ...fields(),
      created_at: instant.optional().describe(onPaper("Default: now. Never changes.")),
    })
    .transform(({ external_id, created_at, ...rest }) => ({
      externalId: external_id,
      createdAt: created_at,
      ...toInput(rest),
    })),
);

export type OpportunityInput = z.output<ReturnType<typeof opportunity>>;

export const opportunityChange = once(() =>
  z
    .strictObject({ external_id: reference.optional(), ...fields() })
    .refine((sent) => Object.keys(said(sent)).length > 0, "no hay nada que cambiar")
    .transform(toInput),
);

export type OpportunityChange = z.output<ReturnType<typeof opportunityChange>>;

const wireInstant = z.string().describe(onPaper("ISO 8601, UTC."));

export const opportunityRecord = once(() =>
  z.object({
    id: z.uuid(),
    external_id: z.string().nullable(),
    lead_id: z.uuid(),
    lead_external_id: z.string().nullable(),
    name: z.string(),
    description: z.string().nullable(),
    value: z.string().describe(onPaper("Decimal, major units.")),
    currency: z.string(),
    stage: z.string(),
    probability: z.number().nullable(),
    expected_close_date: z.iso.date().nullable(),
    closed_at: wireInstant.nullable(),
    close_reason: z.string().nullable(),
    lost_reason: z.string().nullable(),
    seller_id: z.string().nullable(),
    tags: z.array(z.unknown()),
    custom_fields: z.record(z.string(), z.unknown()),
    created_at: wireInstant,
    updated_at: wireInstant,
    attribution: z.object({
      credits: credits(),
      frozen_at: wireInstant
        .nullable()
        .describe(onPaper("When it was won; since then later touches do not move the credits.")),
    }),
  }),
);

export const opportunityWritten = once(() => opportunityRecord().extend({ created: z.boolean() }));
