// JSON of others, read without losing anything of an id: Meta writes 18 digits as a number, more than a double can tell apart.
import { isShallow } from "./shallow.ts";

const LEVELS = 24;

/** What TypeScript does not know yet: numbers come with how they were written. */
type Revive = (this: unknown, key: string, value: unknown, context: { source: string }) => unknown;

const isExact = (value: number, source: string) => Number.isSafeInteger(value) || !/^-?\d+$/.test(source);

// U+0000 and halves of surrogate pairs are JSON, and no database takes them.
const revive: Revive = (_, value, { source }) => {
  if (typeof value === "number") return isExact(value, source) ? value : source;
  return typeof value === "string" ? value.replaceAll("\0", "").toWellFormed() : value;
};

/** The value; integers beyond 2^53 come as their digits. Undefined for what is no JSON, or deeper than anything of Meta's. */
export function readExactJson(text: string): { value: unknown } | undefined {
  try {
    if (!isShallow(JSON.parse(text), LEVELS)) return undefined;
    return { value: JSON.parse(text, revive as (key: string, value: unknown) => unknown) };
  } catch {
    return undefined;
  }
}
