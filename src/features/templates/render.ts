// From values to the components Meta is sent, or everything that is wrong with them: Meta would only say so after the
// message was counted, one thing at a time (132000, 132005, 132012, 132018).
import { isObject, mediaKinds, type Parameter, parametersOf } from "./parameters.ts";

/** By a file's address or the id of an upload. */
export type MediaValue = { link: string; filename?: string } | { id: string; filename?: string };
export type LocationValue = { latitude: number; longitude: number; name?: string; address?: string };
export type ParameterValue = string | number | MediaValue | LocationValue;

/** By the keys of `parametersOf`. */
export type ParameterValues = Readonly<Record<string, ParameterValue | undefined>>;

export type ParameterProblem = {
  key: string;
  code: "missing" | "extra" | "wrong_type" | "too_long" | "characters" | "unsupported";
  /** Spanish, for people. */
  message: string;
};

export type MetaComponent = Record<string, unknown>;
export type Rendered = { components: MetaComponent[] } | { problems: ParameterProblem[] };
type TemplateParts = { components: unknown; parameterFormat?: string | null };

/** Of the text once filled in. */
const hydratedRoofs = { header: 60, body: 1024 } as const;
const [URL_ROOF, CODE_ROOF, PAYLOAD_ROOF] = [2000, 15, 256];

const words: Record<ParameterProblem["code"], string> = {
  missing: "falta el valor",
  extra: "la plantilla no tiene ese lugar",
  wrong_type: "el valor no es del tipo que lleva ese lugar",
  too_long: "el texto queda más largo de lo que Meta acepta",
  characters: "Meta no acepta renglones nuevos, tabulaciones ni más de cuatro espacios seguidos",
  unsupported: "la plantilla tiene una parte que todavía no se puede enviar desde acá",
};

const problem = (key: string, code: ParameterProblem["code"]): ParameterProblem => ({
  key,
  code,
  message: words[code],
});

/** The values of a text's variables in their order: {{1}} is the first. */
export const valuesOfVariables = (variables: readonly (string | number)[]): ParameterValues =>
  Object.fromEntries(variables.map((value, index) => [`body.${index + 1}`, value]));

export function renderComponents({ components, parameterFormat }: TemplateParts, values: ParameterValues): Rendered {
  const { parameters, unsupported } = parametersOf(components, parameterFormat);
  const given = new Map(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
  const known = new Set(parameters.map(({ key }) => key));
  const problems = [
    ...unsupported.map((key) => problem(key, "unsupported")),
    ...[...given.keys()].filter((key) => !known.has(key)).map((key) => problem(key, "extra")),
    ...parameters.flatMap((parameter) => {
      const code = wrongWith(parameter, given.get(parameter.key));
      return code ? [problem(parameter.key, code)] : [];
    }),
  ];
  if (problems.length === 0) problems.push(...tooLongTexts(parameters, given));
  return problems.length > 0 ? { problems } : { components: assemble(parameters, given) };
}

function wrongWith(
  { kind, isRequired, within = "" }: Parameter,
  value: ParameterValue | undefined,
): ParameterProblem["code"] | undefined {
  if (value === undefined || value === "") return isRequired ? "missing" : undefined;
  if (kind === "location") return isLocation(value) ? undefined : "wrong_type";
  if (mediaKinds.some((media) => media === kind)) return isMedia(value) ? undefined : "wrong_type";
  if (typeof value === "object" || value === Infinity || value === -Infinity || Number.isNaN(value))
    return "wrong_type";
  const text = String(value);
  if (text.trim() === "") return "missing";
  if (/[\n\r\t\0]| {5}/.test(text)) return "characters";
  if (kind === "suffix" && /\s/.test(text)) return "characters";
  const roofs: Partial<Record<Parameter["kind"], number>> = {
    suffix: URL_ROOF - within.replace(/\{\{.*\}\}/, "").length,
    coupon_code: CODE_ROOF,
    payload: PAYLOAD_ROOF,
    flow_token: PAYLOAD_ROOF,
  };
  return text.length > (roofs[kind] ?? Infinity) ? "too_long" : undefined;
}

const isMedia = (value: unknown): boolean =>
  isObject(value) &&
  (("link" in value && /^https:\/\/[^\s]{3,2000}$/.test(String(value["link"]))) ||
    ("id" in value && /^\d{1,32}$/.test(String(value["id"]))));

const isLocation = (value: unknown): boolean => {
  if (!isObject(value)) return false;
  const [latitude, longitude] = [value["latitude"], value["longitude"]];
  const isWithin = (degrees: unknown, roof: number) => typeof degrees === "number" && Math.abs(degrees) <= roof;
  return isWithin(latitude, 90) && isWithin(longitude, 180);
};

const wordOf = (value: ParameterValue | undefined): string => (typeof value === "object" ? "" : String(value ?? ""));

function tooLongTexts(
  parameters: readonly Parameter[],
  given: ReadonlyMap<string, ParameterValue>,
): ParameterProblem[] {
  const filled = new Map<string, { text: string; roof: number; key: string }>();
  for (const { kind, part, within = "", variable, key, card } of parameters) {
    if (kind !== "text" || part === "button" || variable === undefined) continue;
    const place = `${card ?? ""}${part}`;
    const text = filled.get(place)?.text ?? within;
    const pattern = new RegExp(`\\{\\{\\s*${variable}\\s*\\}\\}`, "g");
    filled.set(place, {
      text: text.replaceAll(pattern, () => wordOf(given.get(key))),
      roof: hydratedRoofs[part],
      key,
    });
  }
  return [...filled.values()].flatMap(({ text, roof, key }) => (text.length > roof ? [problem(key, "too_long")] : []));
}

function assemble(parameters: readonly Parameter[], given: ReadonlyMap<string, ParameterValue>): MetaComponent[] {
  const outside = parameters.filter(({ card }) => card === undefined);
  const cards = Map.groupBy(
    parameters.filter(({ card }) => card !== undefined),
    ({ card }) => card ?? 0,
  );
  const carousel = [...cards].map(([card_index, inCard]) => ({ card_index, components: assembleFlat(inCard, given) }));
  return [...assembleFlat(outside, given), ...(carousel.length > 0 ? [{ type: "carousel", cards: carousel }] : [])];
}

function assembleFlat(parameters: readonly Parameter[], given: ReadonlyMap<string, ParameterValue>): MetaComponent[] {
  const rendered = (part: Parameter["part"]) =>
    parameters
      .filter((parameter) => parameter.part === part)
      .flatMap((parameter) => {
        const value = valueFor(parameter, given.get(parameter.key));
        return value === undefined ? [] : [{ button: parameter.button, wire: wireOf(parameter, value) }];
      });
  const [header, body, buttons] = [rendered("header"), rendered("body"), rendered("button")];
  const inPart = (type: string, found: typeof header) =>
    found.length > 0 ? [{ type, parameters: found.map(({ wire }) => wire) }] : [];
  return [
    ...inPart("header", header),
    ...inPart("body", body),
    ...buttons.map(({ button, wire }) => ({
      type: "button",
      sub_type: button?.subType,
      index: String(button?.index),
      parameters: [wire],
    })),
  ];
}

/** A flow's button is always sent, with the token Meta takes for none. */
const valueFor = ({ kind }: Parameter, value: ParameterValue | undefined): ParameterValue | undefined =>
  value !== undefined && value !== "" ? value : kind === "flow_token" ? "unused" : undefined;

function wireOf({ kind, isNamed, variable }: Parameter, value: ParameterValue): Record<string, unknown> {
  if (isObject(value)) return { type: kind, [kind]: value };
  const text = String(value);
  if (kind === "coupon_code") return { type: "coupon_code", coupon_code: text };
  if (kind === "payload") return { type: "payload", payload: text };
  if (kind === "flow_token") return { type: "action", action: { flow_token: text } };
  return { type: "text", ...(isNamed && { parameter_name: variable }), text };
}
