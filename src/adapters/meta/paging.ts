import * as z from "zod";
import { protocolError } from "./errors.ts";

const paging = z
  .object({ cursors: z.object({ after: z.string().nullish() }).nullish(), next: z.string().nullish() })
  .nullish();

export type Page<Row> = { data: Row[]; paging?: z.output<typeof paging> };

export const pageOf = <Row>(row: z.ZodType<Row>) => z.object({ data: z.array(row), paging });

/**
 * Every row of a listing, or an error: what it returns is never partial. Only the cursor is used; `paging.next` (which
 * holds the token and names its own host) is never followed, only asked whether there is more (§D.6).
 */
export const collectPages = async <Row>(
  fetchPage: (after: string | undefined) => Promise<Page<Row>>,
  { maxPages = 200, maxEmptyPages = 3 }: { maxPages?: number; maxEmptyPages?: number } = {},
): Promise<Row[]> => {
  const rows: Row[] = [];
  const seen = new Set<string>();
  let after: string | undefined;
  let emptyPages = 0;
  for (let count = 0; count < maxPages; count++) {
    const page = await fetchPage(after);
    for (const row of page.data) rows.push(row);
    const cursor = page.paging?.cursors?.after;
    if (!page.paging?.next || (!cursor && page.data.length === 0)) return rows;
    if (!cursor) throw protocolError("next_without_cursor");
    if (seen.has(cursor)) throw protocolError("repeated_cursor");
    // Meta filters after slicing, so a page may be empty in the middle of a listing.
    emptyPages = page.data.length === 0 ? emptyPages + 1 : 0;
    if (emptyPages > maxEmptyPages) throw protocolError("endless_empty_pages");
    seen.add(cursor);
    after = cursor;
  }
  throw protocolError("too_many_pages");
};
