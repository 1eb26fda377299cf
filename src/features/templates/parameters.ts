// What must be filled into a template before Meta takes it, told from its stored components alone.
import { isNumbered, variablesOf } from "./template-text.ts";

export const mediaKinds = ["image", "video", "document"] as const;
export type MediaKind = (typeof mediaKinds)[number];
export type ParameterKind = "text" | "suffix" | "coupon_code" | "payload" | "flow_token" | "location" | MediaKind;

export type Parameter = {
  /** Its value is given by this: header, body.1, body.first_name, buttons.0, cards.2.body.1. */
  key: string;
  kind: ParameterKind;
  part: "header" | "body" | "button";
  isRequired: boolean;
  /** Of a text: the variable between its braces. */
  variable?: string;
  /** Meta is told the name of a NAMED one, others go by their order. */
  isNamed?: boolean;
  /** Of a button. */
  button?: { index: number; subType: string };
  card?: number;
  /** The text it goes into, as the template has it. */
  within?: string;
};

export type Parameters = {
  /** In the order Meta wants them. */
  parameters: readonly Parameter[];
  /** What cannot be sent from here; a template with any of it is not sent. */
  unsupported: readonly string[];
};

type Loose = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const upper = (value: unknown): string => (typeof value === "string" ? value.toUpperCase() : "");
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
export const objectsIn = (value: unknown): Loose[] => (Array.isArray(value) ? value.filter(isObject) : []);
const holdsVariable = (value: unknown): boolean => /\{\{/.test(JSON.stringify(value));

/** Positional ones by their number, named ones as they come; NAMED is told by the names where Meta does not say. */
function textsOf(text: string, isNamed: boolean, part: "header" | "body", prefix: string): Parameter[] {
  const names = variablesOf(text);
  const ordered = isNamed ? names : names.toSorted((a, b) => Number(a) - Number(b));
  return ordered.map((variable) => ({
    key: part === "header" ? `${prefix}header` : `${prefix}body.${variable}`,
    kind: "text",
    part,
    isRequired: true,
    variable,
    isNamed,
    within: text,
  }));
}

function ofHeader(header: Loose, isNamed: boolean, prefix: string): Parameters {
  const format = upper(header["format"]);
  if (format === "TEXT") {
    const parameters = textsOf(textOf(header["text"]), isNamed, "header", prefix);
    return { parameters, unsupported: parameters.length > 1 ? [`${prefix}header`] : [] };
  }
  const kind = [...mediaKinds, "location" as const].find((known) => known.toUpperCase() === format);
  if (!kind) return { parameters: [], unsupported: [`${prefix}header.${format.toLowerCase() || "?"}`] };
  return { parameters: [{ key: `${prefix}header`, kind, part: "header", isRequired: true }], unsupported: [] };
}

/** Buttons that need nothing; of those that are not known the same is hoped, if they hold no variable. */
const refusedButtons = new Set(["MPM", "SPM", "APP"]);

function ofButton(button: Loose, index: number, prefix: string): Parameters {
  const type = upper(button["type"]);
  const fill = (kind: ParameterKind, subType: string, rest: Partial<Parameter> = {}): Parameters => ({
    parameters: [
      {
        key: `${prefix}buttons.${index}`,
        kind,
        part: "button",
        isRequired: true,
        button: { index, subType },
        ...rest,
      },
    ],
    unsupported: [],
  });
  if (type === "URL" && holdsVariable(button["url"])) return fill("suffix", "url", { within: textOf(button["url"]) });
  // Of an authentication template: the code once more.
  if (type === "OTP") return fill("suffix", "url");
  if (type === "COPY_CODE") return fill("coupon_code", "copy_code");
  if (type === "QUICK_REPLY") return fill("payload", "quick_reply", { isRequired: false });
  if (type === "FLOW") return fill("flow_token", "flow", { isRequired: false });
  const isRefused = refusedButtons.has(type) || holdsVariable(button);
  return { parameters: [], unsupported: isRefused ? [`${prefix}buttons.${type.toLowerCase()}`] : [] };
}

function ofComponent(component: Loose, isNamed: boolean, prefix: string): Parameters {
  const type = upper(component["type"]);
  if (type === "HEADER") return ofHeader(component, isNamed, prefix);
  if (type === "BODY")
    return { parameters: textsOf(textOf(component["text"]), isNamed, "body", prefix), unsupported: [] };
  if (type === "BUTTONS")
    return together(objectsIn(component["buttons"]).map((button, index) => ofButton(button, index, prefix)));
  if (type === "CAROUSEL" && prefix === "")
    return together(
      objectsIn(component["cards"]).map((card, index) => {
        const inCard = objectsIn(card["components"]).map((part) => ofComponent(part, isNamed, `cards.${index}.`));
        const { parameters, unsupported } = together(inCard);
        return { parameters: parameters.map((one) => ({ ...one, card: index })), unsupported };
      }),
    );
  const isRefused = type === "LIMITED_TIME_OFFER" || type === "CAROUSEL" || holdsVariable(component);
  return { parameters: [], unsupported: isRefused ? [`${prefix}${type.toLowerCase()}`] : [] };
}

const together = (all: readonly Parameters[]): Parameters => ({
  parameters: all.flatMap(({ parameters }) => parameters),
  unsupported: all.flatMap(({ unsupported }) => unsupported),
});

/** Whatever is stored, this answers; what it does not know and what holds variables is `unsupported`. */
export function parametersOf(components: unknown, parameterFormat?: string | null): Parameters {
  const all = objectsIn(components);
  const texts = all.map((component) => textOf(component["text"]));
  const isNamed = parameterFormat
    ? upper(parameterFormat) === "NAMED"
    : texts.some((text) => variablesOf(text).some((variable) => !isNumbered(variable)));
  return together(all.map((component) => ofComponent(component, isNamed, "")));
}
