import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { pageQuery } from "../../lib/page.ts";
import { type Milestone, milestones, whatsappNames } from "./event-map.ts";

export { leadParam } from "../leads/leads.contract.ts";

const metaId = z.string().regex(/^\d{1,32}$/, "debe ser un número de Meta");
const eventName = z.string().regex(/^[\p{L}\p{N}_ -]{1,40}$/u, "debe tener de 1 a 40 letras, números o guiones");
const testCode = z.string().regex(/^[\w-]{1,64}$/, "debe ser un código de prueba de Meta, como TEST12345");
const stage = z.string().trim().min(1).max(64);

const event = once(() =>
  z.strictObject({
    on: z.boolean().optional(),
    name: eventName.optional(),
    whatsapp: z
      .enum(whatsappNames)
      .nullable()
      .optional()
      .describe(onPaper("For leads that came by a click to WhatsApp; null: none.")),
  }),
);
const eventsOf = <T extends z.ZodType>(one: T) =>
  z.strictObject(Object.fromEntries(Object.keys(milestones).map((name) => [name, one]))) as unknown as z.ZodObject<
    Record<Milestone, T>
  >;
const processing = once(() =>
  z.strictObject({
    options: z.array(z.literal("LDU")).max(1),
    country: z.int().min(0).max(1000),
    state: z.int().min(0).max(10_000),
  }),
);

/** What PUT takes: what is absent goes back to its default. */
export const conversionSettings = once(() =>
  z
    .strictObject({
      enabled: z.boolean().default(false),
      dataset_id: metaId.nullable().default(null).describe(onPaper("Takes the stages of the CRM.")),
      waba_id: metaId
        .nullable()
        .default(null)
        .describe(onPaper("One of your WhatsApp accounts: what came of clicks to WhatsApp goes to its dataset.")),
      require_consent: z
        .boolean()
        .default(true)
        .describe(onPaper("Only leads that said yes; false: all that did not say no.")),
      events: eventsOf(event().optional()).partial().default({}),
      stages: z
        .record(stage, eventName.nullable())
        .refine((map) => Object.keys(map).length <= 50, "son más de 50 etapas")
        .default({})
        .describe(onPaper("A stage or status and its event's name; null: none. What is not named goes under its own.")),
      test_event_code: testCode.nullable().default(null).describe(onPaper("While it is set, all events carry it.")),
      data_processing_options: processing().nullable().default(null),
    })
    .refine(({ enabled, dataset_id, waba_id }) => !enabled || dataset_id || waba_id, {
      path: ["dataset_id"],
      error: "hace falta un conjunto de datos, o una cuenta de WhatsApp, para encenderlo",
    }),
);

export type SettingsInput = z.output<ReturnType<typeof conversionSettings>>;

export const settingsShown = once(() =>
  z.object({
    enabled: z.boolean(),
    dataset_id: z.string().nullable(),
    waba_id: z.string().nullable(),
    ctwa_dataset_id: z.string().nullable(),
    require_consent: z.boolean(),
    events: eventsOf(z.object({ on: z.boolean(), name: z.string(), whatsapp: z.string().nullable() })),
    stages: z.record(z.string(), z.string().nullable()),
    test_event_code: z.string().nullable(),
    data_processing_options: processing().nullable(),
    problem: z.string().nullable().describe(onPaper("The error code of the last attempt to send; null: all is well.")),
  }),
);

export const purposes = ["conversions"] as const;

export const consentInput = once(() =>
  z.strictObject({
    purpose: z.enum(purposes).default("conversions"),
    granted: z.boolean(),
    source: z.string().trim().min(1).max(200).describe(onPaper("Where it was said, e.g. a form's disclaimer.")),
    at: z.iso
      .datetime({ offset: true })
      .optional()
      .describe(onPaper("When it was said; now, where it is absent. The latest word counts.")),
  }),
);

export const consentShown = once(() =>
  z.object({
    lead_id: z.uuid(),
    purpose: z.string(),
    granted: z.boolean(),
    source: z.string(),
    at: z.iso.datetime(),
  }),
);

const states = ["pending", "sent", "expired", "refused", "no_consent", "excluded", "unknown"] as const;

export const eventsCursor = { list: "conversions", after: z.tuple([z.string().max(40), z.string().max(200)]) };

export const eventsQuery = once(() =>
  z.object({
    ...pageQuery(50, eventsCursor),
    state: z.enum(states).optional(),
    lead_id: z.uuid().optional(),
    event_name: z.string().max(64).optional(),
  }),
);

export type EventsQuery = z.output<ReturnType<typeof eventsQuery>>;

export const eventList = once(() =>
  z.array(
    z.object({
      event_id: z.string(),
      event_name: z.string(),
      kind: z.enum(["crm", "ctwa"]),
      lead_id: z.uuid(),
      sale_id: z.uuid().nullable(),
      occurred_at: z.string(),
      value: z.number().nullable(),
      currency: z.string().nullable(),
      state: z.enum(states).describe(onPaper("unknown: sent, never answered, and too long ago to send it again.")),
      reason: z.string().nullable().describe(onPaper("Why it was not sent, or not yet.")),
      dataset_id: z.string().nullable(),
      attempts: z.number(),
      sent_at: z.string().nullable(),
      fbtrace_id: z.string().nullable(),
    }),
  ),
);

export const beside = once(() => z.object({ total: z.number(), next_cursor: z.string().nullable() }));

export const testInput = once(() => z.strictObject({ test_event_code: testCode.optional() }));

export const testAnswer = once(() =>
  z.object({
    event_id: z.string(),
    dataset_id: z.string(),
    events_received: z.number(),
    fbtrace_id: z.string().nullable(),
  }),
);
