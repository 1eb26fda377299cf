// JSON Schema from zod, as the document shows it: exported schemas of the contracts by name, without zod's own crutches.
import { globSync } from "node:fs";
import { basename, join } from "node:path";
import * as z from "zod";
import { root } from "../world/root.ts";

export type Json = Record<string, unknown>;

const pascal = (text: string) => text.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Names what the contracts export, e.g. CampaignsListQuery; told once, to all conversions of this process. */
export async function nameContracts(): Promise<void> {
  for (const path of globSync("src/features/*/*.contract.ts", { cwd: root }).sort()) {
    const room = pascal(basename(path, ".contract.ts"));
    const contract = (await import(join(root, path))) as Json;
    for (const [name, exported] of Object.entries(contract)) {
      const isMadeOnce = typeof exported === "function" && exported.length === 0;
      const schema: unknown = isMadeOnce ? exported() : exported;
      if (!(schema instanceof z.ZodType) || z.globalRegistry.get(schema)?.id !== undefined || isScalar(schema))
        continue;
      const id = pascal(name).startsWith(room) ? pascal(name) : room + pascal(name);
      z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), id });
    }
  }
}

const isScalar = (schema: z.ZodType) => {
  const { type } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return typeof type === "string" && !["object", "array"].includes(type);
};

/** Converts one side of a schema; what has a name goes to `components` and is referred to. */
export function toSchema(schema: z.ZodType, io: "input" | "output", components: Map<string, Json>): Json {
  const { $defs = {}, ...converted } = z.toJSONSchema(schema, { io, override: simplify });
  delete converted.$schema;
  for (const [name, definition] of Object.entries($defs)) {
    const told = withOurRefs(definition) as Json;
    const known = components.get(name);
    if (known && JSON.stringify(known) !== JSON.stringify(told)) throw new Error(`${name} has two meanings`);
    components.set(name, told);
  }
  return withOurRefs(converted) as Json;
}

/** The fields of an object that is not shown as such: a query, a path, what stands beside `data`. */
export function fieldsOf(
  schema: z.ZodType,
  io: "input" | "output",
  components: Map<string, Json>,
): { name: string; required: boolean; schema: Json }[] {
  const nested = new Map<string, Json>();
  let object = toSchema(schema, io, nested);
  while (typeof object["$ref"] === "string") {
    const name = object["$ref"].replace("#/components/schemas/", "");
    object = nested.get(name) ?? {};
    nested.delete(name);
  }
  for (const [key, definition] of nested) components.set(key, definition);
  const required = (object["required"] ?? []) as string[];
  return Object.entries(object["properties"] as Record<string, Json>).map(([name, field]) => ({
    name,
    required: required.includes(name),
    schema: field,
  }));
}

const withOurRefs = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll('"$ref":"#/$defs/', '"$ref":"#/components/schemas/'));

function simplify({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  // The format says it; zod's pattern for it fills three lines.
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  const [either, or, ...more] = jsonSchema.anyOf ?? [];
  if (either?.type === undefined || or?.type !== "null" || more.length > 0) return;
  const { type, ...constraints } = either;
  if (constraints.enum) constraints.enum = [...constraints.enum, null];
  if (constraints.const !== undefined) return;
  delete jsonSchema.anyOf;
  const description = jsonSchema.description ?? constraints.description;
  Object.assign(jsonSchema, { type: [type, "null"], ...constraints }, description === undefined ? {} : { description });
}
