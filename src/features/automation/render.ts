// The parameters of a message, from what is known of somebody.
import { type Snapshot, valueOf } from "./conditions.ts";

const placeholder = /\{\{\s*([\w.]+)\s*(?:\|([^{}]*))?\}\}/g;

/** `Hola {{lead.first_name|cliente}}`; undefined where a field is empty and nothing stands in for it. */
export function renderText(text: string, snapshot: Snapshot): string | undefined {
  let isWhole = true;
  const rendered = text.replaceAll(placeholder, (_, field: string, instead: string | undefined) => {
    const value = toText(valueOf(field, snapshot)?.value) || instead?.trim();
    if (value) return value;
    isWhole = false;
    return "";
  });
  // Meta refuses new lines, tabs and more than four spaces in a parameter.
  const plain = rendered.replaceAll(/\s+/g, " ").trim();
  return isWhole && plain !== "" ? plain : undefined;
}

const toText = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value).trim() : "";

/** What each variable of a template is filled with: by its name, or in the order they come in. A lone one is the first name. */
export function fill(
  variables: readonly string[],
  given: unknown,
  snapshot: Snapshot,
): { parameters: Record<string, string> } | { missing: string } {
  const parameters: Record<string, string> = {};
  for (const [index, name] of variables.entries()) {
    const source = Array.isArray(given)
      ? (given as unknown[])[index]
      : (given as Record<string, unknown> | null | undefined)?.[name];
    const text = toText(source) || (given === undefined && variables.length === 1 ? "{{lead.first_name}}" : "");
    const value = text && renderText(text, snapshot);
    if (!value) return { missing: name };
    parameters[name] = value;
  }
  return { parameters };
}
