// What an account spent beyond what its campaigns say, as rows that make the list add up to the account.
import type { Frame } from "../facts/frame.ts";
import { sumConverted } from "../facts/currencies.ts";
import { measure } from "../facts/measures.ts";
import { compare, currencyExponent, type Decimal, parseDecimal, subtract, sum, ZERO } from "../../lib/money.ts";
import type { CampaignFigures, EntityFacts } from "./campaign-figures.ts";

const REMAINDER_ID = "historical_other";

export const isRemainder = ({ id }: { id: string }): boolean => id.startsWith(REMAINDER_ID);

/** `amount` in the account's currency; `converted` in the one asked for, null where rates are missing. */
type Remainder = { accountId: string; currency: string; amount: Decimal; converted: Decimal | null };

/** Accounts whose campaigns spent less than they did (by a minor unit or more), or more, which should not be. */
export function findRemainders(accounts: readonly EntityFacts[], campaigns: readonly EntityFacts[]) {
  const key = ({ accountId, currency }: EntityFacts) => `${accountId}:${currency}`;
  const campaignsOf = Map.groupBy(campaigns, key);
  const gaps = accounts
    .filter(({ accountId }) => accountId !== "")
    .map((account): Remainder => {
      const own = campaignsOf.get(key(account)) ?? [];
      const gap = (of: "spend" | "spendIn") => subtract(account[of], sum(own.map((campaign) => campaign[of])));
      const isConverted = [account, ...own].every(({ spendMissingCount }) => spendMissingCount === 0);
      const { accountId, currency } = account;
      return { accountId, currency, amount: gap("spend"), converted: isConverted ? gap("spendIn") : null };
    });
  return {
    unallocated: gaps.filter(({ amount, currency }) => compare(amount, minorUnit(currency)) >= 0),
    overdrawn: gaps.filter(({ amount }) => compare(amount, ZERO) < 0),
  };
}

const minorUnit = (currency: string): Decimal => {
  const exponent = currencyExponent(currency);
  return parseDecimal(exponent === 0 ? "1" : `0.${"1".padStart(exponent, "0")}`);
};

/** A remainder as a row beside the campaigns. What it brought is not known, so it has no return. */
export function remainderFigures(frame: Frame, { accountId, currency, amount, converted }: Remainder): CampaignFigures {
  const money = sumConverted([]);
  const sums = { ...money.sums, spend: converted ?? amount };
  const isPrimary = accountId === frame.accounts[0]?.accountId;
  return {
    id: isPrimary ? REMAINDER_ID : `${REMAINDER_ID}:${accountId}`,
    name: "Otros (histórico)",
    accountId,
    currency: converted === null ? currency : frame.currency,
    objective: null,
    status: "ARCHIVED",
    effectiveStatus: "ARCHIVED",
    sums,
    measures: measure(sums, { isRoiTrusted: false }),
    money,
  };
}
