// Meta's refusals of a template (meta-graph-api §I.6), by the field they are about.
import { AppError, isAppError } from "../../errors.ts";

export type TemplateProblem = { field: string; problem: string };

const refusals: Readonly<Record<number, TemplateProblem>> = {
  2388019: { field: "", problem: "la cuenta de WhatsApp llegó al máximo de plantillas" },
  2388023: { field: "name", problem: "la plantilla de ese nombre e idioma se está borrando en Meta" },
  2388024: { field: "name", problem: "en Meta ya hay una plantilla de ese nombre en ese idioma" },
  2388040: { field: "body_text", problem: "un texto supera el largo que Meta acepta" },
  2388047: { field: "header", problem: "Meta no acepta el formato del encabezado" },
  2388072: { field: "body_text", problem: "Meta no acepta el formato del cuerpo" },
  2388073: { field: "footer", problem: "Meta no acepta el formato del pie" },
  2388293: { field: "body_text", problem: "tiene demasiadas variables para lo corto que es" },
  2388299: { field: "body_text", problem: "no puede empezar ni terminar con una variable" },
};

/** Whether Meta may have done what it was asked, all the same. */
export const isAmbiguous = (thrown: unknown): boolean => isAppError(thrown, "meta.transient", "meta.protocol");

/** A refusal of the template itself; anything else stays what it is. */
export function refusalOf(thrown: unknown): { problem: TemplateProblem; error: AppError } | undefined {
  if (!isAppError(thrown, "meta.bad_request")) return undefined;
  const { metaCode, metaSubcode } = thrown.details;
  const known = typeof metaSubcode === "number" ? refusals[metaSubcode] : undefined;
  const problem = known ?? { field: "", problem: `Meta rechazó la plantilla (${String(metaCode)})` };
  return { problem, error: refused([problem], { metaCode, metaSubcode }) };
}

export const refused = (fields: readonly TemplateProblem[], more: Record<string, unknown> = {}): AppError =>
  new AppError(
    "template.refused",
    `Meta no acepta la plantilla: ${fields.map(({ field, problem }) => (field ? `${field}: ${problem}` : problem)).join("; ")}`,
    { details: { fields, ...more } },
  );
