// What stands behind one figure: its transactions, their touches and rates.
import type { Needs } from "../../context.ts";
import { encodeCursor } from "../../lib/page.ts";
import { selectAccounts, selectSettings } from "../facts/facts.queries.ts";
import { frameOf, openQuestion } from "../facts/frame.ts";
import { selectLines } from "../facts/lines.queries.ts";
import { EXPLAIN_LIST, type Explain } from "./explain.contract.ts";

/** One round trip. Throws request.invalid. */
export async function explain(ctx: Needs<"db" | "now">, input: Explain) {
  const { asked, scope } = openQuestion(ctx, input);
  const [[settings], accounts, { rows }] = await ctx.db.run(
    selectSettings(ctx, scope),
    selectAccounts(ctx, scope),
    selectLines(ctx, scope, input),
  );
  const count = rows[0]?.lines ?? 0;
  const next = input.offset + input.limit;
  return {
    frame: frameOf(ctx, asked, settings, accounts),
    measure: input.measure,
    total: rows[0]?.total ?? "0",
    lines: rows,
    count,
    nextCursor: next < count ? encodeCursor(EXPLAIN_LIST, next) : null,
  };
}
