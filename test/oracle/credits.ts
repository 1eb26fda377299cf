// The credits of leads, opportunities and sales.
import type { Business, Instant, Lead, Opportunity, Sale, View } from "./business.ts";
import { endOfDay } from "./clock.ts";
import { touchesOf } from "./touches.ts";
import { type Credit, creditsAt } from "./weights.ts";

export const isWon = ({ wonStages }: Business, { stage, closedAt }: Opportunity): boolean =>
  wonStages.includes(stage) && closedAt !== null;

const opportunityOf = (business: Business, { opportunityId }: Sale) =>
  business.opportunities.find(({ id }) => id === opportunityId);

/** Its opportunity knows better than the sale itself. */
export const leadOfSale = (business: Business, sale: Sale): string | null =>
  opportunityOf(business, sale)?.leadId ?? sale.leadId;

/** When it was settled that the opportunity is a customer; undefined while it is not. */
const wonAt = (business: Business, opportunity: Opportunity): Instant | undefined =>
  isWon(business, opportunity) ? (opportunity.closedAt ?? undefined) : undefined;

function soldAt(business: Business, sale: Sale): Instant {
  const opportunity = opportunityOf(business, sale);
  const sold = sale.soldAt ?? endOfDay(business.timezone, sale.day);
  return Math.min(sold, (opportunity && wonAt(business, opportunity)) ?? Infinity);
}

function decidedAt(business: Business, { id }: Lead): Instant | undefined {
  const wins = business.opportunities
    .filter(({ leadId }) => leadId === id)
    .flatMap((opportunity) => wonAt(business, opportunity) ?? []);
  const sales = business.sales
    .filter((sale) => sale.status === "completed" && leadOfSale(business, sale) === id)
    .map((sale) => soldAt(business, sale));
  const instants = [...wins, ...sales];
  return instants.length === 0 ? undefined : Math.min(...instants);
}

// What is still open looks back from the lead's latest touch.
function creditsOf(business: Business, leadId: string, reference: Instant | undefined, view: View): Credit[] {
  const touches = touchesOf(business, leadId);
  return creditsAt(touches, reference ?? touches.at(-1)?.at ?? 0, view);
}

export const creditsOfLead = (business: Business, lead: Lead, view: View): Credit[] =>
  creditsOf(business, lead.id, decidedAt(business, lead), view);

export const creditsOfOpportunity = (business: Business, opportunity: Opportunity, view: View): Credit[] =>
  creditsOf(business, opportunity.leadId, wonAt(business, opportunity), view);

export function creditsOfSale(business: Business, sale: Sale, view: View): Credit[] {
  const leadId = leadOfSale(business, sale);
  return leadId === null ? [] : creditsOf(business, leadId, soldAt(business, sale), view);
}
