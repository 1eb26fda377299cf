import { describe, expect, it } from "vitest";
import type { EntityFacts } from "../../../src/features/campaigns/campaign-figures.ts";
import { findRemainders } from "../../../src/features/campaigns/remainder.ts";
import { currencySums } from "../facts/sums.ts";

const facts = (entityId: string, accountId: string, spend: string, currency = "ARS"): EntityFacts => ({
  entityId,
  accountId,
  ...currencySums(currency, spend, "0"),
});

describe("what an account spent beyond its campaigns", () => {
  it.each([
    ["a minor unit more is a row", "ARS", "10.01", "10", "0.01"],
    ["less than a minor unit is none", "ARS", "10.009999", "10", null],
    ["of a currency without decimals it is a whole unit", "CLP", "11", "10", "1"],
    ["and less than that is none", "CLP", "10.99", "10", null],
    ["of a currency with three decimals a thousandth", "KWD", "10.001", "10", "0.001"],
    ["nothing", "ARS", "10", "10", null],
  ])("%s", (_, currency, ofAccount, ofCampaign, amount) => {
    const { unallocated, overdrawn } = findRemainders(
      [facts("1", "1", ofAccount, currency)],
      [facts("c", "1", ofCampaign, currency)],
    );
    expect(unallocated.map((remainder) => remainder.amount)).toEqual(amount === null ? [] : [amount]);
    expect(overdrawn).toEqual([]);
  });

  it("less than the campaigns say is no row, but is told", () => {
    const { unallocated, overdrawn } = findRemainders([facts("1", "1", "9")], [facts("c", "1", "10")]);
    expect([unallocated, overdrawn]).toEqual([
      [],
      [{ accountId: "1", currency: "ARS", amount: "-1", converted: "-1" }],
    ]);
  });

  it("accounts do not make up for each other", () => {
    const accounts = [facts("1", "1", "20"), facts("2", "2", "5")];
    const { unallocated, overdrawn } = findRemainders(accounts, [facts("c", "1", "10"), facts("d", "2", "10")]);
    expect([unallocated[0]?.amount, overdrawn[0]?.amount]).toEqual(["10", "-5"]);
  });
});
