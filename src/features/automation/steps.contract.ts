// What rules can say beyond one action: steps, the tree of conditions, hours and caps of their own.
import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { isShallow } from "../../lib/shallow.ts";
import { isDay } from "../../lib/dates.ts";
import { operators, pathOf } from "./conditions.ts";
import { units } from "./due.ts";

const [JSON_BYTES, JSON_LEVELS] = [8_192, 20];

/** What is kept as JSON has a roof. */
export const fits = <S extends z.ZodType>(schema: S) =>
  schema.refine(
    (value) => {
      if (!isShallow(value, JSON_LEVELS)) return false;
      const text = JSON.stringify(value);
      return new TextEncoder().encode(text).length <= JSON_BYTES && !/(?<!\\)(\\\\)*\\u0000/.test(text);
    },
    `como máximo ${JSON_BYTES / 1024} KiB y ${JSON_LEVELS} niveles, sin caracteres nulos`,
  );

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "debe ser una hora HH:MM");

export const quietHours = once(() =>
  z.union([z.strictObject({ start: time, end: time }), z.strictObject({})], "debe ser { start, end } o {}"),
);

const cap = z.number().int().min(1).max(500).optional();
export const caps = once(() =>
  z.strictObject({
    per_contact_per_day: cap,
    per_contact_per_week: cap,
    per_contact: cap.describe(onPaper("Of this rule, ever.")),
  }),
);

export const schedule = once(() =>
  z.strictObject({
    at: time,
    weekdays: z
      .array(z.number().int().min(0).max(6))
      .max(7)
      .optional()
      .describe(onPaper("0 is Sunday; every day where there are none.")),
  }),
);

const leaf = z.strictObject({
  field: z
    .string()
    .max(100)
    .refine((field) => pathOf(field) !== undefined, "ese campo no existe"),
  op: z.enum(operators, "ese operador no existe"),
  value: z.unknown().optional(),
});

/** Known fields and operators only: what nobody understands never holds. */
export const tree = once((): z.ZodType =>
  z.lazy(() => {
    const branch = z
      .array(z.lazy(() => tree()))
      .min(1)
      .max(50);
    return z.union(
      [
        z.strictObject({ and: branch }),
        z.strictObject({ or: branch }),
        z.strictObject({ not: z.lazy(() => tree()) }),
        leaf,
      ],
      "debe ser { and }, { or }, { not } o { field, op, value }, con campos y operadores que existen",
    );
  }),
);

const wait = once(() =>
  z.union(
    [
      z
        .strictObject({
          value: z.number().int().min(-100_000).max(100_000),
          unit: z.enum(units),
          from: z
            .enum(["step", "event"])
            .optional()
            .describe(onPaper("event: from (or before) what was told to come, e.g. an appointment.")),
          at: time.optional().describe(onPaper("At that time of the day it falls on.")),
          business_days: z.boolean().optional(),
        })
        .refine(({ value, unit }) => ["minutes", "hours"].includes(unit) || Math.abs(value) <= 1_000, "es demasiado"),
      z.strictObject({
        local: z
          .string()
          .regex(/^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d$/, "debe ser YYYY-MM-DDTHH:MM")
          .refine((local) => isDay(local.slice(0, 10)), "ese día no existe"),
      }),
    ],
    "debe ser { value, unit } o { local }",
  ),
);

const step = once(() =>
  z.strictObject({
    action_type: z.enum(["send_hsm", "assign_seller", "update_field"]),
    action_config: z.record(z.string(), z.unknown()).optional(),
    template_id: z.guid().nullish(),
    wait: wait().optional(),
    conditions: tree().optional(),
  }),
);

export const steps = once(() => fits(z.array(step()).min(1).max(20)));
