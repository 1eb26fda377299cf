import type { Needs } from "../../context.ts";
import { encodeCursor } from "../../lib/page.ts";
import { type LogsCursor, logsCursor, type LogsQuery } from "./logs.contract.ts";
import { countLogs, type Log, type LogsFilter, selectLogs } from "./logs.queries.ts";

const EXPORT_PAGE = 1000;

const placeOf = (log: Log): LogsCursor => [log.exactly, log.id];

export async function getLogPage(
  ctx: Needs<"db">,
  { limit, offset, cursor, ...filter }: LogsQuery,
): Promise<{ logs: Log[]; total: number; nextCursor: string | null }> {
  const page = { limit: limit + 1, offset: cursor ? 0 : offset, after: cursor };
  const [found, [counted]] = await ctx.db.run(selectLogs(ctx, filter, page), countLogs(ctx, filter));
  const logs = found.slice(0, limit);
  const last = found.length > limit ? logs.at(-1) : undefined;
  return {
    logs,
    total: counted?.total ?? 0,
    nextCursor: last ? encodeCursor(logsCursor.list, placeOf(last)) : null,
  };
}

/** All logs that fit, page by page: never more than one page is held. */
export async function* streamLogs(ctx: Needs<"db">, filter: LogsFilter): AsyncGenerator<Log> {
  for (let after: LogsCursor | undefined; ;) {
    const logs = await ctx.db.one(selectLogs(ctx, filter, { limit: EXPORT_PAGE, after }));
    yield* logs;
    const last = logs.at(-1);
    if (!last || logs.length < EXPORT_PAGE) return;
    after = placeOf(last);
  }
}
