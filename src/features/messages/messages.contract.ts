import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { pageQuery, placeCursor } from "../../lib/page.ts";

const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\0]*$/, "tiene un carácter que no se puede guardar");
const digits = z.string().regex(/^\d{1,32}$/, "debe ser un número de Meta");
const instant = z.iso.datetime();

const media = z.union([
  z.strictObject({ link: z.url().max(2000), filename: text(240).optional() }),
  z.strictObject({ id: digits, filename: text(240).optional() }),
]);
const place = z.strictObject({
  latitude: z.number(),
  longitude: z.number(),
  name: text(200).optional(),
  address: text(500).optional(),
});

/** Row 6c. */
export const sendRequest = once(() =>
  z.strictObject({
    phone_number: text(40).describe(onPaper("With its country, or as written in the tenant's.")),
    variables: z
      .array(z.union([z.string().max(1024), z.number()]))
      .max(100)
      .default([])
      .describe(onPaper("Those of the body, in their order.")),
    values: z
      .record(z.string().max(60), z.union([z.string().max(2000), z.number(), media, place]))
      .optional()
      .describe(onPaper("All else, by its place: header, buttons.0, cards.1.body.1; or body.name.")),
    phone_number_id: digits
      .optional()
      .describe(onPaper("Meta's id of the number to send from. Default: the tenant's.")),
  }),
);

export const templateParam = once(() => z.object({ id: z.string().min(1).max(64) }));

export type SendRequest = z.output<ReturnType<typeof sendRequest>>;

export const planned = once(() =>
  z.object({ message_id: z.uuid(), status: z.string(), template_id: z.uuid(), due_at: instant }),
);
export const plannedBeside = once(() => z.object({ message_id: z.uuid() }));

const states = ["planned", "sending", "accepted", "delivered", "read", "failed", "unknown", "dropped"] as const;

export const messagesCursor = placeCursor("messages");

/** Newest first. */
export const messagesQuery = once(() =>
  z.object({
    ...pageQuery(50, messagesCursor),
    state: z.enum(states).optional().describe(onPaper("unknown: those that a person may have to resolve.")),
    lead_id: z.uuid().optional(),
  }),
);

export type MessagesQuery = z.output<ReturnType<typeof messagesQuery>>;

export const message = once(() =>
  z.object({
    id: z.uuid(),
    state: z.enum(states),
    lead_id: z.string().nullable(),
    rule_id: z.string().nullable(),
    template_name: z.string(),
    template_language: z.string(),
    recipient_phone: z.string().nullable(),
    attempts: z.number(),
    reason: z.string().nullable().describe(onPaper("Why it waits, was dropped or is unknown.")),
    error_code: z.number().nullable().describe(onPaper("WhatsApp's.")),
    error_details: z.string().nullable(),
    provider: z.string().nullable(),
    provider_message_id: z.string().nullable(),
    cost: z.string().nullable(),
    cost_currency: z.string().nullable(),
    due_at: instant,
    sent_at: instant.nullable(),
    delivered_at: instant.nullable(),
    read_at: instant.nullable(),
    created_at: instant,
  }),
);

export const messageList = once(() => z.array(message()));
export const beside = once(() => z.object({ next_cursor: z.string().nullable() }));

export const messageParam = once(() => z.object({ id: z.uuid() }));

export const resolution = once(() =>
  z.strictObject({
    outcome: z.enum(["sent", "not_sent"]).describe(onPaper("not_sent: it is sent again, as a new attempt.")),
  }),
);

const purpose = z.enum(["marketing", "utility", "all"]);
const whom = once(() => ({ phone_number: text(40).optional(), bsuid: text(200).optional() }));
const oneOf = ({ phone_number, bsuid }: { phone_number?: string | undefined; bsuid?: string | undefined }) =>
  (phone_number === undefined) !== (bsuid === undefined);
const ONE = "hace falta phone_number o bsuid, uno de los dos";

export const suppressionRequest = once(() =>
  z.strictObject({ ...whom(), purpose: purpose.default("marketing") }).refine(oneOf, ONE),
);

export type SuppressionRequest = z.output<ReturnType<typeof suppressionRequest>>;

export const suppression = once(() =>
  z.object({
    kind: z.enum(["phone", "bsuid"]),
    value: z.string(),
    purpose,
    source: z.string().describe(onPaper("word, preference, provider or person: who said so.")),
    since: instant,
  }),
);

export const suppressionList = once(() => z.array(suppression()));
export const suppressionsCursor = placeCursor("suppressions");
export const suppressionsQuery = once(() => z.object(pageQuery(100, suppressionsCursor)));
export const suppressed = once(() =>
  z.object({ kind: z.string(), value: z.string(), purpose, is_active: z.boolean() }),
);

export const providerChoice = once(() =>
  z
    .strictObject({
      provider: z.enum(["cloud", "ycloud"]).describe(onPaper("cloud: Meta's own Cloud API.")),
      sender: z
        .string()
        .regex(/^\+\d{8,15}$/, "debe ser un teléfono como +5491122334455")
        .optional()
        .describe(onPaper("The number at YCloud.")),
      api_key: text(200)
        .optional()
        .describe(onPaper("Of YCloud; kept sealed, never shown. Without it, the one that is there stays.")),
      phone_number_id: digits.optional().describe(onPaper("The default number at Meta.")),
    })
    .refine(({ provider, sender }) => provider !== "ycloud" || sender !== undefined, "sender: hace falta con YCloud"),
);

export type ProviderChoice = z.output<ReturnType<typeof providerChoice>>;

export const provider = once(() =>
  z.object({
    provider: z.enum(["cloud", "ycloud"]),
    sender: z.string().nullable(),
    has_key: z.boolean(),
    phone_number_id: z.string().nullable(),
  }),
);

const rate = once(() =>
  z.strictObject({
    market: z.string().regex(/^(\d{1,6}|\*)$/, "debe ser el prefijo del país, como 54, o *"),
    category: z.string().regex(/^[a-z_]{1,60}$/),
    effective_on: z.iso.date(),
    rate: z.string().regex(/^\d{1,9}(\.\d{1,6})?$/, "debe ser un importe como 0.0618"),
    currency: z.string().regex(/^[A-Z]{3}$/),
  }),
);

/** What messages cost: those that are sent stand beside those that are there, or in the place of the same. */
export const ratesRequest = once(() => z.strictObject({ rates: z.array(rate()).min(1).max(500) }));
export type Rate = z.output<ReturnType<typeof rate>>;
export const rateList = once(() => z.array(rate()));
