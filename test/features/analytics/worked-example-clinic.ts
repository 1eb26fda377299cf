// The clinic of the worked example, in Buenos Aires (UTC−3), asked about 10 to 19 November 2026.
import { aBusinessWith, amount } from "../../oracle/by-hand.ts";
import type { Channel, Touch } from "../../oracle/business.ts";
import { instant } from "../../oracle/clock.ts";

const november = (day: number, time = "12:00:00") => instant(`2026-11-${String(day).padStart(2, "0")}T${time}Z`);
const day = (of: number) => `2026-11-${String(of).padStart(2, "0")}`;
const id = (kind: number, which: number) => `00000000-000${kind}-4000-8000-00000000000${which}`;

const lead = (which: number, created: number) => ({
  id: id(1, which),
  createdAt: november(created),
  source: "ORGANIC",
  campaignId: null,
  adId: null,
});

const touch = (which: number, of: number, at: number, channel: Channel, adId: string | null): Touch => ({
  id: id(2, which),
  leadId: id(1, of),
  at: november(at),
  channel,
  isPaid: ["meta_lead_form", "ctwa", "utm_paid"].includes(channel),
  campaignId: null,
  adSetId: null,
  adId,
  leadgenId: channel === "meta_lead_form" ? `form-${which}` : null,
  ctwaClid: channel === "ctwa" ? `chat-${which}` : null,
});

const spend = (level: "account" | "campaign", entityId: string, accountId: string, of: number, spent: string) => {
  return { level, entityId, accountId, day: day(of), spend: amount(spent) };
};

const sale = { opportunityId: null, soldAt: null, status: "completed" as const };

export const clinic = aBusinessWith({
  reportingCurrency: "ARS",
  accounts: [
    { id: "111", currency: "ARS" },
    { id: "222", currency: "USD" },
  ],
  campaigns: [
    { id: "c1", accountId: "111", name: "Primavera" },
    { id: "c2", accountId: "111", name: "Verano" },
    { id: "c3", accountId: "222", name: "Otoño" },
  ],
  ads: [
    { id: "a1", accountId: "111", campaignId: "c1", adSetId: "s1" },
    { id: "a2", accountId: "111", campaignId: "c2", adSetId: "s2" },
    { id: "a3", accountId: "222", campaignId: "c3", adSetId: "s3" },
  ],
  // Account 111 spent 1 000 on the 10th that none of its campaigns says it did. Its 15th was not synced.
  insights: [
    spend("account", "111", "111", 10, "31000"),
    spend("campaign", "c1", "111", 10, "30000"),
    spend("account", "111", "111", 13, "20000"),
    spend("campaign", "c2", "111", 13, "20000"),
    spend("account", "222", "222", 12, "20"),
    spend("campaign", "c3", "222", 12, "20"),
    spend("account", "222", "222", 13, "10"),
    spend("campaign", "c3", "222", 13, "10"),
  ],
  rates: [
    { base: "USD", quote: "ARS", day: day(10), rate: "1000" },
    { base: "USD", quote: "ARS", day: day(13), rate: "1100" },
    { base: "USD", quote: "ARS", day: day(18), rate: "1200" },
    { base: "USD", quote: "ARS", day: day(19), rate: "1300" },
  ],
  leads: [lead(1, 10), lead(2, 11), lead(3, 12), lead(4, 8), lead(5, 10)],
  touches: [
    // Lead 1 saw two ads: of Primavera on the 10th, of Otoño on the 12th.
    touch(1, 1, 10, "meta_lead_form", "a1"),
    touch(2, 1, 12, "ctwa", "a3"),
    // Lead 2 had bought before it saw an ad of Verano.
    touch(3, 2, 13, "meta_lead_form", "a2"),
    // Lead 3 came by itself, saw an ad of Verano, and came by itself again.
    touch(4, 3, 12, "organic", null),
    touch(5, 3, 13, "ctwa", "a2"),
    touch(6, 3, 16, "direct", null),
    // Lead 4 saw an ad of Otoño before the window.
    touch(7, 4, 8, "ctwa", "a3"),
    // Lead 5 came by an ad elsewhere.
    touch(8, 5, 10, "utm_paid", null),
  ],
  opportunities: [
    // Lead 1 was won on the 14th, after both its touches.
    {
      id: id(3, 1),
      leadId: id(1, 1),
      stage: "closed_won",
      value: amount("100000.01"),
      currency: "ARS",
      probability: 100,
      createdAt: november(12, "16:00:00"),
      closedAt: november(14),
    },
    // Lead 3 is half decided about 80 000.01.
    {
      id: id(3, 3),
      leadId: id(1, 3),
      stage: "proposal",
      value: amount("80000.01"),
      currency: "ARS",
      probability: 50,
      createdAt: november(14),
      closedAt: null,
    },
  ],
  sales: [
    {
      ...sale,
      id: id(4, 1),
      leadId: null,
      opportunityId: id(3, 1),
      amount: amount("100000.01"),
      currency: "ARS",
      day: day(14),
    },
    { ...sale, id: id(4, 2), leadId: id(1, 2), amount: amount("50"), currency: "USD", day: day(11) },
    { ...sale, id: id(4, 4), leadId: id(1, 4), amount: amount("40"), currency: "USD", day: day(18) },
    {
      ...sale,
      id: id(4, 5),
      leadId: id(1, 5),
      amount: amount("999"),
      currency: "ARS",
      day: day(12),
      status: "pending",
    },
  ],
  refunds: [
    { id: id(5, 1), kind: "refund", saleId: id(4, 1), amount: amount("30000"), day: day(17) },
    { id: id(5, 4), kind: "refund", saleId: id(4, 4), amount: amount("10"), day: day(19) },
  ],
});
