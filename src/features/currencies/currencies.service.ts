import type { Needs } from "../../context.ts";
import { AppError, problemsError } from "../../errors.ts";
import { encodeCursor } from "../../lib/page.ts";
import type * as z from "zod";
import { CURSOR_LIST, type FxRate, type ratesQuery } from "./currencies.contract.ts";
import * as queries from "./currencies.queries.ts";
import { type CsvProblem, parseRatesCsv } from "./rates-csv.ts";

const TWICE = "esa cotización está repetida";

/** Throws request.invalid where one day of a pair has two rates. */
export async function saveRates(ctx: Needs<"db" | "now" | "audit">, rates: readonly FxRate[]) {
  const twice = findTwice(rates);
  if (twice.length > 0) throw problemsError(twice.map((index) => ({ index, field: "date", problem: TWICE })));
  return queries.saveRates(ctx, rates);
}

/** Throws request.invalid, naming the lines; then nothing is written. */
export async function importRates(ctx: Needs<"db" | "now" | "audit">, csv: string) {
  const parsed = parseRatesCsv(csv);
  if ("problems" in parsed) throw linesError(parsed.problems);
  const { rates } = parsed;
  const twice = findTwice(rates).flatMap((index) => rates[index] ?? []);
  if (twice.length > 0) throw linesError(twice.map(({ line }) => ({ line, field: "date", problem: TWICE })));
  return queries.saveRates(ctx, rates);
}

function linesError(problems: readonly CsvProblem[]): AppError {
  const words = problems
    .slice(0, 3)
    .map(({ line, field, problem }) => `línea ${line}${field && `, ${field}`}: ${problem}`);
  const rest = problems.length > words.length ? `; y ${problems.length - words.length} más` : "";
  const details = { problems: problems.slice(0, 100), total: problems.length };
  return new AppError("request.invalid", `No se guardó nada: ${words.join("; ")}${rest}`, { details });
}

/** Places of rates whose pair and day came before. */
function findTwice(rates: readonly FxRate[]): number[] {
  const seen = new Set<string>();
  return rates.flatMap(({ base, quote, date }, index) => {
    const key = `${base} ${quote} ${date}`;
    if (seen.has(key)) return [index];
    seen.add(key);
    return [];
  });
}

export async function listRates(
  ctx: Needs<"db">,
  { limit, offset, cursor, ...filter }: z.output<ReturnType<typeof ratesQuery>>,
) {
  const { rows, total } = await queries.listRates(ctx, filter, { limit, offset, after: cursor });
  const rates = rows.slice(0, limit);
  const last = rates.at(-1);
  const nextCursor = rows.length > limit && last ? encodeCursor(CURSOR_LIST, [last.date, last.base, last.quote]) : null;
  return { rates, total, nextCursor };
}
