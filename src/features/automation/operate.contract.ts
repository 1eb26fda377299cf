import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { toldTypes } from "./triggers.ts";

const word = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .regex(/^[^\0]*$/, "tiene un carácter que no se puede guardar");

export const told = once(() =>
  z
    .strictObject({
      type: z.enum(toldTypes),
      external_id: word.describe(onPaper("Yours, of the appointment: told again, it moves or ends what waits.")),
      lead: z
        .strictObject({ id: z.guid().optional(), external_id: word.optional(), phone: z.string().max(64).optional() })
        .refine(
          (lead) => Object.values(lead).some((value) => value !== undefined),
          "falta el lead: id, external_id o phone",
        ),
      occurs_at: z.iso.datetime({ offset: true }).describe(onPaper("When it is, or was.")),
      fields: z
        .record(z.string().max(60), z.union([z.string().max(500), z.number(), z.boolean(), z.null()]))
        .refine((fields) => Object.keys(fields).length <= 30, "como máximo 30")
        .optional()
        .describe(onPaper("What conditions and templates may say: event.doctor.")),
      cancelled: z.boolean().optional().describe(onPaper("It will not be: nothing is sent of it.")),
    })
    .transform(({ external_id, occurs_at, ...rest }) => ({ ...rest, externalId: external_id, occursAt: occurs_at })),
);
export type Told = z.output<ReturnType<typeof told>>;

const refused = z.object({ lead_id: z.string().nullable(), rule_id: z.string(), reason: z.string() });
export const started = once(() =>
  z.object({
    started: z.number().describe(onPaper("Rules, or leads of a rule, that start by it.")),
    not_started: z.array(refused).describe(onPaper("And why the others do not.")),
  }),
);

export const enrolment = once(() => z.strictObject({ lead_ids: z.array(z.guid()).min(1).max(200) }));

export const previewRequest = once(() =>
  z.strictObject({
    lead_ids: z.array(z.guid()).min(1).max(100).optional().describe(onPaper("Default: the newest 50 leads.")),
  }),
);

export const preview = once(() =>
  z.object({
    rule_id: z.string(),
    would_send: z.number(),
    leads: z.array(
      z.object({
        lead_id: z.string(),
        lead_name: z.string().nullable(),
        decision: z
          .enum(["send", "wait", "skip", "stop"])
          .describe(onPaper("What would become of it if its time came now.")),
        until: z.iso.datetime().nullable(),
        reasons: z.array(z.string()),
        explanation: z.string().nullable(),
        template_name: z.string().nullable(),
        text: z.string().nullable().describe(onPaper("As it would be read.")),
        due_at: z.iso.datetime().describe(onPaper("If it started now.")),
      }),
    ),
  }),
);

export const numberParam = once(() =>
  z.object({
    id: z
      .string()
      .min(1)
      .max(64)
      .regex(/^[\w+-]+$/),
  }),
);
export const numberReset = once(() => z.object({ number: z.string(), breaker: z.literal("closed") }));

const instant = z.iso.datetime().nullable();
export const health = once(() =>
  z.object({
    last_tick: instant.describe(onPaper("When a rule of this company was last looked at or a message tried.")),
    executions: z.object({
      waiting: z.number(),
      late: z.number().describe(onPaper("Due for more than five minutes.")),
    }),
    messages: z.object({ planned: z.number(), late: z.number(), sending: z.number(), unknown: z.number() }),
    numbers: z.array(
      z.object({
        number: z.string(),
        breaker: z.enum(["closed", "open", "half_open"]),
        failures: z.number(),
        open_until: instant,
        reason: z.string().nullable(),
      }),
    ),
    stopped_rules: z.array(z.object({ rule_id: z.string(), name: z.string(), reason: z.string() })),
    is_healthy: z.boolean(),
  }),
);
