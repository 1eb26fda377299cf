// A campaign day by day. Days without a fact are zeros only where they are known.
import type { Needs } from "../../context.ts";
import { coverageOf } from "../facts/coverage.ts";
import { type CurrencySums, sumConverted, withoutConversion } from "../facts/currencies.ts";
import type { AccountRow } from "../facts/facts.queries.ts";
import type { Frame } from "../facts/frame.ts";
import { measure, type Measures, type Sums } from "../facts/measures.ts";
import { type Day, dayIn, eachDay } from "../../lib/dates.ts";

type InsightDay = { day: Day; sums: Sums; measures: Measures; isKnown: boolean; isPartial: boolean };

/** `account` is undefined for a campaign that Meta never told us of: only days with a spend fact are known. */
export function insightDays(
  ctx: Needs<"now">,
  { window, currency: frameCurrency }: Frame,
  {
    currency,
    account,
    facts,
  }: { currency: string | null; account: AccountRow | undefined; facts: readonly (CurrencySums & { day: Day })[] },
): InsightDay[] {
  const factsOf = Map.groupBy(facts, ({ day }) => day);
  const missing = account && coverageOf(window, [account.missing]).missing;
  const today = account && dayIn(account.timezoneName, ctx.now());
  return eachDay(window.since, window.until).map((day) => {
    const own = factsOf.get(day) ?? [];
    const isKnown = (missing !== undefined && !missing.has(day)) || own.some(({ spendCount }) => spendCount > 0);
    const { sums: known } = sumConverted(currency === frameCurrency ? own : withoutConversion(currency, own));
    const sums = { ...known, spend: isKnown ? known.spend : null };
    return {
      day,
      sums,
      measures: measure(sums),
      isKnown,
      isPartial: !isKnown || (today !== undefined && day >= today),
    };
  });
}
