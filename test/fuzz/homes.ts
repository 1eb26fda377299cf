// Where a person's data may be: in rows of their own tenant, and there in these columns alone, each with its reason. What is
// not here is at home nowhere; a secret is at home nowhere at all.
export const homes: Readonly<Record<string, string>> = {
  "leads.first_name": "the lead itself: the CRM sends it to have it back",
  "leads.last_name": "as its first name",
  "leads.phone_number": "as its first name; WhatsApp templates are sent to it",
  "leads.email": "as its first name",
  "leads.tags": "the CRM's own words for it",
  "leads.external_ids": "the CRM's ids of it: by them it is found again",
  "touchpoints.headline": "of the ad that was clicked, as WhatsApp told it",
  "touchpoints.body": "as its headline",
  "touchpoints.source_detail": "where the touch came from, as it was sent",
  "opportunities.name": "what the CRM calls the deal",
  "sales_transactions.invoice_number": "the sale itself",
  "sales_transactions.notes": "the sale itself",
  "meta_templates.components": "the text that people wrote to send",
  "automation_rules.name": "what people call their rule",
  "automation_rules.action_config": "what the rule is to write",
  "audit_log.diff": "the names of rules, and nothing of people: which one was changed",
  "idempotency_keys.answer": "an answer kept for 24 hours, for the same user and key alone",
};
