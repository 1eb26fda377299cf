import type { Needs } from "../../context.ts";
import { encodeCursor } from "../../lib/page.ts";
import { auditCursor, type AuditQuery } from "./audit.contract.ts";
import { type AuditFilter, countAudit, selectAudit } from "./audit.queries.ts";

const EXPORT_PAGE = 1_000;

export async function getAuditPage(ctx: Needs<"db">, { limit, offset, cursor, ...filter }: AuditQuery) {
  const page = { limit: limit + 1, offset: cursor ? 0 : offset, before: cursor };
  const [found, [counted]] = await ctx.db.run(selectAudit(ctx, filter, page), countAudit(ctx, filter));
  const rows = found.slice(0, limit);
  const last = found.length > limit ? rows.at(-1) : undefined;
  return {
    rows,
    total: counted?.total ?? 0,
    nextCursor: last ? encodeCursor(auditCursor.list, last.seq) : null,
  };
}

/** All rows that fit, page by page: never more than one page is held. */
export async function* streamAudit(ctx: Needs<"db">, filter: AuditFilter) {
  for (let before: number | undefined; ;) {
    const rows = await ctx.db.one(selectAudit(ctx, filter, { limit: EXPORT_PAGE, before }));
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < EXPORT_PAGE) return;
    before = last.seq;
  }
}
