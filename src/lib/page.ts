// Pages of lists: limit and offset, or a cursor. The one tool that knows zod, because contracts may look no further.
import * as z from "zod";
import { fromBase64Url, toBase64Url } from "./base64url.ts";
import { onPaper } from "./on-paper.ts";

const LIMIT_MAX = 200;
const OFFSET_MAX = 1_000_000;
const CURSOR_MAX_LENGTH = 1000;
const CURSOR_VERSION = 1;

/** What the cursor of a list holds: enough to find the row after which the next page begins. */
export type CursorShape<S extends z.ZodType = z.ZodType> = { list: string; after: S };

/**
 * Query fields of a list, to be spread into its schema. The cursor comes out as what `after` describes; one that is broken,
 * of another version or of another list is refused by name.
 */
export const pageQuery = <S extends z.ZodType>(defaultLimit: number, { list, after }: CursorShape<S>) => ({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(LIMIT_MAX)
    .default(defaultLimit)
    .describe(onPaper(`1 to ${LIMIT_MAX}.`)),
  offset: z.coerce
    .number()
    .int()
    .min(0)
    .max(OFFSET_MAX)
    .default(0)
    .describe(onPaper("Rows to skip; not together with cursor.")),
  cursor: z
    .string()
    .max(CURSOR_MAX_LENGTH)
    .transform((text, context): z.output<S> => {
      const held = after.safeParse(decodeCursor(list, text));
      if (held.success) return held.data;
      context.addIssue("no es un cursor de esta lista");
      return z.NEVER;
    })
    .optional()
    .describe(onPaper("next_cursor of the page before, as it came.")),
});

/** The cursor of lists that are made whole before they are cut (`cutPage`): the place where the next page begins. */
export const placeCursor = (list: string) => ({ list, after: z.number().int().min(0).max(OFFSET_MAX) });

/** A page of rows that are all at hand. */
export function cutPage<Row>(
  list: string,
  rows: readonly Row[],
  { limit, offset, cursor }: { limit: number; offset: number; cursor?: number | undefined },
): { rows: Row[]; total: number; nextCursor: string | null } {
  const from = cursor ?? offset;
  const next = from + limit;
  const nextCursor = next < rows.length ? encodeCursor(list, next) : null;
  return { rows: rows.slice(from, next), total: rows.length, nextCursor };
}

/** Opaque to whoever gets it. `after` is what the list's `CursorShape` describes. */
export const encodeCursor = (list: string, after: unknown): string =>
  toBase64Url(new TextEncoder().encode(JSON.stringify([CURSOR_VERSION, list, after])));

/** What `encodeCursor` was given; undefined for a text that is no cursor of this list. Not validated. */
export function decodeCursor(list: string, text: string): unknown {
  try {
    const decoded = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(fromBase64Url(text));
    const held: unknown = JSON.parse(decoded);
    const isOurs = Array.isArray(held) && held.length === 3 && held[0] === CURSOR_VERSION && held[1] === list;
    return isOurs ? (held[2] as unknown) : undefined;
  } catch {
    return undefined;
  }
}
