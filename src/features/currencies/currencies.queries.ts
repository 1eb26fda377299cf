import { and, eq, gte, lte, sql } from "drizzle-orm";
import { runAudited } from "../../adapters/db/audit.ts";
import { fxRates } from "../../adapters/db/schema/attribution.ts";
import type { Needs } from "../../context.ts";
import type { FxRate } from "./currencies.contract.ts";

/** A rate that is already right is not written. Rows go in by key, so that two writers wait for each other in order. */
export async function saveRates(ctx: Needs<"db" | "now" | "audit">, rates: readonly FxRate[]) {
  const column = (of: (rate: FxRate) => string, type: string) => sql`${sql.param(rates.map(of))}::${sql.raw(type)}[]`;
  const fresh = sql`unnest(${column(({ base }) => base, "text")}, ${column(({ quote }) => quote, "text")},
    ${column(({ date }) => date, "date")}, ${column(({ rate }) => rate, "numeric")}, ${column(({ source }) => source, "text")})
    AS fresh (base, quote, day, rate, source)`;
  const at = sql`${new Date(ctx.now()).toISOString()}::timestamptz`;
  const [written] = await runAudited(
    ctx,
    { diff: { rates: rates.length } },
    ctx.db.q.execute<{ created: number; updated: number }>(sql`
      WITH written AS (
        INSERT INTO fx_rates AS r (tenant_id, base, quote, day, rate, source, created_at)
        SELECT ${ctx.db.tenantId}, base, quote, day, rate, source, ${at} FROM ${fresh} ORDER BY base, quote, day
        ON CONFLICT (tenant_id, base, quote, day) DO UPDATE SET (rate, source) = (excluded.rate, excluded.source)
        WHERE (r.rate, r.source) IS DISTINCT FROM (excluded.rate, excluded.source)
        RETURNING xmax = 0 AS is_new)
      SELECT count(*) FILTER (WHERE is_new)::int AS created, count(*) FILTER (WHERE NOT is_new)::int AS updated FROM written`),
    ctx.db.q.execute(sql`SELECT renew_answers(${ctx.db.tenantId})`),
  );
  const { created = 0, updated = 0 } = written.rows[0] ?? {};
  return { created, updated, unchanged: rates.length - created - updated };
}

type Filter = {
  base?: string | undefined;
  quote?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
};

/** The newest day first; `after` is the last row of the page before. One row more than `limit`, if there is one. */
export async function listRates(
  ctx: Needs<"db">,
  { base, quote, since, until }: Filter,
  { limit, offset, after }: { limit: number; offset: number; after: readonly [string, string, string] | undefined },
) {
  const fits = and(
    ctx.db.mine(fxRates),
    base === undefined ? undefined : eq(fxRates.base, base),
    quote === undefined ? undefined : eq(fxRates.quote, quote),
    since === undefined ? undefined : gte(fxRates.day, since),
    until === undefined ? undefined : lte(fxRates.day, until),
  );
  const page = ctx.db.q
    .select({
      date: fxRates.day,
      base: fxRates.base,
      quote: fxRates.quote,
      rate: sql<string>`trim_scale(${fxRates.rate})::text`,
      source: fxRates.source,
    })
    .from(fxRates)
    .where(
      and(
        fits,
        after &&
          sql`(${fxRates.day} < ${after[0]}::date
            OR (${fxRates.day} = ${after[0]}::date AND (${fxRates.base}, ${fxRates.quote}) > (${after[1]}, ${after[2]})))`,
      ),
    )
    .orderBy(sql`${fxRates.day} DESC`, fxRates.base, fxRates.quote)
    .limit(limit + 1)
    .offset(after ? 0 : offset);
  const count = ctx.db.q
    .select({ total: sql<number>`count(*)::int` })
    .from(fxRates)
    .where(fits);
  const [rows, [counted]] = await ctx.db.run(page, count);
  return { rows, total: counted?.total ?? 0 };
}
