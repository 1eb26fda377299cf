// When a lead, an opportunity or a sale was decided: touches after that had no part in it.
import type { Business, Instant, Opportunity, Sale } from "./business.ts";
import { endOfDay } from "./clock.ts";

export const isWon = ({ wonStages }: Business, { stage, closedAt }: Opportunity): boolean =>
  wonStages.includes(stage) && closedAt !== null;

const opportunityOf = (business: Business, { opportunityId }: Sale) =>
  business.opportunities.find(({ id }) => id === opportunityId);

/** Its opportunity knows better than the sale itself. */
export const leadOfSale = (business: Business, sale: Sale): string | null =>
  opportunityOf(business, sale)?.leadId ?? sale.leadId;

/** When it was settled that the opportunity is a customer; undefined while it is not. */
export const wonAt = (business: Business, opportunity: Opportunity): Instant | undefined =>
  isWon(business, opportunity) ? (opportunity.closedAt ?? undefined) : undefined;

export function soldAt(business: Business, sale: Sale): Instant {
  const opportunity = opportunityOf(business, sale);
  const sold = sale.soldAt ?? endOfDay(business.timezone, sale.day);
  return Math.min(sold, (opportunity && wonAt(business, opportunity)) ?? Infinity);
}

export function decidedAt(business: Business, leadId: string): Instant | undefined {
  const wins = business.opportunities
    .filter((opportunity) => opportunity.leadId === leadId)
    .flatMap((opportunity) => wonAt(business, opportunity) ?? []);
  const sales = business.sales
    .filter((sale) => sale.status === "completed" && leadOfSale(business, sale) === leadId)
    .map((sale) => soldAt(business, sale));
  const instants = [...wins, ...sales];
  return instants.length === 0 ? undefined : Math.min(...instants);
}
