import { invalidParameter } from "./envelope.ts";
import { isRecord } from "./params.ts";

/** `fields=id,name,business{id,name},adsets.limit(2){id}` as a tree. */
export interface FieldTree {
  [field: string]: { limit?: number; children?: FieldTree };
}

const splitTop = (text: string): string[] => {
  const parts: string[] = [];
  let depth = 0;
  let current = "";
  for (const letter of text) {
    if (letter === "{" || letter === "(") depth += 1;
    if (letter === "}" || letter === ")") depth -= 1;
    if (letter === "," && depth === 0) {
      parts.push(current);
      current = "";
    } else current += letter;
  }
  if (depth !== 0) throw invalidParameter("Syntax error: unbalanced braces in param fields");
  return [...parts, current].map((part) => part.trim()).filter(Boolean);
};

export const parseFields = (text: string | undefined): FieldTree => {
  const tree: FieldTree = {};
  for (const part of splitTop(text ?? "")) {
    const match = /^(\w+)((?:\.\w+\([^)]*\))*)(?:\{([\s\S]*)\})?$/.exec(part);
    const [, name, calls = "", inner] = match ?? [];
    if (name === undefined) throw invalidParameter(`Syntax error at "${part.slice(0, 40)}" in param fields`);
    const limit = /\.limit\((\d+)\)/.exec(calls)?.[1];
    tree[name] = {
      ...(limit !== undefined && { limit: Number(limit) }),
      ...(inner !== undefined && { children: parseFields(inner) }),
    };
  }
  return tree;
};

/**
 * Only what was asked for, and the id. A field the type has but this object lacks is omitted, never null (§D.2);
 * a field the type does not know fails the whole request.
 */
export const project = (
  node: Record<string, unknown>,
  fields: FieldTree,
  type: { name: string; fields: ReadonlySet<string> },
): Record<string, unknown> => {
  const shown: Record<string, unknown> = {};
  for (const [field, { children }] of Object.entries(fields)) {
    if (field !== "id" && !type.fields.has(field)) {
      throw invalidParameter(`Tried accessing nonexisting field (${field}) on node type (${type.name})`);
    }
    const value = node[field];
    if (value === undefined) continue;
    shown[field] =
      isRecord(value) && children && !("data" in value)
        ? Object.fromEntries(Object.entries(value).filter(([key]) => key === "id" || key in children))
        : value;
  }
  return { ...shown, id: node["id"] };
};
