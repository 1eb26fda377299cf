// What the dashboards should say of a window: figures of Meta's campaigns, of each of them, and of what came otherwise.
import { toNumber } from "../../src/lib/money.ts";
import type { Business } from "./business.ts";
import { type Fraction, ofAmount, toDecimal } from "./fraction.ts";
import { type Asked, costPer, revenueOf, roiOf, type Sums, sumsOf, together } from "./totals.ts";

export type Figures = {
  currency: string;
  spend: number;
  revenue: number;
  leads: number;
  opportunities: number;
  won: number;
  /** Percent. */
  roi: number | null;
  /** Undefined where some of the spend could not be converted: only the leads it paid for count then. */
  cpl: number | null | undefined;
  /** "revenue USD 12.34" */
  missing: string[];
};

export type ExpectedAnswers = {
  total: Figures;
  outside: Record<"organic" | "other_paid" | "unattributed", Figures>;
  campaigns: Map<string, Figures>;
};

const number = (value: Fraction) => toNumber(toDecimal(value, 6));

const isMissing = ({ missing }: Sums, measure: string) => [...missing.keys()].some((key) => key.startsWith(measure));

function figuresOf(sums: Sums, currency: string): Figures {
  const missing = new Map<string, bigint>();
  for (const [key, amount] of sums.missing) {
    const [measure = "", from = ""] = key.split(" ");
    if (measure === "openValue" || measure === "weightedValue") continue;
    const name = `${measure === "spend" ? "spend" : "revenue"} ${from}`;
    missing.set(name, (missing.get(name) ?? 0n) + amount);
  }
  return {
    currency,
    spend: number(sums.spend),
    revenue: number(revenueOf(sums)),
    leads: number(sums.leads),
    opportunities: number(sums.opportunities),
    won: number(sums.won),
    roi: numberOrNull(roiOf(sums)),
    cpl: isMissing(sums, "spend") ? undefined : numberOrNull(costPer(sums, "leads")),
    missing: [...missing]
      .filter(([, amount]) => amount !== 0n)
      .map(([name, amount]) => `${name} ${number(ofAmount(amount))}`)
      .sort(),
  };
}

const numberOrNull = (value: Parameters<typeof toNumber>[0] | null) => value && toNumber(value);

export function expectedAnswers(business: Business, asked: Asked): ExpectedAnswers {
  const sums = sumsOf(business, asked);
  const of = (all: ReadonlyMap<string, Sums>, prefix: string) =>
    together([...all].filter(([key]) => key.startsWith(prefix)).map(([, own]) => own));
  const outside = (kind: string) => figuresOf(of(sums, `outside:${kind}@`), asked.currency);
  const ids = new Set([...sums.keys()].flatMap((key) => /^campaign:(.*)@/.exec(key)?.[1] ?? []));
  for (const { id } of business.campaigns) ids.add(id);
  return {
    total: figuresOf(of(sums, "account:"), asked.currency),
    outside: { organic: outside("organic"), other_paid: outside("other_paid"), unattributed: outside("unattributed") },
    campaigns: new Map(
      [...ids].map((id) => {
        const own = of(sums, `campaign:${id}@`);
        const currency = currencyOf(business, id);
        if (currency === undefined || currency === asked.currency || !isMissing(own, "spend"))
          return [id, figuresOf(own, asked.currency)];
        // Its spend cannot be converted: it is told as it is, and so is all else that is in the same currency.
        const asItIs = sumsOf({ ...business, rates: [] }, { ...asked, currency });
        return [id, figuresOf(of(asItIs, `campaign:${id}@`), currency)];
      }),
    ),
  };
}

const currencyOf = ({ campaigns, accounts }: Business, campaignId: string) => {
  const accountId = campaigns.find(({ id }) => id === campaignId)?.accountId;
  return accounts.find(({ id }) => id === accountId)?.currency;
};
