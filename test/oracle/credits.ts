// The credits of leads, opportunities and sales.
import type { Business, Instant, Lead, Opportunity, Sale, View } from "./business.ts";
import { decidedAt, leadOfSale, soldAt, wonAt } from "./decisions.ts";
import { touchesOf } from "./touches.ts";
import { type Credit, creditsAt } from "./weights.ts";

// What is still open looks back from the lead's latest touch.
function creditsOf(business: Business, leadId: string, reference: Instant | undefined, view: View): Credit[] {
  const touches = touchesOf(business, leadId);
  return creditsAt(touches, reference ?? touches.at(-1)?.at ?? 0, view);
}

export const creditsOfLead = (business: Business, lead: Lead, view: View): Credit[] =>
  creditsOf(business, lead.id, decidedAt(business, lead.id), view);

export const creditsOfOpportunity = (business: Business, opportunity: Opportunity, view: View): Credit[] =>
  creditsOf(business, opportunity.leadId, wonAt(business, opportunity), view);

export function creditsOfSale(business: Business, sale: Sale, view: View): Credit[] {
  const leadId = leadOfSale(business, sale);
  return leadId === null ? [] : creditsOf(business, leadId, soldAt(business, sale), view);
}
