import type { RandomBusiness } from "./random-business.ts";

const CENT = 10_000n;

/** The same business where all money is in pesos, and the tenant says so or says nothing. */
export const inOneCurrency = <B extends RandomBusiness>(business: B): B => ({
  ...business,
  reportingCurrency: business.reportingCurrency === null ? null : "ARS",
  accounts: business.accounts.map((account) => ({ ...account, currency: "ARS" })),
  opportunities: business.opportunities.map((one) => ({
    ...one,
    currency: "ARS",
    value: one.value - (one.value % CENT),
  })),
  sales: business.sales.map((sale) => ({ ...sale, currency: "ARS" })),
});
