// What was sold and how much of it was given back: no more than that, in one currency, and only of what was paid.
import type { ErrorCode, Problem } from "../../errors.ts";
import { add, compare, type Decimal, subtract, ZERO } from "../../lib/money.ts";

export type Account = { amount: Decimal; currency: string; status: string; refunded: Decimal };

export type LedgerProblem = Problem & { code: ErrorCode };

/** Without a field it is the sale itself that does not fit. */
type Objection = { field?: "amount" | "currency"; problem: string; code: ErrorCode };

const OVER_REFUNDED = "no se puede devolver más de lo que se cobró";

/** Of a new sale: one that arrives refunded was a sale that was given back. */
export const openAccount = (amount: Decimal, currency: string, status: string): Account =>
  status === "refunded"
    ? { amount, currency, status: "completed", refunded: amount }
    : { amount, currency, status, refunded: ZERO };

/** What is left of a sale to give back. */
export const restOf = ({ amount, refunded }: Account): Decimal => {
  const rest = subtract(amount, refunded);
  return compare(rest, ZERO) > 0 ? rest : ZERO;
};

/** Writes what is given back (`amount`, positive; `before`, what the same row gave back until now) into the account. */
export function giveBack(
  account: Account,
  { amount, before, status }: { amount: Decimal; before: Decimal; status: string },
): Objection | undefined {
  if (status !== "completed") {
    account.refunded = subtract(account.refunded, before);
    return undefined;
  }
  if (account.status !== "completed" && compare(amount, before) > 0)
    return { problem: "la venta no está cobrada", code: "request.invalid" };
  account.refunded = add(subtract(account.refunded, before), amount);
  if (compare(account.refunded, account.amount) > 0)
    return { field: "amount", problem: OVER_REFUNDED, code: "sale.over_refunded" };
  return undefined;
}

/** Corrects a sale, or says why it cannot be so. */
export function correct(
  account: Account,
  change: { amount?: Decimal | undefined; currency?: string | undefined; status?: string | undefined },
): Objection | undefined {
  const wasGivenBack = compare(account.refunded, ZERO) > 0;
  const { amount = account.amount, currency = account.currency, status = account.status } = change;
  if (wasGivenBack && currency !== account.currency)
    return { field: "currency", problem: "tiene devoluciones en otra moneda", code: "request.invalid" };
  if (compare(amount, account.refunded) < 0)
    return { field: "amount", problem: "es menos de lo que ya se devolvió", code: "sale.over_refunded" };
  const isReturned = status === "refunded" && account.status === "completed";
  Object.assign(account, { amount, currency, status: isReturned ? "completed" : status });
  if (isReturned) account.refunded = amount;
  return undefined;
}
