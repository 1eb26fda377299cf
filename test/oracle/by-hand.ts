// A business in which nothing happened but what a test says.
import type { Amount, Business } from "./business.ts";

export const aBusinessWith = (given: Partial<Business>): Business => ({
  timezone: "America/Argentina/Buenos_Aires",
  reportingCurrency: "ARS",
  defaultView: { model: "last_paid_touch", window: null },
  wonStages: ["closed_won"],
  lostStages: ["closed_lost"],
  accounts: [{ id: "1", currency: "ARS" }],
  campaigns: [],
  ads: [],
  insights: [],
  rates: [],
  leads: [],
  touches: [],
  opportunities: [],
  sales: [],
  refunds: [],
  ...given,
});

/** "12.34" in millionths. */
export const amount = (text: string): Amount => {
  const [whole = "", digits = ""] = text.split(".");
  return BigInt(whole + digits.padEnd(6, "0"));
};
