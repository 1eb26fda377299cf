// What there is in a business, whoever's merit it is: no touches, no credits.
import type { Day } from "../../src/lib/dates.ts";
import { type Business } from "./business.ts";
import { dayOf } from "./clock.ts";
import { isWon } from "./decisions.ts";
import { ofAmount, plus, toDecimal, none, type Fraction } from "./fraction.ts";
import type { Basis } from "./outcomes.ts";

const ALWAYS = { since: "0001-01-01", until: "9999-12-31" };

/** "leads", "sales ARS"…: decimal; on cohort basis of all days, whatever the window. */
export function wholeCrm(business: Business, basis: Basis, window: { since: Day; until: Day }): Map<string, string> {
  const { since, until } = basis === "cash" ? window : ALWAYS;
  const isInside = (day: Day) => day >= since && day <= until;
  const happened = (at: number) => isInside(dayOf(business.timezone, at));
  const totals = new Map<string, Fraction>();
  const add = (name: string, amount: bigint) => totals.set(name, plus(totals.get(name) ?? none, ofAmount(amount)));
  for (const { createdAt } of business.leads) if (happened(createdAt)) add("leads", 1_000_000n);
  for (const opportunity of business.opportunities) {
    const { createdAt, closedAt, stage, value, currency } = opportunity;
    if (happened(createdAt)) add("opportunities", 1_000_000n);
    if (isWon(business, opportunity) && happened(closedAt ?? 0)) add("won", 1_000_000n);
    const isOpen = ![...business.wonStages, ...business.lostStages].includes(stage);
    if (isOpen && happened(createdAt)) add(`open_value ${currency}`, value);
  }
  for (const { id, day, amount, currency, status } of business.sales) {
    if (status !== "completed") continue;
    if (isInside(day)) add(`sales ${currency}`, amount);
    for (const refund of business.refunds)
      if (refund.saleId === id && isInside(refund.day)) add(`refunds ${currency}`, -refund.amount);
  }
  return new Map(
    [...totals].filter(([, total]) => total.over !== 0n).map(([name, total]) => [name, toDecimal(total, 6)]),
  );
}
