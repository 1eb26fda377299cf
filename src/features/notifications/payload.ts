// What an endpoint is told: what it points to, as it is when it is sent. Nothing of it is kept.
import type { Claimed } from "./deliveries.queries.ts";

const said = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const nameOf = (lead: Claimed["lead"]) => [lead?.firstName, lead?.lastName].filter(Boolean).join(" ") || null;

/** `{ type, timestamp, data }`; of a lead, what the main CRM's board reads (META_LEAD_RECEIVED). */
export function payloadOf({ delivery, lead, leadgenId, opportunity, sale }: Claimed): string {
  const timestamp = delivery.occurredAt.toISOString();
  const ofLead = lead && {
    phone_number: lead.phoneNumber,
    email: lead.email,
    name: nameOf(lead),
    status: lead.status,
    source: lead.leadSource,
    campaign_id: lead.metaCampaignId,
    ad_id: lead.metaAdId,
    meta_lead_id: leadgenId,
    external_id: lead.externalId,
    is_test: lead.isTest,
  };
  const data = said({
    tenant_id: delivery.tenantId,
    lead_id: delivery.leadId ?? undefined,
    opportunity_id: delivery.opportunityId ?? undefined,
    sale_id: delivery.saleId ?? undefined,
    ...(delivery.kind.startsWith("lead.") ? ofLead : {}),
    ...(opportunity && {
      stage: opportunity.stage,
      value: Number(opportunity.value),
      currency: opportunity.currency,
      opportunity_external_id: opportunity.externalId,
    }),
    ...(sale && { amount: Number(sale.amount), currency: sale.currency, sale_external_id: sale.externalId }),
    details: delivery.details,
    timestamp,
  });
  return JSON.stringify({ type: delivery.kind, timestamp, data });
}
