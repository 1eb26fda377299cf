// Everything a business brought, each piece on its day and at its touch, on cash and on cohort basis.
import type { Day } from "../../src/lib/dates.ts";
import type { Amount, Business, Lead, Opportunity, Refund, Sale, Touch, View } from "./business.ts";
import { dayOf } from "./clock.ts";
import { creditsOfLead, creditsOfOpportunity, creditsOfSale } from "./credits.ts";
import { isWon, leadOfSale } from "./decisions.ts";
import { split } from "./split.ts";
import type { Credit } from "./weights.ts";

export const counted = ["leads", "matchedLeads", "opportunities", "won"] as const;
export const paid = ["sales", "refunds", "openValue", "weightedValue"] as const;

export type Outcome = {
  measure: (typeof counted)[number] | (typeof paid)[number];
  /** Of the lead, opportunity, sale or refund. */
  subjectId: string;
  leadId: string | null;
  day: Day;
  touch: Touch | null;
  /** Millionths: of one where it is counted, of the major unit where it is money. Refunds are negative. */
  amount: Amount;
  /** "" where it is counted. */
  currency: string;
  rateOn: Day;
};

export type Basis = "cash" | "cohort";

/** Where the credits of a subject come from, and the days its pieces stand on. */
type Rule = {
  ofLead: (lead: Lead) => Credit[];
  ofOpportunity: (opportunity: Opportunity) => Credit[];
  ofSale: (sale: Sale) => Credit[];
  /** `own` is the event's own day. */
  dayOf: (own: Day, touch: Touch | null, leadId: string | null, sale?: Sale) => Day;
};

const cash = (business: Business, view: View): Rule => ({
  ofLead: (lead) => creditsOfLead(business, lead, view),
  ofOpportunity: (opportunity) => creditsOfOpportunity(business, opportunity, view),
  ofSale: (sale) => creditsOfSale(business, sale, view),
  dayOf: (own) => own,
});

function cohort(business: Business, view: View): Rule {
  const leads = new Map(business.leads.map((lead) => [lead.id, lead]));
  const credits = new Map(business.leads.map((lead) => [lead.id, creditsOfLead(business, lead, view)]));
  const ofLead = (id: string | null) => credits.get(id ?? "") ?? [];
  return {
    ofLead: ({ id }) => ofLead(id),
    ofOpportunity: ({ leadId }) => ofLead(leadId),
    ofSale: (sale) => ofLead(leadOfSale(business, sale)),
    dayOf: (own, touch, leadId, sale) => {
      if (touch) return dayOf(business.timezone, touch.at);
      const lead = leads.get(leadId ?? "");
      return lead ? dayOf(business.timezone, lead.createdAt) : (sale?.day ?? own);
    },
  };
}

export function outcomesOf(business: Business, basis: Basis, view: View): Outcome[] {
  const rule = basis === "cash" ? cash(business, view) : cohort(business, view);
  return [
    ...business.leads.flatMap((lead) => ofLead(business, rule, lead)),
    ...business.opportunities.flatMap((opportunity) => ofOpportunity(business, rule, opportunity)),
    ...business.sales.filter(({ status }) => status === "completed").flatMap((sale) => ofSale(business, rule, sale)),
  ];
}

const orNobody = (credits: Credit[]): { touch: Touch | null; weight: number }[] =>
  credits.length === 0 ? [{ touch: null, weight: 1_000_000 }] : credits;

function ofLead({ timezone }: Business, rule: Rule, lead: Lead): Outcome[] {
  const own = dayOf(timezone, lead.createdAt);
  return orNobody(rule.ofLead(lead)).flatMap(({ touch, weight }) => {
    const day = rule.dayOf(own, touch, lead.id);
    const piece = {
      subjectId: lead.id,
      leadId: lead.id,
      day,
      touch,
      amount: BigInt(weight),
      currency: "",
      rateOn: day,
    };
    const isMatched = touch !== null && (touch.leadgenId !== null || touch.ctwaClid !== null);
    return [{ ...piece, measure: "leads" }, ...(isMatched ? [{ ...piece, measure: "matchedLeads" as const }] : [])];
  });
}

function ofOpportunity(business: Business, rule: Rule, opportunity: Opportunity): Outcome[] {
  const { id, leadId, createdAt, closedAt, stage, currency, value, probability } = opportunity;
  const credits = rule.ofOpportunity(opportunity);
  const created = dayOf(business.timezone, createdAt);
  const outcomes: Outcome[] = [];
  const count = (measure: "opportunities" | "won", own: Day) => {
    for (const { touch, weight } of orNobody(credits)) {
      const day = rule.dayOf(own, touch, leadId);
      outcomes.push({ measure, subjectId: id, leadId, day, touch, amount: BigInt(weight), currency: "", rateOn: day });
    }
  };
  count("opportunities", created);
  if (isWon(business, opportunity)) count("won", dayOf(business.timezone, closedAt ?? 0));
  const isOpen = !business.wonStages.includes(stage) && !business.lostStages.includes(stage);
  for (const { touch, amount } of isOpen ? split(value, currency, credits) : []) {
    const day = rule.dayOf(created, touch, leadId);
    const piece = { subjectId: id, leadId, day, touch, currency, rateOn: created };
    outcomes.push({ ...piece, measure: "openValue", amount });
    outcomes.push({ ...piece, measure: "weightedValue", amount: (amount * BigInt(probability ?? 0)) / 100n });
  }
  return outcomes;
}

function ofSale(business: Business, rule: Rule, sale: Sale): Outcome[] {
  const credits = rule.ofSale(sale);
  const leadId = leadOfSale(business, sale);
  const piece = { leadId, currency: sale.currency, rateOn: sale.day };
  const sold = split(sale.amount, sale.currency, credits).map(({ touch, amount }): Outcome => {
    const day = rule.dayOf(sale.day, touch, leadId, sale);
    return { ...piece, measure: "sales", subjectId: sale.id, day, touch, amount };
  });
  // Each refund has what all of them up to it come to, less what they came to before: a sale given back in parts is given
  // back to the last cent everywhere.
  let returned = 0n;
  const refunded = refundsOf(business, sale).flatMap((refund) => {
    const before = split(returned, sale.currency, credits);
    returned += refund.amount;
    return split(returned, sale.currency, credits).map(({ touch, amount }, place): Outcome => {
      const day = rule.dayOf(refund.day, touch, leadId, sale);
      const part = amount - (before[place]?.amount ?? 0n);
      return { ...piece, measure: "refunds", subjectId: refund.id, day, touch, amount: -part };
    });
  });
  return [...sold, ...refunded];
}

const refundsOf = ({ refunds }: Business, sale: Sale): Refund[] =>
  refunds.filter(({ saleId }) => saleId === sale.id).sort((a, b) => (`${a.day} ${a.id}` < `${b.day} ${b.id}` ? -1 : 1));
