// A stored template as the draft it could be written as, and what Meta asks of it besides what a draft must be.
import { draftRequest, example as exampleField } from "./draft.contract.ts";
import type { Draft } from "./draft.ts";
import { isObject, objectsIn } from "./parameters.ts";
import type { TemplateProblem } from "./refusals.ts";
import { variablesOf } from "./template-text.ts";
import { variableProblemsOf } from "./variable-problems.ts";

type Stored = { name: string; category: string; language: string; components: unknown; example: unknown };
export type DraftFields = Readonly<Record<string, unknown>>;

const parts = ["HEADER", "BODY", "FOOTER", "BUTTONS"];

/** The fields of `draftRequest`; undefined where a part has no place in them. */
export function fieldsOf({ name, category, language, components }: Stored): DraftFields | undefined {
  const all = objectsIn(components);
  if (!all.every(({ type }) => typeof type === "string" && parts.includes(type.toUpperCase()))) return undefined;
  const [header, body, footer, buttons] = parts.map((part) =>
    all.find(({ type }) => typeof type === "string" && type.toUpperCase() === part),
  );
  const exampleOf = (part: typeof header) => (isObject(part?.["example"]) ? part["example"] : {});
  const [first] = Array.isArray(exampleOf(body)["body_text"]) ? (exampleOf(body)["body_text"] as unknown[]) : [];
  return {
    name,
    category,
    language,
    body_text: body?.["text"],
    ...(header && {
      header: { format: header["format"], ...(header["text"] !== undefined && { text: header["text"] }) },
    }),
    ...(footer && { footer: footer["text"] }),
    ...(buttons && { buttons: buttons["buttons"] }),
    example: { header_text: exampleOf(header)["header_text"], body_text: first },
  };
}

/** Everything that is wrong with it, or the draft. */
export function judgeFields(fields: DraftFields): { draft: Draft } | { problems: TemplateProblem[] } {
  const parsed = draftRequest().safeParse(fields);
  if (parsed.success) return { draft: parsed.data };
  return {
    problems: parsed.error.issues.map(({ path, message }) => ({ field: path.join("."), problem: message })),
  };
}

/** Everything Meta would refuse in them: where some do not fit, the others are judged all the same. */
export function everyProblemOf(fields: DraftFields): TemplateProblem[] {
  const judged = judgeFields(fields);
  if ("draft" in judged) return problemsOf(judged.draft);
  const { draft, isUnclear } = roughly(fields);
  const isNews = (before: readonly TemplateProblem[]) => (one: TemplateProblem) =>
    one.field === "example"
      ? !isUnclear && !before.some(({ field }) => field.startsWith("example"))
      : !before.some(({ field, problem }) => field === one.field && problem === one.problem);
  const problems = [...judged.problems, ...variableProblemsOf(draft).filter(isNews(judged.problems))];
  return [...problems, ...problemsOf(draft).filter(isNews(problems))];
}

/** Whatever of it has the right type; unclear where the variables that examples belong to are not known. */
function roughly({ name, category, language, body_text, header, buttons, example }: DraftFields) {
  const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
  const { format, text } = isObject(header) ? header : { format: "TEXT", text: header };
  const isAbsent = header === undefined || header === null;
  const draft: Draft = {
    name: textOf(name),
    category: textOf(category).toUpperCase(),
    language: textOf(language),
    body: textOf(body_text),
    header: isAbsent ? undefined : { format: textOf(format), text: textOf(text) },
    buttons: Array.isArray(buttons) ? buttons.map((button: unknown) => (isObject(button) ? button : {})) : [],
    example: exampleField().nullish().safeParse(example).data ?? {},
  };
  const isHeaderUnclear = !isAbsent && typeof text !== "string" && (format === "TEXT" || typeof format !== "string");
  return { draft, isUnclear: typeof body_text !== "string" || isHeaderUnclear };
}

const media = new Set(["IMAGE", "VIDEO", "DOCUMENT"]);

/** What Meta asks of a template that is submitted. */
export function problemsOf({ category, body, header, buttons, example }: Draft): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  const tell = (field: string, problem: string) => problems.push({ field, problem });
  if (category === "AUTHENTICATION")
    tell("category", "el texto de un código lo escribe Meta: creala en el administrador de WhatsApp");
  if (header && media.has(header.format))
    tell("header", "lleva un archivo de ejemplo: creala en el administrador de WhatsApp");
  const inBody = variablesOf(body).length;
  if (inBody !== (example.body_text?.length ?? 0))
    tell("example", `falta un valor de ejemplo por cada variable del cuerpo`);
  if (variablesOf(header?.text ?? "").length !== (example.header_text?.length ?? 0))
    tell("example", "falta el valor de ejemplo del encabezado");
  for (const [index, button] of (buttons ?? []).entries()) {
    const isOpen = typeof button["url"] === "string" && button["url"].includes("{{");
    if (isOpen && lengthOf(button["example"]) === 0) tell(`buttons.${index}`, "falta la dirección de ejemplo");
  }
  // 2388293: how many words Meta wants is not told; fewer than one around each variable it refuses.
  const words = body.replaceAll(/\{\{[^}]*\}\}/g, " ").match(/[\p{L}\p{N}]+/gu)?.length ?? 0;
  if (inBody > 0 && words <= inBody) tell("body_text", "tiene demasiadas variables para lo corto que es");
  return problems;
}

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);
