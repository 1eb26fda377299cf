// A template's components with the parameters of one message, as Meta takes them (meta-graph-api §I.3).
import { variablesOf } from "../templates/template-text.ts";
import type { Snapshot } from "./conditions.ts";
import { fill } from "./render.ts";

type Component = Readonly<Record<string, unknown>>;
export type Filled = { components: unknown[]; texts: string[] } | { missing: string };

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const isNumbered = (names: readonly string[]) => names.every((name) => /^\d+$/.test(name));

const parametersOf = (names: readonly string[], values: Readonly<Record<string, string>>) =>
  names.map((name) => ({ type: "text", text: values[name], ...(!isNumbered(names) && { parameter_name: name }) }));

/**
 * `given`: what the rule says of parameters, a list or an object for the body, or `{ header, body, buttons: { 0: … } }` of
 * such. A header with media takes it from `header.link`.
 */
export function fillTemplate(components: unknown, given: unknown, snapshot: Snapshot): Filled {
  const list = Array.isArray(components) ? (components as Component[]) : [];
  const parts = isParts(given) ? given : { body: given };
  const made: unknown[] = [];
  const texts: string[] = [];
  for (const component of list) {
    const type = textOf(component["type"]).toUpperCase();
    if (type === "HEADER" && ["IMAGE", "VIDEO", "DOCUMENT"].includes(textOf(component["format"]).toUpperCase())) {
      const media = textOf(component["format"]).toLowerCase();
      const link = textOf((parts["header"] as Component | undefined)?.["link"]);
      if (!link.startsWith("https://")) return { missing: `header.${media}` };
      made.push({ type: "header", parameters: [{ type: media, [media]: { link } }] });
    } else if (type === "HEADER" || type === "BODY") {
      const place = type.toLowerCase();
      const names = variablesOf(textOf(component["text"]));
      const filled = fill(names, parts[place], snapshot);
      if ("missing" in filled) return { missing: `${place}.${filled.missing}` };
      if (names.length > 0) made.push({ type: place, parameters: parametersOf(names, filled.parameters) });
      texts.push(
        textOf(component["text"]).replaceAll(
          /\{\{\s*(\w+)\s*\}\}/g,
          (_, name: string) => filled.parameters[name] ?? "",
        ),
      );
    } else if (type === "BUTTONS") {
      const buttons = Array.isArray(component["buttons"]) ? (component["buttons"] as Component[]) : [];
      for (const [index, button] of buttons.entries()) {
        const kind = textOf(button["type"]).toUpperCase();
        const names = kind === "COPY_CODE" ? ["1"] : variablesOf(textOf(button["url"]));
        if (names.length === 0) continue;
        const own = (parts["buttons"] as Component | undefined)?.[String(index)] ?? null;
        const filled = fill(names, typeof own === "string" ? [own] : own, snapshot);
        if ("missing" in filled) return { missing: `buttons.${index}` };
        const [text = ""] = Object.values(filled.parameters);
        const isCode = kind === "COPY_CODE";
        made.push({
          type: "button",
          sub_type: isCode ? "copy_code" : "url",
          index: String(index),
          parameters: [isCode ? { type: "coupon_code", coupon_code: text } : { type: "text", text }],
        });
      }
    }
  }
  return { components: made, texts };
}

const isParts = (given: unknown): given is Record<string, unknown> =>
  typeof given === "object" &&
  given !== null &&
  !Array.isArray(given) &&
  Object.keys(given).length > 0 &&
  Object.keys(given).every((key) => ["header", "body", "buttons"].includes(key));
