import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { currency, day } from "../currencies/currencies.contract.ts";
import { credits } from "../leads/leads.contract.ts";
import { address, clearable, instant, reference, said } from "../leads/sent-fields.ts";
import { amount, signedAmount } from "./money.contract.ts";

const statuses = ["pending", "completed", "failed", "refunded", "cancelled"] as const;
const kinds = ["sale", "refund", "chargeback", "adjustment"] as const;

export const saleParam = once(() => z.object({ id: address }));

const fields = once(() => ({
  lead_id: z.uuid().optional().describe(onPaper("A sale may have no lead; with an opportunity it has that one's.")),
  lead_external_id: reference.optional(),
  opportunity_id: z.uuid().optional(),
  opportunity_external_id: reference.optional(),
  amount: signedAmount()
    .optional()
    .describe(
      onPaper(
        "Major units, with the currency's decimals; positive for refunds too. Only an adjustment may be negative.",
      ),
    ),
  currency: currency.optional().describe(onPaper("Default: the tenant's reporting currency; for a refund its sale's.")),
  transaction_date: day.optional().describe(onPaper("Or sold_at: then it is that day where the tenant lives.")),
  sold_at: instant.optional().describe(onPaper("Touches after it had no part in the sale.")),
  payment_status: z
    .enum(statuses, { error: `debe ser uno de ${statuses.join(", ")}` })
    .optional()
    .describe(
      onPaper(
        "completed when it is not sent; only these count. Of a completed sale that becomes refunded, what is left is given back today by a refund of its own.",
      ),
    ),
  payment_method: clearable(64),
  payment_reference: clearable(255),
  invoice_number: clearable(255),
  description: clearable(5000),
  notes: clearable(5000),
}));

type References = Partial<
  Record<"lead_id" | "lead_external_id" | "opportunity_id" | "opportunity_external_id", string | undefined>
>;

const toInput = <F extends References>(fields: F) => {
  const { lead_id, lead_external_id, opportunity_id, opportunity_external_id, ...rest } = fields;
  return {
    lead: { id: lead_id, externalId: lead_external_id },
    opportunity: { id: opportunity_id, externalId: opportunity_external_id },
    sent: said(rest),
  };
};

export const sale = once(() =>
  z
    .strictObject({
      external_id: reference.optional().describe(onPaper("Its id at yours: sent again, it is the same sale.")),
      kind: z
        .enum(kinds, { error: `debe ser uno de ${kinds.join(", ")}` })
        .optional()
        .describe(onPaper("sale when it is not sent.")),
      parent_id: z
        .uuid()
        .optional()
        .describe(onPaper("The sale that a refund or a chargeback gives back; or parent_external_id.")),
      parent_external_id: reference.optional(),
      ...fields(),
    })
    .transform(({ external_id, kind, parent_id, parent_external_id, ...rest }) => ({
      externalId: external_id,
      kind,
      parent: { id: parent_id, externalId: parent_external_id },
      ...toInput(rest),
    })),
);

export type SaleInput = z.output<ReturnType<typeof sale>>;
export type SaleKind = (typeof kinds)[number];

export const saleChange = once(() =>
  z
    .strictObject({ external_id: reference.optional(), ...fields() })
    .refine((sent) => Object.keys(said(sent)).length > 0, "no hay nada que cambiar")
    .transform(toInput),
);

export type SaleChange = z.output<ReturnType<typeof saleChange>>;

export const refund = once(() =>
  z
    .strictObject({
      amount: amount().optional().describe(onPaper("Positive; all that is left of the sale when it is not sent.")),
      kind: z.enum(["refund", "chargeback"]).default("refund"),
      date: day.optional().describe(onPaper("Default: today, where the tenant lives.")),
      external_id: reference.optional().describe(onPaper("Sent again, it is the same refund.")),
      payment_method: clearable(64),
      payment_reference: clearable(255),
      description: clearable(5000),
      notes: clearable(5000),
    })
    .transform(({ external_id, kind, date, amount: given, ...rest }) => ({
      externalId: external_id,
      kind,
      sent: said({ ...rest, amount: given, transaction_date: date }),
    })),
);

export type RefundInput = z.output<ReturnType<typeof refund>>;

const wireInstant = z.string().describe(onPaper("ISO 8601, UTC."));

export const saleRecord = once(() =>
  z.object({
    id: z.uuid(),
    external_id: z.string().nullable(),
    kind: z.enum(kinds),
    parent_id: z.uuid().nullable(),
    lead_id: z.uuid().nullable(),
    lead_external_id: z.string().nullable(),
    opportunity_id: z.uuid().nullable(),
    amount: z.string().describe(onPaper("Decimal, major units; negative for what was given back.")),
    currency: z.string(),
    transaction_date: z.iso.date(),
    sold_at: wireInstant.nullable(),
    payment_status: z.string(),
    payment_method: z.string().nullable(),
    payment_reference: z.string().nullable(),
    invoice_number: z.string().nullable(),
    description: z.string().nullable(),
    notes: z.string().nullable(),
    refunded: z.string().describe(onPaper("Decimal: what was given back of it.")),
    created_at: wireInstant,
    updated_at: wireInstant,
    attribution: z.object({
      credits: credits().describe(onPaper("For a refund those of its sale.")),
      frozen_at: wireInstant.nullable(),
    }),
  }),
);

export const saleWritten = once(() => saleRecord().extend({ created: z.boolean() }));
