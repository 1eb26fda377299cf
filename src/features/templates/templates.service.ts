import type { Needs } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { encodeCursor } from "../../lib/page.ts";
import type { Draft } from "./draft.ts";
import { cursor, isTemplateId, type ListQuery } from "./templates.contract.ts";
import { findTemplate, insertDraft, listTemplates, type Template } from "./templates.queries.ts";

export async function getTemplatePage(
  ctx: Needs<"db">,
  query: ListQuery,
): Promise<{ templates: Template[]; total: number; nextCursor: string | null }> {
  const { templates: found, total } = await listTemplates(ctx, query);
  const templates = found.slice(0, query.limit);
  const last = found.length > query.limit ? templates.at(-1) : undefined;
  return { templates, total, nextCursor: last ? encodeCursor(cursor.list, [last.name, last.language, last.id]) : null };
}

/** Throws template.duplicate. */
export async function createDraft(ctx: Needs<"db" | "now" | "uuid" | "audit">, draft: Draft): Promise<Template> {
  const created = await insertDraft(ctx, draft);
  if (created) return created;
  throw new AppError("template.duplicate", "Ya hay una plantilla con ese nombre en ese idioma.");
}

/** Sends nothing yet: throws template.not_found, else template.sending_unavailable. */
export async function sendTemplate(ctx: Needs<"db">, templateId: string): Promise<never> {
  const template = isTemplateId(templateId) ? await findTemplate(ctx, templateId) : undefined;
  if (!template) throw new AppError("template.not_found", "No encontramos esa plantilla.");
  throw new AppError(
    "template.sending_unavailable",
    "Todavía no se pueden enviar plantillas desde acá. Mandala desde WhatsApp Manager.",
  );
}
