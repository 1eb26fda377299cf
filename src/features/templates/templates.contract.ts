import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { pageQuery } from "../../lib/page.ts";
import { statuses } from "./template-status.ts";

const PENDING_APPROVAL = "PENDING_APPROVAL";
export const BODY_LENGTH = 1024;

const upper = (text: string) => text.toUpperCase();

/** PostgreSQL keeps no NUL in a text. */
export const text = z.string().regex(/^[^\0]*$/, "tiene un carácter que no se puede guardar");

export const cursor = { list: "templates", after: z.tuple([text, text, z.guid()]) };

const filters = once(() => ({
  status: z
    .string()
    .transform(upper)
    .pipe(z.enum([...statuses, PENDING_APPROVAL]))
    .transform((status) => (status === PENDING_APPROVAL ? "PENDING" : status))
    .optional()
    .describe(onPaper("As shown: APPROVED, PENDING (or PENDING_APPROVAL), REJECTED, PAUSED; any case.")),
  category: text
    .max(40)
    .transform(upper)
    .optional()
    .describe(onPaper("MARKETING, UTILITY or AUTHENTICATION; any case.")),
  language: text.max(20).optional().describe(onPaper("Exactly, e.g. es_AR.")),
  search: text.max(100).optional().describe(onPaper("Part of the name, any case.")),
}));

/** Ordered by name, then language. */
export const listQuery = once(() => z.object({ ...pageQuery(100, cursor), ...filters() }));

/** The chat panel asks once, for all. */
export const panelQuery = once(() => z.object({ ...pageQuery(200, cursor), ...filters() }));

export type ListQuery = z.output<ReturnType<typeof listQuery>>;

/** What is no uuid is the id of nothing: 404, not 422. */
export const isTemplateId = (id: string): boolean => z.guid().safeParse(id).success;

const component = z.looseObject({ type: z.string() });
const instant = z.iso.datetime().nullable();
const counts = {
  sent_count: z.number(),
  delivered_count: z.number(),
  read_count: z.number(),
  replied_count: z.number(),
};

export const template = once(() =>
  z.object({
    id: z.string(),
    name: z.string(),
    category: z.string(),
    language: z.string(),
    status: z.enum(statuses).describe(onPaper("Folded to four; only APPROVED can be sent.")),
    meta_status: z.string().nullable().describe(onPaper("Meta's own word; null for a draft Meta has not seen.")),
    submission: z
      .enum(["draft", "checking", "submitted"])
      .describe(onPaper("checking: handed to Meta, which did not say whether it has it; the next sync finds out.")),
    rejected_reason: z.string().nullable().describe(onPaper("Why Meta refused it, in Meta's words.")),
    quality_score: z.string().nullable().describe(onPaper("GREEN, YELLOW, RED or UNKNOWN.")),
    previous_category: z.string().nullable(),
    correct_category: z.string().nullable().describe(onPaper("What Meta is about to make of the category.")),
    cost_warning: z.string().nullable().describe(onPaper("For people: what a change of category does to the cost.")),
    meta_template_id: z.string().nullable(),
    waba_id: z.string().nullable(),
    components: z.array(component).describe(onPaper("Meta's shape.")),
    components_map: z
      .object({
        header: component.nullable(),
        body: component.nullable(),
        footer: component.nullable(),
        buttons: z.array(z.looseObject({})),
      })
      .describe(onPaper("The same components by name.")),
    example: z
      .unknown()
      .describe(onPaper("Example values as stored, or as the components hold them; null where there are none.")),
    ...counts,
    last_synced_at: instant,
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  }),
);

export const templateList = once(() => z.array(template()));

/** Row 6c: what the chat panel reads. */
export const panelTemplate = once(() =>
  z.object({
    id: z.string(),
    name: z.string(),
    category: z.string(),
    language: z.string(),
    status: z.enum(["APPROVED", PENDING_APPROVAL, "REJECTED", "PAUSED"]),
    body_text: z
      .string()
      .describe(onPaper("With <, > and & escaped, as the panel puts it into its HTML; {{n}} as written.")),
    variables_count: z.number().describe(onPaper("Distinct variables of the body.")),
    meta_template_id: z.string().nullable().describe(onPaper("Null: a draft that was not submitted to Meta.")),
    ...counts,
    created_at: z.iso.datetime(),
  }),
);

export const panelTemplateList = once(() => z.array(panelTemplate()));

/** Stands beside a list. */
export const beside = once(() => z.object({ total: z.number(), next_cursor: z.string().nullable() }));

const metaId = z.string().regex(/^\d{1,32}$/, "debe ser un número de Meta");

export const templateParam = once(() => z.object({ id: z.string() }));

export const submission = once(() =>
  z.strictObject({
    waba_id: metaId.optional().describe(onPaper("The WhatsApp account; needed where there are several.")),
  }),
);

export const syncRequest = once(() => z.strictObject({ waba_id: metaId.optional() }));

/** Which readings were asked for, and how the last ones went. */
export const syncState = once(() =>
  z.object({
    accounts: z.array(
      z.object({
        waba_id: z.string(),
        synced_at: instant,
        problem: z
          .string()
          .nullable()
          .describe(onPaper("The error code of the last reading; null when it was complete.")),
      }),
    ),
  }),
);

export const verdict = once(() =>
  z.object({
    valid: z.boolean(),
    problems: z.array(z.object({ field: z.string(), problem: z.string() })),
  }),
);

export const deleted = once(() => z.object({ id: z.string(), deleted: z.boolean() }));
