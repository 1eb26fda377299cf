// Fields as a CRM sends them: null and "" say nothing where a column must never be blanked (names, attribution), and
// empty a column that may be.
import * as z from "zod";
import { isShallow } from "../../lib/shallow.ts";
import { onPaper } from "../../lib/on-paper.ts";

// PostgreSQL keeps no NUL.
const withoutNul = (text: string) => !text.includes("\0");
const NUL = "tiene un carácter que no se puede guardar";

const plain = (max: number) => z.string().trim().max(max, `tiene más de ${max} caracteres`).refine(withoutNul, NUL);

/** A text that is there. */
export const text = (max: number) => plain(max).min(1, "no puede estar vacío");

/** Null or empty: nothing is said, what is there stays. */
export const kept = (max: number) =>
  plain(max)
    .nullish()
    .transform((value) => value || undefined);

/** Null or empty: the column is emptied. */
export const clearable = (max: number) =>
  plain(max)
    .nullish()
    .transform((value) => (value === "" ? null : value));

/** An id of the CRM's own. */
export const reference = text(255);

export const instant = z.iso
  .datetime({ offset: true, error: "debe ser un instante ISO 8601 con zona, como 2026-11-23T12:00:00-03:00" })
  .transform((value) => new Date(value).toISOString());

export const tags = z.array(text(100)).max(100);

const JSON_LEVELS = 20;

/** An object; a list or a JSON text in its place is refused. */
export const jsonObject = z
  .record(z.string().max(255), z.unknown(), { error: "debe ser un objeto" })
  .refine((value) => isShallow(value, JSON_LEVELS), { error: `como máximo ${JSON_LEVELS} niveles`, abort: true })
  .refine((value) => JSON.stringify(value).length <= 16_384, "es demasiado grande")
  .refine((value) => isStorable(value), NUL);

function isStorable(value: unknown): boolean {
  if (typeof value === "string") return withoutNul(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, part]) => withoutNul(key) && isStorable(part));
}

/** Without the keys that say nothing. */
export const said = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** Our uuid, or `external:` and the id of the CRM. */
export const address = z
  .union([
    z.uuid().transform((id) => ({ id, externalId: undefined })),
    z
      .string()
      .regex(/^external:.{1,255}$/s, "debe ser un uuid, o external: y tu id")
      .refine(withoutNul, NUL)
      .transform((value) => ({ id: undefined, externalId: value.slice("external:".length) })),
  ])
  .describe(onPaper("Our uuid, or external:<external_id>."));

export type Address = z.output<typeof address>;
