import type { Day } from "../../src/lib/dates.ts";
import { currencyExponent } from "../../src/lib/money.ts";
import type { Refund, Sale } from "./business.ts";

export type Wish = {
  rank: number;
  sale: number;
  kind: "refund" | "chargeback";
  part: "all" | "some" | "least";
  /** Percent. */
  share: number;
  day: number;
};

/** Refunds of completed sales, none of more than what is left of its sale. */
export function refundsOf(
  sales: readonly Sale[],
  wishes: readonly Wish[],
  { idOf, dayAt }: { idOf: (index: number, rank: number) => string; dayAt: (index: number) => Day },
): Refund[] {
  const completed = sales.filter(({ status }) => status === "completed");
  const left = new Map(completed.map(({ id, amount }) => [id, amount]));
  return wishes.flatMap(({ rank, sale: index, kind, part, share, day }, i) => {
    const sale = completed[index % (completed.length || 1)];
    const most = left.get(sale?.id ?? "") ?? 0n;
    if (!sale || most === 0n) return [];
    const unit = 10n ** BigInt(6 - currencyExponent(sale.currency));
    const some = ((most / unit) * BigInt(share)) / 100n || 1n;
    const wish = part === "all" ? most : part === "least" ? unit : some * unit;
    const amount = wish < most ? wish : most;
    left.set(sale.id, most - amount);
    return [{ id: idOf(i, rank), kind, saleId: sale.id, amount, day: dayAt(day) }];
  });
}
