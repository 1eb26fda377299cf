import type { Needs } from "../../context.ts";
import { AppError, type ErrorCode } from "../../errors.ts";
import { hintFor } from "../connection/hints.ts";
import { mapQuestions } from "./answers.ts";
import type { DescribedForm } from "./lead-ads.contract.ts";
import * as queries from "./lead-ads.queries.ts";

/** The tenant's instant forms, and where each answer goes. */
export async function getForms(ctx: Needs<"db">): Promise<DescribedForm[]> {
  const [forms, failed] = await Promise.all([queries.listForms(ctx), queries.countFailed(ctx)]);
  return forms.map((form) => describe(form, failed));
}

/** Throws form.not_found. */
export async function mapForm(
  ctx: Needs<"db" | "now" | "audit">,
  formId: string,
  mapping: Record<string, string>,
): Promise<DescribedForm> {
  const form = await queries.saveMapping(ctx, formId, mapping);
  if (!form) throw new AppError("form.not_found", "No encontramos ese formulario.");
  return describe(form, await queries.countFailed(ctx));
}

function describe(form: queries.Form, failed: readonly { formId: string | null; failed: number }[]): DescribedForm {
  const { questions, mapping, problem } = form;
  const extra = Object.keys(mapping).filter((key) => !questions.some((question) => question.key === key));
  const asked = [...questions, ...extra.map((key) => ({ key, label: null, type: null }))];
  const mapped = mapQuestions(
    asked.map(({ key }) => key),
    mapping,
  );
  return {
    ...form,
    fields: asked.map((question, at) => ({
      ...question,
      target: mapped[at]?.target ?? "answer",
      decided: mapped[at]?.decided ?? false,
    })),
    hint: problem && hintFor({ code: problem as ErrorCode, reason: null }),
    failed: failed.find(({ formId }) => formId === form.formId)?.failed ?? 0,
  };
}
