import type { SimContext, SimRequest } from "./context.ts";
import { GraphError, invalidParameter } from "./envelope.ts";
import { tokenValueOf } from "./caller.ts";

/** Insights' cursors are offsets in base64 with "=" written "ZD": MAZDZD is "0" (§E.2). */
export const offsetCursor = {
  write: (offset: number): string => btoa(String(offset)).replaceAll("=", "ZD"),
  read: (cursor: string): number => {
    const base64 = cursor.replace(/(ZD)+$/, (padding) => "=".repeat(padding.length / 2));
    const offset = /^[\w+/]+=*$/.test(base64) && base64.length % 4 === 0 ? Number(atob(base64)) : Number.NaN;
    if (!Number.isInteger(offset)) throw invalidParameter("Invalid cursors values");
    return offset;
  },
};

/** Edges' cursors are opaque, and a stale one answers 2642 (§D.6). */
export const opaqueCursor = {
  write: (offset: number): string => `QVFIU${btoa(`offset:${offset}`).replaceAll("=", "ZD")}`,
  read: (cursor: string): number => {
    const [, inner] = /^QVFIU([\w+/]+)$/.exec(cursor) ?? [];
    const text = inner && atob(inner.replace(/(ZD)+$/, (padding) => "=".repeat(padding.length / 2)));
    const offset = /^offset:(\d+)$/.exec(text ?? "")?.[1];
    if (offset === undefined) throw new GraphError({ code: 2642, message: "(#2642) Invalid cursor provided" });
    return Number(offset);
  },
};

/** Like Meta's, the link carries the caller's access token whatever way it came. */
const pageLink = (c: SimRequest, limit: number, cursor: { after: string } | { before: string }): string => {
  const url = new URL(c.req.url);
  url.searchParams.delete("after");
  url.searchParams.delete("before");
  const token = tokenValueOf(c);
  if (token !== undefined) url.searchParams.set("access_token", token);
  url.searchParams.set("limit", String(limit));
  for (const [name, value] of Object.entries(cursor)) url.searchParams.set(name, value);
  return url.href;
};

interface PageOptions<Item> {
  limit: number;
  cursor: typeof offsetCursor;
  /** Applied after the page is cut when the state says so, which leaves short or empty pages (§D.6). */
  keep?: (item: Item) => boolean;
  show: (item: Item) => Record<string, unknown>;
}

export const pageOf = <Item>(
  c: SimRequest,
  { state }: Pick<SimContext, "state">,
  all: Item[],
  { limit, cursor, keep = () => true, show }: PageOptions<Item>,
) => {
  const { after, before } = c.get("params");
  const items = state.sliceBeforeFilter ? all : all.filter(keep);
  const start =
    before !== undefined ? Math.max(0, cursor.read(before) - limit) : after !== undefined ? cursor.read(after) + 1 : 0;
  const end = Math.min(items.length, before !== undefined ? cursor.read(before) : start + limit);
  const slice = items.slice(start, end);
  const data = slice.filter(keep).map(show);
  if (slice.length === 0) return { data };
  const hasMore = end < items.length || (state.emptyLastPage && slice.length === limit);
  const cursors = { before: cursor.write(start), after: cursor.write(end - 1) };
  return {
    data,
    paging: {
      cursors,
      ...(start > 0 && { previous: pageLink(c, limit, { before: cursors.before }) }),
      ...(hasMore && { next: pageLink(c, limit, { after: cursors.after }) }),
    },
  };
};
