/** What can happen in a tenant's CRM, as rules, conversions and notifications know it. */
export const happeningKinds = [
  "lead.created",
  "lead.status_changed",
  "opportunity.created",
  "opportunity.stage_changed",
  "sale.completed",
  "message.received",
  "message.failed",
  "template.stopped",
  "connection.expiring",
  "connection.error",
  "connection.recovered",
  /** Told by the main CRM: appointments, treatments, what its people start by hand. */
  "crm.event",
] as const;

export type HappeningKind = (typeof happeningKinds)[number];
