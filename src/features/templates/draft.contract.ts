// What Meta asks of a template (meta-graph-api has it under WhatsApp): a draft that Meta would refuse is refused here.
import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { buttonTypes, type Draft } from "./draft.ts";
import { variableProblemsOf } from "./variable-problems.ts";
import { BODY_LENGTH, text } from "./templates.contract.ts";

const [LINE_LENGTH, NAME_LENGTH] = [60, 512];
const categories = ["MARKETING", "UTILITY", "AUTHENTICATION"] as const;
const OTHER_CATEGORY = `debe ser ${categories.join(" o ")}`;

const language = z.string().regex(/^[a-z]{2,3}(_[A-Z]{2,3})?$/, "debe ser un idioma de Meta, como es o es_AR");

const line = z
  .string()
  .trim()
  .min(1)
  .max(LINE_LENGTH)
  .regex(/^[^\n\r\0]*$/, "va en un solo renglón");

const header = once(() =>
  z
    .union([
      line.transform((text) => ({ format: "TEXT" as const, text })),
      z.strictObject({ type: z.literal("HEADER").optional(), format: z.literal("TEXT"), text: line }),
      z.strictObject({
        type: z.literal("HEADER").optional(),
        format: z.enum(["IMAGE", "VIDEO", "DOCUMENT", "LOCATION"]),
      }),
    ])
    .transform((given): { format: string; text?: string | undefined } =>
      "text" in given ? { format: given.format, text: given.text } : { format: given.format },
    ),
);

const label = text.trim().min(1).max(25);
const [quickReply, url, phoneNumber, copyCode] = buttonTypes;
const button = once(() =>
  z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal(quickReply), text: label }),
    z.strictObject({
      type: z.literal(url),
      text: label,
      url: z
        .string()
        .max(2000)
        .regex(/^https?:\/\/[^\s{}\0]+(\{\{1\}\})?$/, "debe ser una dirección; puede terminar en {{1}}"),
      example: z.array(text.max(2000)).max(1).optional(),
    }),
    z.strictObject({
      type: z.literal(phoneNumber),
      text: label,
      phone_number: z.string().regex(/^\+?\d{5,20}$/, "debe ser un teléfono"),
    }),
    z.strictObject({
      type: z.literal(copyCode),
      example: z
        .string()
        .max(15)
        .regex(/^[A-Za-z0-9]+$/),
    }),
  ]),
);

const values = z.array(text.min(1).max(BODY_LENGTH)).max(100);
export const example = once(() =>
  z
    .union([
      values.transform((body_text) => ({ body_text })),
      z.strictObject({
        header_text: values.optional(),
        body_text: z.union([values, z.tuple([values]).transform(([only]) => only)]).optional(),
      }),
    ])
    .transform((given): Draft["example"] => given),
);

/**
 * What Meta would take. It stays a draft of ours: it is not submitted to Meta (`meta_template_id` is null, shown as
 * PENDING_APPROVAL) and cannot be sent. Of an AUTHENTICATION template Meta later takes the code and writes the text itself.
 */
export const draftRequest = once(() =>
  z
    .strictObject({
      name: z
        .string()
        .max(NAME_LENGTH)
        .regex(/^[a-z0-9_]+$/, "solo minúsculas, números y guiones bajos"),
      category: z.string(OTHER_CATEGORY).toUpperCase().pipe(z.enum(categories, OTHER_CATEGORY)),
      language,
      body_text: text
        .trim()
        .min(1)
        .max(BODY_LENGTH)
        .describe(onPaper("Variables {{1}} to {{n}} without gaps; not the first nor the last thing of the text.")),
      header: header().nullish().describe(onPaper("A text of at most 60 characters, or { format, text? }.")),
      footer: line.regex(/^(?!.*\{\{)/, "el pie no lleva variables").nullish(),
      buttons: z.array(button()).max(10).nullish(),
      example: example()
        .nullish()
        .describe(onPaper("A value for each variable of the body, or { header_text, body_text }.")),
    })
    .superRefine(({ body_text, header, buttons, example }, context) => {
      for (const { field, problem } of variableProblemsOf({ body: body_text, header, buttons, example: example ?? {} }))
        context.addIssue({ code: "custom", path: [field], message: problem });
    })
    .transform(({ body_text, header, footer, buttons, example, ...rest }): Draft => ({
      ...rest,
      body: body_text,
      header: header ?? undefined,
      footer: footer ?? undefined,
      buttons: buttons ?? undefined,
      example: example ?? {},
    })),
);

const fieldNames = ["name", "category", "language", "body_text", "header", "footer", "buttons", "example"] as const;
const loose = once(
  () =>
    Object.fromEntries(fieldNames.map((name) => [name, z.unknown()])) as Record<
      (typeof fieldNames)[number],
      z.ZodUnknown
    >,
);

/** Judged as a whole afterwards, so that all that is wrong is told at once. */
export const looseDraft = once(() => z.strictObject(loose()).partial());

/** Fields of a draft; what is absent stays. */
export const draftChange = once(() =>
  looseDraft().refine((change) => Object.keys(change).length > 0, "no cambia nada"),
);
