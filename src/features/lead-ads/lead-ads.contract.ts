import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { type Target, targets } from "./question.ts";

export type DescribedForm = {
  formId: string;
  pageId: string;
  name: string;
  status: string | null;
  locale: string | null;
  fields: { key: string; label: string | null; type: string | null; target: Target; decided: boolean }[];
  checkpoint: Date;
  checkedAt: Date | null;
  problem: string | null;
  hint: string | null;
  failed: number;
};

const target = once(() =>
  z
    .enum(targets, { error: `debe ser uno de ${targets.join(", ")}` })
    .describe(
      onPaper("full_name is split in two. answer: kept with the lead's answers, as all is that goes nowhere else."),
    ),
);

export const formParam = once(() => z.object({ id: z.string().regex(/^\d{1,32}$/, "no es un id de Meta") }));

export const formMapping = once(() =>
  z.strictObject({
    mapping: z
      .record(z.string().min(1).max(500), target())
      .refine((mapping) => Object.keys(mapping).length <= 200, "son más de 200 preguntas")
      .describe(
        onPaper(
          "Question → where its answer goes. What is not named goes by its name. Leads that are here stay as they are.",
        ),
      ),
  }),
);

export const formRecord = once(() =>
  z
    .transform((form: DescribedForm) => ({
      id: form.formId,
      page_id: form.pageId,
      name: form.name,
      status: form.status,
      locale: form.locale,
      fields: form.fields,
      read_until: form.checkpoint.toISOString(),
      checked_at: form.checkedAt?.toISOString() ?? null,
      problem: form.problem === null ? null : { code: form.problem, hint: form.hint ?? "" },
      failed_leads: form.failed,
    }))
    .pipe(
      z.object({
        id: z.string(),
        page_id: z.string(),
        name: z.string(),
        status: z.string().nullable(),
        locale: z.string().nullable(),
        fields: z.array(
          z.object({
            key: z.string(),
            label: z.string().nullable(),
            type: z.string().nullable(),
            target: target(),
            decided: z.boolean().describe(onPaper("By a person; else by the question's name.")),
          }),
        ),
        read_until: z.iso.datetime().describe(onPaper("Every lead made before this is here.")),
        checked_at: z.iso.datetime().nullable(),
        problem: z.object({ code: z.string(), hint: z.string() }).nullable(),
        failed_leads: z.number().describe(onPaper("Told of and not readable yet; tried again each hour.")),
      }),
    ),
);

export const formList = once(() => z.array(formRecord()));
