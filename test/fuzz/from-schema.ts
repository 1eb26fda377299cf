// Random values that fit a JSON Schema, as far as it tells; what a contract asks beyond its schema is what 422 is for.
import fc from "fast-check";
import type { Json } from "../openapi/schemas.ts";
import { wordsOf } from "./words.ts";

type Defs = Readonly<Record<string, Json>>;

/** Deeper than this nothing optional is made. */
const MOST_LEVELS = 5;
/** With more of them at once hardly a request would be taken. */
const MOST_OPTIONAL = 4;
/** Made by the worker itself: a random one is malice. */
const UNGUESSABLE = new Set(["cursor"]);

export function fromSchema(
  schema: Json,
  defs: Defs = schema["$defs"] as Defs,
  name = "",
  level = 0,
): fc.Arbitrary<unknown> {
  const inner = (part: Json, partName = name) => fromSchema(part, defs, partName, level + 1);
  if (typeof schema["$ref"] === "string") return inner(defs[schema["$ref"].replace("#/$defs/", "")] ?? {});
  if ("const" in schema) return fc.constant(schema["const"]);
  if (Array.isArray(schema["enum"])) return fc.constantFrom(...(schema["enum"] as unknown[]));
  const choices = (schema["anyOf"] ?? schema["oneOf"]) as Json[] | undefined;
  if (choices) return fc.oneof(...choices.map((choice) => inner(choice)));
  const types = [schema["type"] ?? "any"].flat() as string[];
  return fc.oneof(...types.map((type) => ofType(type, schema, name, level, inner)));
}

type Inner = (part: Json, partName?: string) => fc.Arbitrary<unknown>;

function ofType(type: string, schema: Json, name: string, level: number, inner: Inner): fc.Arbitrary<unknown> {
  if (type === "string") return knownOr(name, text(schema));
  if (type === "integer" || type === "number") return number(type, schema);
  if (type === "boolean") return fc.boolean();
  if (type === "null") return fc.constant(null);
  if (Array.isArray(schema["prefixItems"]))
    return fc.tuple(...(schema["prefixItems"] as Json[]).map((part) => inner(part)));
  if (type === "array") {
    const most = level > MOST_LEVELS ? 0 : 3;
    return fc.array(inner((schema["items"] ?? {}) as Json), {
      minLength: Math.min(Number(schema["minItems"] ?? 0), 3),
      maxLength: Math.max(most, Math.min(Number(schema["minItems"] ?? 0), 3)),
    });
  }
  if (type === "object") return object(schema, level, inner);
  return fc.jsonValue({ maxDepth: 1 });
}

function object(schema: Json, level: number, inner: Inner): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, Json>);
  // What is shown and not written, `{}`, and what may not be, `{ not: {} }`, is left out.
  const told = properties.filter(([, part]) => Object.keys(part).some((key) => key !== "description" && key !== "not"));
  const wanted = new Set((schema["required"] ?? []) as string[]);
  const required = new Set(told.map(([name]) => name).filter((name) => wanted.has(name)));
  if (told.length === 0)
    return fc.dictionary(fc.constantFrom("a", "campo", "valor"), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 });
  const optional = told.map(([name]) => name).filter((name) => !required.has(name) && !UNGUESSABLE.has(name));
  return fc
    .subarray(optional, { maxLength: level > MOST_LEVELS ? 0 : Math.min(MOST_OPTIONAL, optional.length) })
    .chain((chosen) =>
      fc.record(
        Object.fromEntries(
          told
            .filter(([name]) => required.has(name) || chosen.includes(name))
            .map(([name, part]) => [name, inner(part, name)]),
        ),
      ),
    );
}

const knownOr = (name: string, other: fc.Arbitrary<string>): fc.Arbitrary<string> => {
  const words = wordsOf(name);
  return words.length === 0
    ? other
    : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: other });
};

const dates = { min: new Date("2026-06-01T00:00:00Z"), max: new Date("2026-12-31T00:00:00Z"), noInvalidDate: true };
const formats: Readonly<Record<string, fc.Arbitrary<string>>> = {
  uuid: fc.uuid(),
  email: fc.emailAddress(),
  uri: fc.webUrl(),
  date: fc.date(dates).map((date) => date.toISOString().slice(0, 10)),
  "date-time": fc.date(dates).map((date) => date.toISOString()),
};

function text(schema: Json): fc.Arbitrary<string> {
  const [minLength, most] = [Number(schema["minLength"] ?? 0), Number(schema["maxLength"] ?? 40)];
  const format = formats[String(schema["format"])];
  if (format) return format;
  const free = fc.string({ unit: "grapheme", minLength, maxLength: Math.max(minLength, Math.min(most, 40)) });
  if (typeof schema["pattern"] !== "string") return free;
  try {
    return fc.stringMatching(new RegExp(schema["pattern"], "u")).filter((made) => made.length <= most);
  } catch {
    // A pattern with a lookahead.
    return free;
  }
}

function number(type: string, schema: Json): fc.Arbitrary<number> {
  const min = Number(schema["minimum"] ?? schema["exclusiveMinimum"] ?? -1000);
  const max = Math.max(min, Number(schema["maximum"] ?? schema["exclusiveMaximum"] ?? min + 1_000_000));
  if (type === "integer") return fc.integer({ min: Math.ceil(min), max: Math.floor(max) });
  return fc.integer({ min: Math.ceil(min * 100), max: Math.floor(max * 100) }).map((cents) => cents / 100);
}
